--- Mistakes in what a user wrote, as an answer.
local core = require "datarobot.core"

local problems = {}

local function shown(p)
  return core.words((p.path and p.path ~= "" and p.path .. ": " or "") .. p.message, "lines")
end

--- Shows mistakes and notes, a line or an object each.
---@param out table output.lua's
---@param file string|nil where they are
---@param list table[] with path, pointer, message
---@param level? "error"|"note" default "error"
function problems.show(out, file, list, level)
  level = level or "error"
  for _, p in ipairs(list) do
    local head = (file and core.words(file) .. ": " or "") .. (level == "note" and "note: " or "")
    out:answer(head .. shown(p), { file = file, level = level, path = p.path, pointer = p.pointer,
      message = p.message })
  end
end

return problems
