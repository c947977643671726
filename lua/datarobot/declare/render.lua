--- Plans, results and differences as text for people.
local core = require "datarobot.core"
local show = require "datarobot.show"

local render = {}

local function value_text(value)
  if value == nil then return "null" end
  return show.value(value, "    ")
end

local function change_text(change)
  local path = core.words(change.path)
  if change.kind == "added" then return ("+ %s = %s"):format(path, value_text(change.after)) end
  if change.kind == "removed" then return "- " .. path end
  return ("~ %s: %s -> %s"):format(path, value_text(change.before), value_text(change.after))
end

--- Changes, one below the other.
---@param changes table[]
---@return string
function render.changes(changes)
  local lines = {}
  for i, change in ipairs(changes) do lines[i] = change_text(change) end
  return #lines > 0 and table.concat(lines, "\n") or "no difference"
end

local function counted(changes)
  local counts, words = { added = 0, changed = 0, removed = 0 }, {}
  for _, change in ipairs(changes) do counts[change.kind] = counts[change.kind] + 1 end
  for _, kind in ipairs { "added", "changed", "removed" } do
    if counts[kind] > 0 then words[#words + 1] = ("%d %s"):format(counts[kind], kind) end
  end
  return #words > 0 and table.concat(words, ", ") or "nothing to do"
end

--- A plan.
---@param plan table
---@return string
function render.plan(plan)
  local lines = { ("Plan for deployment %s: %s"):format(core.words(plan.deployment_id), counted(plan.changes)) }
  for _, change in ipairs(plan.changes) do lines[#lines + 1] = "  " .. change_text(change):gsub("\n", "\n  ") end
  if #plan.unchanged > 0 then lines[#lines + 1] = "  unchanged: " .. core.words(table.concat(plan.unchanged, ", ")) end
  for _, note in ipairs(plan.notes) do
    lines[#lines + 1] = ("  note: %s: %s"):format(core.words(note.path), core.words(note.message))
  end
  if plan.refused then lines[#lines + 1] = "  cannot be applied: " .. core.words(plan.refused.message) end
  return table.concat(lines, "\n")
end

--- A result.
---@param result table
---@return string
function render.result(result)
  local lines = { ("%d write%s"):format(result.writes, result.writes == 1 and "" or "s") }
  for i, part in ipairs(result.parts) do lines[i + 1] = ("  %-9s %s"):format(part.outcome, core.words(part.path)) end
  return table.concat(lines, "\n")
end

return render
