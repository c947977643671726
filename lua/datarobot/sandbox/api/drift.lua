--- Routes of drift: of features and of the target, over a window and over time.

local drift = require "datarobot.sandbox.world.drift"
local json = require "datarobot.sandbox.json"
local kinds = require "datarobot.sandbox.world.kinds"
local listing = require "datarobot.sandbox.http.listing"
local lookup = require "datarobot.sandbox.api.lookup"
local refuse = require "datarobot.sandbox.http.refuse"
local window = require "datarobot.sandbox.http.window"

local null = json.null

local PAGES = { default = 25, max = 100 }
local NAMES = 2 -- features of one query at most

local metric = window.word(drift.METRICS, "psi")

local function integer(query, name, faults)
  return listing.integer(query, name, faults)
end

-- What a model has seen of a feature. Where drift is not tracked there is nothing to see.
local function scored(feature, asked, pieces, sum)
  local score = drift.score(feature, pieces, sum)
  return {
    driftScore = score and score * drift.METRICS[asked.metric] or null,
    sampleSize = sum,
    baselineSampleSize = kinds.rows.training,
  }
end

local function seen(world, record, asked, group, w)
  if not record.settings[group].enabled then return {}, 0 end
  return drift.seen(world, record, asked.model_id, w)
end

local function features(world, request, id)
  local record = lookup.deployment(world, id)
  local asked = window.read(world, record, request.query, { metric = metric, offset = integer, limit = integer })
  local faults = {}
  local range = listing.range(request.query, PAGES, faults)
  refuse.query(faults)
  local pieces, sum = seen(world, record, asked, "featureDrift", asked.window)
  local all = json.list()
  for i, feature in ipairs(kinds.of(record).features) do
    all[i] = scored(feature, asked, pieces, sum)
    all[i].name, all[i].featureImpact = feature.name, feature.impact
  end
  local page = listing.page(all, range, request:url(request.path), request.query)
  for name, value in pairs(window.head(asked)) do page[name] = value end
  page.metric = asked.metric
  return 200, page
end

local function target(world, request, id)
  local record = lookup.deployment(world, id)
  local asked = window.read(world, record, request.query, { metric = metric })
  local answer = scored(drift.target(record), asked, seen(world, record, asked, "targetDrift", asked.window))
  for name, value in pairs(window.head(asked)) do answer[name] = value end
  answer.metric, answer.targetName = asked.metric, record.shown.model.targetName
  return 200, answer
end

-- The parameter featureNames: the features of a deployment that it names, the target with them.
local function names_of(record)
  local known = { [record.shown.model.targetName] = drift.target(record) }
  for _, feature in ipairs(kinds.of(record).features) do known[feature.name] = feature end
  return function(query, name, faults)
    local found = {}
    for i, given in ipairs(query[name] or {}) do
      found[i] = known[given]
      if not found[i] then faults[name] = "the deployment has no feature " .. given end
    end
    if #found == 0 then faults[name] = faults[name] or "is required" end
    if #found > NAMES then faults[name] = "may be given twice at most" end
    return found
  end
end

local function over_time(world, request, id)
  local record = lookup.deployment(world, id)
  local asked = window.read(world, record, request.query,
    { metric = metric, bucketSize = window.bucket, featureNames = names_of(record) })
  local cut = window.cut(asked.window, asked.bucketSize)
  local buckets, summaries = json.list(), json.list()
  local function add(list, feature, w)
    local group = feature.name == record.shown.model.targetName and "targetDrift" or "featureDrift"
    local one = scored(feature, asked, seen(world, record, asked, group, w))
    one.featureName, one.featureImpact, one.period = feature.name, feature.impact, window.shown(w)
    list[#list + 1] = one
  end
  for _, feature in ipairs(asked.featureNames) do
    for _, w in ipairs(cut) do add(buckets, feature, w) end
    add(summaries, feature, asked.window)
  end
  return 200, { metric = asked.metric, modelId = asked.model_id, buckets = buckets, summaries = summaries }
end

return {
  { "deployments/{}/featureDrift", GET = features },
  { "deployments/{}/targetDrift", GET = target },
  { "deployments/{}/featureDriftOverTime", GET = over_time },
}
