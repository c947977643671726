--- `datarobot show ID [POLICY]`.
local connection = require "datarobot.cli.connection"
local find = require "datarobot.cli.find"
local runs = require "datarobot.cli.runs"
local show = require "datarobot.show"

local RUNS <const> = 10 -- so many of the newest

local function trigger_of(policy)
  local trigger = type(policy.trigger) == "table" and policy.trigger or {}
  local schedule = trigger.schedule and require "datarobot".schedule(trigger.schedule)
  return show.word(trigger.type, "manual"), schedule
end

local function latest_of(policy)
  local run = type(policy.latest_run) == "table" and policy.latest_run or {}
  return run.status, run.finish_time or run.start_time
end

local function show_deployment(deployment, out)
  local rows, objects = {}, {}
  for policy in deployment:retraining_policies() do
    local trigger, schedule = trigger_of(policy)
    local status, time = latest_of(policy)
    rows[#rows + 1] = { policy.id, policy.name, trigger, schedule, policy.action, status, time }
    objects[#objects + 1] = policy:to_table()
  end
  local object = deployment:to_table()
  object.retraining_policies = require "datarobot".array(objects)
  local facts = {}
  for i, fact in ipairs { { "importance", deployment.importance },
    { "model", type(deployment.model) == "table" and deployment.model.type },
    { "target", type(deployment.model) == "table" and deployment.model.target_name } } do
    facts[i] = ("\n%-11s %s"):format(fact[1], show.word(fact[2], "-"))
  end
  out:answer(tostring(deployment) .. table.concat(facts), object)
  if out.json then return end
  out:answer(#rows == 0 and "no retraining policies" or "")
  out:columns({ "ID", "POLICY", "TRIGGER", "SCHEDULE", "ACTION", "LATEST RUN", "TIME" }, rows)
end

local function show_policy(policy, out)
  local rows, objects = {}, {}
  for run in policy:runs { limit = RUNS } do
    rows[#rows + 1] = { run.id, run:state(), run.status, run.start_time, run.finish_time, run.error_message }
    objects[#objects + 1] = runs.object(run)
  end
  local object = policy:to_table()
  object.runs = require "datarobot".array(objects)
  local _, schedule = trigger_of(policy)
  local when = schedule and "\n" .. schedule:describe() or ""
  out:answer(tostring(policy) .. when .. "\n" .. show.value(policy:definition()), object)
  if out.json then return end
  out:answer(#rows == 0 and "no runs" or "")
  out:columns({ "RUN ID", "STATE", "STATUS", "STARTED", "FINISHED", "ERROR" }, rows)
end

return {
  summary = "a deployment with its retraining policies, or a policy with its runs",
  arguments = { find.ID, { name = "policy", args = "?", description = find.POLICY.description } },
  run = function(o, out)
    local client <close> = connection.open(o)
    local deployment = find.deployment(client, o.id)
    if o.policy then
      show_policy(find.policy(deployment, o.policy), out)
    else
      show_deployment(deployment, out)
    end
    return 0
  end,
}
