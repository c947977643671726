--- Retraining policies: their defaults and how they change.

local copy = require "datarobot.sandbox.world.copy"
local json = require "datarobot.sandbox.json"

local null = json.null

local policies = { MOST = 5 }

local AUTOPILOT = {
  mode = "quick", blendBestModels = false, runLeakageRemovedFeatureList = true, scoringCodeOnly = false,
  shapOnlyMode = false,
}
local PROJECT = { cvMethod = "RandomCV", validationType = "CV", holdoutPct = null, validationPct = null, reps = null }
local TIME_SERIES = {
  calendarId = null, differencingMethod = "auto", exponentiallyWeightedMovingAlpha = null, periodicities = null,
  treatAsExponential = "auto",
}
local TRIGGER = {
  type = null, schedule = null, minIntervalBetweenRuns = null, statusDeclinesToWarning = false,
  statusDeclinesToFailing = false, statusStillInDecline = false,
}

-- Wire member -> what becomes of a given value. Nested objects are replaced whole, never merged.
local SHAPE = {
  autopilotOptions = function(value) return copy.completed(value, AUTOPILOT) end,
  projectOptions = function(value, record)
    local options = copy.completed(value, PROJECT)
    options.metric = options.metric or record.metric
    return options
  end,
  timeSeriesOptions = function(value)
    if value == null then return null end
    local options = copy.completed(value, TIME_SERIES)
    for name, default in pairs(TIME_SERIES) do
      if options[name] == null then options[name] = default end
    end
    local periodic = options.periodicities ~= null and #options.periodicities > 0
    if periodic and options.differencingMethod == "auto" then options.differencingMethod = "seasonal" end
    return options
  end,
  trigger = function(value) return copy.completed(value, TRIGGER) end,
}

local function apply(policy, record, body)
  for name, value in pairs(body) do
    if name == "useCaseId" then
      policy.useCase = value ~= null and { id = value, name = "Use Case " .. value:sub(-4) } or null
    else
      policy[name] = SHAPE[name] and SHAPE[name](value, record) or value
    end
  end
  return policy
end

--- Whether a body sets a trigger that can fire while nobody is set whose rights its runs would use.
function policies.lacks_user(record, body)
  local trigger = body.trigger
  local fires = trigger and trigger.type and trigger.type ~= null
  return (fires and not record.retraining.retrainingUserId) or false
end

-- What the server fills in.
local function defaults(id, record)
  return {
    id = id,
    description = null,
    action = "create_challenger",
    modelSelectionStrategy = "autopilot_recommended",
    featureListStrategy = "informative_features",
    projectOptionsStrategy = "same_as_champion",
    autopilotOptions = SHAPE.autopilotOptions(nil),
    projectOptions = SHAPE.projectOptions(nil, record),
    timeSeriesOptions = null,
    trigger = null,
    useCase = null,
    latestRun = null,
  }
end

--- Makes a policy with the server's defaults for what the body leaves out.
-- @return the policy as it is shown
function policies.create(world, record, body)
  local policy = apply(defaults(world:new_id(), record), record, body)
  record.policies[#record.policies + 1] = { shown = policy, runs = {} }
  return policy
end

--- Replaces the given members whole.
-- @return the policy as it is shown
function policies.update(record, policy, body)
  return apply(policy.shown, record, body)
end

--- The policy of a deployment and its index; nil when there is none.
function policies.find(record, id)
  for i, policy in ipairs(record.policies) do
    if policy.shown.id == id then return policy, i end
  end
  return nil
end

--- Takes a policy as it is on another server.
-- @return its record, whose runs are still to come
function policies.take(record, shown)
  local policy = defaults(shown.id, record)
  for name, value in pairs(shown) do
    if value ~= null then policy[name] = SHAPE[name] and SHAPE[name](value, record) or value end
  end
  local taken = { shown = policy, runs = {} }
  record.policies[#record.policies + 1] = taken
  return taken
end

return policies
