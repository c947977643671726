--- `datarobot export [ID…]`.
local connection = require "datarobot.cli.connection"
local failure = require "datarobot.cli.failure"
local files = require "datarobot.cli.files"
local find = require "datarobot.cli.find"
local fleet = require "datarobot.cli.fleet"

local function exported(o, out, deployment)
  local format = { format = out.json and "json" or "lua" }
  if o.policy then return find.policy(deployment, o.policy):export(format) end
  return deployment:export(format)
end

-- Several definitions are a file each: one behind the other they would be none.
local function into_folder(client, o, out)
  return fleet.each(client, o, out, { who = "export" }, function(deployment)
    local text, err = exported(o, out, deployment)
    if not text then return nil, err end
    local path = ("%s/%s.%s"):format(o.into, deployment.id, out.json and "json" or "lua")
    files.write(path, text)
    return { text = path, object = { deployment_id = deployment.id, file = path } }
  end)
end

return {
  summary = "deployments as files for plan and apply",
  description = "One deployment goes to stdout, also with --json as one document; several need --into.",
  arguments = { fleet.IDS },
  options = {
    { name = "--policy", argname = "POLICY", description = "Only this policy, by id or exact name." },
    { name = "--into", argname = "FOLDER", description = "A file for each deployment, named by its id." },
    table.unpack(fleet.OPTIONS),
  },
  run = function(o, out)
    local client <close> = connection.open(o)
    if o.into then return into_folder(client, o, out) end
    if #o.id ~= 1 or o.id[1] == "-" then
      failure.raise("usage", "several definitions do not go to stdout", "name one deployment, or give --into FOLDER")
    end
    out:document(assert(exported(o, out, find.deployment(client, o.id[1]))))
    return 0
  end,
}
