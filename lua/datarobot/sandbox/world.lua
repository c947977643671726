--- The state of a sandbox: deployments with their settings and policies, jobs, and the rules by which they change.
-- Knows nothing of HTTP.

local cron = require "datarobot.sandbox.cron"
local json = require "datarobot.sandbox.json"
local seed = require "datarobot.sandbox.seed"

local null, list = json.null, json.list

local World = {}
World.__index = World

World.MAX_POLICIES = 5
local JOB_LIFE = 3600 -- seconds
local MOST_JOBS = 1000 -- records that are kept; time stands still, so they do not end by themselves

local IMPORTANCE = { "CRITICAL", "HIGH", "MODERATE", "LOW" }

local function copy(t)
  local new = {}
  for key, value in pairs(t) do new[key] = value end
  return setmetatable(new, getmetatable(t))
end

-- A copy of `given` (nil, null or a table) with the members that it lacks.
local function completed(given, defaults)
  local full = copy(defaults)
  for key, value in pairs(type(given) == "table" and given or {}) do full[key] = value end
  return full
end

--- A new world.
-- @param options table: deployments (how many, default 1), job_polls (polls that find a job unfinished, default 0)
function World.new(options)
  local self = setmetatable({
    now = cron.parse(seed.now), -- seconds since 1970
    last_id = 0,
    job_polls = options.job_polls or 0,
    account = seed.account,
    datasets = seed.datasets,
    environments = seed.environments,
    servers = seed.servers,
    credentials = seed.credentials,
    deployments = list(),
    by_id = {}, -- id -> deployment record
    jobs = list(),
  }, World)
  self:add_deployment(seed.deployment)
  for number = 2, options.deployments or 1 do self:add_copy(number) end
  return self
end

--- A new id, the same in every run.
function World:new_id()
  self.last_id = self.last_id + 1
  return ("675f%020x"):format(self.last_id)
end

