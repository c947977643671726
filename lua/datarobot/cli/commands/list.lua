--- `datarobot list`.
local connection = require "datarobot.cli.connection"
local fleet = require "datarobot.cli.fleet"

local HEAD <const> = { "ID", "LABEL", "STATUS", "IMPORTANCE", "SERVICE", "DRIFT", "ACCURACY" }

local function health(deployment, name)
  local found = deployment[name]
  return type(found) == "table" and found.status or nil
end

local function row_of(d)
  return { d.id, d.label, d.status, d.importance, health(d, "service_health"), health(d, "model_health"),
    health(d, "accuracy_health") }
end

return {
  summary = "the deployments, with their health",
  description = "All of them, those that are named, or those that --search finds.",
  arguments = { fleet.IDS },
  options = fleet.OPTIONS,
  run = function(o, out)
    local client <close> = connection.open(o)
    local rows = {}
    local status = fleet.each(client, o, out, { who = "list", summary = false }, function(deployment)
      if out.json then return { object = deployment:to_table() } end -- one by one, however many there are
      rows[#rows + 1] = row_of(deployment)
      return {}
    end)
    out:columns(HEAD, rows)
    return status
  end,
}
