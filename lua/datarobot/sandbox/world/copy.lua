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

return copy
