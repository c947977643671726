--- `datarobot watch ID POLICY`.
local connection = require "datarobot.cli.connection"
local failure = require "datarobot.cli.failure"
local find = require "datarobot.cli.find"
local runs = require "datarobot.cli.runs"

return {
  summary = "waits until a policy's newest run is over",
  description = "The status is 1 where the run failed or was cancelled, also where it was over already.",
  arguments = { find.ID, find.POLICY },
  options = { find.RUN, runs.DEADLINE },
  run = function(o, out)
    local client <close> = connection.open(o)
    local run = find.run(find.both(client, o), o.run)
    if not run then
      failure.raise("not_found", "the policy has no run yet", "datarobot run ID POLICY starts one")
    end
    return runs.wait(out, o.deadline, run)
  end,
}
