--- What methods of several requests share: the options of a call, and those that the Lua half keeps of a client.
local core = require "datarobot.core"
local guard = require "datarobot.call.guard"

local options = {}

local TIMEOUT <const> = 60 -- seconds: the client's default

-- client -> { timeout =, settle_pause = }
local kept = setmetatable({}, { __mode = "k" })

--- Keeps what the Lua half needs of a client's options.
---@param client datarobot.Client
---@param own {timeout: number?, settle_pause: number?}
function options.keep(client, own)
  kept[client] = own
end

local function of(object)
  return kept[core.calls.client_of(object)] or {}
end

local meant = {
  seconds = "seconds > 0", ["function"] = "a function", boolean = "true or false",
  positive = "a number > 0", amount = "a number >= 0", metric = "a metric",
  count = "an integer >= 0", format = '"lua" or "json"',
}

local function fits(value, kind)
  if kind == "seconds" then return type(value) == "number" and value > 0 end
  if kind == "positive" then return type(value) == "number" and value > 0 and value < math.huge end
  if kind == "amount" then return type(value) == "number" and value >= 0 and value < math.huge end
  if kind == "metric" then return type(value) == "string" and core.metric(value) ~= nil end
  if kind == "format" then return value == "lua" or value == "json" end
  if kind == "count" then return math.type(value) == "integer" and value >= 0 end
  return type(value) == kind
end

local function misfit(kind, value)
  if kind == "metric" and type(value) == "string" then
    local near = core.nearest(value, require "datarobot.help.discovery".enums().metric)
    return ('"%s" is not a metric%s (print(dr.enums.metric) lists them)'):format(core.words(value, "quoted"),
      near and ('; did you mean "%s"?'):format(near) or "")
  end
  return ("%s expected, got %s"):format(meant[kind] or "a " .. kind,
    type(value) == "number" and tostring(value) or type(value))
end

--- Raises unless the options of a method are all known and of their kinds.
---@param name string the public method
---@param n integer the options' number as the caller counts
---@param o? table
---@param known table<string, string> option -> a kind of `fits`, or the name of a type
---@return table o empty when there are none
function options.check(name, n, o, known)
  if type(o) == "number" and known.timeout then
    guard.argument(n, name, "table expected, got number; seconds are { timeout = " .. tostring(o) .. " }")
  end
  guard.check(o, "table", n, name, true)
  for key, value in next, o or {} do
    local kind = known[key]
    if not kind then
      local names = {}
      for each in next, known do names[#names + 1] = each end
      table.sort(names)
      local near = type(key) == "string" and core.nearest(key, names)
      guard.argument(n, name, ("unknown option '%s'%s"):format(core.words(tostring(key)),
        near and (" (did you mean '%s'?)"):format(near) or ""))
    elseif not fits(value, kind) then
      guard.argument(n, name, ("option '%s': %s"):format(key, misfit(kind, value)))
    end
  end
  return o or {}
end

--- How long a call of an object may take in all.
---@param object any of a client
---@param o? datarobot.CallOptions of the call
---@return number seconds
function options.timeout(object, o)
  return o and o.timeout or of(object).timeout or TIMEOUT
end

--- Takes the option apart that the core does not know.
---@param name string the public method, whose second argument the options are
---@param o? datarobot.JobOptions
---@return datarobot.CallOptions rest
---@return boolean waits `o.wait`
function options.split(name, o)
  guard.check(o, "table", 2, name, true)
  if o == nil then return {}, true end
  local rest = {}
  for k, v in next, o do rest[k] = v end
  rest.wait = nil
  return rest, o.wait ~= false
end

--- The options of a further request of a call: what is left of its time.
---@param object any of a client
---@param o? datarobot.CallOptions of the call
---@param started number core.now() at its beginning
---@return datarobot.CallOptions
function options.rest(object, o, started)
  local rest = {}
  for k, v in next, o or {} do rest[k] = v end
  rest.timeout = math.max(options.timeout(object, rest) - (core.now() - started), 0.001)
  return rest
end

--- How long a write whose answer was lost may take to show: ten times the pause before the first look.
---@param object any of a client
---@return number seconds
function options.look(object)
  return math.max(10 * (of(object).settle_pause or 1), 0.5)
end

--- What `settle` has to know; nil when a lost answer is not to be settled.
---@param object any of a client
---@param err datarobot.Error
---@param o? datarobot.CallOptions of the call
---@param started number core.now() at its beginning
---@param timeout? number seconds, where neither call nor client says
---@return table|nil case { err, started, deadline, pause }
function options.lost(object, err, o, started, timeout)
  if err.kind ~= "ambiguous" or (o and o.retry == false) then return nil end
  local own = of(object)
  timeout = o and o.timeout or timeout or own.timeout or TIMEOUT
  return { err = err, started = started, deadline = started + timeout, pause = own.settle_pause }
end

return options
