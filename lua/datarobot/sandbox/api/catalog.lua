--- Routes of what settings may name: datasets, prediction environments and servers, credentials.

local Filter = require "datarobot.sandbox.http.filter"
local copy = require "datarobot.sandbox.world.copy"
local cron = require "datarobot.sandbox.world.cron"
local find = require "datarobot.sandbox.world.find"
local json = require "datarobot.sandbox.json"
local listing = require "datarobot.sandbox.http.listing"
local refuse = require "datarobot.sandbox.http.refuse"

local PAGES = { default = 100, max = 1000 }

local DATASETS = Filter.new({
  category = Filter.words(function(d) return d.categories end,
    { legal = Filter.set "TRAINING PREDICTION", single = true }),
  filterFailed = Filter.bound(listing.boolean, function(d, left_out)
    return not left_out or d.processingState ~= "ERROR"
  end),
}, {
  created = function(d) return d.creationDate end,
})

local ENVIRONMENTS = Filter.new {
  supportedModelFormats = Filter.words(function(e) return e.supportedModelFormats end),
}

local CREDENTIALS = Filter.new {
  types = Filter.words(function(c) return c.credentialType end),
}

local function list(member, filter)
  return function(world, request)
    return request:page(world[member], PAGES, filter)
  end
end

local function one(member, key)
  return function(world, _, id)
    return 200, refuse.missing(find(world[member], id, key))
  end
end

-- The versions of a dataset, the newest first: the present one, and one of a week before.
local function versions(world, request, id)
  local now = refuse.missing(find(world.datasets, id, "datasetId"))
  local before = copy.of(now)
  before.versionId, before.isLatestVersion = now.datasetId, false
  before.creationDate = cron.timestamp(cron.parse(now.creationDate) - 7 * 86400)
  return request:page(json.list { now, before }, PAGES)
end

return {
  { "datasets", GET = list("datasets", DATASETS) },
  { "datasets/{}/versions", GET = versions },
  { "datasets/{}", GET = one("datasets", "datasetId") },
  { "predictionEnvironments", GET = list("environments", ENVIRONMENTS) },
  { "predictionEnvironments/{}", GET = one "environments" },
  { "predictionServers", GET = list "servers" },
  { "credentials", GET = list("credentials", CREDENTIALS) },
}
