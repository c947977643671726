--- Values as Lua source that gives them again; strings as quoted literals, whatever they hold.
local core = require "datarobot.core"
local show = require "datarobot.show"

local KEYWORDS <const> = {}
for word in ("and break do else elseif end false for function goto if in local nil not or repeat return then true "
  .. "until while"):gmatch "%a+" do KEYWORDS[word] = true end

local literal

local function number(n)
  if math.type(n) == "integer" then return ("%d"):format(n) end
  return (("%.17g"):format(n):gsub(",", ".")) -- some locales have a comma
end

local function key(k)
  if type(k) ~= "string" then return ("[%s] = "):format(number(k)) end
  if k:find "^[%a_][%w_]*$" and not KEYWORDS[k] then return k .. " = " end
  return ("[%s] = "):format(show.quote(k))
end

-- `name` first, the rest in order.
local function sorted(t)
  local keys = {}
  for k in next, t do
    if math.type(k) ~= "integer" or k < 1 or k > #t then keys[#keys + 1] = k end
  end
  table.sort(keys, function(a, b)
    if (a == "name") ~= (b == "name") then return a == "name" end
    return tostring(a) < tostring(b)
  end)
  return keys
end

local function members(t, indent)
  local parts, inner = {}, indent .. "  "
  for i, value in ipairs(t) do parts[i] = literal(value, inner) end
  for _, k in ipairs(sorted(t)) do parts[#parts + 1] = key(k) .. literal(t[k], inner) end
  local line = "{ " .. table.concat(parts, ", ") .. " }"
  if #parts == 0 then return "{}" end
  if #line + #indent <= 100 and not line:find("\n", 1, true) then return line end
  return "{\n" .. inner .. table.concat(parts, ",\n" .. inner) .. ",\n" .. indent .. "}"
end

--- A value as Lua source, which knows `dr.null`.
---@param value any
---@param indent? string of its lines behind the first
---@return string
function literal(value, indent)
  if value == core.null then return "dr.null" end
  if type(value) == "string" then return show.quote(value) end
  if type(value) == "number" then return number(value) end
  if type(value) == "table" then return members(value, indent or "") end
  return tostring(value)
end

return literal
