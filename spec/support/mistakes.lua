--- Reads spec/validate/mistakes.md: each line of its blocks without an arrow is a mistake in Lua, the lines below it
-- with `-->` are what `tostring` of the error shows, behind its first line, the one with `--=` is what the mistake
-- becomes when the advice is followed. `lua5.4 spec/support/mistakes.lua` writes both anew.

local advice = require "spec.support.advice"
local cjson = require "cjson"
local dr = require "datarobot"

local mistakes = {}

-- {=== the words of the page ===}

local words = {
  dr = dr, cjson = cjson, math = math, io = io, print = print, pairs = pairs, setmetatable = setmetatable,
  os = { time = function() return 1764547200 end },
}

words.ID = "675c98d9f2e4b4189bff25f5"

for _, kind in ipairs {
  "policy_update", "retraining_settings", "settings", "model_replacement", "replacement_check", "challenger",
  "challenger_update", "run_update", "deployment_update", "deployment_status_update",
  "challenger_replay", "replay_settings", "health_settings",
} do
  words[kind] = function(t) return kind, t end
end

function words.policy(t)
  if t.name == nil then t.name = "Nightly" end
  return "policy", t
end

function words.policy_without_name(t) return "policy", t end

function words.cron(text)
  return words.policy { trigger = { type = "schedule", schedule = text } }
end

function words.lists(change)
  local t = { minute = { 0 }, hour = { 0 }, day_of_month = { "*" }, month = { "*" }, day_of_week = { "*" } }
  for name, list in next, change do t[name] = list end
  return words.cron(t)
end

function words.duration(value)
  return words.policy { trigger = { type = "schedule", schedule = "@daily", min_interval_between_runs = value } }
end

function words.attributes(list)
  return "settings", { segment_analysis = { enabled = true, attributes = list } }
end

function words.cycle()
  local t = { group = {} }
  t.group.all = t
  return t
end

function words.deep(n)
  local t = {}
  for _ = 2, n do t = { a = t } end
  return t
end

function words.numbered(n)
  local t = {}
  for i = 1, n do t[i] = i end
  return t
end

function words.named(n)
  local t = {}
  for i = 1, n do t[("member_%06d"):format(i)] = i end
  return t
end

-- {=== the page ===}

