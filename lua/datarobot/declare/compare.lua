--- Comparing what a table names with what the server has, both normalised by the schema tables: numbers by value,
-- schedules and lists of words as sets, null and absent alike, white space around texts ignored.
local core = require "datarobot.core"
local fields = require "datarobot.declare.fields"
local guard = require "datarobot.call.guard"

local compare = {}

-- {=== one value in the form that is compared ===}

local function sorted(list)
  local texts, seen = {}, {}
  for _, value in ipairs(list) do
    local text = type(value) == "string" and value:match "^%s*(.-)%s*$" or tostring(math.tointeger(value) or value)
    if not seen[text] then texts[#texts + 1], seen[text] = text, true end
  end
  table.sort(texts)
  return #texts > 0 and texts or nil
end

local canonical

-- Members by the names of the fields, and those that no field has.
local function canonical_object(list, value)
  local t = {}
  for _, field in ipairs(list) do t[field.name] = canonical(field, fields.get(value, field)) end
  for name, other in next, fields.strangers(list, value) do
    if other ~= core.null then t[name] = other end
  end
  return next(t) ~= nil and t or nil
end

local function canonical_list(field, value)
  if field.item.type ~= "object" then return sorted(value) end
  local list = {}
  for i, item in ipairs(value) do list[i] = canonical_object(field.item.fields, item) or {} end
  return #list > 0 and list or nil
end

local function canonical_text(field, value)
  if field.type == "id" then return value:lower() end
  return (value:match "^%s*(.-)%s*$")
end

-- A schedule; nil where a server shows something else.
local function schedule_of(value)
  if type(value) ~= "string" and type(value) ~= "table" and not guard.is(value, "schedule") then return nil end
  return (core.schedule(value))
end

--- A value as it is compared; nil when it says nothing.
function canonical(field, value)
  if fields.is_void(value) then
    if field.fill == "false" then return false end
    return field.otherwise
  end
  if field.type == "schedule" then return schedule_of(value) or value end
  if type(value) == "table" then
    if field.type == "list" then return canonical_list(field, value) end
    if field.type == "object" then return canonical_object(field.fields, value) end
  end
  if type(value) == "string" then return canonical_text(field, value) end
  return value
end

--- Whether two values are the same at every depth.
---@param a any
---@param b any
---@return boolean
function compare.same(a, b)
  if a == core.null then a = nil end
  if b == core.null then b = nil end
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for key, value in next, a do
    if not compare.same(value, b[key]) then return false end
  end
  for key, value in next, b do
    if a[key] == nil and value ~= core.null then return false end
  end
  return true
end

-- {=== values for people and for programs ===}

--- A value as a change shows it: Lua names, schedules as cron text, without nulls.
---@param field datarobot.Field
---@param value any
---@return any
function compare.shown(field, value)
  if fields.is_void(value) then return nil end
  if field.type == "schedule" then
    local schedule = schedule_of(value)
    return schedule and tostring(schedule) or value
  end
  if field.type == "object" and type(value) == "table" then return compare.shown_members(field.fields, value) end
  if field.type == "list" and type(value) == "table" then
    local list = {}
    for i, item in ipairs(value) do list[i] = compare.shown(field.item, item) end
    return core.array(list)
  end
  return value
end

--- The members of a table as a change shows them.
---@param list datarobot.Field[]
---@param t table
---@return table
function compare.shown_members(list, t)
  local shown = setmetatable({}, core.classes.object)
  for _, field in ipairs(list) do shown[field.name] = compare.shown(field, fields.get(t, field)) end
  for name, value in next, fields.strangers(list, t) do
    if value ~= core.null then shown[name] = value end
  end
  return shown
end

-- {=== differences ===}

-- A group of members is gone through, an empty one names nothing; everything else is one leaf.
local function is_group(field, wanted)
  return field.type == "object" and type(wanted) == "table"
end

-- Members that no field knows are compared by their names alone.
local function compare_strangers(list, wanted, have, path, found)
  local had = fields.strangers(list, have)
  for name, value in next, fields.strangers(list, wanted) do
    if type(name) == "string" and not compare.same(value, had[name]) then
      found[#found + 1] = { path = fields.named(path, name), before = had[name], after = value }
    end
  end
end

local function compare_field(field, wanted, have, path, found)
  if is_group(field, wanted) then
    if next(wanted) ~= nil then compare.members(field.fields, wanted, have, path, found) end
  elseif not compare.same(canonical(field, wanted), canonical(field, have)) then
    found[#found + 1] = { path = path, before = compare.shown(field, have), after = compare.shown(field, wanted) }
  end
end

-- What the server makes of a value: with periodicities an automatic differencing method is seasonal (documented).
local function settled(list, field, value, wanted, have)
  local method = fields.is_void(value) and field.otherwise or value
  if field.name ~= "differencing_method" or method ~= "auto" then return value end
  for _, other in ipairs(list) do
    if other.name == "periodicities" then
      local periods = fields.get(wanted, other)
      if periods == nil then periods = fields.get(have, other) end
      if type(periods) == "table" and #periods > 0 then return "seasonal" end
    end
  end
  return value
end

--- The differences of what a table names. Where it names a trigger, an absent flag means false.
---@param list datarobot.Field[]
---@param wanted table
---@param have any
---@param path string of the table
---@param found? table[] to add to
---@return {path: string, before: any, after: any}[] found in the order of the fields
function compare.members(list, wanted, have, path, found)
  found = found or {}
  for _, field in ipairs(list) do
    local value = fields.get(wanted, field)
    if value == nil and field.fill == "false" then value = false end
    local at = path == "" and field.name or path .. "." .. field.name
    if value ~= nil then
      compare_field(field, settled(list, field, value, wanted, have), fields.get(have, field), at, found)
    end
  end
  compare_strangers(list, wanted, have, path, found)
  return found
end

-- {=== what is sent ===}

-- Whether a server's value is one that a request takes.
local function is_sendable(field, value)
  if fields.is_void(value) then return false end
  if not field.words then return true end
  for _, word in ipairs(field.words) do
    if word == value then return true end
  end
  return false
end

--- A member as it is sent: whole, as the server has it, with what the table names.
---@param field datarobot.Field
---@param wanted any
---@param have any
---@return any
function compare.merged(field, wanted, have)
  if field.type == "free" and type(wanted) == "table" and type(have) == "table" then
    local merged = {}
    for name, value in next, have do merged[name] = value end
    for name, value in next, wanted do merged[name] = value end
    return merged
  end
  if not is_group(field, wanted) then return wanted end
  local merged = fields.strangers(field.fields, wanted)
  for _, member in ipairs(field.fields) do
    local value, had = fields.get(wanted, member), fields.get(have, member)
    if value ~= nil then
      merged[member.name] = compare.merged(member, value, had)
    elseif member.fill == "false" then
      merged[member.name] = false
    elseif is_sendable(member, had) then
      merged[member.name] = had
    end
  end
  return merged
end

return compare
