--- Copies of tables, one level deep.

local copy = {}

--- A copy with the metatable of the original.
function copy.of(t)
  local new = {}
  for key, value in pairs(t) do new[key] = value end
  return setmetatable(new, getmetatable(t))
end

--- A copy of `given` (nil, null or a table) with the members that it lacks.
function copy.completed(given, defaults)
  local full = copy.of(defaults)
  for key, value in pairs(type(given) == "table" and given or {}) do full[key] = value end
  return full
end

-- Tables may hold each other in a circle: each is copied once.
local function deep(value, fixed, copies)
  if type(value) ~= "table" or fixed(value) then return value end
  local new = copies[value]
  if new then return new end
  new = setmetatable({}, getmetatable(value))
  copies[value] = new
  for key, member in pairs(value) do new[key] = deep(member, fixed, copies) end
  return new
end

--- A copy of everything that can be reached.
-- @param fixed function(table) -> whether it never changes and so need not be copied
function copy.deep(value, fixed)
  return deep(value, fixed, {})
end

return copy
