--- Accuracy: how the predictions of a model compare with what came true.

local health_settings = require "datarobot.sandbox.world.health_settings"
local json = require "datarobot.sandbox.json"
local kinds = require "datarobot.sandbox.world.kinds"
local timeline = require "datarobot.sandbox.world.timeline"
local usage = require "datarobot.sandbox.world.usage"

local null = json.null

local accuracy = {}

local HOUR, WEEK = 3600, 7 * 86400

local function rounded(x)
  return math.floor(x * 1e6 + 0.5) / 1e6
end

--- Whether actuals can be told to predictions: an association id is set.
function accuracy.is_known(record)
  local names = record.settings.associationId.columnNames
  return names ~= null and names ~= nil and #names > 0
end

--- How a model has done in a window.
-- @return percent by which it was better than on its training data (less than 0: worse), nil when nothing is known;
-- and the number of predictions whose actuals are there
function accuracy.change(world, record, model_id, window)
  if not accuracy.is_known(record) then return nil, 0 end
  local total, sum = 0, 0
  local states = record.accuracy[model_id] or {}
  timeline.seen(world, record, model_id, states, window, usage.actuals_before, function(state, number)
    total, sum = total + number * (state and state.percent or 0), sum + number
  end)
  if sum == 0 then return nil, 0 end
  return rounded(total / sum), sum
end

--- The value of a metric on the training data.
function accuracy.baseline(record, metric)
  return kinds.of(record).metrics[metric][1]
end

--- The value of a metric that is better by percent.
function accuracy.value(record, metric, percent)
  local rule = kinds.of(record).metrics[metric]
  return rounded(rule[1] * (1 + rule[2] * percent / 100))
end

-- Whether a value is as bad as a threshold: of percent, how far it has fallen; else where it stands.
local function is_past(rules, direction, value, percent, threshold)
  if type(threshold) ~= "number" then return false end
  if rules.measurement == "percent" then return -percent >= threshold end
  return direction * value <= direction * threshold
end

local function judge(record, percent)
  local rules = health_settings.get(record).accuracy
  local value, direction = accuracy.value(record, rules.metric, percent), kinds.of(record).metrics[rules.metric][2]
  for _, word in ipairs { "failing", "warning" } do
    if is_past(rules, direction, value, percent, rules[word .. "Threshold"]) then return word end
  end
  return "passing"
end

--- The health of a deployment's accuracy, over the last seven days.
-- @return status, and the window that it was found in
function accuracy.health(world, record)
  if not accuracy.is_known(record) then return "unavailable" end
  local window = timeline.window(world.now, WEEK)
  local percent = accuracy.change(world, record, record.shown.model.id, window)
  return percent and judge(record, percent) or "unknown", window
end

-- {=== what happens ===}

-- The least decline that makes a status, in steps of half a percent, and one percent more where that makes it too:
-- nobody stands just at a threshold. Nil when none does.
local function percent_for(record, status)
  for step = 0, 1000 do
    local percent = -step / 2
    if judge(record, percent) == status then
      return step > 0 and judge(record, percent - 1) == status and percent - 1 or percent
    end
  end
  return nil
end

-- What a metric's value means in percent.
local function percent_of(record, metric, value)
  local rule = kinds.of(record).metrics[metric]
  return rule and rounded((value / rule[1] - 1) * 100 * rule[2])
end

local function wanted(record, t)
  if t.status then
    local percent = percent_for(record, t.status)
    return percent, not percent and "The health settings never make accuracy " .. t.status .. "." or nil
  elseif t.percent_change then
    return t.percent_change
  end
  local metric = t.metric or health_settings.get(record).accuracy.metric
  local percent = percent_of(record, metric, t.value)
  return percent, not percent and "The deployment has no metric " .. metric .. "." or nil
end

--- Lets a model become better or worse: over the last seven days, and from now on.
-- @param t table: one of status ("passing", "warning", "failing"), percent_change (less than 0 is worse), value (of
-- `metric`, default that of the health settings); model_id (default the champion's)
-- @return nothing, or why that cannot be
function accuracy.set(world, record, t)
  if not accuracy.is_known(record) then
    return "Without an association id no actuals are known: set one in the deployment's settings."
  end
  local model_id = t.model_id or record.shown.model.id
  if not timeline.knows(record, model_id) then return "The deployment has no model " .. model_id .. "." end
  local percent, problem = wanted(record, t)
  if problem then return problem end
  record.accuracy[model_id] = record.accuracy[model_id] or {}
  timeline.set(record.accuracy[model_id], { from = world.now // HOUR * HOUR - WEEK, percent = percent })
  record.health_hour = nil
  return nil
end

return accuracy
