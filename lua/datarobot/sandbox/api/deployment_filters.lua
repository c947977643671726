--- Which deployments a query asks for, and in which order.

local cron = require "datarobot.sandbox.world.cron"
local json = require "datarobot.sandbox.json"
local listing = require "datarobot.sandbox.http.listing"

local filters = {}

local function set(words)
  local members = {}
  for word in words:gmatch "%S+" do members[word] = true end
  return members
end

local HEALTH = set "unknown warning passing unavailable failing"
local SEVERITY = { unavailable = 0, unknown = 0, passing = 1, warning = 2, failing = 3 }
local IMPORTANCE = { LOW = 1, MODERATE = 2, HIGH = 3, CRITICAL = 4 }

local function usage(deployment)
  local sum = 0
  for _, rate in ipairs(deployment.predictionUsage.dailyRates) do sum = sum + rate end
  return sum
end

-- orderBy word -> what to sort by
local ORDER = {
  label = function(d) return d.label end,
  serviceHealth = function(d) return SEVERITY[d.serviceHealth.status] end,
  modelHealth = function(d) return SEVERITY[d.modelHealth.status] end,
  accuracyHealth = function(d) return SEVERITY[d.accuracyHealth.status] end,
  fairnessHealth = function(d) return SEVERITY[d.fairnessHealth.status] end,
  recentPredictions = usage,
  lastPredictionTimestamp = function(d) return d.predictionUsage.lastTimestamp end,
  currentModelDeployedTimestamp = function(d) return d.model.deployedAt end,
  createdAtTimestamp = function(d) return d.createdAt end,
  importance = function(d) return IMPORTANCE[d.importance] end,
}

-- Parameters that take a list of words: what a deployment has, and the legal words where they are known. Each may be
-- repeated; those with `commas` also take several words in one value.
local WORDS = {
  serviceHealth = { function(d) return d.serviceHealth.status end, HEALTH, commas = true },
  modelHealth = { function(d) return d.modelHealth.status end, HEALTH, commas = true },
  accuracyHealth = { function(d) return d.accuracyHealth.status end, HEALTH, commas = true },
  executionEnvironmentType = {
    function(d) return d.predictionEnvironment.platform == "datarobot" and "datarobot" or "external" end,
    set "datarobot external", commas = true,
  },
  status = {
    function(d) return d.status end,
    set "active inactive stopping launching archived replacingModel errored",
  },
  importance = { function(d) return d.importance end, set "CRITICAL HIGH MODERATE LOW", commas = true },
  defaultPredictionServerId = { function(d) return d.defaultPredictionServer.id end },
  buildEnvironmentType = { function(d) return d.model.buildEnvironmentType end },
  predictionEnvironmentPlatform = { function(d) return d.predictionEnvironment.platform end },
}

local function last_prediction(deployment)
  return cron.parse(deployment.predictionUsage.lastTimestamp)
end

local function daily_average(deployment)
  return usage(deployment) / 7
end

local function time(query, name, faults)
  local text = listing.single(query, name, faults)
  local value = text and cron.parse(text)
  if text and not value then faults[name] = "must be an RFC 3339 time" end
  return value
end

-- Parameters that bound a number: how to read them, and whether a deployment keeps to the bound.
local BOUNDS = {
  lastPredictionTimestampStart = { time, function(d, bound) return last_prediction(d) >= bound end },
  lastPredictionTimestampEnd = { time, function(d, bound) return last_prediction(d) <= bound end },
  predictionUsageDailyAvgGreaterThan = { listing.integer, function(d, bound) return daily_average(d) > bound end },
  predictionUsageDailyAvgLessThan = { listing.integer, function(d, bound) return daily_average(d) < bound end },
}

local function word_tests(query, faults, tests)
  for name, rule in pairs(WORDS) do
    local wanted = query[name] and {}
    for _, value in ipairs(query[name] or {}) do
      for word in (value .. ","):gmatch(rule.commas and "([^,]*)," or "(.*),") do
        if rule[2] and not rule[2][word] then faults[name] = "unknown value: " .. word end
        wanted[word] = true
      end
    end
    if wanted then tests[#tests + 1] = function(d) return wanted[rule[1](d)] end end
  end
end

local function bound_tests(query, faults, tests)
  for name, rule in pairs(BOUNDS) do
    local bound = rule[1](query, name, faults)
    if bound then tests[#tests + 1] = function(d) return rule[2](d, bound) end end
  end
end

local function search_test(query, faults, tests)
  local text = listing.single(query, "search", faults)
  if not text then return end
  text = text:lower()
  tests[#tests + 1] = function(d)
    return d.label:lower():find(text, 1, true) or d.description:lower():find(text, 1, true)
  end
end

local function ownership_tests(query, faults, tests, role_of)
  local role = listing.single(query, "role", faults)
  if role and role ~= "OWNER" and role ~= "USER" then faults.role = "unknown value: " .. role end
  if role then tests[#tests + 1] = function(d) return role_of(d) == role end end
  local mine = listing.boolean(query, "createdByMe", faults)
  if mine ~= nil then tests[#tests + 1] = function(d) return (role_of(d) == "OWNER") == mine end end
end

local function order(query, faults)
  local word = listing.single(query, "orderBy", faults) or "label"
  local key = ORDER[word:gsub("^%-", "")]
  if not key then
    faults.orderBy = "unknown value: " .. word
    return nil
  end
  local descending = word:sub(1, 1) == "-"
  return function(a, b)
    local x, y = key(a), key(b)
    if x == y then return a.id < b.id end
    if descending then return x > y end
    return x < y
  end
end

local function passes(deployment, tests)
  for _, test in ipairs(tests) do
    if not test(deployment) then return false end
  end
  return true
end

--- The deployments that a query asks for, in its order.
-- @param deployments list of deployments as they are shown
-- @param role_of function: deployment -> role of the caller
-- @param faults receives name -> message
function filters.choose(deployments, query, role_of, faults)
  local tests = {}
  word_tests(query, faults, tests)
  bound_tests(query, faults, tests)
  search_test(query, faults, tests)
  ownership_tests(query, faults, tests, role_of)
  local before = order(query, faults)
  local chosen = json.list()
  for _, deployment in ipairs(deployments) do
    if passes(deployment, tests) then chosen[#chosen + 1] = deployment end
  end
  if before then table.sort(chosen, before) end
  return chosen
end

return filters
