--- The deployments of a world, and who may do what to them.

local copy = require "datarobot.sandbox.world.copy"
local cron = require "datarobot.sandbox.world.cron"
local find = require "datarobot.sandbox.world.find"
local jobs = require "datarobot.sandbox.world.jobs"
local json = require "datarobot.sandbox.json"
local kinds = require "datarobot.sandbox.world.kinds"
local seed = require "datarobot.sandbox.world.seed"
local timeline = require "datarobot.sandbox.world.timeline"

local list = json.list

local deployments = {}

local IMPORTANCE = { "CRITICAL", "HIGH", "MODERATE", "LOW" }

-- The record holds what DataRobot shows of a deployment (`shown`) beside what belongs to it. `shown` is fixed and its
-- parts are shared with the seed: to change something, put a changed copy of `shown` in its place.
--- Adds a record of what is shown of a deployment, with the seed's settings and roles.
function deployments.add_record(world, shown)
  local record = {
    shown = json.fixed(shown),
    metric = seed.metric,
    capabilities = seed.capabilities,
    roles = seed.roles,
    settings = copy.of(seed.settings),
    retraining = {}, -- flat ids, as they are sent
    policies = list(),
    challengers = list(),
    history = list(), -- of champions, newest first
    served = {}, -- id of a model -> spans of time
    drift = {}, -- states of the data, the oldest first
    accuracy = {}, -- id of a model -> its states
  }
  timeline.begin(record, shown.model.id, cron.parse(shown.model.deployedAt) or 0)
  world.deployments[#world.deployments + 1] = record
  world.by_id[shown.id] = record
  return record
end

-- Another kind of model for each, and others who may see it.
local function vary(record, number)
  local kind = seed.more_models[(number - 2) % (#seed.more_models + 1) + 1]
  record.roles = seed.more_roles[(number - 2) % #seed.more_roles + 1]
  if not kind then return end
  local shown = record.shown
  shown.model.targetType, shown.model.targetName = kind.targetType, kind.targetName
  shown.model.projectName = kind.projectName
  record.metric = kinds.of(record).metric
  if kind.time_series then
    record.settings.predictionsByForecastDate = { enabled = true, columnName = "date", datetimeFormat = "%Y-%m-%d" }
  end
end

local function add_copy(world, number)
  local shown = copy.of(seed.deployment)
  shown.id = world:new_id()
  shown.label = ("Deployment %04d"):format(number)
  shown.importance = IMPORTANCE[number % #IMPORTANCE + 1]
  shown.model, shown.modelPackage = copy.of(shown.model), copy.of(shown.modelPackage)
  shown.model.id, shown.modelPackage.id = world:new_id(), world:new_id()
  shown.owners = { count = 1, preview = list { copy.of(seed.deployment.owners.preview[1]) } }
  vary(deployments.add_record(world, shown), number)
end

--- Adds the seed's deployment and copies of it.
-- @param count how many there are then
function deployments.add(world, count)
  deployments.add_record(world, seed.deployment)
  for number = 2, count do add_copy(world, number) end
end

--- Changes what is shown of a deployment itself.
-- @param members table: label, description, importance, status; each may be absent
function deployments.change(record, members)
  local shown = copy.of(record.shown)
  for name, value in pairs(members) do shown[name] = value end
  record.shown = json.fixed(shown)
end

--- Activates or deactivates a deployment.
-- @return the job that does it
function deployments.set_status(world, record, status)
  deployments.change(record, { status = status })
  return jobs.add(world, "deployments/" .. record.shown.id)
end

--- Removes a deployment, its policies and their runs with it.
function deployments.remove(world, record)
  local _, index = find(world.deployments, record.shown, "shown")
  world.by_id[record.shown.id] = nil
  table.remove(world.deployments, index)
end

--- The role of a user on a deployment, "OWNER" or "USER"; nil when it is not shared with the user.
function deployments.role(record, user_id)
  local entry = find(record.roles, user_id)
  return entry and entry.role
end

return deployments
