--- Values as text for people: strings without control characters, tables as Lua writes them.
local core = require "datarobot.core"

local show = {}

local WIDTH <const> = 100

--- A string in quotes on one line, safe to print on a terminal.
---@param s string
---@return string
function show.quote(s)
  return '"' .. core.words(s, "quoted") .. '"'
end

--- A word of a reply, fit for a terminal; a server may send anything.
---@param value any
---@param otherwise? string when it is no string
---@return string|nil
function show.word(value, otherwise)
  return type(value) == "string" and core.words(value) or otherwise
end

local function key_text(k)
  if type(k) == "string" and k:match "^[%a_][%w_]*$" then return k .. " = " end
  return "[" .. show.value(k) .. "] = "
end

local function sorted_keys(t)
  local keys = {}
  for k in next, t do
    if not (math.type(k) == "integer" and k >= 1 and k <= #t) then keys[#keys + 1] = k end
  end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

local function table_text(t, indent, depth)
  if depth > 20 then return "{ ... }" end
  local parts, inner, length = {}, indent .. "  ", #indent
  for i = 1, #t do parts[#parts + 1] = show.value(t[i], inner, depth + 1) end
  for _, k in ipairs(sorted_keys(t)) do
    parts[#parts + 1] = key_text(k) .. show.value(t[k], inner, depth + 1)
  end
  if #parts == 0 then return "{}" end
  for _, part in ipairs(parts) do
    length = part:find("\n", 1, true) and math.huge or length + #part + 2
  end
  if length <= WIDTH then return "{ " .. table.concat(parts, ", ") .. " }" end
  return "{\n" .. inner .. table.concat(parts, ",\n" .. inner) .. "\n" .. indent .. "}"
end

--- A value as Lua source text; tables on one line where they fit, keys sorted.
---@param v any
---@param indent? string
---@param depth? integer
---@return string
function show.value(v, indent, depth)
  if type(v) == "string" then return show.quote(v) end
  if type(v) == "table" then return table_text(v, indent or "", depth or 0) end
  if type(v) == "userdata" and tostring(v):match "%(nil%)$" then return "dr.null" end
  return tostring(v)
end

return show