--- Calls fn(line number, Lua text, list of the lines below it, the line of the fix) for each mistake of a page.
---@param path string
---@param fn function
function mistakes.each(path, fn)
  local number, within, code, at, said, fix = 0, false, nil, nil, {}, nil
  local function flush()
    if code then fn(at, code, said, fix) end
    code, said, fix = nil, {}, nil
  end
  for line in io.lines(path) do
    number = number + 1
    if line:find "^```" then
      flush()
      within = not within and line == "```lua"
    elseif within and line:find "^%-%-> " then
      said[#said + 1] = line:sub(5)
    elseif within and line:find "^%-%-= " then
      fix = line:sub(5)
    elseif within and line ~= "" then
      flush()
      code, at = line, number
    end
  end
  flush()
end

--- The kind and the table of the Lua text of a mistake, made anew.
---@param code string
---@return string kind
---@return table t
function mistakes.make(code)
  return assert(load("return " .. code, code, "t", words))()
end

--- The error that dr.validate gives for the Lua text of a mistake; nil when the table is accepted.
---@param code string
---@return table|nil err
function mistakes.run(code)
  local ok, err = dr.validate(mistakes.make(code))
  if not ok then return err end
  return nil
end

--- What the page should show: the lines of tostring behind the first; long lists of problems by their ends.
---@param err table|nil
---@return string[] lines
function mistakes.lines(err)
  if not err then return { "accepted" } end
  local lines = {}
  for line in tostring(err):gmatch "\n  ([^\n]*)" do lines[#lines + 1] = line end
  if #lines > 6 then lines = { lines[1], "...", lines[#lines] } end
  return lines
end

-- {=== what becomes of a mistake ===}

local DEEPEST <const> = 6

local function text_of(value, depth)
  depth = depth or 0
  if value == nil then return "nil" end
  if value == dr.null then return "dr.null" end
  if type(value) == "string" then
    local text = ("%q"):format(value):gsub("\\\n", "\\n"):gsub("\r", "\\r")
    return utf8.len(text) and text or (text:gsub("[\x80-\xFF]", function(c) return ("\\x%02X"):format(c:byte()) end))
  end
  if type(value) ~= "table" then return tostring(value) end
  if depth > DEEPEST then return "..." end
  local parts, names = {}, {}
  for _, element in ipairs(value) do parts[#parts + 1] = text_of(element, depth + 1) end
  for name in next, value do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do parts[#parts + 1] = name .. " = " .. text_of(rawget(value, name), depth + 1) end
  if #parts == 0 then return "{}" end
  return #names > 0 and "{ " .. table.concat(parts, ", ") .. " }" or "{" .. table.concat(parts, ", ") .. "}"
end

-- Tables of names, which are compared member by member.
local function is_object(value)
  return type(value) == "table" and getmetatable(value) == nil and #value == 0 and next(value) ~= nil
end

local function place(path, name)
  if type(name) == "string" and name:find "^[%a_][%w_]*$" then return path == "" and name or path .. "." .. name end
  return ("%s[%s]"):format(path, text_of(name))
end

local function add_changes(old, new, path, changes)
  local names, all = {}, {}
  for name in next, old do all[name] = true end
  for name in next, new do all[name] = true end
  for name in pairs(all) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for _, name in ipairs(names) do
    local a, b = rawget(old, name), rawget(new, name)
    if is_object(a) and is_object(b) then
      add_changes(a, b, place(path, name), changes)
    elseif a ~= b and not (type(a) == "table" and type(b) == "table" and text_of(a) == text_of(b)) then
      changes[#changes + 1] = place(path, name) .. " = " .. text_of(b)
    end
  end
end

local MOST_PROBLEMS <const>, MOST_STEPS <const>, MOST_CHARACTERS <const> = 6, 20, 150

--- The table that a mistake becomes when the first way of each message is followed until nothing is wrong.
---@param code string
---@return table|nil fixed nil when there is no end to it, or no way
---@return string? why the message that is left
function mistakes.fixed(code)
  local kind, t = mistakes.make(code)
  for _ = 1, MOST_STEPS do
    local ok, err = dr.validate(kind, t)
    if ok then return t end
    if #err.problems > MOST_PROBLEMS then return nil, "many problems" end
    local p = err.problems[1]
    local said = p.path .. ": " .. p.message
    if advice.ways(p.message) == 0 then return nil, said end
    t = advice.follow(kind, t, p, 1)
    if not t then return nil, said end
  end
  return nil, "no end"
end

--- What the page shows of it: the members that are changed.
---@param code string
---@return string
function mistakes.fix(code)
  local fixed, why = mistakes.fixed(code)
  if not fixed then return why end
  local _, old = mistakes.make(code)
  local changes = {}
  if type(old) == "table" and #old == 0 and getmetatable(old) == nil then
    add_changes(old, fixed, "", changes)
  else
    changes[1] = text_of(fixed)
  end
  local text = table.concat(changes, "; ")
  if utf8.len(text) > MOST_CHARACTERS then text = text:sub(1, utf8.offset(text, MOST_CHARACTERS) - 1) .. " ..." end
  return text
end

--- The page with what is said and what becomes of each mistake written anew.
---@param path string
---@return string text
function mistakes.page(path)
  local lines, within = {}, false
  for line in io.lines(path) do
    if line:find "^```" then within = not within and line == "```lua" end
    if not within or not line:find "^%-%-[>=]" then lines[#lines + 1] = line end
    if within and line ~= "" and not line:find "^%-%-[>=]" and line ~= "```lua" then
      local before = lines[#lines - 1]
      if before ~= "" and before ~= "```lua" then table.insert(lines, #lines, "") end
      for _, said in ipairs(mistakes.lines(mistakes.run(line))) do lines[#lines + 1] = "--> " .. said end
      if mistakes.run(line) then lines[#lines + 1] = "--= " .. mistakes.fix(line) end
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

if arg and arg[0] and arg[0]:find "mistakes%.lua$" then
  local path = arg[1] or "spec/validate/mistakes.md"
  local text = mistakes.page(path)
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(text))
end

return mistakes
