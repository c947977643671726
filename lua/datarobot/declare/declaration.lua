--- A declared table taken apart: which parts it names, its policies, and what is wrong with its form.
local core = require "datarobot.core"
local fields = require "datarobot.declare.fields"
local names = require "datarobot.declare.names"
local parts = require "datarobot.declare.parts"

local declaration = {}

-- Members of a whole declaration beside its parts. Which deployments it is for is the business of whoever reads a file.
local OTHERS <const> = { "policies", "prune", "deployments", "search" }

local function member_names()
  local list = {}
  for _, part in ipairs(parts.all()) do list[#list + 1] = part.name end
  return table.move(OTHERS, 1, #OTHERS, #list + 1, list)
end

local function check_members(t, problems)
  local known, list = {}, member_names()
  for _, name in ipairs(list) do known[name] = true end
  for _, part in ipairs(parts.all()) do known[part.wire] = true end
  for name in next, t do
    if not known[name] then
      local near = type(name) == "string" and core.nearest(name, list)
      local advice = near and ("did you mean %s?"):format(near)
        or "a declaration has " .. table.concat(list, ", ") .. "; one policy alone has a name"
      problems:add(tostring(name), "/" .. tostring(name), "no such member; " .. advice)
    end
  end
  if t.prune ~= nil and type(t.prune) ~= "boolean" then problems:add("prune", "/prune", "true or false expected") end
end

local function copy_of(t)
  local copy = {}
  for k, v in next, t do copy[k] = v end
  return copy
end

-- A policy's table without `paused`; and as it is wanted, its trigger's type null where it is paused.
local function pause(t, place, problems)
  local running = copy_of(t)
  running.paused = nil
  local path, pointer, trigger = place.path .. ".paused", place.pointer .. "/paused", t.trigger
  if t.paused ~= nil and type(t.paused) ~= "boolean" then problems:add(path, pointer, "true or false expected") end
  if t.paused ~= true then return running, running end
  if type(trigger) ~= "table" or next(trigger) == nil then
    problems:add(path, pointer, "a paused policy states its trigger, too: the table is what remembers it")
    return running, running
  end
  local wanted = copy_of(running)
  wanted.trigger = copy_of(trigger)
  wanted.trigger.type = core.null
  return running, wanted
end

-- One policy of a declaration.
local function read_policy(t, index, problems, known)
  local pointer = index and ("/policies/%d"):format(index - 1) or ""
  if type(t) ~= "table" then
    problems:add(("policies[%d]"):format(index), pointer, "a table expected, got " .. type(t))
    return nil
  end
  local name = rawget(t, "name")
  if type(name) ~= "string" or name == "" then
    local path = index and ("policies[%d].name"):format(index) or "name"
    problems:add(path, pointer .. "/name", "missing; policies are told by their names")
    return nil
  end
  local place = { path = fields.named("policies", name), pointer = pointer }
  if known[name] then
    problems:add(place.path, pointer, "two policies of the table have this name")
    return nil
  end
  known[name] = true
  local running, wanted = pause(t, place, problems)
  return {
    name = name, path = place.path, pointer = pointer, paused = wanted ~= running, running = running, wanted = wanted,
  }
end

local function read_policies(t, problems)
  local list, known = {}, {}
  for i, policy in ipairs(t) do list[#list + 1] = read_policy(policy, i, problems, known) end
  for key in next, t do
    if math.type(key) ~= "integer" or key < 1 or key > #t then
      problems:add("policies", "/policies", "a list of policies expected: { { name = ... }, ... }")
      break
    end
  end
  return list
end

--- Takes a declaration apart.
---@param t table one policy, or a whole
---@param problems table to add mistakes to
---@return table declared { parts = { name -> table }, policies = list or nil, prune, single }
function declaration.read(t, problems)
  if t.name ~= nil and t.policies == nil then
    return { parts = {}, policies = { read_policy(t, nil, problems, {}) }, single = true }
  end
  check_members(t, problems)
  local declared = { parts = {}, prune = t.prune == true }
  for _, part in ipairs(parts.all()) do
    local value = fields.get(t, part)
    if value ~= nil and type(value) ~= "table" then
      problems:add(part.name, "/" .. part.wire, "a table expected, got " .. type(value))
    elseif value ~= nil and next(value) ~= nil then
      declared.parts[part.name] = value
      if part.named then names.check(value, problems, part) end
    end
  end
  if t.policies ~= nil and type(t.policies) ~= "table" then
    problems:add("policies", "/policies", "a list of policies expected, got " .. type(t.policies))
  elseif t.policies ~= nil then
    declared.policies = read_policies(t.policies, problems)
  end
  return declared
end

return declaration
