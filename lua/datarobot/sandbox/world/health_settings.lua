--- What decides about a deployment's health.

local copy = require "datarobot.sandbox.world.copy"
local duration = require "datarobot.sandbox.world.duration"
local json = require "datarobot.sandbox.json"
local kinds = require "datarobot.sandbox.world.kinds"

local null, list = json.null, json.list

local health_settings = {}

-- One drifting feature that matters is a failure, one that does not is a warning.
local DATA_DRIFT = {
  timeInterval = "P7D",
  batchCount = null,
  driftThreshold = 0.15,
  importanceThreshold = 0.5,
  lowImportanceWarningCount = 1,
  lowImportanceFailingCount = null,
  highImportanceWarningCount = null,
  highImportanceFailingCount = 1,
  excludedFeatures = list(),
  starredFeatures = list(),
}

local function accuracy(metric)
  return { batchCount = null, metric = metric, measurement = "percent", warningThreshold = 5, failingThreshold = 10 }
end

local FIXED = {
  service = { batchCount = null },
  dataDrift = DATA_DRIFT,
  fairness = { protectedClassWarningCount = 1, protectedClassFailingCount = 2 },
  customMetrics = { warningConditions = list(), failingConditions = list() },
  predictionsTimeliness = { enabled = false, expectedFrequency = null },
  actualsTimeliness = { enabled = false, expectedFrequency = null },
}

--- What holds for a deployment until it is changed.
function health_settings.defaults(record)
  local groups = copy.of(FIXED)
  groups.accuracy = accuracy(kinds.of(record).metric)
  return groups
end

--- What holds for a deployment.
function health_settings.get(record)
  return record.health_settings or health_settings.defaults(record)
end

--- What is wrong with changes beyond their form.
-- @return table: path -> message
function health_settings.faults(record, body)
  local faults = {}
  local interval = body.dataDrift and body.dataDrift.timeInterval
  local seconds = interval and duration.iso(interval)
  if interval and (not seconds or seconds <= 0 or seconds > 366 * 86400) then
    faults["dataDrift.timeInterval"] = "must be an ISO 8601 duration of at most 366 days, such as P7D"
  end
  local metric = body.accuracy and body.accuracy.metric
  if metric and not kinds.of(record).metrics[metric] then
    faults["accuracy.metric"] = "is no metric of this deployment"
  end
  return faults
end

--- Changes of each given group the given members.
function health_settings.update(record, body)
  local groups = copy.of(health_settings.get(record))
  for group, members in pairs(body) do groups[group] = copy.completed(members, groups[group]) end
  record.health_settings = groups
  record.health_hour = nil
end

return health_settings
