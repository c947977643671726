--- The mistakes of all parts of a declaration, gathered into one error.
local core = require "datarobot.core"

local problems = {}
problems.__index = problems

---@return table problems empty
function problems.new()
  return setmetatable({ list = {} }, problems)
end

--- Adds a mistake.
---@param path string in the declaration
---@param pointer string the same as JSON Pointer
---@param message string
function problems:add(path, pointer, message)
  self.list[#self.list + 1] = setmetatable({ path = path, pointer = pointer, message = message }, core.classes.object)
end

-- Places of a part as places of the whole.
local function moved(list, path, pointer)
  local all = {}
  for i, p in ipairs(list) do
    local t = setmetatable({}, core.classes.object)
    for k, v in next, p do t[k] = v end
    if path ~= "" and p.path ~= "" then t.path = path .. (p.path:find "^%[" and "" or ".") .. p.path end
    if p.path == "" then t.path = path end
    t.pointer = pointer .. p.pointer
    all[i] = t
  end
  return all
end

--- Adds the mistakes of a part; false where the error is of another kind.
---@param err datarobot.Error of `validate`
---@param path string of the part
---@param pointer string
---@return boolean added
function problems:add_all(err, path, pointer)
  if not err.problems then return false end
  table.move(moved(err.problems, path, pointer), 1, #err.problems, #self.list + 1, self.list)
  return true
end

--- Notes of a part as notes of the whole.
---@param notes datarobot.Note[]
---@param path string
---@param pointer string
---@return datarobot.Note[]
function problems.notes(notes, path, pointer)
  return moved(notes, path, pointer)
end

--- The error of all mistakes; nil when there is none.
---@param name string the public function
---@return datarobot.Error|nil err
function problems:error(name)
  local first = self.list[1]
  if not first then return nil end
  local text = (first.path ~= "" and first.path .. ": " or "") .. first.message
  if #self.list > 1 then
    text = ("%s; and %d other problem%s"):format(text, #self.list - 1, #self.list > 2 and "s" or "")
  end
  local err = core.error("validation", name .. ": " .. text)
  err.problems = core.array(self.list)
  return err
end

return problems
