--- `datarobot explain ID POLICY`.
local connection = require "datarobot.cli.connection"
local core = require "datarobot.core"
local find = require "datarobot.cli.find"
local runs = require "datarobot.cli.runs"

local function errors(list)
  local objects = {}
  for i, err in ipairs(list) do objects[i] = { kind = err.kind, message = err.message } end
  return core.array(objects)
end

local function object_of(explanation)
  local run = explanation.latest_run
  return {
    sentences = core.array(explanation.sentences), next_runs = core.array(explanation.next_runs),
    blocked_by = core.array(explanation.blocked_by), distance = core.array(explanation.distance),
    latest_run = run and runs.object(run) or core.null, unknown = errors(explanation.unknown),
  }
end

return {
  summary = "what a policy waits for and when, and why it does not run",
  description = "The status is 1 where something keeps it from starting by itself, or its runs from succeeding.",
  arguments = { find.ID, find.POLICY },
  run = function(o, out)
    local client <close> = connection.open(o)
    local explanation, err = find.both(client, o):explain()
    if not explanation then error(err, 0) end
    out:answer(tostring(explanation), object_of(explanation))
    return #explanation.blocked_by > 0 and 1 or 0
  end,
}
