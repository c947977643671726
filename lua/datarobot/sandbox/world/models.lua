--- Models: packages, what may replace a champion, replacing it, and challengers.

local copy = require "datarobot.sandbox.world.copy"
local cron = require "datarobot.sandbox.world.cron"
local find = require "datarobot.sandbox.world.find"
local json = require "datarobot.sandbox.json"
local timeline = require "datarobot.sandbox.world.timeline"

local null = json.null

local models = {}

-- {=== packages ===}

-- The package that a deployment serves.
local function champion(record)
  local model, package = record.shown.model, record.shown.modelPackage
  return {
    id = package.id,
    name = package.name,
    modelId = model.id,
    registeredModelId = package.registeredModelId,
    registeredModelVersion = 1,
    modelExecutionType = "dedicated",
    buildStatus = "complete",
    isArchived = false,
    isDeprecated = false,
    target = { name = model.targetName, type = model.targetType },
  }
end

models.champion = champion

--- Notes what a run has made.
-- @param features which features it trained on: packages of other features replace each other with a warning
function models.add_package(world, record, id, name, features)
  local package = champion(record)
  package.id, package.name, package.modelId = id, name, world:new_id()
  world.packages[id] = { shown = package, features = features }
  world.trained[package.modelId] = world.now
end

--- A package; nil when there is none. A champion of the beginning is one, too.
function models.package(world, id)
  if world.packages[id] then return world.packages[id].shown end
  for _, record in ipairs(world.deployments) do
    if record.shown.modelPackage.id == id then return champion(record) end
  end
  return nil
end

-- {=== replacing ===}

local function features_of(world, id)
  return world.packages[id] and world.packages[id].features or "all"
end

local function check(good, message, otherwise)
  return { status = good and "passing" or otherwise or "failing", message = good and "" or message }
end

--- Whether a package may replace the champion of a deployment, as the server's validation says it.
function models.validation(world, record, id)
  local package, now = models.package(world, id), champion(record)
  local checks = {
    notCurrentModel = check(id ~= now.id, "This model package is the current one."),
    target = check(package.target.name == now.target.name, "The target has another name."),
    targetType = check(package.target.type == now.target.type, "The target has another type."),
    features = check(features_of(world, id) == features_of(world, now.id), "The features differ.", "warning"),
  }
  local status = "passing"
  for _, one in pairs(checks) do
    if one.status == "failing" or status == "passing" then status = one.status end
  end
  return { status = status, message = status == "passing" and "" or "See the checks.", checks = checks }
end

local function without(challengers, package_id)
  for i = #challengers, 1, -1 do
    if challengers[i].modelPackage.id == package_id then table.remove(challengers, i) end
  end
end

--- Replaces the champion by a package. The challenger with that package goes, the old champion becomes one where
-- challengers are on.
function models.replace(world, record, id, reason)
  local package, old = models.package(world, id), champion(record)
  local shown = copy.of(record.shown)
  world.packages[old.id] = world.packages[old.id] or { shown = old, features = "all" }
  table.insert(record.history, 1, {
    modelPackage = { id = old.id, name = old.name },
    model = { id = old.modelId },
    reason = reason,
    replacedAt = cron.timestamp(world.now),
  })
  shown.model, shown.modelPackage = copy.of(shown.model), copy.of(shown.modelPackage)
  shown.model.id, shown.model.deployedAt = package.modelId, cron.timestamp(world.now)
  shown.modelPackage.id, shown.modelPackage.name = package.id, package.name
  timeline.finish(record, old.modelId, world.now)
  timeline.begin(record, package.modelId, world.now)
  without(record.challengers, id)
  local environment = record.shown.predictionEnvironment
  if record.settings.challengerModels.enabled then
    models.add_challenger(world, record, old, { name = old.name, environment = environment })
  end
  record.shown, record.health_hour = json.fixed(shown), nil
end

-- {=== challengers ===}

--- Adds a challenger.
-- @param o table: name, environment; project_id, dataset_name (of a run)
-- @return the challenger as it is shown
function models.add_challenger(world, record, package, o)
  local challenger = {
    id = world:new_id(),
    name = o.name,
    model = {
      id = package.modelId,
      name = record.shown.model.type,
      description = null,
      executionType = "dedicated",
      projectId = o.project_id or record.shown.model.projectId,
      projectName = o.project_id and "Retraining: " .. o.name or record.shown.model.projectName,
      datasetName = o.dataset_name or null,
      isDeprecated = false,
    },
    modelPackage = { id = package.id, name = package.name },
    predictionEnvironment = { id = o.environment.id, name = o.environment.name },
  }
  table.insert(record.challengers, challenger)
  world.born[challenger.id] = world.now
  return challenger
end

--- Why a package cannot become a challenger; nil when it can.
function models.challenger_fault(record, package)
  local now = champion(record)
  if not record.settings.challengerModels.enabled then return "Challenger models are not enabled." end
  if package.target.type ~= now.target.type then return "The target has another type than the champion's." end
  if package.id == now.id then return "This model package is the champion's." end
  for _, challenger in ipairs(record.challengers) do
    if challenger.modelPackage.id == package.id then return "This model package is a challenger's already." end
  end
  return nil
end

--- The environment of an id, or nil.
function models.environment(world, id)
  return find(world.environments, id)
end

return models
