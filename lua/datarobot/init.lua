--- DataRobot's retraining policies from Lua: clients, deployments, policies and their runs.
---
--- A wrong call raises; everything that the world or data can do returns `nil, err`, where err is an
--- error object: kind, message, status, problems and more, with a readable `tostring`.
local core = require "datarobot.core"
local error_object = require "datarobot.error"
local guard = require "datarobot.call.guard"
local show = require "datarobot.show"

local classes = core.classes

---@class datarobot
---@field _VERSION string name and version of the module
---@field null lightuserdata JSON's null: sent, it clears a member; equal to `cjson.null`
---@field enums datarobot.Enums the legal words of every enumeration, such as `dr.enums.action`
local dr = {
  _VERSION = core.version,
  null = core.null,
  validate = core.validate,
  encode = core.encode,
  normalize = core.normalize,
  decode = core.decode,
  array = core.array,
}

--- Makes a client. Without endpoint and token in the options they are looked for as DataRobot's own
-- clients do: a named file, the environment, `~/.config/datarobot/drconfig.yaml`. Sends nothing.
---@param options? datarobot.ClientOptions
---@return datarobot.Client|nil client
---@return datarobot.Error? err kind `config`: no token, a token without its endpoint, a bad file
function dr.client(options)
  return require "datarobot.client".new(options)
end

--- The differences between two of: deployments, policies, tables for `deployment:apply`, and files with such a table
-- (`{ file = "loan.lua" }`). Both are normalised first; null and absent are the same. Of a deployment or policy beside
-- a table only what the table names is compared.
---@param a datarobot.Deployment|datarobot.RetrainingPolicy|table what was, or is
---@param b datarobot.Deployment|datarobot.RetrainingPolicy|table what is, or is to be
---@return datarobot.Change[]|nil changes empty when there are none; `print` shows them
---@return datarobot.Error? err kind `validation` for a table that is none; of reading a deployment or a file
function dr.diff(a, b)
  local changes, err = require "datarobot.declare.diff"(a, b)
  if not changes then return nil, err end
  return changes
end

--- Reads a plan that `plan:save` has written. It is applied only while all that it shows is as it was.
---@param path string
---@param client datarobot.Client
---@return datarobot.Plan|nil plan
---@return datarobot.Error? err kind `config` when it cannot be read or holds no plan; of reading the deployment
function dr.load_plan(path, client)
  guard.check(path, "string", 1, "load_plan")
  if not guard.is(client, "client") then guard.argument(2, "load_plan", "a client expected, got " .. type(client)) end
  local plan, err = require "datarobot.declare.plan".load(path, client)
  if not plan then return nil, err end
  return plan
end

--- Reads a file that says how a deployment is to be, for `deployment:apply`: Lua that returns a table (it knows
-- `dr.null` and functions for texts, tables and numbers, and nothing that reaches out of it), or JSON. What it may cost
-- is limited.
---@param path string
---@return table|nil t
---@return datarobot.Error? err kind `config` when it cannot be read, `validation` for mistakes in it, `limit` when it
---  takes too long or too much memory
function dr.load_definition(path)
  guard.check(path, "string", 1, "load_definition")
  local t, err = require "datarobot.declare.definition".load(path)
  if not t then return nil, err end
  return t
end

--- Makes a function that shows the progress of a run: `run:wait { on_progress = dr.progress() }`. On a terminal one
-- line is rewritten, in a file there is a line for each change.
---@param file? file*|false where to, default `io.stderr`; false, or a host without io: nothing is written
---@return function on_progress
function dr.progress(file)
  local on_progress = require "datarobot.call.progress"(file)
  return on_progress
end

-- Documented in schedule.lua, which also completes the class.
function dr.schedule(...)
  return require "datarobot.schedule"(...)
end

--- Whether a value is an error object of this module.
---@param x any
---@return boolean
function dr.is_error(x)
  return guard.is(x, "error")
end

-- {=== discovery: what there is, found out at first use ===}

-- Empty until asked: the words come from the core's tables.
dr.enums = setmetatable({}, {
  __name = "datarobot.enums",
  __index = function(_, name) return require "datarobot.help.discovery".enum(name) end,
  __pairs = function() return next, require "datarobot.help.discovery".enums() end,
  __tostring = function() return require "datarobot.help.discovery".enums_text() end,
})

--- The fields of a table that can be sent, in the order in which they go out. `print` shows them.
---@param kind string a kind of `dr.validate`, the parameters of a list (`"deployments_query"`), or a
---  table inside one of them (`"policy.trigger"`)
---@return datarobot.Field[] fields raises with the legal kinds when there is none of this name
function dr.fields(kind)
  guard.check(kind, "string", 1, "fields")
  local fields, why = require "datarobot.help.discovery".fields(kind)
  if not fields then guard.argument(1, "fields", why) end
  return fields
end

--- What there is to know about something, as text for a terminal of 80 columns. Nothing is printed
-- and nothing is sent: `print(dr.help(policy))`.
---@param x? any nothing for an overview; an object, an error or a function of this module; or the name
---  of a class, kind, field (`"policy.trigger"`), enumeration or method
---@return string text
function dr.help(x)
  return require "datarobot.help"(dr, x)
end

-- {=== how values print ===}

classes.error.__tostring = error_object.tostring
classes.array.__tostring = show.value
classes.object.__tostring = show.value

core.name(dr, "") -- messages call functions by these names

-- {=== a colon for a dot ===}

-- What may be given anything; the module alone, too.
local ANYTHING <const> = { help = true, is_error = true }

for name, f in next, dr do
  if type(f) == "function" then
    dr[name] = function(...)
      if rawequal(..., dr) and not (ANYTHING[name] and select("#", ...) == 1) then
        core.raise(("'%s' was called with a colon; call it with a dot: dr.%s(...)"):format(name, name))
      end
      return f(...)
    end
  end
end

return dr
