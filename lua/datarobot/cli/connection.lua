--- The client of a command, and what it tells on stderr.
local core = require "datarobot.core"
local failure = require "datarobot.cli.failure"
local value = require "datarobot.config.value"

local connection = {}

local function seconds(n) return n and (" after %.2f s"):format(n) or "" end

-- What is shown with --verbose, by kind of event.
local EVENTS <const> = {
  request = function(e)
    return ("> %s %s%s"):format(e.method, e.path, (e.attempt or 1) > 1 and ", attempt " .. e.attempt or "")
  end,
  reply = function(e)
    return ("< %s %s %s%s"):format(e.status or e.kind or "failed", e.method, e.path, seconds(e.seconds))
  end,
  retry = function(e)
    return ("! %s %s: %s, again in %.1f s"):format(e.method, e.path, e.status or e.kind, e.delay or 0)
  end,
}

local function log(verbose, notes)
  local function say(text) io.stderr:write(core.words(text, "lines"), "\n") end
  return function(event)
    if event.event == "warning" then
      say("datarobot: " .. event.message)
    elseif event.event == "notes" and notes then
      for _, note in ipairs(event.notes) do say(("note: %s: %s"):format(note.path, note.message)) end
    elseif verbose and EVENTS[event.event] then
      say(EVENTS[event.event](event))
    end
  end
end

local function same_place(a, b)
  assert(core.load_network(require)) -- which knows addresses
  local place = core.endpoint(a, true)
  return place ~= nil and place == core.endpoint(b, true)
end

-- An endpoint of the command line stands in the place of DATAROBOT_ENDPOINT, whose token it gets, and no other's.
local function token_for(endpoint)
  local token = value.getenv "DATAROBOT_API_TOKEN"
  local other = value.getenv "DATAROBOT_ENDPOINT" or value.getenv "DATAROBOT_API_ENDPOINT"
  if not token then
    failure.raise("config", "--endpoint takes the token of DATAROBOT_API_TOKEN, which is not set",
      "set it, or write both into a file: --config FILE")
  end
  if other and not same_place(other, endpoint) then
    failure.raise("config", "DATAROBOT_ENDPOINT names another place than --endpoint, and DATAROBOT_API_TOKEN may be"
      .. " meant for that one", "unset DATAROBOT_ENDPOINT, or write endpoint and token into a file: --config FILE")
  end
  local fault = value.token_fault(token)
  if fault then failure.raise("config", "DATAROBOT_API_TOKEN: it cannot be a token: " .. fault) end
  return token
end

--- Makes the client of a command; raises where that fails.
---@param o table what was given
---@param own? {notes: boolean} notes: false: those about what is sent are not shown
---@return datarobot.Client
function connection.open(o, own)
  local notes = not own or own.notes ~= false
  local settings = { config_path = o.config, timeout = o.timeout, read_only = o.read_only,
    log = log(o.verbose, notes) }
  if o.endpoint then
    if o.config then
      failure.raise("config", "--config and --endpoint exclude each other",
        "the file names the endpoint: leave one out")
    end
    settings.endpoint, settings.token = o.endpoint, token_for(o.endpoint)
  end
  return assert(require "datarobot".client(settings))
end

return connection
