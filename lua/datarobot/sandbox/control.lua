--- What the owner of a sandbox may do to it: functions of the server's state and a decoded JSON value.

local cron = require "datarobot.sandbox.world.cron"
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

return control
