--- Routes of what settings may name: datasets, prediction environments and servers, credentials.

local find = require "datarobot.sandbox.world.find"
local refuse = require "datarobot.sandbox.http.refuse"

local PAGES = { default = 100, max = 1000 }

local function list(member)
  return function(world, request)
    return request:page(world[member], PAGES)
  end
end

local function one(member, key)
  return function(world, _, id)
    return 200, refuse.missing(find(world[member], id, key))
  end
end

return {
  { "datasets", GET = list "datasets" },
  { "datasets/{}", GET = one("datasets", "datasetId") },
  { "predictionEnvironments", GET = list "environments" },
  { "predictionEnvironments/{}", GET = one "environments" },
  { "predictionServers", GET = list "servers" },
  { "credentials", GET = list "credentials" },
}
