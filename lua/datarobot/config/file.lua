--- Files that hold settings, tokens and certificates: who may write and read them, what stands in them.
local core = require "datarobot.core"
local value = require "datarobot.config.value"

local file = {}

local MOST <const> = { settings = 64 << 10, token = 64 << 10, certificates = 16 << 20 } -- bytes
local DEEPEST <const> = 8 -- nesting of a YAML file
local MOST_NODES <const> = 2000

local function fail(path, format, ...)
  return nil, core.error("config", value.shown(path) .. " " .. format:format(...))
end

-- {=== reading ===}

local TAMPERED <const> = "can be written by %s: whoever does so can have the token sent elsewhere (%s)"
local EXPOSED <const> = "can be read by %s, and so can the token (%s)"
local FOREIGN <const> = "can be written by its owner, user %d, while this process is user %d: whoever does so can have"
  .. " the token sent elsewhere (chown %d, or give endpoint and token as options; the token may be a function, too)"

-- What stops others; only its owner can change a file's mode.
local function remedy(owner, user)
  return owner == user and "chmod 600" or ("chown %d and chmod 600, by user %d or root"):format(user, owner)
end

-- What there is to say of a file that others can write or read, and whether it is not to be used.
local function judge(kind, writers, readers, owner, user)
  local secret = kind ~= "certificates"
  if writers == "its owner" then return FOREIGN:format(owner, user, user), secret end
  if writers ~= "" then return TAMPERED:format(writers, remedy(owner, user)), secret and writers == "others" end
  if readers ~= "" and secret then return EXPOSED:format(readers, remedy(owner, user)) end
  return nil
end

-- The text of a file, or nil, err, whether there is no such file for us. `shown` is its name in messages.
local function read_text(path, kind, warn_of, shown)
  shown = shown or path
  if not core.read_file then return fail(shown, "cannot be read: this host gives no access to files") end
  local whole, fault = value.expand(path)
  if not fault and whole:find "\0" then fault = "the path holds a zero byte" end
  if fault then return fail(shown, "cannot be read: %s", fault) end
  local text, writers, readers, owner, user = core.read_file(whole, MOST[kind])
  if not text then
    if writers == "too large" then writers = ("too large (%d KiB at most)"):format(MOST[kind] >> 10) end
    local _, err = fail(shown, "cannot be read: %s", writers)
    return nil, err, readers
  end
  local finding, unfit = judge(kind, writers, readers, owner, user)
  if unfit then return fail(shown, "%s", finding) end
  if finding then warn_of(value.shown(shown) .. " " .. finding) end
  return text
end

-- {=== drconfig.yaml ===}

-- What the parser says, without its columns and empty documents. lyaml's own messages may quote the token; these are
-- a few fixed sentences.
local function described(fault)
  return (fault:gsub(" at document: %d+", ""):gsub(", line", " at line")
    :gsub("line: (%d+), column: %d+", "line %1"):gsub("%s+", " "):gsub(" $", ""))
end

local OPENS <const> = { MAPPING_START = true, SEQUENCE_START = true }
local CLOSES <const> = { MAPPING_END = true, SEQUENCE_END = true }

-- Adds what one event says to the members of the file's one mapping. Returns what is wrong.
local function take_event(state, event)
  local what = event.type
  if CLOSES[what] then
    state.depth = state.depth - 1
    return nil
  end
  state.nodes = state.nodes + 1
  if state.nodes > MOST_NODES then return ("has more than %d values"):format(MOST_NODES) end
  if what == "DOCUMENT_START" then
    state.documents = (state.documents or 0) + 1
    return state.documents > 1 and "holds several documents, and settings are read from one" or nil
  end
  local opens = OPENS[what]
  if state.depth == 1 and (opens or what == "SCALAR" or what == "ALIAS") then
    if state.key then
      if state.key.value then state.members[state.key.value] = event end
      state.key = nil
    else
      state.key = event
    end
  elseif state.depth == 0 and (what == "SCALAR" and not file.is_null(event) or what == "SEQUENCE_START") then
    return "must have lines like 'endpoint: ...' and 'token: ...'"
  end
  if opens then state.depth = state.depth + 1 end
  return state.depth > DEEPEST and ("nests deeper than %d"):format(DEEPEST) or nil
end

--- Whether a value means that there is none.
---@param event table of the YAML parser
---@return boolean
function file.is_null(event)
  local text = event.value
  return event.type == "SCALAR" and event.style == "PLAIN" and not event.tag
    and (text == "" or text == "~" or text:lower() == "null")
end

local function read_events(parser, text, state)
  for event in parser(text) do
    if event.type == "STREAM_END" then return nil end
    local fault = take_event(state, event)
    if fault then return fault .. " (line " .. event.start_mark.line + 1 .. ")" end
  end
  return nil
end

-- The members of a text in YAML: name -> event. Read event by event, so that nothing is built of what is too deep or
-- too much, and every scalar is the text that was written.
local function parse(text, path)
  local found, yaml = pcall(require, "yaml") -- what lyaml reads with
  if not found then
    return fail(path, "needs the Lua module lyaml to be read (Debian: lua-yaml, LuaRocks: lyaml)")
  end
  -- libyaml compares each with all.
  if select(2, text:gsub("%%TAG", "%0")) > 20 then return fail(path, "has more than 20 %%TAG lines") end
  local state = { depth = 0, nodes = 0, members = {} }
  local ok, fault = pcall(read_events, yaml.parser, text, state)
  if not ok then -- what else may be raised, memory or a hook's error, is nobody's YAML
    if type(fault) ~= "string" or not fault:find(" at document: ", 1, true) then error(fault, 0) end
    return fail(path, "is not YAML: %s", described(fault))
  end
  if fault then return fail(path, "%s", fault) end
  return state.members
end

--- The members of a file like drconfig.yaml.
---@param path string
---@param warn_of fun(text: string)
---@return table<string, table>? members name -> event of the YAML parser: `value`, `style`, `tag`, `start_mark`
---@return datarobot.Error? err
---@return boolean? absent there is no such file for us
function file.settings(path, warn_of)
  local text, err, absent = read_text(path, "settings", warn_of)
  if not text then return nil, err, absent end
  return parse(text, path)
end

-- {=== tokens and certificates ===}

--- The token that a file holds.
---@param path string
---@param warn_of fun(text: string)
---@return string? token
---@return datarobot.Error? err
function file.token(path, warn_of)
  local text, err = read_text(path, "token", warn_of)
  if not text then return nil, err end
  if text:find "^\xFF\xFE" or text:find "^\xFE\xFF" then
    return fail(path, "is written in UTF-16; save it as UTF-8")
  end
  local token = value.trim(text)
  if not token then return fail(path, "holds no token") end
  local fault = value.token_fault(token)
  if fault then return fail(path, "holds what cannot be a token: %s", fault) end
  return token
end

--- Checks a file of certificates and gives its path as libcurl takes it.
---@param path string
---@param shown string its name in messages: a path out of a file may be anything, the token, too
---@param warn_of fun(text: string)
---@return string? path
---@return datarobot.Error? err
function file.certificates(path, shown, warn_of)
  local text, err = read_text(path, "certificates", warn_of, shown)
  if not text then return nil, err end
  if not text:find "[^ \t\r\n]" then return fail(shown, "is empty; certificates in PEM form expected") end
  if not text:find "%-%-%-%-%-BEGIN [%u%d ]*CERTIFICATE%-%-%-%-%-" then
    return fail(shown, "holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")
  end
  return value.expand(path)
end

return file
