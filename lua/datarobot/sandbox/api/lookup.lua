--- What the handlers of several resources look up; the request ends with 404 when it is not there.

local refuse = require "datarobot.sandbox.http.refuse"
local policies = require "datarobot.sandbox.world.policies"

local lookup = {}

--- The record of a deployment.
function lookup.deployment(world, id)
  return refuse.missing(world.by_id[id])
end

--- The record of a deployment, one of its policies, and the policy's index.
function lookup.policy(world, id, policy_id)
  local record = lookup.deployment(world, id)
  local policy, index = policies.find(record, policy_id)
  return record, refuse.missing(policy), index
end

return lookup
