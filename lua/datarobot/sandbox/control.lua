--- What the owner of a sandbox may do to it: functions of the server's state and a decoded JSON value.

local json = require "datarobot.sandbox.json"

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

return control
