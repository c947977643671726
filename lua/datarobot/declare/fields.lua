--- What the schema tables say about the bodies that can be declared, and their members in either spelling.
local core = require "datarobot.core"
local discovery = require "datarobot.help.discovery"

local fields = {}

--- The fields of a kind of `dr.validate`.
---@param kind string
---@return datarobot.Field[]
function fields.of(kind)
  return discovery.schemas().kinds[kind].fields
end

--- A member of a table, by the field's Lua or wire name. Of a table alone, read raw, as validation reads.
---@param t any
---@param field datarobot.Field
---@return any
function fields.get(t, field)
  if type(t) ~= "table" then return nil end
  local value = rawget(t, field.name)
  if value == nil then value = rawget(t, field.wire) end
  return value
end

--- Whether a value says nothing: absent or null.
---@param value any
---@return boolean
function fields.is_void(value)
  return value == nil or value == core.null
end

--- The members of a table that the fields do not know, by name.
---@param list datarobot.Field[]
---@param t any
---@return table<string, any>
function fields.strangers(list, t)
  local known, rest = {}, {}
  for _, field in ipairs(list) do known[field.name], known[field.wire] = true, true end
  for name, value in next, type(t) == "table" and t or {} do
    if not known[name] then rest[name] = value end
  end
  return rest
end

--- A name as the last part of a path: `policies["Weekly"]`.
---@param prefix string
---@param name string
---@return string
function fields.named(prefix, name)
  return ("%s[%s]"):format(prefix, (("%q"):format(name):gsub("\\\n", "\\n"):gsub("\r", "\\r")))
end

return fields
