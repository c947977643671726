--- What the words of a command name: a deployment, one of its policies, one of that one's runs.
local core = require "datarobot.core"
local failure = require "datarobot.cli.failure"
local show = require "datarobot.show"

local find = {}

find.ID = { name = "id", description = "Id of a deployment (datarobot list)." }
find.POLICY = { name = "policy", description = "Id or exact name of one of its retraining policies." }
find.RUN = { name = "--run", argname = "RUN", description = "Id of a run." }

--- The deployment.
---@param client datarobot.Client
---@param id string
---@return datarobot.Deployment
function find.deployment(client, id)
  local deployment, err = client:deployment(id)
  if deployment then return deployment end
  local unknown = err.kind == "not_found" or err.kind == "validation"
  failure.advise(err, unknown and "datarobot list --search TEXT shows deployments with their ids" or nil)
end

local function names_of(deployment)
  local names, quoted = {}, {}
  for policy in deployment:retraining_policies() do
    names[#names + 1] = policy.name
    quoted[#quoted + 1] = show.quote(policy.name)
  end
  return names, quoted
end

local function no_policy(deployment, text, err)
  if err.kind == "conflict" then
    failure.advise(err, ("name it by its id: datarobot show %s"):format(deployment.id))
  end
  if err.kind ~= "not_found" then error(err, 0) end
  local names, quoted = names_of(deployment)
  local near = core.nearest(text, names)
  local there = #quoted == 0 and "the deployment has no retraining policies"
    or "there are: " .. table.concat(quoted, ", ")
  failure.raise("not_found", ("no policy of deployment %s has the id or name %s%s"):format(deployment.id,
    show.quote(text), near and ("; did you mean %s?"):format(show.quote(near)) or ""), there)
end

--- The policy of that id or name.
---@param deployment datarobot.Deployment
---@param text string
---@return datarobot.RetrainingPolicy
function find.policy(deployment, text)
  if text:find "^%x+$" and #text == 24 then
    local policy, err = deployment:retraining_policy(text)
    if policy then return policy end
    if err.kind ~= "not_found" then error(err, 0) end
  end
  local policy, err = deployment:find_retraining_policy(text)
  if not policy then no_policy(deployment, text, err) end
  return policy
end

--- Deployment and policy that a command names.
---@param client datarobot.Client
---@param o {id: string, policy: string}
---@return datarobot.RetrainingPolicy
---@return datarobot.Deployment
function find.both(client, o)
  local deployment = find.deployment(client, o.id)
  return find.policy(deployment, o.policy), deployment
end

--- A run: the one of this id, else the newest in a state.
---@param policy datarobot.RetrainingPolicy
---@param id? string
---@param state? string nil: any
---@return datarobot.RetrainingRun|nil run nil when none is in that state
---@return datarobot.RetrainingRun|nil newest of all
function find.run(policy, id, state)
  if id then return assert(policy:run(id)) end
  local newest
  for run in policy:runs() do
    newest = newest or run
    if not state or run:state() == state then return run, newest end
  end
  return nil, newest
end

return find
