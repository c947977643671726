--- Where endpoint, token and the other settings come from: options, a named file, the environment,
-- drconfig.yaml (contract, section 2: the order of DataRobot's Python client).
local core = require "datarobot.core"
local show = require "datarobot.show"

local config = {}

---@class datarobot.ClientOptions
---@field endpoint? string address of the API, default `https://app.datarobot.com/api/v2`
---@field token? string API key; never shown, never sent to another host
---@field token_type? string first word of the Authorization header, default `Bearer`
---@field config_path? string a file like drconfig.yaml with `endpoint:` and `token:`
---@field timeout? number seconds of one call with all its requests and retries, default 60
---@field connect_timeout? number seconds to connect, default 10
---@field retries? integer after the first try, default 3
---@field max_connections? integer default 32
---@field max_body? integer bytes of a reply, default 64 MiB
---@field ssl_verify? boolean|string false trusts any certificate; a string is the path of a CA file
---@field ca_file? string path of a CA file, used alone
---@field proxy? string address of a proxy; default: the environment's, never for plain http
---@field allow_http? boolean plain http also beyond loopback, default false
---@field user_agent_suffix? string appended to the User-Agent header

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

local function getenv(name)
  local value = os and os.getenv and os.getenv(name)
  return value ~= "" and value or nil
end

local function expand(path)
  local home = path:match "^~/" and getenv "HOME"
  return home and home .. path:sub(2) or path
end

-- {=== a file ===}

local function parse_yaml(text, path)
  local found, lyaml = pcall(require, "lyaml")
  if not found then
    return fail("%s needs the Lua module lyaml to be read (Debian: lua-yaml, LuaRocks: lyaml)", path)
  end
  local ok, document = pcall(lyaml.load, text)
  if not ok then return fail("%s is no YAML", path) end -- the parser's text might quote the token
  if document == nil then return {} end
  if type(document) ~= "table" then return fail("%s: lines like 'endpoint: ...' expected", path) end
  for key, value in pairs(document) do
    if value == lyaml.null then document[key] = nil end
  end
  return document
end

local function read_file(path)
  local file, why = io.open(expand(path), "r")
  if not file then return fail("cannot open %s", why) end
  local text = file:read(1 << 20)
  file:close()
  if not text then return fail("%s is empty or cannot be read", path) end
  return parse_yaml(text, path)
end

-- The default file need not be there.
local function read_default_file()
  if not getenv "HOME" or not io then return {} end
  local file = io.open(expand(DEFAULT_FILE), "r")
  if not file then return {} end
  file:close()
  return read_file(DEFAULT_FILE)
end

-- {=== values ===}

local types = {
  endpoint = "string", token = "string", token_type = "string", user_agent_suffix = "string",
  max_retries = "number", connect_timeout = "number",
}

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
  return {
    endpoint = document.endpoint, token = document.token, token_type = document.token_type,
    user_agent_suffix = document.user_agent_suffix, connect_timeout = document.connect_timeout,
    retries = document.max_retries and math.tointeger(document.max_retries), ssl_verify = verify,
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
  local retries = getenv "DATAROBOT_MAX_RETRIES"
  if retries and not math.tointeger(tonumber(retries)) then
    return fail("DATAROBOT_MAX_RETRIES must be an integer, not %s", show.quote(retries))
  end
  return {
    endpoint = getenv "DATAROBOT_ENDPOINT" or getenv "DATAROBOT_API_ENDPOINT",
    token = getenv "DATAROBOT_API_TOKEN",
    ssl_verify = verify_value(getenv "DATAROBOT_SSL_VERIFY"),
    retries = retries and math.tointeger(tonumber(retries)),
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

local function load_file(path)
  local document, err = read_file(path)
  if not document then return nil, err end
  return from_file(document, path)
end

local function from_named_file(settings, path, name)
  local source, err = load_file(path)
  if not source then return nil, err end
  if not has(source) then return fail("%s has neither endpoint nor token", path) end
  return take(settings, source, name)
end

local function default_file()
  local document, err = read_default_file()
  if not document then return nil, err end
  return from_file(document, DEFAULT_FILE)
end

-- Options with a token, then named files, the environment, the default file.
local function locate(settings, options)
  if has(options) then
    local source, err = take(settings, options, "options")
    if not source then return nil, err end
  elseif options.config_path then
    return from_named_file(settings, options.config_path, "file " .. options.config_path)
  elseif getenv "DATAROBOT_CONFIG_FILE" then
    local path = getenv "DATAROBOT_CONFIG_FILE"
    return from_named_file(settings, path, "file " .. path .. " (DATAROBOT_CONFIG_FILE)")
  end
  local environment, err = from_environment()
  if not environment then return nil, err end
  if settings.token == nil and has(environment) then
    local ok, why = take(settings, environment, "environment")
    if not ok then return nil, why end
  end
  fill(settings, environment)
  return settings
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
  local ok, err = locate(settings, options or {})
  if not ok then return nil, err end
  local default
  default, err = default_file()
  if not default then return nil, err end
  if settings.token == nil then
    if not has(default) then return fail("no DataRobot token was found. Give one in one of:%s", HELP) end
    ok, err = take(settings, default, "file " .. DEFAULT_FILE)
    if not ok then return nil, err end
  end
  fill(settings, default)
  if type(settings.ssl_verify) == "string" then
    settings.ca_file, settings.ssl_verify = settings.ca_file or settings.ssl_verify, true
  end
  return settings
end

return config
