--- What would have to be done so that a deployment is as declared: the steps of a plan, in the order in which they are
-- carried out. Reads only.
local core = require "datarobot.core"
local declaration = require "datarobot.declare.declaration"
local names = require "datarobot.declare.names"
local parts = require "datarobot.declare.parts"
local problem_list = require "datarobot.declare.problems"
local state = require "datarobot.declare.state"
local steps = require "datarobot.declare.steps"

-- The policies by name; nil, err when a declared name belongs to two of them.
local function by_name(list, declared)
  local found = {}
  for _, policy in ipairs(list) do
    local name = policy.name
    if type(name) == "string" then found[name] = found[name] or {} table.insert(found[name], policy) end
  end
  for _, policy in ipairs(declared) do
    local twins = found[policy.name] or {}
    if #twins > 1 then
      local ids = {}
      for i, twin in ipairs(twins) do ids[i] = core.words(twin.id) end
      return nil, core.error("conflict", ("%s: %d policies of the deployment have this name: %s"):format(policy.path,
        #twins, table.concat(ids, ", ")))
    end
  end
  return found
end

local function add(list, step)
  list[#list + 1] = step
end

-- Updates first, then removals, which make room for what is created.
local function policy_steps(case, declared, list)
  local found, err = by_name(case.now.policies, declared.policies)
  if not found then return nil, err end
  local created, named = {}, {}
  for _, policy in ipairs(declared.policies) do
    named[policy.name] = true
    local existing = found[policy.name] and found[policy.name][1]
    add(existing and list or created, steps.policy(case, policy, existing))
  end
  for _, policy in ipairs(declared.prune and case.now.policies or {}) do
    if not named[policy.name] then add(list, steps.removal(case, policy)) end
  end
  table.move(created, 1, #created, #list + 1, list)
  return true
end

local function all_steps(case, declared)
  local list = {}
  for _, part in ipairs(parts.all()) do
    local t = declared.parts[part.name]
    if t and part.named then t = names.replaced(t, case.now.ids) end
    local now = case.now[part.name]
    if t then
      add(list, steps.settings(case, part, t, now))
    elseif now then
      case.context[part.name] = part.as_shown(now, {})
    end
  end
  if declared.policies then
    local done, err = policy_steps(case, declared, list)
    if not done then return nil, err end
  end
  return list
end

--- Finds out what would have to be done.
---@param deployment datarobot.Deployment
---@param t table declaration
---@param o {name: string, deadline: number} the public function, core.now() at which the call ends
---@return table|nil draft { deployment, steps, changes, notes, single }
---@return datarobot.Error? err
return function(deployment, t, o)
  local problems = problem_list.new()
  local declared = declaration.read(t, problems)
  local err = problems:error(o.name)
  if err then return nil, err end
  local case = { deployment = deployment, problems = problems, notes = core.array {}, context = {} }
  case.now, err = state.read(deployment, declared, o.deadline)
  if not case.now then return nil, err end
  local list
  list, err = all_steps(case, declared)
  err = err or case.failure or problems:error(o.name)
  if err then return nil, err end
  local changes = {}
  for _, step in ipairs(list) do table.move(step.changes, 1, #step.changes, #changes + 1, changes) end
  return { deployment = deployment, steps = list, changes = changes, notes = case.notes, single = declared.single }
end
