--- Routes of deployments.

local Filter = require "datarobot.sandbox.http.filter"
local deployments = require "datarobot.sandbox.world.deployments"
local deployment_filter = require "datarobot.sandbox.api.deployment_filters"
local health = require "datarobot.sandbox.world.health"
local json = require "datarobot.sandbox.json"
local lookup = require "datarobot.sandbox.api.lookup"
local refuse = require "datarobot.sandbox.http.refuse"

local PAGES = { default = 20, max = 100 }
local BOTH_REQUIRED = { required = true, max = 1000, zero_is_all = true }

local ROLES = Filter.new {
  id = Filter.words(function(role) return role.id end, { single = true }),
  name = Filter.words(function(role) return role.name end, { single = true }),
  shareRecipientType = Filter.words(function(role) return role.shareRecipientType end,
    { single = true, legal = Filter.set "user group organization" }),
}

local function list(world, request)
  local shown, uid = json.list(), request.user.uid
  for _, record in ipairs(world.deployments) do
    if deployments.role(record, uid) then shown[#shown + 1] = health.show(world, record) end
  end
  return request:page(shown, PAGES, deployment_filter(function(deployment)
    return deployments.role(world.by_id[deployment.id], uid)
  end))
end

local function get(world, _, id)
  return 200, health.show(world, lookup.deployment(world, id))
end

local function patch(world, request, id)
  local record = lookup.deployment(world, id)
  deployments.change(record, request:body("deployment-update.json", true))
  return 204
end

local function delete(world, _, id)
  deployments.remove(world, lookup.deployment(world, id))
  return 204
end

local function patch_status(world, request, id)
  local record = lookup.deployment(world, id)
  local body = request:body("deployment-status-update.json", true)
  if record.shown.status == body.status then refuse.with(409, "The deployment is " .. body.status .. " already.") end
  return request:accepted(deployments.set_status(world, record, body.status))
end

local function capabilities(world, _, id)
  return 200, { data = lookup.deployment(world, id).capabilities }
end

local function roles(world, request, id)
  return request:page(lookup.deployment(world, id).roles, BOTH_REQUIRED, ROLES)
end

return {
  { "deployments", GET = list },
  { "deployments/{}", GET = get, PATCH = patch, DELETE = delete },
  { "deployments/{}/status", PATCH = patch_status },
  { "deployments/{}/capabilities", GET = capabilities },
  { "deployments/{}/sharedRoles", GET = roles },
}
