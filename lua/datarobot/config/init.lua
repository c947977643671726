--- Where endpoint, token and the other settings come from: options, a named file, the environment,
-- drconfig.yaml. doc/configuration.md has the rule.
local core = require "datarobot.core"
local file = require "datarobot.config.file"
local guard = require "datarobot.call.guard"
local sources = require "datarobot.config.sources"
local value = require "datarobot.config.value"

local config = {}

---@class datarobot.ClientOptions
---@field endpoint? string address of the API, default `https://app.datarobot.com/api/v2`
---@field token? string|{file: string}|fun(): string API key; never shown, never sent to another host. A file is read
---  now, and again after a 401. A function is called before each call, and again after a 401; it may raise
---@field token_type? string first word of the Authorization header, default `Bearer`
---@field config_path? string a file like drconfig.yaml with `endpoint:` and `token:`; in it and in all other paths `~/`
---  is the home folder
---@field timeout? number seconds of one call with all its requests and retries, default 60
---@field connect_timeout? number seconds to connect, default 10
---@field retries? integer after the first try, default 3
---@field max_connections? integer default 32
---@field max_body? integer bytes of a reply, default 64 MiB
---@field ssl_verify? boolean|string false trusts any certificate; a string is a word for true or false, else the path
---  of a CA file
---@field ca_file? string path of a CA file (PEM), used alone, also for a proxy of https
---@field proxy? string `[scheme://][user:password@]host[:port]`, a proxy of http, https, socks4, socks4a, socks5 or
---  socks5h; `""` is none; default: the environment's, never for plain http
---@field read_only? boolean true: whatever would write, the raw layer's too, is refused with kind `read_only` before
---  anything is sent; default false
---@field allow_http? boolean plain http also beyond loopback, default false
---@field user_agent_suffix? string appended to the User-Agent header
---@field settle_pause? number seconds before the first look for a create whose answer was lost, default 1; twice as
---  long before every other; what else was lost may take ten times as long to show
---@field log? fun(event: datarobot.Event) called with what happens, in the coroutine that waits, between the steps of
---  a call; what it raises, the call raises. It is called for requests of its own, too

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
---@field deprecation? string the server's notice that this will be removed

---@class datarobot.CallOptions
---@field timeout? number seconds of this call with all its requests and retries, default: the client's
---@field retry? boolean false sends each request once

---@class datarobot.JobOptions: datarobot.CallOptions
---@field wait? boolean false returns the reply at once, for `client:wait`; default true, 600 seconds

---@class datarobot.StartOptions
---@field timeout? number seconds for all of it, default: the client's; the request itself has half of it
---@field join? boolean true: while a run is active, that run is returned instead of a `conflict`

---@class datarobot.CompareOptions
---@field challenger datarobot.Challenger|string one of the deployment's, or its id
---@field metric datarobot.enum.metric
---@field days? number length of the window, default 7
---@field min_samples? number fewer samples of one of the two are too little to say, default 1
---@field timeout? number seconds for all of it, default: the client's

---@class datarobot.BetterOn
---@field metric datarobot.enum.metric
---@field by? number in the metric's unit: how much better it has to be at least; default: better at all
---@field days? number length of the window, default 7
---@field min_samples? number fewer samples of one of the two are too little to say, default 1

---@class datarobot.PromoteOptions
---@field better_on? datarobot.BetterOn replace only where the run's challenger is better than the champion
---@field allow_warnings? boolean true: also where the server's check has a warning
---@field timeout? number seconds for the replacement, default 600

---@class datarobot.WaitOptions
---@field timeout? number seconds in all, default 86400
---@field interval? number seconds of the first pause, default 5; each further one is half as long again, and up to a
---  quarter shorter at random
---@field max_interval? number seconds of the longest pause, default 60
---@field poll_errors? number seconds for which every look may fail, default 600
---@field on_progress? fun(run: datarobot.RetrainingRun, seconds: number, err: datarobot.Error?) called after each look,
---  with the seconds since the wait began, and the error when it failed; what it raises, the wait raises

---@class datarobot.RawOptions: datarobot.CallOptions
---@field query? table parameters, names as on the wire; a list repeats its name

local DEFAULT_ENDPOINT <const> = "https://app.datarobot.com/api/v2"

