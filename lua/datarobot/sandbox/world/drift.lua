--- Drift: how far what a model is asked for is from what it was trained on, feature by feature.

local duration = require "datarobot.sandbox.world.duration"
local health_settings = require "datarobot.sandbox.world.health_settings"
local kinds = require "datarobot.sandbox.world.kinds"
local timeline = require "datarobot.sandbox.world.timeline"
local usage = require "datarobot.sandbox.world.usage"

local drift = {}

local HOUR = 3600
local TARGET_SCORE = 0.04 -- as long as nothing has happened

-- What the scores by other measures are of the one by the population stability index.
drift.METRICS = { psi = 1, kl_divergence = 0.5, hellinger = 0.35, dissimilarity = 0.3, js_divergence = 0.12 }

local function rounded(x)
  return math.floor(x * 1e6 + 0.5) / 1e6
end

--- The target as a feature: as important as one can be.
function drift.target(record)
  return { name = record.shown.model.targetName, impact = 1, score = kinds.of(record).target_score or TARGET_SCORE }
end

-- A model knows what had happened before it was trained.
local function known(state, trained)
  return not state or state.at < trained
end

--- What a model has seen in a window.
-- @return list of { number, state or nil }, and the sum of the numbers
function drift.seen(world, record, model_id, window)
  local pieces, sum, trained = {}, 0, world.trained[model_id] or 0
  timeline.seen(world, record, model_id, record.drift, window, usage.before, function(state, number)
    if number == 0 then return end
    pieces[#pieces + 1] = { number, not known(state, trained) and state or nil }
    sum = sum + number
  end)
  return pieces, sum
end

--- The score of a feature in what was seen: the mean of its predictions.
-- @return number, or nil when nothing was seen
function drift.score(feature, pieces, sum)
  if sum == 0 then return nil end
  local total = 0
  for _, piece in ipairs(pieces) do
    total = total + piece[1] * (piece[2] and piece[2].scores[feature.name] or feature.score)
  end
  return rounded(total / sum)
end

-- {=== health ===}

local function set_of(names)
  local set = {}
  for _, name in ipairs(names) do set[name] = true end
  return set
end

local function is_on(group)
  return group.enabled == true
end

-- The features that count, each with whether it matters; the target last.
local function counted(record, rules)
  local excluded, starred, all = set_of(rules.excludedFeatures), set_of(rules.starredFeatures), {}
  local function add(feature)
    if excluded[feature.name] then return end
    local matters = starred[feature.name] or feature.impact >= rules.importanceThreshold
    all[#all + 1] = { feature = feature, matters = matters }
  end
  if is_on(record.settings.featureDrift) then
    for _, feature in ipairs(kinds.of(record).features) do add(feature) end
  end
  if is_on(record.settings.targetDrift) then add(drift.target(record)) end
  return all
end

local function reaches(number, least)
  return math.type(least) ~= nil and least > 0 and number >= least
end

-- The status that numbers of drifting features make; a count of null or 0 is never reached.
local function judge(rules, low, high)
  if reaches(low, rules.lowImportanceFailingCount) or reaches(high, rules.highImportanceFailingCount) then
    return "failing"
  elseif reaches(low, rules.lowImportanceWarningCount) or reaches(high, rules.highImportanceWarningCount) then
    return "warning"
  end
  return "passing"
end

local function window_of(world, rules)
  return timeline.window(world.now, duration.iso(rules.timeInterval))
end

--- The health of a deployment's data.
-- @return status, and the window that it was found in
function drift.health(world, record)
  local rules = health_settings.get(record).dataDrift
  local window = window_of(world, rules)
  local features = counted(record, rules)
  if #features == 0 then return "unavailable" end
  local pieces, sum = drift.seen(world, record, record.shown.model.id, window)
  if sum == 0 then return "unknown", window end
  local low, high = 0, 0
  for _, one in ipairs(features) do
    if drift.score(one.feature, pieces, sum) > rules.driftThreshold then
      if one.matters then high = high + 1 else low = low + 1 end
    end
  end
  return judge(rules, low, high), window
end

-- {=== what happens ===}

-- Those of the features that drift by themselves already, as numbers of low and high ones; then the others.
local function sorted(features, threshold)
  local low, high, lows, highs = 0, 0, {}, {}
  for _, one in ipairs(features) do
    local drifts = one.feature.score > threshold
    if one.matters then
      if drifts then high = high + 1 else highs[#highs + 1] = one.feature.name end
    elseif drifts then
      low = low + 1
    else
      lows[#lows + 1] = one.feature.name
    end
  end
  return low, high, lows, highs
end

-- The scores of the fewest features that make a status; nil when none do.
local function scores_for(rules, features, status)
  local low, high, lows, highs = sorted(features, rules.driftThreshold)
  for total = 0, #lows + #highs do
    for h = math.max(0, total - #lows), math.min(total, #highs) do
      if judge(rules, low + total - h, high + h) == status then
        local scores, score = {}, rounded(rules.driftThreshold * 1.5 + 0.05)
        for i = 1, h do scores[highs[i]] = score end
        for i = 1, total - h do scores[lows[i]] = score end
        return scores
      end
    end
  end
  return nil
end

--- Lets the data drift, or no longer: what health looks at becomes so that its status is the given one, and what comes
-- stays like it. Models that are trained from now on know it.
-- @param status "passing", "warning", "failing"
-- @return nothing, or why that cannot be
function drift.set(world, record, status)
  local rules = health_settings.get(record).dataDrift
  local features = counted(record, rules)
  if #features == 0 then return "No drift is tracked: switch target or feature drift on in the settings." end
  local scores = scores_for(rules, features, status)
  if not scores then return "The health settings never make data drift " .. status .. "." end
  local from = world.now // HOUR * HOUR - duration.iso(rules.timeInterval)
  timeline.set(record.drift, { from = from // HOUR * HOUR, at = world.now, scores = scores })
  record.health_hour = nil
  return nil
end

return drift
