--- `datarobot list`.
local connection = require "datarobot.cli.connection"
local options = require "datarobot.cli.options"

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
  options = {
    { name = "--search", argname = "TEXT", description = "Those whose label or description holds the text." },
    { name = "--limit", argname = "N", convert = options.number("--limit", 1, nil, "integer"),
      description = "So many at most." },
  },
  run = function(o, out)
    local client <close> = connection.open(o)
    local rows = {}
    for deployment in client:deployments { search = o.search, limit = o.limit } do
      if out.json then
        out:answer(nil, deployment:to_table()) -- one by one, however many there are
      else
        rows[#rows + 1] = row_of(deployment)
      end
    end
    out:columns(HEAD, rows)
    return 0
  end,
}
