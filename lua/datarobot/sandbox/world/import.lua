--- A world that starts as deployments of an account are: what was read of them becomes records.

local copy = require "datarobot.sandbox.world.copy"
local cron = require "datarobot.sandbox.world.cron"
local deployments = require "datarobot.sandbox.world.deployments"
local find = require "datarobot.sandbox.world.find"
local health_settings = require "datarobot.sandbox.world.health_settings"
local json = require "datarobot.sandbox.json"
local kinds = require "datarobot.sandbox.world.kinds"
local models = require "datarobot.sandbox.world.models"
local policies = require "datarobot.sandbox.world.policies"
local seed = require "datarobot.sandbox.world.seed"

local null, list = json.null, json.list

local import = {}

local WEEK = 7 * 86400

local function is_there(value)
  return value ~= nil and value ~= null
end

-- A copy of `given` in which what is missing or null has its default, also one level below.
local function filled(given, defaults)
  local full = copy.of(is_there(given) and given or {})
  for name, default in pairs(defaults) do
    if not is_there(full[name]) then
      full[name] = default
    elseif type(default) == "table" and not json.is_list(default) and type(full[name]) == "table" then
      full[name] = copy.completed(full[name], default)
    end
  end
  return full
end

-- Metrics of which less is better; of all others more is.
local LESS = {
  LogLoss = true, RMSE = true, MAE = true, MAPE = true, RMSLE = true, FPR = true, ["Gamma Deviance"] = true,
  ["Poisson Deviance"] = true, ["Tweedie Deviance"] = true,
}

local function number(value, otherwise)
  return type(value) == "number" and value or otherwise
end

-- The features, metrics and target of a deployment, as its monitoring shows them.
local function kind_of(given, own, metric)
  local kind = copy.of(own)
  if #given.features > 0 then kind.features = {} end
  for i, one in ipairs(given.features) do
    kind.features[i] = { name = one.name, impact = number(one.featureImpact, 0), score = number(one.driftScore, 0) }
  end
  kind.metrics = {}
  local shown = given.accuracy and given.accuracy.metrics
  for name, value in pairs(is_there(shown) and shown or {}) do
    local base = is_there(value) and number(value.baselineValue, number(value.value))
    if base and base ~= 0 then kind.metrics[name] = { base, LESS[name] and -1 or 1 } end
  end
  if next(kind.metrics) == nil then kind.metrics = copy.of(own.metrics) end
  kind.metric = is_there(metric) and metric or own.metric
  kind.metrics[kind.metric] = kind.metrics[kind.metric] or { 0.5, LESS[kind.metric] and -1 or 1 }
  return kind
end

