--- Follows what a message about a mistake proposes, literally: each way is tried on a table of its own, as its reader
-- would who knows nothing else. A message that proposes nothing has no ways.

local dr = require "datarobot"

local advice = {}

local ID <const> = "675c98d9f2e4b4189bff25f5"

-- {=== the place ===}

local function snake(name)
  return (name:gsub("(.)(%u)", "%1_%2"):lower())
end

-- The key of a table that a name of a pointer means; the Lua name where there is none.
local function key_of(t, segment)
  segment = segment:gsub("~1", "/"):gsub("~0", "~")
  local index = math.tointeger(tonumber(segment))
  if index and rawget(t, segment) == nil then return index + 1 end
  if rawget(t, segment) ~= nil then return segment end
  local bytes = segment:gsub("\\x(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
  if rawget(t, bytes) ~= nil then return bytes end -- it stands escaped in the problem
  return snake(segment)
end

-- The table and key of a place, and those of the table itself; the root is t itself in a table of its own.
local function locate(box, pointer)
  local parent, key, above = box, "t", nil
  for segment in pointer:gmatch "/([^/]*)" do
    above = { parent, key }
    parent = parent[key]
    key = key_of(parent, segment)
  end
  return parent, key, above
end

local function set(parent, key, value)
  if value == nil and math.type(key) and key <= #parent then table.remove(parent, key) else parent[key] = value end
end

-- {=== what is written ===}

-- The values of a Lua expression that begins a text; what follows it is left aside.
local function values(text)
  for stop = #text, 1, -1 do
    local expression = text:sub(1, stop)
    local f = not expression:find "%.%.%." and load("return " .. expression, "=fix", "t", { dr = dr })
    if f then
      local ok, list = pcall(function() return table.pack(f()) end)
      if ok and list.n > 0 and list[1] ~= nil then return list end
    end
  end
  return nil
end

local function write(parent, key, list)
  if list.n == 1 then
    parent[key] = list[1]
  else -- several elements in the place of one
    table.remove(parent, key)
    for i = list.n, 1, -1 do table.insert(parent, key, list[i]) end
  end
end

-- The list of a table's values: those with indices in their order, the keys that are `true`, the others.
local function alone(t)
  local list, keys = {}, {}
  for k in next, t do keys[#keys + 1] = k end
  table.sort(keys, function(a, b)
    if math.type(a) and math.type(b) then return a < b end
    if math.type(a) or math.type(b) then return math.type(a) ~= nil end
    return tostring(a) < tostring(b)
  end)
  for _, k in ipairs(keys) do list[#list + 1] = t[k] end
  return list
end

local function to_utf8(text)
  while true do
    local ok, at = utf8.len(text)
    if ok then return text end
    text = text:sub(1, at - 1) .. utf8.char(text:byte(at)) .. text:sub(at + 1)
  end
end

-- {=== the bracket: what is allowed ===}

local function fit_length(value, low, high)
  if type(value) == "string" then
    local n = utf8.len(value)
    if n < low then return value .. ("x"):rep(low - n) end
    return n > high and value:sub(1, utf8.offset(value, high + 1) - 1) or value
  end
  local list = table.move(type(value) == "table" and value or {}, 1, high, 1, {})
  for i = #list + 1, low do list[i] = "x" end
  return list
end

-- A value that a bracket allows, made of the given one where that has its type.
local function allowed(text, value)
  local word = text:match '^"[^"]*"' or text:match ' such as ("[^"]*")'
  if word then return word:sub(2, -2) end
  local enum = text:match "^dr%.enums%.([%w_]+) lists them$"
  if enum then return dr.enums[enum][1] end
  if text:find "true or false" then return true end
  if text:find "24 hexadecimal digits" then return ID end
  local low, high, unit = text:match "(%d+) to (%d+) (%l+)"
  if not low then low, unit = text:match "at least (%d+) (%l+)" end
  if not low then high, unit = text:match "at most (%d+) (%l+)" end
  if not (low or high) then
    low, unit = text:match "exactly (%d+) (%l+)"
    high = low
  end
  if unit and unit:find "^character" or unit and unit:find "^element" then
    if type(value) ~= "string" and unit:find "^character" then value = "" end
    return fit_length(value, tonumber(low or 0), tonumber(high or 1000))
  end
  local least, most = text:match "(%-?[%d.]+) to (%-?[%d.]+)"
  least = least or text:match "at least (%-?[%d.]+)"
  if text:find "number from" or text:find "numbers from" then
    return { type(value) == "table" and value[1] or math.tointeger(least) or tonumber(least) }
  end
  if least then
    local number = type(value) == "number" and value == value and value == math.floor(value) and value or -math.huge
    number = math.max(tonumber(least), math.min(number, tonumber(most) or number))
    return math.tointeger(number) or number
  end
  local first = text:match "^([%w_@%%-]+)$" or text:match "^([%w_]+), " or text:match "^([%w_]+) or "
  if text == "a string" then return "x" end
  if text == "a number" then return 1 end
  return math.tointeger(first) or first
end

-- {=== the ways ===}

-- Each: a pattern, and what is done about it. Of a message the first that fits counts.
local ways = {}

local function way(pattern, ...)
  ways[#ways + 1] = { pattern, ... }
end

local function leave_out(at) set(at.parent, at.key, nil) end

way("more problems are not listed$", function() end)
way("keys that are not names do not belong here; leave them out", function(at)
  local t, keep = at.parent[at.key], {}
  for k, v in next, t do
    if type(k) == "string" then keep[k] = v end
  end
  at.parent[at.key] = keep
end)
way('did you mean "(.-)"%?', function(at, word) at.parent[at.key] = word end)
way("did you mean ([%w_]+)%?", function(at, name)
  at.parent[name], at.parent[at.key] = at.parent[at.key], nil
end)
way('missing; write type = "([%w_]+)"( ?o?r? ?"?[%w_]*"?)( ?a?n?d? ?a? ?s?c?h?e?d?u?l?e?), or dr%.null',
  function(at, word, _, schedule)
    at.parent[at.key] = word
    if schedule ~= "" then at.parent.schedule = "@daily" end
  end,
  function(at, word, other) at.parent[at.key] = other:match '"([%w_]+)"' or word end,
  function(at) at.parent[at.key] = dr.null end)
way('"([^"]*)" runs backwards in "(.*)"; write ([%d,-]+)$', function(at, range, _, fix)
  local from, to = at.parent[at.key]:find(range, 1, true)
  at.parent[at.key] = at.parent[at.key]:sub(1, from - 1) .. fix .. at.parent[at.key]:sub(to + 1)
end)
way('write (".-") for days, (".-") for hours', function(at, days) write(at.parent, at.key, values(days)) end,
  function(at, _, hours) write(at.parent, at.key, values(hours)) end)
way("write a table such as (.*)$", function(at, text) write(at.parent, at.key, values(text)) end)
way("write a table, .* such as (.*)$", function(at, text) write(at.parent, at.key, values(text)) end)
way("write { { %.%.%. } }, a list of such", function(at) at.parent[at.key] = { at.parent[at.key] } end)
way("write its keys alone", function(at)
  local keys = {}
  for k in next, at.parent[at.key] do keys[#keys + 1] = k end
  table.sort(keys)
  at.parent[at.key] = keys
end)
way("write a list such as (.*)$", function(at, text) write(at.parent, at.key, values(text)) end)
way("write the values alone", function(at) at.parent[at.key] = alone(at.parent[at.key]) end)
way("write (.*)$", function(at, text)
  local list = values(text)
  if not list then return false end
  write(at.parent, at.key, list)
end)
way("ranges and steps are for cron text, such as (\".-\")", function(at, text)
  at.box.t.trigger.schedule = values(text)[1]
end)
way("remove the quotes", function(at)
  local text = at.parent[at.key]
  at.parent[at.key] = values(text)[1]
end)
way("put it in quotes", function(at) at.parent[at.key] = tostring(at.parent[at.key]) end)
way("remove the o?u?t?e?r? ?braces", function(at) at.parent[at.key] = at.parent[at.key][1] end)
way("pass its id", function(at)
  local value = at.parent[at.key]
  at.parent[at.key] = type(value) == "table" and value.id or ID
end)
way("remove the blanks around it", function(at) at.parent[at.key] = at.parent[at.key]:match "^%s*(.-)%s*$" end)
way("lists .-ids", function(at) at.parent[at.key] = ID end)
way('client:list "%S+" lists', function(at) at.parent[at.key] = ID end)
way("take deployment%.owners%.preview%[1%]%.id, or the uid", function(at) at.parent[at.key] = ID end)
way("only replies have it; send ([%w_]+)", function(at, name)
  local value = at.parent[at.key]
  at.parent[name], at.parent[at.key] = type(value) == "table" and value.id or value, nil
end)
way("use dr%.null or leave the trigger out", function(at) at.parent[at.key] = dr.null end,
  function(at) at.box.t.trigger = nil end)
way("keep the names or the indices", function(at)
  for k in pairs(at.parent[at.key]) do
    if type(k) ~= "string" then at.parent[at.key][k] = nil end
  end
end)
way("leave it out", leave_out)
way("it belongs in deployment:[%w_]+$", leave_out)
way("it belongs in ([%w_.]+)", function(at, groups)
  local value, t = at.parent[at.key], at.box.t
  at.parent[at.key] = nil
  for group in groups:gmatch "[^.]+" do
    t[group] = type(t[group]) == "table" and t[group] or {}
    t = t[group]
  end
  t[at.key] = value
end)
way("it belongs to the body", function(at)
  local value = at.parent[at.key]
  at.parent[at.key] = nil
  at.box.t[at.key] = value
end)
way("given twice, here and as ([%w_]+); keep one of them", leave_out,
  function(at, other) at.parent[other] = nil end)
way("model_package_id and model_id are both given; keep one of them", function(at) at.box.t.model_id = nil end,
  function(at) at.box.t.model_package_id = nil end)
way("the model is missing; give model_package_id, or model_id", function(at) at.box.t.model_package_id = ID end,
  function(at) at.box.t.model_id = ID end)
way("give at least one member", function(at)
  local field = dr.fields(at.kind)[1]
  at.parent[at.key][field.name] = field.type == "string" and "x" or field.type == "id" and ID
    or at.kind == "health_settings" and { batch_count = 1 } or { enabled = true }
end)
way("the group is given twice; give its members one level higher", function(at)
  local group = at.parent[at.key]
  at.parent[at.key] = nil
  for k, v in pairs(group) do at.parent[k] = v end
end)
way("an option of the call, not a member; give it in a table behind this one", leave_out)
way('{"%*"} means all', function(at) at.parent[at.key] = { "*" } end)
way("is in the list more than once; keep one", function(at)
  local seen, list = {}, {}
  for _, v in ipairs(at.parent[at.key]) do
    if not seen[v] then list[#list + 1] = v end
    seen[v] = true
  end
  at.parent[at.key] = list
end)
way("copy it into a plain one", function(at)
  local copy = {}
  for k, v in next, at.parent[at.key] do copy[k] = v end
  at.parent[at.key] = copy
end)
way("the text is not UTF%-8 at byte %d+; convert it", function(at)
  at.parent[at.key] = to_utf8(at.parent[at.key])
end)
way("the name is not UTF%-8; convert it", function(at)
  at.parent[to_utf8(at.key)], at.parent[at.key] = at.parent[at.key], nil
end)
way("lists begin at 1$", function(at) at.parent[at.key] = alone(at.parent[at.key]) end)
way("a list has no holes$", function(at) at.parent[at.key] = alone(at.parent[at.key]) end)
way("its keys must be 1, 2, 3 and so on, without others$", function(at)
  at.parent[at.key] = table.move(at.parent[at.key], 1, #at.parent[at.key], 1, {})
end)
way("needs? .-, such as (.*)$", function(at, text) write(at.parent, at.key, values(text)) end)
way(', such as "([^"]*)"$', function(at, text) at.parent[at.key] = text end)
way("^no such member", leave_out)
local FIELDS <const> = { "minute", "hour", "day_of_month", "month", "day_of_week" }

-- A value of cron text becomes the nearest that is allowed.
way('^(%l[%l_]*) ("?)(.-)%2 is .-%((%d+) to (%d+).-%) in "', function(at, name, _, part, low, high)
  local bound = math.max(tonumber(low), math.min(math.floor(tonumber(part) or 0), tonumber(high)))
  local number = 0
  at.parent[at.key] = at.parent[at.key]:gsub("[^ \t]+", function(field)
    number = number + 1
    if FIELDS[number] ~= name then return nil end
    local from, to = field:find(part, 1, true)
    return from and field:sub(1, from - 1) .. bound .. field:sub(to + 1) or tostring(bound)
  end)
end)
way("%(([^()]*)%)$", function(at, text)
  local value = allowed(text, at.parent[at.key])
  if value == nil then return false end
  at.parent[at.key] = value
end)

--- The number of ways that a message proposes.
---@param message string
---@return integer
function advice.ways(message)
  for _, w in ipairs(ways) do
    if message:find(w[1]) then return #w - 1 end
  end
  return 0
end

--- Follows way `n` of a problem's message on a table.
---@param kind string of dr.validate
---@param t table
---@param problem datarobot.Problem
---@param n integer
---@return table|nil t the table, mostly the same one; nil when the message proposes nothing that can be done
function advice.follow(kind, t, problem, n)
  local box = { t = t }
  local parent, key, above = locate(box, problem.pointer)
  for _, w in ipairs(ways) do
    local found = table.pack(problem.message:match(w[1]))
    if found[1] then
      local at = { box = box, parent = parent, key = key, above = above, kind = kind }
      if w[n + 1](at, table.unpack(found, 1, found.n)) == false then return nil end
      return box.t
    end
  end
  return nil
end

return advice
