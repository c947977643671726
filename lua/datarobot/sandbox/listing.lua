--- Query parameters, filters, order and pages of the sandbox's lists.

local cron = require "datarobot.sandbox.cron"
local json = require "datarobot.sandbox.json"

local null = json.null

local listing = {}

local function decoded(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

--- Splits a query.
-- @param text what follows the question mark, or nil
-- @return table: name -> list of values, and the pairs as they came in [1], [2], …, each { name, text }
function listing.query(text)
  local query = {}
  for pair in (text or ""):gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=?(.*)$"
    name = decoded(name)
    query[#query + 1] = { name, pair }
    query[name] = query[name] or {}
    table.insert(query[name], decoded(value))
  end
  return query
end

-- The value of a parameter that may come once; nil when it is absent or wrong.
local function single(query, name, faults)
  local values = query[name]
  if values and #values > 1 then
    faults[name] = "only one value is allowed for this parameter"
    return nil
  end
  return values and values[1]
end

local function integer(query, name, faults)
  local text = single(query, name, faults)
  local value = text and text:find "^%-?%d+$" and math.tointeger(tonumber(text))
  if text and not value then faults[name] = "must be an integer" end
  return value or nil
end

local function set(words)
  local members = {}
  for word in words:gmatch "%S+" do members[word] = true end
  return members
end

local function boolean(query, name, faults)
  local text = single(query, name, faults)
  local value = text and text:lower()
  if text and value ~= "true" and value ~= "false" then faults[name] = "must be true or false" end
  return value and value == "true"
end

-- {=== Pages

local function check_range(page, faults, rule)
  if page.offset and page.offset < 0 then faults.offset = "must be at least 0" end
  local least = rule.zero_is_all and 0 or 1
  if page.limit and page.limit < least then faults.limit = "must be at least " .. least end
  if page.limit and page.limit > rule.max then faults.limit = "must be at most " .. rule.max end
end

--- Reads offset and limit.
-- @param rule table: max, and either default or required = true; zero_is_all
-- @param faults receives name -> message
-- @return table: offset, limit
function listing.range(query, rule, faults)
  local page = { offset = integer(query, "offset", faults), limit = integer(query, "limit", faults) }
  for _, name in ipairs { "offset", "limit" } do
    if rule.required and not query[name] then faults[name] = "is required" end
  end
  check_range(page, faults, rule)
  page.offset = page.offset or 0
  page.limit = page.limit or rule.default or 0
  return page
end

local function address(url, query, offset, limit)
  local parts = {}
  for _, pair in ipairs(query) do
    if pair[1] ~= "offset" and pair[1] ~= "limit" then parts[#parts + 1] = pair[2] end
  end
  parts[#parts + 1] = ("offset=%d"):format(offset)
  parts[#parts + 1] = ("limit=%d"):format(limit)
  return url .. "?" .. table.concat(parts, "&")
end

--- One page of a list.
-- @param items the whole list
-- @param range what listing.range gave
-- @param url absolute address of the list without its query
function listing.page(items, range, url, query)
  local offset, limit = range.offset, range.limit
  if limit == 0 then limit = math.max(#items, 1) end
  local last = math.min(#items - offset, limit) + offset
  local data = table.move(items, offset + 1, last, 1, json.list())
  return {
    data = data,
    count = #data,
    totalCount = #items,
    next = last < #items and offset < #items and address(url, query, offset + limit, limit) or null,
    previous = offset > 0 and address(url, query, math.max(offset - limit, 0), limit) or null,
  }
end

-- }===

-- {=== Deployments

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
  local text = single(query, name, faults)
  local value = text and cron.parse(text)
  if text and not value then faults[name] = "must be an RFC 3339 time" end
  return value
end

-- Parameters that bound a number: how to read them, and whether a deployment keeps to the bound.
local BOUNDS = {
  lastPredictionTimestampStart = { time, function(d, bound) return last_prediction(d) >= bound end },
  lastPredictionTimestampEnd = { time, function(d, bound) return last_prediction(d) <= bound end },
  predictionUsageDailyAvgGreaterThan = { integer, function(d, bound) return daily_average(d) > bound end },
  predictionUsageDailyAvgLessThan = { integer, function(d, bound) return daily_average(d) < bound end },
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
  local text = single(query, "search", faults)
  if not text then return end
  text = text:lower()
  tests[#tests + 1] = function(d)
    return d.label:lower():find(text, 1, true) or d.description:lower():find(text, 1, true)
  end
end

local function ownership_tests(query, faults, tests, role_of)
  local role = single(query, "role", faults)
  if role and role ~= "OWNER" and role ~= "USER" then faults.role = "unknown value: " .. role end
  if role then tests[#tests + 1] = function(d) return role_of(d) == role end end
  local mine = boolean(query, "createdByMe", faults)
  if mine ~= nil then tests[#tests + 1] = function(d) return (role_of(d) == "OWNER") == mine end end
end

local function order(query, faults)
  local word = single(query, "orderBy", faults) or "label"
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
function listing.deployments(deployments, query, role_of, faults)
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

-- }===

return listing
