--- Routes of deployments and what is only read of them.

local deployments = require "datarobot.sandbox.world.deployments"
local filters = require "datarobot.sandbox.api.deployment_filters"
local json = require "datarobot.sandbox.json"
local lookup = require "datarobot.sandbox.api.lookup"

local PAGES = { default = 20, max = 100 }
local BOTH_REQUIRED = { required = true, max = 1000, zero_is_all = true }

local function list(world, request)
  local shown = json.list()
  for i, record in ipairs(world.deployments) do shown[i] = record.shown end
  return request:page(shown, PAGES, function(faults)
    return filters.choose(shown, request.query, function(deployment)
      return deployments.role(world.by_id[deployment.id], world.account.uid)
    end, faults)
  end)
end

local function get(world, _, id)
  return 200, lookup.deployment(world, id).shown
end

local function capabilities(world, _, id)
  return 200, { data = lookup.deployment(world, id).capabilities }
end

local function roles(world, request, id)
  return request:page(lookup.deployment(world, id).roles, BOTH_REQUIRED)
end

return {
  { "deployments", GET = list },
  { "deployments/{}", GET = get },
  { "deployments/{}/capabilities", GET = capabilities },
  { "deployments/{}/sharedRoles", GET = roles },
}
