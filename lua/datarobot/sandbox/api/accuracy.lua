--- Routes of accuracy, over a window and over time, of the champion and of every other model of a deployment.

local accuracy = require "datarobot.sandbox.world.accuracy"
local health_settings = require "datarobot.sandbox.world.health_settings"
local json = require "datarobot.sandbox.json"
local kinds = require "datarobot.sandbox.world.kinds"
local lookup = require "datarobot.sandbox.api.lookup"
local window = require "datarobot.sandbox.http.window"

local null = json.null

local function percent(value, baseline, direction)
  return value and baseline and math.floor(direction * (value - baseline) / baseline * 1e8 + 0.5) / 1e6
end

-- The metrics of a model over a window, each beside its baseline: the training data, or another model.
local function whole(world, request, id)
  local record = lookup.deployment(world, id)
  local known = kinds.of(record).metrics
  local asked = window.read(world, record, request.query, {
    metric = window.word(known),
    baselineModelId = function(query, name, faults) return window.model(record, query, name, faults) end,
  })
  local change = accuracy.change(world, record, asked.model_id, asked.window)
  local other = asked.baselineModelId and accuracy.change(world, record, asked.baselineModelId, asked.window)
  local answer = window.head(asked)
  answer.metrics = {}
  for name, rule in pairs(known) do
    local value = change and accuracy.value(record, name, change)
    local baseline = accuracy.baseline(record, name)
    if asked.baselineModelId then baseline = other and accuracy.value(record, name, other) end
    if not asked.metric or asked.metric == name then
      answer.metrics[name] = {
        value = value or null, baselineValue = baseline or null,
        percentChange = percent(value, baseline, rule[2]) or null,
      }
    end
  end
  return 200, answer
end

local function over_time(world, request, id)
  local record = lookup.deployment(world, id)
  local asked = window.read(world, record, request.query, {
    metric = window.word(kinds.of(record).metrics, health_settings.get(record).accuracy.metric),
    bucketSize = window.bucket,
  })
  local function measured(w)
    local change, samples = accuracy.change(world, record, asked.model_id, w)
    return {
      period = window.shown(w), value = change and accuracy.value(record, asked.metric, change) or null,
      sampleSize = samples,
    }
  end
  local buckets = json.list()
  for i, w in ipairs(window.cut(asked.window, asked.bucketSize)) do buckets[i] = measured(w) end
  return 200, {
    modelId = asked.model_id, metric = asked.metric, segmentAttribute = null, segmentValue = null,
    summary = measured(asked.window), buckets = buckets,
    baseline = {
      period = null, value = accuracy.baseline(record, asked.metric), sampleSize = kinds.rows.checked,
    },
  }
end

return {
  { "deployments/{}/accuracy", GET = whole },
  { "deployments/{}/accuracyOverTime", GET = over_time },
}
