--- The state of a sandbox, without HTTP: this file makes it, its neighbours hold the rules by which it changes.

local cron = require "datarobot.sandbox.world.cron"
local deployments = require "datarobot.sandbox.world.deployments"
local import = require "datarobot.sandbox.world.import"
local json = require "datarobot.sandbox.json"
local seed = require "datarobot.sandbox.world.seed"

local World = {}
World.__index = World

--- A new world.
-- @param options table: deployments (how many, default 1), job_polls (polls that find a job unfinished, default 0),
-- copy (what copier.lua has read, instead of these deployments), features_differ (whether runs of
-- "informative_features" train on other features than the champion)
function World.new(options)
  local self = setmetatable({
    now = cron.parse(seed.now), -- seconds since 1970
    last_id = 0,
    job_polls = options.job_polls or 0,
    features_differ = options.features_differ,
    run_word = options.run_word or "in_progress", -- of a run that goes on
    cancel_word = options.cancel_word or "cancelled", -- what cancels a run, and what it then is
    account = seed.account,
    datasets = seed.datasets,
    environments = seed.environments,
    servers = seed.servers,
    credentials = seed.credentials,
    deployments = json.list(),
    by_id = {}, -- id -> deployment record
    jobs = json.list(),
    born = {}, -- id of a challenger -> when it was made
    trained = {}, -- id of a model that a run has made -> when
    packages = {}, -- id -> what runs have made, and what was replaced: { shown =, features = }
  }, World)
  if options.copy then
    import.fill(self, options.copy)
  else
    deployments.add(self, options.deployments or 1)
  end
  return self
end

--- A new id, the same in every run.
function World:new_id()
  self.last_id = self.last_id + 1
  return ("675f%020x"):format(self.last_id)
end

return World