local HELP <const> = [[

  dr.client { endpoint = "https://app.datarobot.com/api/v2", token = "..." }
  dr.client { config_path = "drconfig.yaml" }
  DATAROBOT_CONFIG_FILE=drconfig.yaml in the environment
  DATAROBOT_ENDPOINT=... and DATAROBOT_API_TOKEN=... in the environment
  ~/.config/datarobot/drconfig.yaml with the lines "endpoint: ..." and "token: ..."]]

local function fail(format, ...)
  return nil, core.error("config", format:format(...))
end

local function wrong_option(name, text)
  guard.argument(1, "client", ("option '%s': %s"):format(name, text))
end

-- {=== endpoint and token, which come from one source ===}

-- The first source that has one of the two, and its place.
local function choose(list)
  for i, open in ipairs(list) do
    local source, err = open()
    if err then return nil, err end
    if source and (source.values.token ~= nil or source.values.endpoint ~= nil) then return source, i end
    if source and source.alone then
      return fail("%s has neither endpoint nor token%s", source.name, source.slip)
    end
  end
  return fail("no DataRobot token was found. Give one in one of:%s", HELP)
end

-- Where an endpoint is, for comparing and showing; nil when it is none.
local function base_of(text)
  return type(text) == "string" and core.endpoint(text, true) or nil
end

local APART <const> = "the token from %s comes without an endpoint, and %s; give both in one place, so that the token"
  .. " is never sent to the wrong host (DataRobot's cloud is %s)"

-- A token without an endpoint is for DataRobot's cloud, unless another source names another place, or cannot be read.
local function check_default(list, chosen, first)
  for i = first + 1, #list do
    local other, err = list[i]()
    if err then
      return fail(APART, chosen.from "token", "the next source cannot be read: " .. err.message, DEFAULT_ENDPOINT)
    end
    local endpoint = other and other.values.endpoint
    local base = base_of(endpoint)
    if endpoint ~= nil and base ~= DEFAULT_ENDPOINT then
      local named = other.from "endpoint" .. " names " .. (base and "the endpoint " .. base or "an endpoint of its own")
      return fail(APART, chosen.from "token", named, DEFAULT_ENDPOINT)
    end
  end
  return DEFAULT_ENDPOINT
end

-- The endpoint in its usual form.
local function endpoint_of(list, chosen, first, allow_http)
  local text = chosen.values.endpoint
  if text == nil then return check_default(list, chosen, first) end
  if type(text) ~= "string" then wrong_option("endpoint", "a string expected, got " .. type(text)) end
  local fault, base = value.fault(text), nil
  if not fault then base, fault = core.endpoint(text, allow_http == true) end
  if fault then return fail("%s: %s", chosen.where "endpoint", fault:match "^endpoint: (.*)$" or fault) end
  return base
end

-- {=== the token ===}

-- For the core: asked before each call, and again after a 401.
local function file_source(path, warn_of)
  local first, err = file.token(path, warn_of)
  if not first then return nil, err end
  return function(again)
    local text = first
    first = nil
    if again then return file.token(path, warn_of) end
    return text
  end
end

local function function_source(token)
  return function()
    local text, err = token()
    if text == nil and err ~= nil then return text, err end
    if type(text) ~= "string" then
      core.raise("the token function returned a " .. type(text) .. " instead of a string")
    end
    text = value.trim(text)
    if not text then core.raise("the token function returned an empty string") end
    local fault = value.token_fault(text)
    if fault then core.raise("the token function returned what cannot be a token: " .. fault) end
    return text
  end
end

-- The token of the options: a string, or a function for the core; and where it comes from.
local function option_token(token, warn_of)
  if type(token) == "function" then return function_source(token), "a function" end
  if type(token) == "string" then
    local fault = value.token_fault(token)
    if fault then wrong_option("token", fault) end
    return token, "options"
  end
  local key, path
  if type(token) == "table" then key, path = next(token) end
  if key ~= "file" or type(path) ~= "string" or next(token, key) ~= nil then
    wrong_option("token", "a string, { file = path } or a function expected, got " .. (type(token) ~= "table"
      and type(token) or "another table"))
  end
  local source, err = file_source(path, warn_of)
  if not source then return nil, err end
  return source, "file " .. value.shown(path)
end

