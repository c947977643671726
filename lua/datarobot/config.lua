--- Where endpoint, token and the other settings come from: options, a named file, the environment,
-- drconfig.yaml (contract, section 2: the order of DataRobot's Python client).
local core = require "datarobot.core"
local show = require "datarobot.show"

local config = {}

---@class datarobot.ClientOptions
---@field endpoint? string address of the API, default `https://app.datarobot.com/api/v2`
---@field token? string|{file: string}|fun(): string API key; never shown, never sent to another host. A file is read
---  now, and again after a 401. A function is called before each call, and again after a 401; it may raise
---@field token_type? string first word of the Authorization header, default `Bearer`
---@field config_path? string a file like drconfig.yaml with `endpoint:` and `token:`
---@field timeout? number seconds of one call with all its requests and retries, default 60
---@field connect_timeout? number seconds to connect, default 10
---@field retries? integer after the first try, default 3
---@field max_connections? integer default 32
---@field max_body? integer bytes of a reply, default 64 MiB
---@field ssl_verify? boolean|string false trusts any certificate; a string is the path of a CA file
---@field ca_file? string path of a CA file, used alone, also for a proxy of https
---@field proxy? string address of a proxy (http, https, socks5); default: the environment's, never for plain http
---@field allow_http? boolean plain http also beyond loopback, default false
---@field user_agent_suffix? string appended to the User-Agent header
---@field settle_pause? number seconds before the first look for a create whose answer was lost, default 1; twice as
---  long before every other
---@field log? fun(event: datarobot.Event) called with what happens, in the coroutine that waits, between the steps of
---  a call; what it raises, the call raises. It is told of requests of its own, too

---@class datarobot.Event Something that happened, without query, headers, bodies or token.
---@field event "notes"|"request"|"retry"|"reply"|"warning" `notes` about the policy that is sent next; sent; to be
---  sent again after `delay`; over; `message`
---@field notes? datarobot.Note[] what is legal in it and looks mistaken, as of `dr.validate`
---@field message? string of a warning
---@field method? string
---@field path? string below the endpoint
---@field attempt? integer from 1
---@field status? integer of the reply
---@field kind? datarobot.ErrorKind what was wrong
---@field delay? number seconds until the next attempt
---@field seconds? number since the call began
---@field request_id? string
---@field deprecation? string the server's word that this will go away

---@class datarobot.CallOptions
---@field timeout? number seconds of this call with all its requests and retries, default: the client's
---@field retry? boolean false sends each request once

---@class datarobot.JobOptions: datarobot.CallOptions
---@field wait? boolean false returns the reply at once, for `client:wait`; default true, 600 seconds

---@class datarobot.RawOptions: datarobot.CallOptions
---@field query? table parameters, names as on the wire; a list repeats its name

local DEFAULT_ENDPOINT <const> = "https://app.datarobot.com/api/v2"
local DEFAULT_FILE <const> = "~/.config/datarobot/drconfig.yaml"

local HELP <const> = [[

  dr.client { endpoint = "https://app.datarobot.com/api/v2", token = "..." }
  dr.client { config_path = "drconfig.yaml" }
  DATAROBOT_CONFIG_FILE=drconfig.yaml in the environment
  DATAROBOT_ENDPOINT=... and DATAROBOT_API_TOKEN=... in the environment
  ]] .. DEFAULT_FILE .. [[ with the lines "endpoint: ..." and "token: ..."]]

local function fail(format, ...)
  return nil, core.error("config", format:format(...))
end

-- In a set-uid process the environment is that of somebody with less rights: it names no file, token or server.
local function getenv(name)
  local value = not core.set_uid and os and os.getenv and os.getenv(name)
  return value ~= "" and value or nil
end

local function expand(path)
  local home = path:match "^~/" and getenv "HOME"
  return home and home .. path:sub(2) or path
end

-- {=== a file ===}

local function parse_all(text)
  local event = require "yaml".parser(text) -- what lyaml reads with
  while event() do end
end

-- What is wrong with a text that lyaml refused, and in which line. lyaml itself tells where the part before began, and
-- may quote the token; its parser has the line and a few fixed sentences.
local function yaml_fault(text, complaint)
  local well, fault = pcall(parse_all, text)
  if well or type(fault) ~= "string" then return ("line %s cannot be read"):format(complaint:match "^%d*") end
  return (fault:gsub(" at document: %d+", ""):gsub(", line", " at line")
    :gsub("line: (%d+), column: %d+", "line %1"):gsub("%s+", " "):gsub(" $", ""))
end

local function parse_yaml(text, path)
  local found, lyaml = pcall(require, "lyaml")
  if not found then
    return fail("%s needs the Lua module lyaml to be read (Debian: lua-yaml, LuaRocks: lyaml)", path)
  end
  local ok, document = pcall(lyaml.load, text)
  if not ok then return fail("%s is no YAML: %s", path, yaml_fault(text, document)) end
  if document == nil then return {} end
  if type(document) ~= "table" then return fail("%s: lines like 'endpoint: ...' expected", path) end
  for key, value in pairs(document) do
    if value == lyaml.null then document[key] = nil end
  end
  return document
end

local TAMPERED <const> = "%s can be written by %s: whoever does so can have the token sent elsewhere (chmod 600)"
local EXPOSED <const> = "%s can be read by %s, and so can the token (chmod 600)"

-- The text of a file that others cannot change. `warn_of` is called with a text when they can read it.
local function read_text(path, most, warn_of)
  if not io then return fail("%s: this host gives no access to files", path) end
  local text, writers, readers = core.read_file(expand(path), most)
  if not text then return fail("cannot open %s: %s", path, writers) end
  if writers == "others" or writers == "its owner" then return fail(TAMPERED, path, writers) end
  if writers ~= "" then
    warn_of(TAMPERED:format(path, writers))
  elseif readers ~= "" then
    warn_of(EXPOSED:format(path, readers))
  end
  return text
end

local function read_file(path, warn_of)
  local text, err = read_text(path, 1 << 20, warn_of)
  if not text then return nil, err end
  return parse_yaml(text, path)
end

-- The default file need not be there.
local function read_default_file(warn_of)
  if not getenv "HOME" or not io then return {} end
  local text, _, absent = core.read_file(expand(DEFAULT_FILE), 0)
  if not text and absent then return {} end
  return read_file(DEFAULT_FILE, warn_of)
end

-- {=== tokens from elsewhere ===}

local function read_token(path, warn_of)
  local text, err = read_text(path, 1 << 16, warn_of)
  if not text then return nil, err end
  text = text:match "^%s*(.-)%s*$"
  if text == "" then return fail("%s holds no token", path) end
  if text:find "[%c\x7f]" then return fail("%s: the token holds a control character or several lines", path) end
  return text
end

-- For the core: asked before each call, and again after a 401.
local function file_source(path, warn_of)
  local first, err = read_token(path, warn_of)
  if not first then return nil, err end
  return function(again)
    local text = first
    first = nil
    if again then return read_token(path, warn_of) end
    return text
  end
end

local function token_source(token, warn_of)
  if type(token) == "function" then
    return function()
      local text, err = token()
      if type(text) == "string" or (text == nil and err ~= nil) then return text, err end
      error("the token function returned a " .. type(text) .. " instead of a string", 0)
    end
  end
  local key, path = next(token)
  if key ~= "file" or type(path) ~= "string" or next(token, key) ~= nil then
    error("bad argument #1 to 'client' (option 'token': a string, { file = path } or a function expected)", 0)
  end
  return file_source(path, warn_of)
end

-- {=== values ===}

local types = {
  endpoint = "string", token = "string", token_type = "string", user_agent_suffix = "string",
  max_retries = "number", connect_timeout = "number",
}

-- What a file or the environment may say; options are the core's to check.
local ranges = {
  retries = function(v) return math.tointeger(v) and v >= 0 and v <= 100 end,
  connect_timeout = function(v) return v > 0 and v <= 1e9 end,
}
local meant = { retries = "a whole number from 0 to 100", connect_timeout = "seconds > 0" }

-- The number under `key`, or nil; a number out of range is told with its name in the source.
local function number(value, key, name)
  if value == nil then return nil end
  if type(value) == "number" and ranges[key](value) then return math.tointeger(value) or value end
  return fail("%s must be %s, not %s", name, meant[key], show.value(value))
end

-- A file's settings in the client's own names; keys of other programs are ignored.
local function from_file(document, path)
  for key, wanted in pairs(types) do
    local value = document[key]
    if value ~= nil and type(value) ~= wanted then
      return fail("%s: '%s' must be a %s", path, key, wanted)
    end
  end
  local verify = document.ssl_verify
  if verify ~= nil and type(verify) ~= "boolean" and type(verify) ~= "string" then
    return fail("%s: 'ssl_verify' must be true, false or the path of a CA file", path)
  end
  local retries, why = number(document.max_retries, "retries", path .. ": 'max_retries'")
  if why then return nil, why end
  local connect_timeout
  connect_timeout, why = number(document.connect_timeout, "connect_timeout", path .. ": 'connect_timeout'")
  if why then return nil, why end
  return {
    endpoint = document.endpoint, token = document.token, token_type = document.token_type,
    user_agent_suffix = document.user_agent_suffix, connect_timeout = connect_timeout, retries = retries,
    ssl_verify = verify,
  }
end

local falsehoods = { no = true, No = true, ["0"] = true, ["false"] = true, False = true }
local truths = { yes = true, Yes = true, ["1"] = true, ["true"] = true, True = true }

-- A boolean, or the path of a CA file.
local function verify_value(text)
  if text == nil then return nil end
  if falsehoods[text] then return false end
  return truths[text] or text
end

local function from_environment()
  local text = getenv "DATAROBOT_MAX_RETRIES"
  local retries, why = number(text and (tonumber(text) or text), "retries", "DATAROBOT_MAX_RETRIES")
  if why then return nil, why end
  return {
    endpoint = getenv "DATAROBOT_ENDPOINT" or getenv "DATAROBOT_API_ENDPOINT",
    token = getenv "DATAROBOT_API_TOKEN",
    ssl_verify = verify_value(getenv "DATAROBOT_SSL_VERIFY"),
    retries = retries,
    user_agent_suffix = getenv "DATAROBOT_USER_AGENT_SUFFIX",
  }
end

-- {=== the order ===}

local function fill(settings, more)
  for key, value in pairs(more) do
    if settings[key] == nil and key ~= "token" and key ~= "endpoint" then settings[key] = value end
  end
end

-- Takes token and endpoint from one source, and what else it has.
local function take(settings, source, name)
  if not source.token then
    return fail("%s has an endpoint but no token; both come from one place, so that a token is never sent"
      .. " to the wrong host. Give both in one of:%s", name, HELP)
  end
  settings.token, settings.endpoint = source.token, source.endpoint or DEFAULT_ENDPOINT
  settings.source = name
  fill(settings, source)
  return settings
end

local function has(source)
  return source.token ~= nil or source.endpoint ~= nil
end

local function load_file(path, warn_of)
  local document, err = read_file(path, warn_of)
  if not document then return nil, err end
  return from_file(document, path)
end

local function from_named_file(settings, path, name, warn_of)
  local source, err = load_file(path, warn_of)
  if not source then return nil, err end
  if not has(source) then return fail("%s has neither endpoint nor token", path) end
  return take(settings, source, name)
end

local function default_file(warn_of)
  local document, err = read_default_file(warn_of)
  if not document then return nil, err end
  return from_file(document, DEFAULT_FILE)
end

-- A token whose source has no endpoint is for DataRobot's cloud, unless another source names a place of its own.
local function check_default(source, other, name)
  if source.endpoint or not other.endpoint or other.endpoint == DEFAULT_ENDPOINT then return true end
  return fail("the token comes without an endpoint, and %s has the endpoint %s; give both in one place, so that the"
    .. " token is never sent to the wrong host", name, other.endpoint)
end

-- Options with a token, then named files, the environment, the default file.
local function locate(settings, options, warn_of)
  if has(options) then
    if options.config_path then
      return fail "config_path and endpoint or token exclude each other: both come from one place"
    end
    local source, err = take(settings, options, "options")
    if not source then return nil, err end
  elseif options.config_path then
    return from_named_file(settings, options.config_path, "file " .. options.config_path, warn_of)
  elseif getenv "DATAROBOT_CONFIG_FILE" then
    local path = getenv "DATAROBOT_CONFIG_FILE"
    return from_named_file(settings, path, "file " .. path .. " (DATAROBOT_CONFIG_FILE)", warn_of)
  end
  local environment, err = from_environment()
  if not environment then return nil, err end
  if settings.token == nil and has(environment) then
    local ok, why = take(settings, environment, "environment")
    if not ok then return nil, why end
  elseif settings.token ~= nil then
    local ok, why = check_default(options, environment, "the environment")
    if not ok then return nil, why end
  end
  fill(settings, environment)
  return settings
end

-- {=== warnings ===}

-- To the log function, else to Lua's warn, which hosts may have taken away.
local function warner(options)
  return function(text)
    if type(options.log) == "function" then
      options.log { event = "warning", message = text }
    elseif warn then
      warn("datarobot: ", text)
    end
  end
end

local function warn_of_choices(settings, warn_of)
  if settings.ssl_verify == false then
    warn_of "ssl_verify = false: whoever is on the way can pose as the server and take the token"
  end
  local host = type(settings.endpoint) == "string" and settings.endpoint:lower():match "^http://([^/?#]*)"
  if host and settings.allow_http and not (host:match "^127%." or host:match "^localhost" or host:match "^%[::1%]") then
    warn_of("allow_http: the token goes to " .. host .. " in plain text")
  end
end

--- Completes the options of `dr.client`.
---@param options? datarobot.ClientOptions
---@return table|nil settings for the core, with `source`: where endpoint and token were found
---@return datarobot.Error? err kind `config`
function config.resolve(options)
  local settings = {}
  for key, value in next, options or {} do
    if key ~= "config_path" then settings[key] = value end
  end
  local warn_of = warner(settings)
  local ok, err = locate(settings, options or {}, warn_of)
  if not ok then return nil, err end
  local default
  default, err = default_file(warn_of)
  if not default and settings.token == nil then return nil, err end
  if not default then -- what it might have added is not worth refusing to work
    warn_of("left out: " .. err.message)
    default = {}
  end
  if settings.token == nil then
    if not has(default) then return fail("no DataRobot token was found. Give one in one of:%s", HELP) end
    ok, err = take(settings, default, "file " .. DEFAULT_FILE)
    if not ok then return nil, err end
  end
  if settings.source == "options" or settings.source == "environment" then
    local named = settings.endpoint ~= DEFAULT_ENDPOINT and settings or {}
    ok, err = check_default(named, default, DEFAULT_FILE)
    if not ok then return nil, err end
  end
  fill(settings, default)
  if type(settings.ssl_verify) == "string" then
    settings.ca_file, settings.ssl_verify = settings.ca_file or settings.ssl_verify, true
  end
  if type(settings.token) == "table" or type(settings.token) == "function" then
    settings.token, err = token_source(settings.token, warn_of)
    if not settings.token then return nil, err end
  end
  warn_of_choices(settings, warn_of)
  return settings
end

return config
