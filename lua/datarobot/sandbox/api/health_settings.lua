--- Routes of what decides about a deployment's health.

local health_settings = require "datarobot.sandbox.world.health_settings"
local lookup = require "datarobot.sandbox.api.lookup"
local refuse = require "datarobot.sandbox.http.refuse"

local function get(world, _, id)
  return 200, health_settings.get(lookup.deployment(world, id))
end

local function defaults(world, _, id)
  return 200, health_settings.defaults(lookup.deployment(world, id))
end

local function patch(world, request, id)
  local record = lookup.deployment(world, id)
  local body = request:body("health-settings-update.json", true)
  refuse.fields(health_settings.faults(record, body))
  health_settings.update(record, body)
  return 200, health_settings.get(record)
end

return {
  { "deployments/{}/healthSettings", GET = get, PATCH = patch },
  { "deployments/{}/healthSettings/defaults", GET = defaults },
}
