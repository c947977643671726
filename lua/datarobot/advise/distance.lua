--- How far the health that a policy's trigger watches is from its thresholds.
local core = require "datarobot.core"

local distance = {}

---@class datarobot.Distance How far a feature or a metric is from its threshold.
---@field name string the feature or the metric
---@field value? number its drift score, or by how many percent the metric is worse than its
---  baseline; nil where there is none
---@field threshold number from which on it counts; for accuracy that of `level`
---@field left? number threshold minus value; 0 or less: it counts
---@field important? boolean drift: whether it counts as important
---@field level? "warning"|"failing" accuracy: which threshold

local function number(x)
  return math.type(x) and x == x and x or nil
end

local function set_of(names)
  local set = {}
  for _, name in ipairs(type(names) == "table" and names or {}) do set[name] = true end
  return set
end

local function drift(body, health)
  local rules, list = type(health.data_drift) == "table" and health.data_drift or {}, {}
  local threshold, importance = number(rules.drift_threshold), number(rules.importance_threshold)
  local excluded, starred = set_of(rules.excluded_features), set_of(rules.starred_features)
  for _, feature in ipairs(threshold and type(body.data) == "table" and body.data or {}) do
    local name = type(feature) == "table" and feature.name
    local value = name and number(feature.driftScore)
    local impact = name and number(feature.featureImpact)
    if type(name) == "string" and not excluded[name] then
      list[#list + 1] = {
        name = name, value = value, threshold = threshold, left = value and threshold - value,
        important = starred[name] or (impact ~= nil and importance ~= nil and impact >= importance),
      }
    end
  end
  table.sort(list, function(a, b)
    local x, y = a.left or math.huge, b.left or math.huge
    if x ~= y then return x < y end
    return a.name < b.name
  end)
  return list
end

local function accuracy(body, health)
  local rules, list = type(health.accuracy) == "table" and health.accuracy or {}, {}
  if type(rules.metric) ~= "string" or rules.measurement ~= "percent" then return list end
  local found = type(body.metrics) == "table" and body.metrics[rules.metric]
  local change = type(found) == "table" and number(found.percentChange)
  local value = change and -change or nil
  for _, level in ipairs { "warning", "failing" } do
    local threshold = number(rules[level .. "_threshold"])
    if threshold then
      list[#list + 1] = {
        name = rules.metric, level = level, value = value, threshold = threshold, left = value and threshold - value,
      }
    end
  end
  return list
end

-- Type of a trigger -> what is read below the deployment, with which query, and how it is understood.
local WATCHED <const> = {
  data_drift_decline = { path = "featureDrift/", query = { limit = 100 }, understand = drift },
  accuracy_decline = { path = "accuracy/", understand = accuracy },
}

--- Whether triggers of a type watch health.
---@param type any
---@return boolean
function distance.is_watched(type)
  return WATCHED[type] ~= nil
end

--- Reads the figures of what a trigger watches.
---@param client datarobot.Client
---@param id string of the deployment
---@param type string of the trigger
---@param o datarobot.CallOptions
---@return table|nil body
---@return datarobot.Error? err
function distance.read(client, id, type, o)
  local watched = WATCHED[type]
  local reply, err = client:get(("deployments/%s/%s"):format(id, watched.path), { query = watched.query,
    timeout = o.timeout })
  if not reply then return nil, err end
  local body = core.decode(reply.text)
  return body or nil, not body and core.error("protocol", watched.path .. ": an object was expected") or nil
end

--- The distances, the nearest first.
---@param type string of the trigger
---@param body table of `read`
---@param health table of `deployment:get_health_settings`
---@return datarobot.Distance[]
function distance.of(type, body, health)
  return WATCHED[type].understand(body, health)
end

return distance
