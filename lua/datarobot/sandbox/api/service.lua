--- Route of a deployment's service statistics.

local json = require "datarobot.sandbox.json"
local listing = require "datarobot.sandbox.http.listing"
local lookup = require "datarobot.sandbox.api.lookup"
local timeline = require "datarobot.sandbox.world.timeline"
local usage = require "datarobot.sandbox.world.usage"
local window = require "datarobot.sandbox.http.window"

local null = json.null

local ROWS = 8 -- of a request, at most

-- Milliseconds of the quickest request and how many more the slowest takes; those between are spread evenly.
local EXECUTION, RESPONSE = { 20, 42 }, { 42.5, 42 }

local function number(default, most)
  return function(query, name, faults)
    local text = listing.single(query, name, faults)
    local value = text and tonumber(text)
    if text and not (value and value >= 0 and value <= most) then faults[name] = "must be from 0 to " .. most end
    return value or default
  end
end

local RULES = {
  executionTimeQuantile = number(0.5, 1),
  responseTimeQuantile = number(0.5, 1),
  slowRequestsThreshold = number(1000, 1e9),
}

local function at(times, quantile)
  return times[1] + times[2] * quantile
end

local function slow(requests, threshold)
  local share = (RESPONSE[1] + RESPONSE[2] - threshold) / RESPONSE[2]
  return math.floor(requests * math.min(math.max(share, 0), 1))
end

local function stats(world, request, id)
  local record = lookup.deployment(world, id)
  local asked = window.read(world, record, request.query, RULES)
  local rows = 0
  timeline.seen(world, record, asked.model_id, {}, asked.window, usage.before, function(_, n) rows = rows + n end)
  local requests = (rows + ROWS - 1) // ROWS
  local answer = window.head(asked)
  answer.metrics = {
    totalPredictions = rows,
    totalRequests = requests,
    slowRequests = slow(requests, asked.slowRequestsThreshold),
    executionTime = rows > 0 and at(EXECUTION, asked.executionTimeQuantile) or null,
    responseTime = rows > 0 and at(RESPONSE, asked.responseTimeQuantile) or null,
    userErrorRate = rows > 0 and 0 or null,
    serverErrorRate = rows > 0 and 0 or null,
    numConsumers = rows > 0 and 2 or 0,
    cacheHitRatio = rows > 0 and 1 or null,
    medianLoad = 0,
    peakLoad = rows > 0 and 1 or 0,
  }
  return 200, answer
end

return {
  { "deployments/{}/serviceStats", GET = stats },
}
