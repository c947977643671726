--- Plans in files: what is to be done and what was shown, as a definition.
local core = require "datarobot.core"
local definition = require "datarobot.declare.definition"
local guard = require "datarobot.call.guard"
local literal = require "datarobot.declare.literal"

local saved = {}

local open = core.has_files() and io.open or nil -- a script may replace it later

-- A table as it is written: schedules as cron text.
local function plain(value)
  if guard.is(value, "schedule") then return tostring(value) end
  if type(value) ~= "table" then return value end
  local t = {}
  for k, v in next, value do t[k] = plain(v) end
  return t
end

--- Writes what makes a plan.
---@param path string
---@param t table { deployment_id, declaration, options, changes, notes, unchanged }
---@return true|nil done
---@return datarobot.Error? err kind `config` when it cannot be written
function saved.write(path, t)
  if not open then return nil, core.error("config", "the host gives no io library, so no file can be written") end
  local file, why = open(path, "wb")
  local done = file
  if file then
    done, why = file:write("return ", literal(plain(t)), "\n")
    local closed, late = file:close()
    if done and not closed then done, why = nil, late end
  end
  if not done then return nil, core.error("config", core.words(tostring(why))) end
  return true
end

local OPTIONS <const> = {
  allow_replacement = "boolean", prune = "boolean", max_changes = "integer", timeout = "number",
}

local function has_good_options(o)
  for name, value in next, o do
    local kind = type(value) == "number" and OPTIONS[name] == "integer" and math.type(value) or type(value)
    if kind ~= OPTIONS[name] then return false end
  end
  return true
end

-- Whether a file's table has the form of a plan.
local function is_plan(t)
  for _, name in ipairs { "declaration", "options", "changes", "notes", "unchanged" } do
    if type(t[name]) ~= "table" then return false end
  end
  for _, change in ipairs(t.changes) do
    if type(change) ~= "table" or type(change.path) ~= "string"
      or not ({ added = 1, changed = 1, removed = 1 })[change.kind] then return false end
  end
  for _, note in ipairs(t.notes) do
    if type(note) ~= "table" or type(note.path) ~= "string" or type(note.message) ~= "string" then return false end
  end
  for _, path in ipairs(t.unchanged) do
    if type(path) ~= "string" then return false end
  end
  return type(t.deployment_id) == "string" and has_good_options(t.options)
end

--- Reads what makes a plan.
---@param path string
---@return table|nil t
---@return datarobot.Error? err
function saved.read(path)
  local t, err = definition.load(path)
  if not t then return nil, err end
  if is_plan(t) then return t end
  return nil, core.error("config", core.words(path) .. ": it holds no plan; plan:save writes one")
end

return saved
