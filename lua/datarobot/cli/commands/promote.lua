--- `datarobot promote ID POLICY`.
local connection = require "datarobot.cli.connection"
local failure = require "datarobot.cli.failure"
local find = require "datarobot.cli.find"
local replacement = require "datarobot.cli.replacement"

return {
  summary = "lets the deployment serve the model of a policy's newest run that succeeded",
  description = "Replaces the model; datarobot rollback undoes it. Nothing to do where it is served already.",
  arguments = { find.ID, find.POLICY },
  options = { find.RUN, replacement.ALLOW_WARNINGS },
  run = function(o, out)
    local client <close> = connection.open(o)
    local run, newest = find.run(find.both(client, o), o.run, "succeeded")
    if not run then
      local last = newest and "; the newest: " .. tostring(newest) or ""
      failure.raise("not_found", "no run of the policy has succeeded" .. last,
        "datarobot run ID POLICY --wait starts one")
    end
    return replacement.show(out, run:promote(replacement.options(o)))
  end,
}
