--- Routes of a deployment's retraining settings.

local lookup = require "datarobot.sandbox.api.lookup"
local refuse = require "datarobot.sandbox.http.refuse"
local retraining_settings = require "datarobot.sandbox.world.retraining_settings"

local function get(world, _, id)
  return 200, retraining_settings.show(world, lookup.deployment(world, id))
end

local function patch(world, request, id)
  local record = lookup.deployment(world, id)
  local body = request:body("retraining-settings-update.json", true)
  refuse.fields(retraining_settings.faults(world, record, body))
  retraining_settings.update(record, body)
  return 204
end

return {
  { "deployments/{}/retrainingSettings", GET = get, PATCH = patch },
}
