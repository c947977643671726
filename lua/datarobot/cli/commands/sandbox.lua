--- `datarobot sandbox`.
local failure = require "datarobot.cli.failure"
local options = require "datarobot.cli.options"

local NAMES <const> = {
  { "DATAROBOT_ENDPOINT", "endpoint" }, { "DATAROBOT_API_TOKEN", "token" }, { "DEPLOYMENT_ID", "deployment_id" },
  { "DATASET_ID", "dataset_id" }, { "PREDICTION_ENVIRONMENT_ID", "prediction_environment_id" },
}

local function announce(sandbox, out)
  local lines, object = {}, {}
  for i, name in ipairs(NAMES) do
    lines[i] = ("%s=%s"):format(name[1], sandbox[name[2]])
    object[name[2]] = sandbox[name[2]]
  end
  out:answer(table.concat(lines, "\n"), object)
  out:flush()
end

return {
  summary = "serves a local DataRobot on 127.0.0.1 until it is interrupted",
  description = "Prints what clients need as NAME=value lines, fit for a shell's eval. doc/sandbox.md tells the rest.",
  offline = true,
  options = {
    { name = "--port", argname = "N", convert = options.number("--port", 0, 65535, "integer"),
      description = "Listen on this port (default: any free one)." },
    { name = "--deployments", argname = "N", convert = options.number("--deployments", 1, 100000, "integer"),
      description = "How many deployments there are (default 1)." },
  },
  run = function(o, out)
    local found, sandboxes = pcall(require, "datarobot.sandbox")
    if not found then failure.raise("sandbox", tostring(sandboxes)) end
    local sandbox <close>, problem = sandboxes.start { port = o.port, deployments = o.deployments }
    if not sandbox then
      failure.raise("sandbox", problem, o.port and "another program may have the port: leave out --port" or nil)
    end
    -- The lines come out when the signals are held already, so that a reader may send one at once.
    local signal = require "datarobot.sandbox.server".wait_signal(function() announce(sandbox, out) end)
    return signal == "SIGINT" and failure.INTERRUPTED or 0
  end,
}