-- How good the champion is at present, by the metric that health goes by.
local function add_accuracy(world, record, given)
  local shown = given.accuracy and given.accuracy.metrics
  local one = is_there(shown) and shown[record.kind.metric] or nil
  local percent = is_there(one) and number(one.percentChange)
  if not percent then return end
  record.accuracy[record.shown.model.id] = { { from = world.now // 3600 * 3600 - WEEK, percent = percent } }
end

local OVER = { "^succ", "^fail", "^cancel", "^complete", "^error", "^abort" }

local function is_active(run)
  if is_there(run.finishTime) then return false end
  for _, pattern in ipairs(OVER) do
    if tostring(run.status):lower():find(pattern) then return false end
  end
  return true
end

-- The package of a model that is there, so that it can serve.
local function add_package(world, record, package, model_id)
  if not is_there(package) or not is_there(package.id) or world.packages[package.id] then return end
  models.add_package(world, record, package.id, package.name or package.id, "all")
  if is_there(model_id) then world.packages[package.id].shown.modelId = model_id end
end

-- A run that is active goes on as if it had begun now; the newest one, of several.
local function add_policy(world, record, given)
  local policy = policies.take(record, given.shown)
  for i = #given.runs, 1, -1 do
    local shown = given.runs[i]
    local began = is_there(shown.startTime) and cron.parse(shown.startTime) or world.now
    local run = { began = began, shown = shown }
    policy.runs[#policy.runs + 1] = run
    if i == 1 and is_active(shown) then
      policy.active, run.began = run, world.now
    end
    if is_there(shown.modelPackageId) then add_package(world, record, { id = shown.modelPackageId }) end
  end
  local latest = policy.runs[#policy.runs]
  policy.shown.latestRun = latest and latest.shown or null
end

local function roles_of(given, account)
  local roles = given.roles
  if #roles == 0 then
    local owners = is_there(given.shown.owners) and given.shown.owners.preview or {}
    for i, owner in ipairs(owners) do
      roles[i] = { id = owner.id, name = owner.email, role = "OWNER", shareRecipientType = "user" }
    end
  end
  if not find(roles, account.uid) then
    roles[#roles + 1] = { id = account.uid, name = account.email, role = "OWNER", shareRecipientType = "user" }
  end
  return roles
end

local MEMBERS = { datasetId = "dataset", predictionEnvironmentId = "predictionEnvironment",
  retrainingUserId = "retrainingUser" }

local function retraining_of(given)
  local ids = {}
  for id, member in pairs(MEMBERS) do
    local named = given.retraining and given.retraining[member]
    if is_there(named) then ids[id] = named.id end
  end
  return ids
end

local function health_of(given, record)
  local defaults, groups = health_settings.defaults(record), {}
  for name, default in pairs(defaults) do
    local own = given.health_settings and given.health_settings[name]
    groups[name] = copy.completed(is_there(own) and own or nil, default)
    for member, value in pairs(default) do
      -- no threshold is a setting, no window or list is none
      local open = name == "accuracy" and member:find "Threshold$"
      if groups[name][member] == null and not open and not member:find "Count$" then groups[name][member] = value end
    end
  end
  return groups
end

local function shown_of(world, given)
  local shown = filled(given.shown, seed.deployment)
  if not is_there(given.shown.modelPackage) then
    shown.modelPackage = { id = world:new_id(), name = shown.label, registeredModelId = null }
  end
  return shown
end

local function add(world, given)
  local record = deployments.add_record(world, shown_of(world, given))
  record.settings = filled(given.settings, seed.settings)
  record.roles = roles_of(given, world.account)
  record.capabilities = given.capabilities or seed.capabilities
  record.retraining = retraining_of(given)
  record.challengers = given.challengers or list()
  record.history = given.history
  local wanted = given.health_settings and given.health_settings.accuracy
  record.kind = kind_of(given, kinds.of(record), is_there(wanted) and wanted.metric or nil)
  record.kind.target_score = given.target and number(given.target.driftScore)
  record.metric = record.kind.metric
  record.health_settings = health_of(given, record)
  local replay = given.replay_settings
  if replay then
    record.replay_settings = { enabled = replay.enabled, schedule = replay.schedule, since = world.now }
  end
  add_accuracy(world, record, given)
  for _, challenger in ipairs(record.challengers) do
    add_package(world, record, challenger.modelPackage, challenger.model and challenger.model.id)
  end
  for _, policy in ipairs(given.policies) do add_policy(world, record, policy) end
end

-- What settings name and the lists of the account do not have: names alone.
local function complete(world)
  for _, record in ipairs(world.deployments) do
    local id = record.retraining.predictionEnvironmentId
    if id and not find(world.environments, id) then
      world.environments[#world.environments + 1] = filled({ id = id, name = id }, seed.environments[1])
    end
  end
end

--- Fills a world with what was read.
-- @param whole what copier.lua returns
function import.fill(world, whole)
  world.now = whole.now
  world.account = filled(whole.account, seed.account)
  world.datasets, world.environments = list(), list()
  for i, dataset in ipairs(whole.datasets) do world.datasets[i] = filled(dataset, seed.datasets[1]) end
  for i, one in ipairs(whole.environments) do world.environments[i] = filled(one, seed.environments[1]) end
  for _, given in ipairs(whole.deployments) do add(world, given) end
  complete(world)
end

return import
