--- Routes of retraining policies.

local json = require "datarobot.sandbox.json"
local lookup = require "datarobot.sandbox.api.lookup"
local policies = require "datarobot.sandbox.world.policies"
local refuse = require "datarobot.sandbox.http.refuse"

local PAGES = { default = 100, max = 1000 }

local function list(world, request, id)
  local shown = json.list()
  for i, policy in ipairs(lookup.deployment(world, id).policies) do shown[i] = policy.shown end
  return request:page(shown, PAGES)
end

local function require_user(record, body)
  if policies.lacks_user(record, body) then
    refuse.fields { trigger = "needs a retraining user in the deployment's retraining settings" }
  end
end

local function post(world, request, id)
  local record = lookup.deployment(world, id)
  local body = request:body "retraining-policy-create.json"
  if #record.policies >= policies.MOST then
    refuse.with(409, "A deployment can have at most " .. policies.MOST .. " retraining policies.")
  end
  require_user(record, body)
  return request.options.create_status or 200, policies.create(world, record, body)
end

local function get(world, _, id, policy_id)
  local _, policy = lookup.policy(world, id, policy_id)
  return 200, policy.shown
end

local function patch(world, request, id, policy_id)
  local record, policy = lookup.policy(world, id, policy_id)
  local body = request:body("retraining-policy-update.json", true)
  require_user(record, body)
  return 200, policies.update(record, policy, body)
end

local function delete(world, _, id, policy_id)
  local record, policy, index = lookup.policy(world, id, policy_id)
  if policy.active then refuse.with(409, "A run of this retraining policy is active.") end
  table.remove(record.policies, index)
  return 204
end

return {
  { "deployments/{}/retrainingPolicies", GET = list, POST = post },
  { "deployments/{}/retrainingPolicies/{}", GET = get, PATCH = patch, DELETE = delete },
}
