--- Reads spec/validate/mistakes.md: each line of its blocks that is not indented is a mistake in Lua, the
-- indented lines below it are what `tostring` of the error shows, behind its first line.

local cjson = require "cjson"
local dr = require "datarobot"

local mistakes = {}

-- {=== the words of the page ===}

local words = {
  dr = dr, cjson = cjson, math = math, io = io, print = print, pairs = pairs, setmetatable = setmetatable,
}

words.ID = "675c98d9f2e4b4189bff25f5"

for _, kind in ipairs {
  "policy_update", "retraining_settings", "settings", "model_replacement", "replacement_check", "challenger",
  "challenger_update", "run_update",
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

--- Calls fn(line number, Lua text, list of the lines below it) for each mistake of a page.
---@param path string
---@param fn function
function mistakes.each(path, fn)
  local number, within, code, at, said = 0, false, nil, nil, {}
  local function flush()
    if code then fn(at, code, said) end
    code, said = nil, {}
  end
  for line in io.lines(path) do
    number = number + 1
    if line:find "^```" then
      flush()
      within = not within and line == "```lua"
    elseif within and line:find "^%-%-> " then
      said[#said + 1] = line:sub(5)
    elseif within and line ~= "" then
      flush()
      code, at = line, number
    end
  end
  flush()
end

--- The error that dr.validate gives for the Lua text of a mistake; nil when the table is accepted.
---@param code string
---@return table|nil err
function mistakes.run(code)
  local kind, t = assert(load("return " .. code, code, "t", words))()
  local ok, err = dr.validate(kind, t)
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

return mistakes
