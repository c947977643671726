--- Routes of a deployment's settings.

local lookup = require "datarobot.sandbox.api.lookup"
local refuse = require "datarobot.sandbox.http.refuse"
local settings = require "datarobot.sandbox.world.settings"

local function get(world, _, id)
  return 200, lookup.deployment(world, id).settings
end

local function patch(world, request, id)
  local record = lookup.deployment(world, id)
  local body = request:body("deployment-settings-update.json", true)
  local conflict = settings.conflict(record, body)
  if conflict then refuse.with(409, conflict) end
  return request:accepted(settings.update(world, record, body))
end

return {
  { "deployments/{}/settings", GET = get, PATCH = patch },
}
