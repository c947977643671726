--- The steps of a plan: for each part and policy of a declaration what differs, and the one write that makes it so.
--
-- A step is { path, outcome = "created" | "updated" | "removed" | "unchanged", changes, send(o), again(o) }: `again`
-- reads its part anew and gives the step that it would be now.
local compare = require "datarobot.declare.compare"
local core = require "datarobot.core"
local fields = require "datarobot.declare.fields"
local parts = require "datarobot.declare.parts"
local problem_list = require "datarobot.declare.problems"

local calls = core.calls

local steps = {}

local function kinds(changes, kind)
  for _, change in ipairs(changes) do change.kind = kind end
  return changes
end

-- The members of a body that differ from what there is, each whole; and all that it names, each whole.
local function units_of(list, wanted, have)
  local differing, all = {}, fields.strangers(list, wanted)
  for _, field in ipairs(list) do
    local value = fields.get(wanted, field)
    if value ~= nil then
      all[field.name] = compare.merged(field, value, have and fields.get(have, field))
      if #compare.members({ field }, { [field.name] = value }, have, "") > 0 then
        differing[field.name] = all[field.name]
      end
    end
  end
  return differing, all
end

local function add_notes(case, notes, path, pointer)
  local moved = problem_list.notes(notes, path, pointer)
  table.move(moved, 1, #moved, #case.notes + 1, case.notes)
end

local function note(case, path, pointer, message)
  case.notes[#case.notes + 1] = setmetatable({ path = path, pointer = pointer, message = message }, core.classes.object)
end

-- Gathers the mistakes of a part; raises none. Returns whether it is good.
local function check(case, kind, t, context, place)
  local ok, notes = core.validate(kind, t, context)
  if ok then
    add_notes(case, notes, place.path, place.pointer)
    return true
  end
  if not case.problems:add_all(notes, place.path, place.pointer) then case.failure = case.failure or notes end
  return false
end

-- {=== settings ===}

-- A member that no server shows goes along with the one that it belongs to.
local function with_hidden(case, part, wanted, have, place)
  local hidden = part.hidden and fields.get(wanted, { name = part.hidden, wire = "credentialId" })
  if hidden == nil then return wanted end
  local copy = {}
  for k, v in next, wanted do copy[k] = v end
  copy[part.hidden], copy.credentialId = nil, nil
  local changes = compare.members(fields.of(part.name), copy, have, "")
  for _, change in ipairs(changes) do
    if change.path == part.beside then
      copy[part.hidden] = hidden
      note(case, place.path .. "." .. part.hidden, place.pointer, "is sent along, since the dataset changes")
      return copy
    end
  end
  note(case, place.path .. "." .. part.hidden, place.pointer,
    "is not compared: a server never shows it; it is sent when the dataset changes")
  return copy
end

--- The step of a part that is settings.
---@param case table { deployment, problems, notes, context }; the rules for policies see what it will be then
---@param part table of `parts`
---@param wanted table
---@param have table
---@return table|nil step nil when there are mistakes
function steps.settings(case, part, wanted, have)
  local place = { path = part.name, pointer = "/" .. part.wire }
  local list = fields.of(part.name)
  local body = with_hidden(case, part, wanted, have, place)
  local units, all = units_of(list, body, have)
  case.context[part.name] = part.as_shown(have, all)
  if next(all) ~= nil and not check(case, part.name, all, nil, place) then return nil end
  local changes = {}
  if next(units) ~= nil then
    changes = compare.members(list, core.normalize(part.name, units), have, part.name)
  end
  -- The credential is no difference that could be seen.
  for i = #changes, 1, -1 do
    if changes[i].path == part.name .. "." .. (part.hidden or "") then table.remove(changes, i) end
  end
  return {
    path = part.name, outcome = #changes > 0 and "updated" or "unchanged", changes = kinds(changes, "changed"),
    send = function(o) return part.send(case.deployment, units, o) end,
    again = function(o)
      local now, err = parts.read(calls.client_of(case.deployment), core.ids(case.deployment), part, o)
      if not now then return nil, err end
      return steps.settings(case, part, wanted, now)
    end,
  }
end

-- {=== policies ===}

local KIND <const> = "policy"

-- What rules across objects may look at. The other policies are those of other names.
local function context_of(case, name, policy)
  local others = {}
  for _, other in ipairs(case.now.policies) do
    if other.name ~= name then others[#others + 1] = other end
  end
  local context = { deployment = case.deployment, policies = others, policy = policy }
  context.settings, context.retraining_settings = case.context.settings, case.context.retraining_settings
  return context
end

local function update_step(case, declared, policy)
  local list = fields.of "policy_update"
  local have = policy:definition()
  local units = units_of(list, declared.wanted, have)
  local context = context_of(case, declared.name, policy)
  if not check(case, "policy_update", declared.running, context, declared) then return nil end
  local changes = {}
  if next(units) ~= nil then
    changes = compare.members(list, core.normalize("policy_update", units, policy), have, declared.path)
  end
  local action = units.action or have.action
  return {
    path = declared.path, outcome = #changes > 0 and "updated" or "unchanged", changes = kinds(changes, "changed"),
    replaces = #changes > 0 and action == "model_replacement", policy = policy,
    send = function(o) return policy:update(units, o) end,
    again = function(o)
      local now, err = policy:refresh(o)
      if not now then return nil, err end
      return update_step(case, declared, policy)
    end,
  }
end

-- A paused policy is made with all that its trigger would be completed with, so that it can go on as declared.
local function create_step(case, declared)
  if not check(case, KIND, declared.running, context_of(case, declared.name), declared) then return nil end
  local body = core.normalize(KIND, declared.running)
  if declared.paused then body.trigger.type = core.null end
  local after = compare.shown_members(fields.of(KIND), body)
  return {
    path = declared.path, outcome = "created", replaces = body.action == "model_replacement",
    changes = { { path = declared.path, kind = "added", after = after } },
    send = function(o) return case.deployment:create_retraining_policy(body, o) end,
    again = function()
      local found, err = case.deployment:find_retraining_policy(declared.name)
      if found then return update_step(case, declared, found) end
      if err.kind ~= "not_found" then return nil, err end
      return create_step(case, declared)
    end,
  }
end

--- The step of a policy that is declared.
---@param case table { deployment, problems, notes, now, context }
---@param declared table of `declaration.read`
---@param policy? datarobot.RetrainingPolicy the one of this name, nil where there is none
---@return table|nil step nil when there are mistakes
function steps.policy(case, declared, policy)
  if policy then return update_step(case, declared, policy) end
  return create_step(case, declared)
end

--- The step that removes a policy.
---@param case table
---@param policy datarobot.RetrainingPolicy
---@return table step
function steps.removal(case, policy)
  local path = fields.named("policies", policy.name)
  return {
    path = path, outcome = "removed",
    changes = { { path = path, kind = "removed",
      before = compare.shown_members(fields.of(KIND), policy:definition()) } },
    send = function(o)
      local done, err = policy:delete(o)
      if not done and err.kind ~= "not_found" then return nil, err end
      return true
    end,
    again = function(o)
      local now, err = policy:refresh(o)
      if not now then return nil, err end
      return steps.removal(case, policy)
    end,
  }
end

return steps
