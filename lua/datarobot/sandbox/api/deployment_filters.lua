--- Which deployments a query asks for, and in which order.

local Filter = require "datarobot.sandbox.http.filter"
local cron = require "datarobot.sandbox.world.cron"
local json = require "datarobot.sandbox.json"
local listing = require "datarobot.sandbox.http.listing"

local set, words = Filter.set, Filter.words

local HEALTH = set "unknown warning passing unavailable failing"
local SEVERITY = { unavailable = 0, unknown = 0, passing = 1, warning = 2, failing = 3 }
local IMPORTANCE = { LOW = 1, MODERATE = 2, HIGH = 3, CRITICAL = 4 }

local function usage(deployment)
  local sum = 0
  for _, rate in ipairs(deployment.predictionUsage.dailyRates) do sum = sum + rate end
  return sum
end

local function daily_average(deployment)
  return usage(deployment) / 7
end

local function last_prediction(deployment)
  local at = deployment.predictionUsage.lastTimestamp
  return at ~= json.null and cron.parse(at) or 0
end

local function time(query, name, faults)
  local text = listing.single(query, name, faults)
  local value = text and cron.parse(text)
  if text and not value then faults[name] = "must be an RFC 3339 time" end
  return value
end

local function text(query, name, faults)
  local value = listing.single(query, name, faults)
  return value and value:lower()
end

local function health(member)
  return words(function(d) return d[member].status end, { legal = HEALTH, commas = true })
end

local function of_tags(member)
  return words(function(d)
    local list = {}
    for i, tag in ipairs(d.tags) do list[i] = tag[member] end
    return list
  end)
end

-- What does not depend on who asks.
local PARAMETERS = {
  serviceHealth = health "serviceHealth",
  modelHealth = health "modelHealth",
  accuracyHealth = health "accuracyHealth",
  executionEnvironmentType = words(function(d)
    return d.predictionEnvironment.platform == "datarobot" and "datarobot" or "external"
  end, { legal = set "datarobot external", commas = true }),
  status = words(function(d) return d.status end,
    { legal = set "active inactive stopping launching archived replacingModel errored" }),
  importance = words(function(d) return d.importance end, { legal = IMPORTANCE, commas = true }),
  defaultPredictionServerId = words(function(d)
    return d.defaultPredictionServer ~= json.null and d.defaultPredictionServer.id or {}
  end),
  buildEnvironmentType = words(function(d) return d.model.buildEnvironmentType end),
  predictionEnvironmentPlatform = words(function(d) return d.predictionEnvironment.platform end),
  championModelTargetType = words(function(d) return d.model.targetType end),
  tagKeys = of_tags "name",
  tagValues = of_tags "value",
  hasDecisionFlow = Filter.boolean(function() return false end), -- no deployment here has one
  search = Filter.bound(text, function(d, wanted)
    return (d.label:lower():find(wanted, 1, true) or d.description:lower():find(wanted, 1, true)) ~= nil
  end),
  lastPredictionTimestampStart = Filter.bound(time, function(d, bound) return last_prediction(d) >= bound end),
  lastPredictionTimestampEnd = Filter.bound(time, function(d, bound) return last_prediction(d) <= bound end),
  predictionUsageDailyAvgGreaterThan = Filter.bound(listing.integer, function(d, n) return daily_average(d) > n end),
  predictionUsageDailyAvgLessThan = Filter.bound(listing.integer, function(d, n) return daily_average(d) < n end),
}

local ORDER = {
  default = "label",
  label = function(d) return d.label end,
  serviceHealth = function(d) return SEVERITY[d.serviceHealth.status] end,
  modelHealth = function(d) return SEVERITY[d.modelHealth.status] end,
  accuracyHealth = function(d) return SEVERITY[d.accuracyHealth.status] end,
  fairnessHealth = function(d) return SEVERITY[d.fairnessHealth.status] end,
  recentPredictions = usage,
  lastPredictionTimestamp = last_prediction,
  currentModelDeployedTimestamp = function(d) return d.model.deployedAt end,
  createdAtTimestamp = function(d) return d.createdAt end,
  importance = function(d) return IMPORTANCE[d.importance] end,
}

--- The filter of somebody's list.
-- @param role_of function: deployment -> role of the caller
return function(role_of)
  local parameters = {
    role = words(role_of, { legal = set "OWNER USER", single = true }),
    createdByMe = Filter.boolean(function(d) return role_of(d) == "OWNER" end),
  }
  for name, make in pairs(PARAMETERS) do parameters[name] = make end
  return Filter.new(parameters, ORDER)
end
