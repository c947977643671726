--- Routes of a policy's runs.

local lookup = require "datarobot.sandbox.api.lookup"
local refuse = require "datarobot.sandbox.http.refuse"
local runs = require "datarobot.sandbox.world.runs"

local PAGES = { default = 100, max = 1000 }

local function list(world, request, id, policy_id)
  local _, policy = lookup.policy(world, id, policy_id)
  return request:page(runs.list(policy), PAGES)
end

-- What a started run is answered with; the API's documentation says 200 and no more.
local REPLIES = {
  [200] = function() return 200 end,
  [201] = function(_, run) return 201, run.shown end,
  [202] = function(request, run)
    return 202, nil, { Location = request:url(request.path .. "/" .. run.shown.id) }
  end,
}

local function post(world, request, id, policy_id)
  local _, policy = lookup.policy(world, id, policy_id)
  if policy.active then refuse.with(409, "A run of this retraining policy is active.") end
  return REPLIES[request.options.run_status or 200](request, runs.start(world, policy))
end

local function get(world, _, id, policy_id, run_id)
  local _, policy = lookup.policy(world, id, policy_id)
  return 200, refuse.missing(runs.find(policy, run_id)).shown
end

-- The body; where another word cancels than the one of the contract, that one alone does.
local function cancellation(world, request)
  if not request.options.cancel_word then return request:body("retraining-run-update.json", true) end
  local body = request:json()
  local good = type(body) == "table" and (next(body) == nil or body.status == world.cancel_word)
  if not good then refuse.fields { status = "must be " .. world.cancel_word } end
  return body
end

local function patch(world, request, id, policy_id, run_id)
  local _, policy = lookup.policy(world, id, policy_id)
  local run = refuse.missing(runs.find(policy, run_id))
  local body = cancellation(world, request)
  if next(body) == nil then return 200, run.shown end
  if not runs.cancel(world, policy, run) then
    refuse.with(409, "A run that is " .. run.shown.status .. " cannot be cancelled.")
  end
  return 200, run.shown
end

return {
  { "deployments/{}/retrainingPolicies/{}/runs", GET = list, POST = post },
  { "deployments/{}/retrainingPolicies/{}/runs/{}", GET = get, PATCH = patch },
}
