--- Routes of model packages, and of the model that a deployment serves.

local jobs = require "datarobot.sandbox.world.jobs"
local lookup = require "datarobot.sandbox.api.lookup"
local models = require "datarobot.sandbox.world.models"
local refuse = require "datarobot.sandbox.http.refuse"

local PAGES = { default = 100, max = 1000 }

local function package(world, _, id)
  return 200, refuse.missing(models.package(world, id))
end

local function champion(world, _, id)
  return 200, models.champion(lookup.deployment(world, id))
end

local function history(world, request, id)
  return request:page(lookup.deployment(world, id).history, PAGES)
end

-- The package that a body names: by its own id, or by its model's.
local function wanted(world, body)
  local found = models.package(world, body.modelPackageId)
  for _, one in pairs(world.packages) do
    if body.modelId and one.shown.modelId == body.modelId then found = one.shown end
  end
  if not found then refuse.fields { modelPackageId = "there is no such model package" } end
  return found
end

local function validate(world, request, id)
  local record = lookup.deployment(world, id)
  local found = wanted(world, request:body "model-replacement-check.json")
  return 200, models.validation(world, record, found.id)
end

local function replace(world, request, id)
  local record = lookup.deployment(world, id)
  local body = request:body "model-replacement.json"
  local found = wanted(world, body)
  local validation = models.validation(world, record, found.id)
  if validation.status == "failing" then refuse.with(422, "The model package cannot replace the current one.") end
  models.replace(world, record, found.id, body.reason)
  local job = jobs.add(world, "deployments/" .. id)
  return 202, validation, { Location = request:url("status/" .. job.id) }
end

return {
  { "modelPackages/{}", GET = package },
  { "deployments/{}/championModelPackage", GET = champion },
  { "deployments/{}/modelHistory", GET = history },
  { "deployments/{}/model/validation", POST = validate },
  { "deployments/{}/model", PATCH = replace },
}
