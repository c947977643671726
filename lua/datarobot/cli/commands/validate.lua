--- `datarobot validate FILE…`.
local definition = require "datarobot.cli.definition"
local problems = require "datarobot.cli.problems"

-- What a definition has, and no policy.
local PARTS <const> = {
  "policies", "settings", "health_settings", "retraining_settings", "notifications", "deployments", "search", "prune",
}

local function is_definition(t)
  for _, name in ipairs(PARTS) do
    if t[name] ~= nil then return true end
  end
  return false
end

-- The mistakes and notes of a table of a kind that stands at a place in the file.
local function check(kind, t, place, wrong, notes)
  local ok, found = require "datarobot".validate(kind, t)
  for _, p in ipairs(ok and found or not ok and found.problems or {}) do
    local path = place == "" and p.path or p.path == "" and place or place .. "." .. p.path
    local list = ok and notes or wrong
    list[#list + 1] = { path = path, message = p.message }
  end
end

local function check_definition(t, wrong, notes)
  if t.settings then check("settings", t.settings, "settings", wrong, notes) end
  for i, policy in ipairs(t.policies or {}) do
    local body = {}
    for k, v in pairs(policy) do body[k] = k ~= "paused" and v or nil end
    check("policy", body, ("policies[%d]"):format(i), wrong, notes)
  end
end

local function check_file(path, out)
  local t, why = definition.read(path)
  local wrong, notes = {}, {}
  if not t then
    wrong[1] = { message = why }
  elseif is_definition(t) then
    check_definition(t, wrong, notes)
  else
    check("policy", t, "", wrong, notes)
  end
  problems.show(out, path, wrong)
  problems.show(out, path, notes, "note")
  if #wrong == 0 then out:answer(path .. ": " .. out.paint("ok", "ok"), { file = path, ok = true }) end
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
