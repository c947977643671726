--- Routes of a deployment's challengers.

local find = require "datarobot.sandbox.world.find"
local jobs = require "datarobot.sandbox.world.jobs"
local lookup = require "datarobot.sandbox.api.lookup"
local models = require "datarobot.sandbox.world.models"
local refuse = require "datarobot.sandbox.http.refuse"

local function list(world, _, id)
  return 200, { data = lookup.deployment(world, id).challengers }
end

local function environment(world, id)
  local found = models.environment(world, id)
  if not found then refuse.fields { predictionEnvironmentId = "there is no such prediction environment" } end
  return found
end

local function post(world, request, id)
  local record = lookup.deployment(world, id)
  local body = request:body "challenger-create.json"
  local package = models.package(world, body.modelPackageId)
  if not package then refuse.fields { modelPackageId = "there is no such model package" } end
  local fault = models.challenger_fault(record, package)
  if fault then refuse.with(422, fault) end
  local at = record.shown.predictionEnvironment
  if body.predictionEnvironmentId then at = environment(world, body.predictionEnvironmentId) end
  local made = models.add_challenger(world, record, package, { name = body.name, environment = at })
  return request:accepted(jobs.add(world, ("deployments/%s/challengers/%s"):format(id, made.id)))
end

local function lookup_challenger(world, id, challenger_id)
  local record = lookup.deployment(world, id)
  local challenger, index = find(record.challengers, challenger_id)
  return refuse.missing(challenger), record, index
end

local function get(world, _, id, challenger_id)
  return 200, (lookup_challenger(world, id, challenger_id))
end

local function patch(world, request, id, challenger_id)
  local challenger = lookup_challenger(world, id, challenger_id)
  local body = request:body("challenger-update.json", true)
  if body.predictionEnvironmentId then
    local found = environment(world, body.predictionEnvironmentId)
    challenger.predictionEnvironment = { id = found.id, name = found.name }
  end
  challenger.name = body.name or challenger.name
  return 200, challenger
end

local function delete(world, _, id, challenger_id)
  local _, record, index = lookup_challenger(world, id, challenger_id)
  table.remove(record.challengers, index)
  return 204
end

return {
  { "deployments/{}/challengers", GET = list, POST = post },
  { "deployments/{}/challengers/{}", GET = get, PATCH = patch, DELETE = delete },
}
