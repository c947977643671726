--- Routes of a deployment's challengers.

local find = require "datarobot.sandbox.world.find"
local lookup = require "datarobot.sandbox.api.lookup"
local refuse = require "datarobot.sandbox.http.refuse"

local function list(world, _, id)
  return 200, { data = lookup.deployment(world, id).challengers }
end

local function get(world, _, id, challenger_id)
  return 200, refuse.missing(find(lookup.deployment(world, id).challengers, challenger_id))
end

return {
  { "deployments/{}/challengers", GET = list },
  { "deployments/{}/challengers/{}", GET = get },
}