-- Token and where it comes from; or nil, err.
local function token_of(chosen, warn_of)
  local token = chosen.values.token
  if token == nil then
    return fail("the endpoint from %s comes without a token; both come from one place, so that a token is never sent"
      .. " to the wrong host%s. Give both in one of:%s", chosen.from "endpoint", chosen.slip or "", HELP)
  end
  if chosen.options then return option_token(token, warn_of) end
  local fault = value.token_fault(token)
  if fault then return fail("%s: it cannot be a token: %s", chosen.where "token", fault) end
  return token, chosen.from "token"
end

-- {=== the other settings ===}

-- Texts that go into headers.
local function take_text(settings, source, key)
  local text = source.values[key]
  if settings[key] ~= nil or text == nil then return true end
  local fault = value.fault(text)
  if fault then return fail("%s: %s", source.where(key), fault) end
  settings[key] = text
  return true
end

-- Adds what any source may fill in: numbers and the end of User-Agent.
local function fill(settings, source)
  for _, key in ipairs { "retries", "connect_timeout" } do
    local text = source.values[key]
    if settings[key] == nil and text ~= nil then
      local n, fault = value.number(key, text)
      if fault then return fail("%s %s", source.where(key), fault) end
      settings[key] = n
    end
  end
  return take_text(settings, source, "user_agent_suffix")
end

-- Which certificates are good: what the options say, else what the token's source says.
local function trust(settings, options, chosen, warn_of)
  local source = (options.ssl_verify ~= nil or options.ca_file ~= nil) and sources.options(options) or chosen
  local verify, path, key = source.values.ssl_verify, source.values.ca_file, "ca_file"
  if type(verify) == "string" then
    verify = value.verify(verify)
    if type(verify) == "string" then
      path, key, verify = path or verify, path and key or "ssl_verify", true
    end
  end
  settings.ssl_verify, settings.ca_file = verify, path
  if type(path) ~= "string" then return true end
  local found, err = file.certificates(path, source.options and path or "the CA file", warn_of)
  if not found then return fail("%s: %s", source.where(key), err.message) end
  settings.ca_file = found
  return true
end

-- {=== warnings ===}

-- To the log function, else to Lua's warn, which hosts may have taken away.
local function warner(options)
  return function(text)
    text = core.words(text, "lines")
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

-- The numbers of all sources that are in force. What the default file might have added is not worth refusing to work.
local function fill_all(settings, list, chosen, warn_of)
  local ok, err = fill(settings, chosen)
  if ok and not chosen.alone then ok, err = fill(settings, list.environment()) end
  if not ok then return nil, err end
  local default, why = list.default()
  if default and default ~= chosen then ok, why = fill(settings, default) end
  if not ok or why then warn_of("left out: " .. why.message) end
  return true
end

--- Completes the options of `dr.client`.
---@param options? datarobot.ClientOptions
---@return table|nil settings for the core
---@return datarobot.Error|string err kind `config`; or where endpoint and token come from
---@return string? token_from where the token comes from
function config.resolve(options)
  options = options or {}
  local settings = {}
  for key, option in next, options do
    if key ~= "config_path" then settings[key] = option end
  end
  if options.config_path ~= nil and type(options.config_path) ~= "string" then
    wrong_option("config_path", "a string expected, got " .. type(options.config_path))
  end
  if options.config_path and (options.token ~= nil or options.endpoint ~= nil) then
    return fail "config_path and endpoint or token exclude each other: both come from one place"
  end
  local warn_of = warner(settings)
  local list = sources.all(options, warn_of)
  local chosen, first = choose(list)
  if not chosen then return nil, first end
  local token, from = token_of(chosen, warn_of)
  if not token then return nil, from end
  local base, err = endpoint_of(list, chosen, first, options.allow_http)
  if not base then return nil, err end
  settings.token, settings.endpoint = token, base
  for _, step in ipairs {
    function() return trust(settings, options, chosen, warn_of) end,
    function() return take_text(settings, chosen, "token_type") end,
    function() return fill_all(settings, list, chosen, warn_of) end,
  } do
    local ok, why = step()
    if not ok then return nil, why end
  end
  warn_of_choices(settings, warn_of)
  if chosen.values.endpoint == nil then return settings, "endpoint by default, token from " .. from, from end
  local place = chosen.from "endpoint"
  return settings, place == from and "endpoint and token from " .. from
    or ("endpoint from %s, token from %s"):format(place, from), from
end

return config
