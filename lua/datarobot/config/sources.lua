--- The places where endpoint, token and more may stand: options, named files, the environment, the default file.
local core = require "datarobot.core"
local file = require "datarobot.config.file"
local value = require "datarobot.config.value"

local sources = {}

local DEFAULT_FILE <const> = "~/.config/datarobot/drconfig.yaml"

local function fail(format, ...)
  return nil, core.error("config", format:format(...))
end

-- A source is a table: `name`; in `values` the texts of settings by their names, trimmed and never empty; from(key),
-- where a person finds a setting; where(key), how a message names it; `options`: these are the options, whose values
-- are as they came; `alone`: with it in force the environment is not read; `slip`: what looks like a mistyped key.

--- The options that say to whom a token goes, as a source.
---@param options table
---@return table source
function sources.options(options)
  local values = {}
  for _, key in ipairs { "token", "endpoint", "token_type", "ssl_verify", "ca_file" } do values[key] = options[key] end
  return { name = "the options", values = values, options = true,
    from = function() return "options" end,
    where = function(key) return "option '" .. key .. "'" end }
end

-- Names of drconfig.yaml, where they are not ours.
local KEYS <const> = { retries = "max_retries" }
local FILE_KEYS <const> = { "token", "endpoint", "token_type", "ssl_verify", "retries", "connect_timeout",
  "user_agent_suffix" }

-- The text of a member, nil when it is absent or null; a text may not be hidden behind a tag or an alias.
local function member(event, where)
  if event == nil or file.is_null(event) then return nil end
  if event.type ~= "SCALAR" then
    local got = event.type == "ALIAS" and "an alias (*...)" or "a list or table"
    return fail("%s: one value expected, not %s", where, got)
  end
  if event.tag and event.tag ~= "tag:yaml.org,2002:str" and event.tag ~= "!" then
    return fail("%s: tags (!...) are not read; write the value itself", where)
  end
  return value.trim(event.value)
end

-- The key that looks most like a slip for one of ours, as a part of a sentence.
local function slip(members)
  local first
  for key, event in next, members do
    local low = key:lower()
    local meant = core.nearest(low, { "token", "endpoint" }) or low:match "token" or low:match "endpoint"
      or low:match "url" and "endpoint"
    if meant and members[meant] == nil and low ~= "token_type" and #key < 40
      and (not first or event.start_mark.line < first.line) then
      first = { line = event.start_mark.line, key = value.shown(key), meant = meant }
    end
  end
  if not first then return "" end
  return ("; line %d has '%s': did you mean '%s'?"):format(first.line + 1, first.key, first.meant)
end

local function from_file(path, suffix, warn_of)
  local members, err, absent = file.settings(path, warn_of)
  if not members and suffix ~= "" then return fail("DATAROBOT_CONFIG_FILE: %s", err.message) end
  if not members then return nil, err, absent end
  local name = "file " .. value.shown(path) .. suffix
  local function where(key)
    local event = members[KEYS[key] or key]
    local line = event and ", line " .. event.start_mark.line + 1 or ""
    return ("%s%s: '%s'"):format(name, line, KEYS[key] or key)
  end
  local values = {}
  for _, key in ipairs(FILE_KEYS) do
    values[key], err = member(members[KEYS[key] or key], where(key))
    if err then return nil, err end
  end
  return { name = name, values = values, where = where, from = function() return name end, slip = slip(members) }
end

local VARIABLES <const> = { token = { "DATAROBOT_API_TOKEN" },
  endpoint = { "DATAROBOT_ENDPOINT", "DATAROBOT_API_ENDPOINT" }, ssl_verify = { "DATAROBOT_SSL_VERIFY" },
  retries = { "DATAROBOT_MAX_RETRIES" }, user_agent_suffix = { "DATAROBOT_USER_AGENT_SUFFIX" } }

local function from_environment()
  local values, names = {}, {}
  for key, variables in next, VARIABLES do
    for _, variable in ipairs(variables) do
      if values[key] == nil then values[key], names[key] = value.getenv(variable), variable end
    end
  end
  local function name(key) return names[key] end
  return { name = "the environment", values = values, where = name, from = name }
end

-- The default file is nobody's word: it need not be there.
local function from_default(warn_of)
  if not core.read_file or not value.getenv "HOME" then return nil end
  local source, err, absent = from_file(DEFAULT_FILE, "", warn_of)
  if source or not absent then return source, err end
  return nil
end

-- A named file: with it in force, the environment is not read.
local function from_named(path, suffix, warn_of)
  if path == nil then return nil end
  local source, err = from_file(path, suffix, warn_of)
  if source then source.alone = true end
  return source, err
end

-- Each is read once, and when it is needed.
local function once(open, ...)
  local arguments, read, source, err = table.pack(...), false, nil, nil
  return function()
    if not read then
      read, source, err = true, open(table.unpack(arguments, 1, arguments.n))
    end
    return source, err
  end
end

--- All sources in their order. Each is a function that gives the source, nil when it is not there, or nil, err.
---@param options table
---@param warn_of fun(text: string)
---@return table list also with `environment` and `default` by name
function sources.all(options, warn_of)
  local list = {
    once(sources.options, options),
    once(from_named, options.config_path, "", warn_of),
    once(from_named, value.getenv "DATAROBOT_CONFIG_FILE", " (DATAROBOT_CONFIG_FILE)", warn_of),
    once(from_environment),
    once(from_default, warn_of),
  }
  list.environment, list.default = list[4], list[5]
  return list
end

return sources
