--- What deployments retrain with.

local deployments = require "datarobot.sandbox.world.deployments"
local find = require "datarobot.sandbox.world.find"
local json = require "datarobot.sandbox.json"

local null = json.null

local retraining_settings = {}

--- What a retraining settings body names that does not exist or may not be used.
-- @return table: path -> message
function retraining_settings.faults(world, record, body)
  local faults = {}
  if body.datasetId and not find(world.datasets, body.datasetId, "datasetId") then
    faults.datasetId = "no such dataset"
  end
  local environment = body.predictionEnvironmentId
  if environment and not (find(world.environments, environment) or find(world.servers, environment)) then
    faults.predictionEnvironmentId = "no such prediction environment"
  end
  if body.credentialId and not find(world.credentials, body.credentialId, "credentialId") then
    faults.credentialId = "no such credential"
  end
  if body.retrainingUserId and deployments.role(record, body.retrainingUserId) ~= "OWNER" then
    faults.retrainingUserId = "not a user who owns the deployment"
  end
  return faults
end

function retraining_settings.update(record, body)
  for name, id in pairs(body) do record.retraining[name] = id end
end

--- The retraining settings as they are shown: objects for the ids, the credential kept back.
function retraining_settings.show(world, record)
  local dataset = find(world.datasets, record.retraining.datasetId, "datasetId")
  local environment = find(world.environments, record.retraining.predictionEnvironmentId)
  local user = find(record.roles, record.retraining.retrainingUserId)
  return {
    dataset = dataset and { id = dataset.datasetId, name = dataset.name } or null,
    predictionEnvironment = environment and { id = environment.id, name = environment.name } or null,
    retrainingUser = user and { id = user.id, username = user.name } or null,
  }
end

return retraining_settings
