--- Differences between two of: deployments, policies, declared tables, files.
local compare = require "datarobot.declare.compare"
local core = require "datarobot.core"
local declaration = require "datarobot.declare.declaration"
local definition = require "datarobot.declare.definition"
local export = require "datarobot.declare.export"
local fields = require "datarobot.declare.fields"
local guard = require "datarobot.call.guard"
local names = require "datarobot.declare.names"
local parts = require "datarobot.declare.parts"
local problem_list = require "datarobot.declare.problems"
local render = require "datarobot.declare.render"

local diff_class = { __name = "datarobot.changes", __tostring = render.changes }

local TIMEOUT <const> = 600 -- seconds

-- What is given, as a table; whether it is a state rather than a declaration, which names only a part of one.
local function table_of(x, n)
  if guard.is(x, "deployment") then return export.deployment(x, core.now() + TIMEOUT) end
  if guard.is(x, "retraining_policy") then return export.policy(x) end
  if type(x) ~= "table" then
    guard.argument(n, "diff", "a deployment, a policy, a table or { file = name } expected, got " .. type(x))
  end
  if x.file == nil then return x end
  if type(x.file) ~= "string" then guard.argument(n, "diff", "file: a name expected, got " .. type(x.file)) end
  return definition.load(x.file)
end

-- One side: { parts, policies by name, single, complete, prune }.
local function side_of(x, n)
  local t, err = table_of(x, n)
  if not t then return nil, err end
  local problems = problem_list.new()
  local declared = declaration.read(t, problems)
  err = problems:error "diff"
  if err then return nil, err end
  local policies = {}
  for _, policy in ipairs(declared.policies or {}) do policies[policy.name] = policy end
  declared.by_name, declared.complete, declared.object = policies, type(x) == "userdata", x
  return declared
end

-- Ids for the names of a side, which the other side's client knows.
local function resolved(side, other)
  for _, part in ipairs(parts.all()) do
    local t = part.named and side.parts[part.name]
    if t and guard.is(other.object, "deployment") then
      local ids = {}
      for id, find in next, names.lookups(core.calls.client_of(other.object), other.object, t) do
        local err
        ids[id], err = find()
        if not ids[id] then return nil, err end
      end
      side.parts[part.name] = names.replaced(t, ids)
    end
  end
  return side
end

-- Differences of two tables: what `b` names, and what only `a` names unless it is a whole state beside a declaration.
local function members(list, a, b, path, both)
  local found, seen = {}, {}
  for _, change in ipairs(both.b and compare.members(list, b, a, path) or {}) do
    seen[change.path] = true
    found[#found + 1] = change
  end
  for _, change in ipairs(both.a and compare.members(list, a, b, path) or {}) do
    change.before, change.after = change.after, change.before
    if not seen[change.path] then found[#found + 1] = change end
  end
  for _, change in ipairs(found) do change.kind = "changed" end
  return found
end

local function add_all(changes, found)
  table.move(found, 1, #found, #changes + 1, changes)
end

local function add_policies(changes, a, b, both)
  local list = fields.of "policy"
  local function shown(policy) return compare.shown_members(list, policy.wanted) end
  if a.single and b.single then
    return add_all(changes, members(list, a.policies[1].wanted, b.policies[1].wanted, a.policies[1].path, both))
  end
  for _, policy in ipairs(a.policies or {}) do
    local other = b.by_name[policy.name]
    if other then
      add_all(changes, members(list, policy.wanted, other.wanted, policy.path, both))
    elseif both.a or b.prune then
      changes[#changes + 1] = { path = policy.path, kind = "removed", before = shown(policy) }
    end
  end
  for _, policy in ipairs(both.b and b.policies or {}) do
    if not a.by_name[policy.name] then
      changes[#changes + 1] = { path = policy.path, kind = "added", after = shown(policy) }
    end
  end
end

--- `dr.diff`.
---@param x any
---@param y any
---@return table|nil changes
---@return datarobot.Error? err
return function(x, y)
  local a, b, err
  a, err = side_of(x, 1)
  if a then b, err = side_of(y, 2) end
  if b then a, err = resolved(a, b) end
  if a and b then b, err = resolved(b, a) end
  if not (a and b) then return nil, err end
  -- A declaration beside a state: what the declaration names.
  local both = { a = a.complete == b.complete or b.complete, b = a.complete == b.complete or a.complete }
  local changes = setmetatable({}, diff_class)
  for _, part in ipairs(parts.all()) do
    local left, right = a.parts[part.name] or {}, b.parts[part.name] or {}
    add_all(changes, members(fields.of(part.name), left, right, part.name, both))
  end
  add_policies(changes, a, b, both)
  return changes
end
