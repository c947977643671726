--- What there is, as a declaration: every member that can be sent, nulls too. Applied to its source it changes nothing.
local compare = require "datarobot.declare.compare"
local core = require "datarobot.core"
local fields = require "datarobot.declare.fields"
local literal = require "datarobot.declare.literal"
local parts = require "datarobot.declare.parts"
local state = require "datarobot.declare.state"

local export = {}

-- A member as a table states it; nil where a request does not take what the server has.
local function stated(field, value)
  if fields.is_void(value) then return field.nullable and core.null or nil end
  if field.type == "object" and type(value) == "table" then
    local t = {}
    for _, member in ipairs(field.fields) do t[member.name] = stated(member, fields.get(value, member)) end
    return t
  end
  if field.type == "schedule" then return compare.shown(field, value) end
  if field.type == "list" and type(value) == "table" then
    local list = {}
    for i, item in ipairs(value) do list[i] = stated(field.item, item) end
    return list
  end
  return value
end

-- Of a group the members that a request takes; nil when it takes none.
local function acceptable(kind, field, group)
  if core.validate(kind, { [field.name] = group }) then return group end
  local good = {}
  for _, member in ipairs(type(group) == "table" and field.fields or {}) do
    good[member.name] = group[member.name]
    if not core.validate(kind, { [field.name] = good }) then good[member.name] = nil end
  end
  return next(good) ~= nil and core.validate(kind, { [field.name] = good }) and good or nil
end

-- What a request of the kind takes of what there is.
local function body_of(kind, have)
  local t = {}
  for _, field in ipairs(fields.of(kind)) do
    local value = stated(field, fields.get(have, field))
    local empty = type(value) == "table" and next(value) == nil
    if value ~= nil and not empty then t[field.name] = acceptable(kind, field, value) end
  end
  return t
end

--- A policy's table.
---@param policy datarobot.RetrainingPolicy
---@return table
function export.policy(policy)
  local t = body_of("policy_update", policy:definition())
  t.name = policy.name
  return t
end

--- A deployment's table.
---@param deployment datarobot.Deployment
---@param deadline number core.now()
---@return table|nil t
---@return datarobot.Error? err kind `conflict` when two policies have one name
function export.deployment(deployment, deadline)
  local declared = { parts = {}, policies = {}, all = true }
  local now, err = state.read(deployment, declared, deadline)
  if not now then return nil, err end
  local t, seen = { policies = {} }, {}
  for _, part in ipairs(parts.all()) do
    local body = now[part.name] and body_of(part.name, now[part.name]) or {}
    if next(body) ~= nil then t[part.name] = body end
  end
  for i, policy in ipairs(now.policies) do
    local path = fields.named("policies", policy.name)
    if seen[path] then return nil, core.error("conflict", path .. ": two policies have this name") end
    seen[path] = true
    t.policies[i] = export.policy(policy)
  end
  return t
end

-- The JSON of a whole, in the order in which it is applied.
local function json(t)
  if not t.policies then return core.encode("policy", t) end
  local members, policies = {}, {}
  for _, part in ipairs(parts.all()) do
    local body = t[part.name]
    if body then members[#members + 1] = ('"%s":%s'):format(part.wire, (core.encode(part.name, body))) end
  end
  for i, policy in ipairs(t.policies) do policies[i] = core.encode("policy", policy) end
  members[#members + 1] = '"policies":[' .. table.concat(policies, ",") .. "]"
  return "{" .. table.concat(members, ",") .. "}"
end

--- A table as text.
---@param t table of `export.policy` or `export.deployment`
---@param format? "lua"|"json"
---@return string
function export.text(t, format)
  return (format == "json" and json(t) or "return " .. literal(t)) .. "\n"
end

return export
