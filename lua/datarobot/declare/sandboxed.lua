--- What a definition may use: functions without a way out, and none whose single call may cost more than the limits
-- that hold between two instructions.
local core = require "datarobot.core"

local sandboxed = {}

local find, gmatch = string.find, string.gmatch -- strings have other methods while a definition runs

local SUBJECT <const>, COST <const>, ELEMENTS <const>, LENGTH <const> = 1 << 16, 1e7, 10000, 1000

local function refuse(what)
  error(what .. " costs more than a definition may", 0)
end

-- How long a match may take: each repetition may try every length of the subject.
local function check_match(s, pattern)
  if type(s) ~= "string" or type(pattern) ~= "string" then return end
  local cost = #s + 1.0 -- a float: it may be huge
  for _ in gmatch(pattern, "[*+%-]") do cost = cost * (#s + 1) end
  for _ in gmatch(pattern, "%?") do cost = cost * 2 end
  for _ in gmatch(pattern, "%%[bf1-9]") do cost = cost * (#s + 1) end
  if #s > SUBJECT or #pattern > LENGTH or cost > COST then refuse "this pattern" end
end

local function matching(f)
  return function(s, pattern, ...)
    check_match(s, pattern)
    return f(s, pattern, ...)
  end
end

local function gsub(s, pattern, replacement, ...)
  check_match(s, pattern)
  if type(replacement) == "string" and type(s) == "string" then
    local each = find(replacement, "%", 1, true) and #replacement * (#s + 1) or #replacement
    if (#s + 1.0) * each > COST then refuse "this replacement" end
  end
  return string.gsub(s, pattern, replacement, ...)
end

-- Comparing long strings, and many, is one instruction.
local function sort(t, ...)
  if type(t) == "table" then
    if #t > ELEMENTS then refuse "sorting so many" end
    for i = 1, #t do
      if type(t[i]) == "string" and #t[i] > LENGTH then refuse "sorting so long strings" end
    end
  end
  return table.sort(t, ...)
end

local function move(t, first, last, ...)
  first, last = math.tointeger(first), math.tointeger(last)
  if first and last and (last - first > ELEMENTS or last - first < 0 and last > first) then refuse "moving so many" end
  return table.move(t, first, last, ...)
end

local function copy(library, without)
  local t = {}
  for name, f in next, library do
    if not without[name] then t[name] = f end
  end
  return t
end

--- An environment of its own for one definition.
---@return table environment
---@return table methods of strings
function sandboxed.environment()
  local strings = copy(string, { dump = true })
  for _, name in ipairs { "find", "match", "gmatch" } do strings[name] = matching(string[name]) end
  strings.gsub = gsub
  local tables = copy(table, {})
  tables.sort, tables.move = sort, move
  return {
    dr = { null = core.null }, pairs = pairs, ipairs = ipairs, next = next, type = type, tostring = tostring,
    tonumber = tonumber, select = select, math = copy(math, { random = true, randomseed = true }), string = strings,
    table = tables,
  }, strings
end

return sandboxed
