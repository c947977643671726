--- `datarobot apply FILE [ID…]`.
local connection = require "datarobot.cli.connection"
local consent = require "datarobot.cli.consent"
local declared = require "datarobot.cli.declared"
local failure = require "datarobot.cli.failure"
local fleet = require "datarobot.cli.fleet"

-- Plans all deployments before anything is written: the plans, how many changes there are, the status, whether one
-- deployment was named.
local function plan_all(client, o, out, t)
  local plans, changes = {}, 0
  local own = { who = "apply", definition = t, summary = false }
  local status, single = fleet.each(client, o, out, own, function(deployment)
    local plan, err = deployment:plan(t, declared.consent(o))
    if not plan then return nil, err end
    plans[#plans + 1] = { deployment = deployment, deployment_id = deployment.id, plan = plan }
    changes = changes + #plan
    return {}
  end)
  return plans, changes, status, single
end

local function check_limit(o, changes)
  if o.max_changes and changes > o.max_changes then
    failure.raise("limit", ("%d changes, more than --max-changes %d: nothing was done"):format(changes, o.max_changes),
      "datarobot plan shows them")
  end
end

local function apply(planned)
  local id, plan = planned.deployment_id, planned.plan
  if #plan == 0 then
    return { text = id .. ": nothing to do", object = { deployment_id = id, writes = 0 }, count = "unchanged" }
  end
  local result, err = plan:apply()
  if not result then return nil, err end
  return { text = ("%s: %s"):format(id, tostring(result)), count = result.writes > 0 and "changed" or "unchanged",
    object = { deployment_id = id, writes = result.writes, parts = result.parts } }
end

return {
  summary = "makes deployments as a file says",
  description = "Everything is planned before anything is written, and only what differs is sent: started again after"
    .. " an interruption it does what is left. What replaces a model or removes a policy needs its flag; on a terminal"
    .. " a yes counts as the flag.",
  arguments = declared.ARGUMENTS,
  options = declared.options { declared.MAX_CHANGES },
  run = function(o, out)
    local t = declared.read(o.file)
    local client <close> = connection.open(o)
    local plans, changes, status, single = plan_all(client, o, out, t)
    if status ~= 0 and not o.keep_going then return status end
    check_limit(o, changes)
    consent(plans, t)
    out.when_interrupted = "what was done stays; the same command does what is left"
    local i = 0
    local function planned()
      i = i + 1
      return plans[i]
    end
    local own = { who = "apply", single = single }
    return math.max(status, fleet.over(client, o, out, own, planned, apply))
  end,
}
