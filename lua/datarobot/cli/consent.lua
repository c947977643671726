--- The consent to what replaces a model or removes a policy: a flag, or a "yes" at a terminal.
local core = require "datarobot.core"
local failure = require "datarobot.cli.failure"

local FLAGS <const> = "--allow-replacement and --prune are the consent; datarobot plan shows what it is for"

local function refused(plans)
  local list = {}
  for _, p in ipairs(plans) do
    if p.plan.refused then list[#list + 1] = p end
  end
  return list
end

local function said_yes(list)
  if not (core.is_terminal(io.stdin) and core.is_terminal(io.stderr)) then return nil end
  for _, p in ipairs(list) do io.stderr:write(tostring(p.plan), "\n") end
  io.stderr:write(("Do this to %d deployment%s? Only yes will do: "):format(#list, #list == 1 and "" or "s"))
  io.stderr:flush()
  return io.stdin:read "l" == "yes"
end

--- Sees that every plan has the consent that it needs; raises where one has not.
---@param plans {deployment: datarobot.Deployment, plan: datarobot.Plan}[] the plan is made anew after a yes
---@param t table the definition
return function(plans, t)
  local list = refused(plans)
  if #list == 0 then return end
  local yes = said_yes(list)
  if yes == nil then
    local first = list[1].plan
    failure.raise("validation", ("%s: %s"):format(first.deployment_id, first.refused.message), FLAGS)
  elseif not yes then
    failure.raise("validation", "not confirmed: nothing was done", FLAGS)
  end
  for _, p in ipairs(list) do p.plan = assert(p.deployment:plan(t, { allow_replacement = true, prune = true })) end
end