-- The record holds what DataRobot shows of a deployment (`shown`) beside what belongs to it. `shown` is fixed and its
-- parts are shared with the seed: to change something, put a changed copy of `shown` in its place.
function World:add_deployment(shown)
  local record = {
    shown = json.fixed(shown),
    metric = seed.metric,
    capabilities = seed.capabilities,
    roles = seed.roles,
    settings = copy(seed.settings),
    retraining = {}, -- flat ids, as they are sent
    policies = list(),
  }
  self.deployments[#self.deployments + 1] = record
  self.by_id[shown.id] = record
  return record
end

function World:add_copy(number)
  local shown = copy(seed.deployment)
  shown.id = self:new_id()
  shown.label = ("Deployment %04d"):format(number)
  shown.importance = IMPORTANCE[number % #IMPORTANCE + 1]
  shown.model, shown.modelPackage = copy(shown.model), copy(shown.modelPackage)
  shown.model.id, shown.modelPackage.id = self:new_id(), self:new_id()
  shown.owners = { count = 1, preview = list { copy(seed.deployment.owners.preview[1]) } }
  return self:add_deployment(shown)
end

--- The element of a list whose member `key` is `id`, and its index; nil when there is none.
function World.find(items, id, key)
  for i, item in ipairs(items) do
    if item[key or "id"] == id then return item, i end
  end
  return nil
end

--- The role of a user on a deployment, "OWNER" or "USER"; nil when it is not shared with the user.
function World.role(record, user_id)
  local entry = World.find(record.roles, user_id)
  return entry and entry.role
end

-- {=== Settings

local function is_on(group)
  return group.enabled == true
end

--- Why settings cannot become so: challengers need stored prediction rows.
-- @return text, or nil when they can
function World.settings_conflict(record, body)
  local challengers = body.challengerModels or record.settings.challengerModels
  if is_on(challengers) and body.predictionsDataCollection and not is_on(body.predictionsDataCollection) then
    return "Prediction rows must be stored while challenger models are enabled."
  end
  return nil
end

--- Changes the settings: of each given group the given members. Challengers switch the storing of predictions on.
-- @return the job that does it
function World:update_settings(record, body)
  local settings = record.settings
  for group, value in pairs(body) do settings[group] = completed(value, settings[group] or {}) end
  if is_on(settings.challengerModels) then settings.predictionsDataCollection = { enabled = true } end
  return self:add_job("deployments/" .. record.shown.id)
end

--- What a retraining settings body names that does not exist or may not be used.
-- @return list of { path, message }
function World:settings_faults(record, body)
  local faults = {}
  local function refuse(path, message) faults[#faults + 1] = { path = path, message = message } end
  if body.datasetId and not self.find(self.datasets, body.datasetId, "datasetId") then
    refuse("datasetId", "no such dataset")
  end
  local environment = body.predictionEnvironmentId
  if environment and not (self.find(self.environments, environment) or self.find(self.servers, environment)) then
    refuse("predictionEnvironmentId", "no such prediction environment")
  end
  if body.credentialId and not self.find(self.credentials, body.credentialId, "credentialId") then
    refuse("credentialId", "no such credential")
  end
  if body.retrainingUserId and self.role(record, body.retrainingUserId) ~= "OWNER" then
    refuse("retrainingUserId", "not a user who owns the deployment")
  end
  return faults
end

function World.update_retraining_settings(record, body)
  for name, id in pairs(body) do record.retraining[name] = id end
end

--- The retraining settings as they are shown: objects for the ids, the credential kept back.
function World:retraining_settings(record)
  local dataset = self.find(self.datasets, record.retraining.datasetId, "datasetId")
  local environment = self.find(self.environments, record.retraining.predictionEnvironmentId)
  local user = self.find(record.roles, record.retraining.retrainingUserId)
  return {
    dataset = dataset and { id = dataset.datasetId, name = dataset.name } or null,
    predictionEnvironment = environment and { id = environment.id, name = environment.name } or null,
    retrainingUser = user and { id = user.id, username = user.name } or null,
  }
end

-- }===

-- {=== Policies

local AUTOPILOT = {
  mode = "quick", blendBestModels = false, runLeakageRemovedFeatureList = true, scoringCodeOnly = false,
  shapOnlyMode = false,
}
local PROJECT = { cvMethod = "RandomCV", validationType = "CV", holdoutPct = null, validationPct = null, reps = null }
local TIME_SERIES = {
  calendarId = null, differencingMethod = "auto", exponentiallyWeightedMovingAlpha = null, periodicities = null,
  treatAsExponential = "auto",
}
local TRIGGER = {
  type = null, schedule = null, minIntervalBetweenRuns = null, statusDeclinesToWarning = false,
  statusDeclinesToFailing = false, statusStillInDecline = false,
}

-- Wire member -> what becomes of a given value. Nested objects are replaced whole, never merged.
local SHAPE = {
  autopilotOptions = function(value) return completed(value, AUTOPILOT) end,
  projectOptions = function(value, record)
    local options = completed(value, PROJECT)
    options.metric = options.metric or record.metric
    return options
  end,
  timeSeriesOptions = function(value)
    if value == null then return null end
    local options = completed(value, TIME_SERIES)
    for name, default in pairs(TIME_SERIES) do
      if options[name] == null then options[name] = default end
    end
    local periodic = options.periodicities ~= null and #options.periodicities > 0
    if periodic and options.differencingMethod == "auto" then options.differencingMethod = "seasonal" end
    return options
  end,
  trigger = function(value) return completed(value, TRIGGER) end,
}

local function apply(policy, record, body)
  for name, value in pairs(body) do
    if name == "useCaseId" then
      policy.useCase = value ~= null and { id = value, name = "Use Case " .. value:sub(-4) } or null
    else
      policy[name] = SHAPE[name] and SHAPE[name](value, record) or value
    end
  end
  return policy
end

--- Whether a body sets a trigger that can fire while nobody is set whose rights its runs would use.
function World.lacks_user(record, body)
  local trigger = body.trigger
  local fires = trigger and trigger.type and trigger.type ~= null
  return (fires and not record.retraining.retrainingUserId) or false
end

function World:create_policy(record, body)
  local policy = apply({
    id = self:new_id(),
    description = null,
    action = "create_challenger",
    modelSelectionStrategy = "autopilot_recommended",
    featureListStrategy = "informative_features",
    projectOptionsStrategy = "same_as_champion",
    autopilotOptions = SHAPE.autopilotOptions(nil),
    projectOptions = SHAPE.projectOptions(nil, record),
    timeSeriesOptions = null,
    trigger = null,
    useCase = null,
    latestRun = null,
  }, record, body)
  record.policies[#record.policies + 1] = { shown = policy, runs = list() }
  return policy
end

function World.update_policy(record, policy, body)
  return apply(policy.shown, record, body)
end

--- The policy of a deployment and its index; nil when there is none.
function World.find_policy(record, id)
  for i, policy in ipairs(record.policies) do
    if policy.shown.id == id then return policy, i end
  end
  return nil
end

-- }===

-- {=== Jobs

--- A job whose effect is there already and which `job_polls` polls will find unfinished.
-- @param product path below the endpoint, without slashes at its ends
function World:add_job(product)
  local job = { id = self:new_id(), product = product, polls = 0, created = self.now }
  self.jobs[#self.jobs + 1] = job
  if #self.jobs > MOST_JOBS then table.remove(self.jobs, 1) end
  return job
end

-- Records live one hour.
function World:expire_jobs()
  while self.jobs[1] and self.now - self.jobs[1].created >= JOB_LIFE do table.remove(self.jobs, 1) end
end

function World:job_status(job)
  local left = self.job_polls - job.polls
  return {
    statusId = job.id,
    status = left <= 0 and "COMPLETED" or job.polls == 0 and "INITIALIZED" or "RUNNING",
    message = "",
    description = "",
    code = 0,
    created = cron.timestamp(job.created),
    statusType = "",
    type = null,
  }
end

--- Counts a poll of a job.
-- @return its product when it is done, else nil and its status
function World:poll_job(job)
  if job.polls >= self.job_polls then return job.product end
  local status = self:job_status(job)
  job.polls = job.polls + 1
  return nil, status
end

-- }===

return World
