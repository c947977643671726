--- `datarobot run ID POLICY`.
local connection = require "datarobot.cli.connection"
local core = require "datarobot.core"
local failure = require "datarobot.cli.failure"
local find = require "datarobot.cli.find"
local runs = require "datarobot.cli.runs"

local function start(policy, o)
  local run, err = policy:start_run { join = o.join }
  if run then return run end
  if err.kind == "conflict" and err.run then
    failure.advise(err, ("run %s is active: --join takes it for this one, datarobot cancel ends it"):format(err.run.id))
  elseif err.kind == "ambiguous" then
    failure.advise(err, ("datarobot show %s %s shows whether there is one: look before you start another"):format(
      core.ids(policy)))
  end
  error(err, 0)
end

return {
  summary = "starts a run of a policy",
  description = "It is started once, whatever happens on the way. With --wait the status is 1 where the run fails.",
  arguments = { find.ID, find.POLICY },
  options = {
    { name = "--wait", flag = true, description = "Wait until it is over." },
    { name = "--join", flag = true, description = "Where a run is active already, take that one." },
    runs.DEADLINE,
  },
  run = function(o, out)
    local client <close> = connection.open(o)
    local run = start(find.both(client, o), o)
    if o.wait then return runs.wait(out, o.deadline, run) end
    runs.show(out, run)
    return 0
  end,
}
