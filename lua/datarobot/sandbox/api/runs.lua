--- Routes of a policy's runs.

local lookup = require "datarobot.sandbox.api.lookup"

local PAGES = { default = 100, max = 1000 }

local function list(world, request, id, policy_id)
  local _, policy = lookup.policy(world, id, policy_id)
  return request:page(policy.runs, PAGES)
end

return {
  { "deployments/{}/retrainingPolicies/{}/runs", GET = list },
}
