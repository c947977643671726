--- What commands share that hold a definition against deployments.
local definition = require "datarobot.cli.definition"
local failure = require "datarobot.cli.failure"
local fleet = require "datarobot.cli.fleet"
local options = require "datarobot.cli.options"

local declared = {}

declared.ARGUMENTS = {
  { name = "file", description = 'A definition: Lua that returns a table, or JSON; "-" is stdin.' },
  fleet.IDS,
}

local CONSENT <const> = {
  { name = "--allow-replacement", flag = true,
    description = "Also where a policy of the file replaces the deployment's model by itself." },
  { name = "--prune", flag = true,
    description = "Where the file says prune, remove the policies that it does not name." },
  { name = "--all", flag = true, description = "All deployments, whatever the file names." },
}

--- The options of a command that plans.
---@param more? table[] of its own
---@return table[]
function declared.options(more)
  local all = {}
  for _, group in ipairs { CONSENT, more or {}, fleet.OPTIONS } do table.move(group, 1, #group, #all + 1, all) end
  return all
end

--- How many changes there may be.
declared.MAX_CHANGES = { name = "--max-changes", argname = "N",
  convert = options.number("--max-changes", 0, nil, "integer"),
  description = "With more changes, over all deployments, nothing is done." }

--- Reads the definition; raises where the file holds none.
---@param path string
---@return table t
function declared.read(path)
  local t, why = definition.read(path)
  if not t then
    failure.raise("file", ("%s: %s"):format(path, why), "datarobot validate shows what is wrong with it")
  end
  return t
end

--- The options of `deployment:plan`.
---@param o table what was given
---@return table
function declared.consent(o)
  return { allow_replacement = o.allow_replacement, prune = o.prune }
end

--- A plan as an object for --json.
---@param plan datarobot.Plan
---@return table
function declared.object(plan)
  local array = require "datarobot".array
  local changes = {}
  for i, c in ipairs(plan.changes) do
    changes[i] = { path = c.path, kind = c.kind, before = c.before, after = c.after }
  end
  return { deployment_id = plan.deployment_id, changes = array(changes), unchanged = array(plan.unchanged),
    refused = plan.refused and plan.refused.message or nil }
end

return declared
