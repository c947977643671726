--- `datarobot validate FILE…`.
local core = require "datarobot.core"
local definition = require "datarobot.cli.definition"
local problems = require "datarobot.cli.problems"

-- Checks a body that stands at a place in the file.
local function check(kind, t, at, found)
  local ok, result = require "datarobot".validate(kind, t)
  if not ok then
    found.wrong:add_all(result, at.path, at.pointer)
  elseif result then
    table.move(found.list.notes(result, at.path, at.pointer), 1, #result, #found.notes + 1, found.notes)
  end
end

-- All mistakes and notes of a definition or a single policy.
local function check_all(t)
  local list = require "datarobot.declare.problems"
  local found = { list = list, wrong = list.new(), notes = {} }
  local declared = require "datarobot.declare.declaration".read(t, found.wrong)
  for _, part in ipairs(require "datarobot.declare.parts".all()) do
    local body = declared.parts[part.name]
    -- What a name stands for is known to the server alone.
    if body and part.named then body = require "datarobot.declare.names".replaced(body, {}) end
    if body and next(body) ~= nil then
      check(part.name, body, { path = part.name, pointer = "/" .. part.wire }, found)
    end
  end
  for _, policy in ipairs(declared.policies or {}) do
    local at = declared.single and { path = "", pointer = "" } or policy
    check("policy", policy.running, at, found)
  end
  return found.wrong.list, found.notes
end

local function check_file(path, out)
  local t, why = definition.read(path)
  local wrong, notes = { { message = why } }, {}
  if t then wrong, notes = check_all(t) end
  problems.show(out, path, wrong)
  problems.show(out, path, notes, "note")
  if #wrong == 0 then
    out:answer(core.words(path) .. ": " .. out.paint("ok", "ok"), { file = core.words(path), ok = true })
  end
  return #wrong == 0
end

return {
  summary = "checks definitions or single policies before anything is sent",
  description = "A file is Lua that returns a table, or JSON. The answer is no (status 1) where there is a mistake.",
  offline = true,
  arguments = { { name = "file", args = "+", description = 'Path of a file; "-" is stdin.' } },
  run = function(o, out)
    local good = true
    for _, path in ipairs(o.file) do good = check_file(path, out) and good end
    return good and 0 or 1
  end,
}
