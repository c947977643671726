--- What the owner of a sandbox may do to it: functions of the server's state and a decoded JSON value.

local accuracy = require "datarobot.sandbox.world.accuracy"
local cron = require "datarobot.sandbox.world.cron"
local drift = require "datarobot.sandbox.world.drift"
local json = require "datarobot.sandbox.json"
local time = require "datarobot.sandbox.world.time"

local control = {}

--- The requests that were logged; `clear` forgets them afterwards.
function control.requests(state, options)
  local kept = json.list(state.log:all())
  if options.clear == true then state.log:clear() end
  return kept
end

--- Puts an error in line for the next requests.
function control.fail(state, fault)
  table.insert(state.faults, fault)
end

--- Lets the answers to the next requests be late.
function control.slow(state, delay)
  table.insert(state.slow, delay)
end

--- Keeps the world as it is.
-- @return a name for it
function control.snapshot(state)
  return state:snapshot()
end

--- Puts a kept world back.
function control.restore(state, name)
  if not state:restore(name) then error(("there is no snapshot %s"):format(name), 0) end
end

--- The world's time.
function control.now(state)
  return cron.timestamp(state.world.now)
end

--- Advances the world's time by seconds.
-- @return the time then
function control.advance(state, seconds)
  time.advance(state.world, seconds)
  return control.now(state)
end

local function record_of(state, id)
  return state.world.by_id[id] or error(("there is no deployment %s"):format(id), 0)
end

local function must(problem)
  if problem then error(problem, 0) end
end

--- Lets the data of a deployment drift, or no longer.
-- @param change { id =, status = }
function control.drift(state, change)
  must(drift.set(state.world, record_of(state, change.id), change.status))
end

--- Lets a model of a deployment become better or worse.
-- @param change { id =, to = what accuracy.set takes }
function control.accuracy(state, change)
  must(accuracy.set(state.world, record_of(state, change.id), change.to))
end

return control
