--- Runs of policies: how they go on with time, and what they leave behind.

local cron = require "datarobot.sandbox.world.cron"
local find = require "datarobot.sandbox.world.find"
local json = require "datarobot.sandbox.json"
local models = require "datarobot.sandbox.world.models"

local null = json.null

local runs = {}

-- Seconds after its start at which a run fails that has nothing to train on, reaches the stage that cannot be
-- cancelled, and is over.
local FAILS, LAST_STAGE, ENDS = 60, 55 * 60, 60 * 60

--- Starts a run of a policy that has no active one.
-- @return the run: { began = seconds, shown = as it is shown }
function runs.start(world, policy)
  local use_case = policy.shown.useCase
  local run = {
    began = world.now,
    shown = {
      id = world:new_id(),
      status = "scheduled",
      startTime = null,
      finishTime = null,
      errorMessage = null,
      challengerId = null,
      modelPackageId = null,
      projectId = null,
      registeredModelId = null,
      useCaseId = use_case ~= null and use_case.id or null,
    },
  }
  policy.runs[#policy.runs + 1] = run
  policy.active = run
  policy.shown.latestRun = run.shown
  return run
end

local function dataset_of(world, record)
  return find(world.datasets, record.retraining.datasetId, "datasetId")
end

local function environment_of(world, record)
  return find(world.environments, record.retraining.predictionEnvironmentId) or record.shown.predictionEnvironment
end

local function make_challenger(world, record, policy, run)
  local package = models.package(world, run.modelPackageId)
  local fault = models.challenger_fault(record, package)
  if fault then return fault end
  run.challengerId = models.add_challenger(world, record, package, {
    name = policy.shown.name,
    environment = environment_of(world, record),
    project_id = run.projectId,
    dataset_name = dataset_of(world, record).name,
  }).id
end

-- Why the server replaces a model, by the kind of trigger.
local REASONS = {
  schedule = "SCHEDULED_REFRESH", data_drift_decline = "DATA_DRIFT", accuracy_decline = "ACCURACY",
}

local function replace_model(world, record, policy, run)
  local trigger = policy.shown.trigger
  models.replace(world, record, run.modelPackageId, trigger ~= null and REASONS[trigger.type] or "OTHER")
end

-- Action -> its last stage, and what it does then: returns nothing, or why it failed.
local ACTIONS = {
  create_challenger = { "creating_challenger", make_challenger },
  create_model_package = {},
  model_replacement = { "replacing_model", replace_model },
}

-- Of a word that is not known, as copies of other servers may have: a package.
local function action_of(policy)
  return ACTIONS[policy.shown.action] or ACTIONS.create_model_package
end

local function finish(policy, status, now, message)
  local run = policy.active.shown
  run.status, run.finishTime, run.errorMessage = status, cron.timestamp(now), message or null
  policy.active = nil
end

local function produce(world, record, policy, run)
  local act = action_of(policy)[2]
  local chosen = world.features_differ and policy.shown.featureListStrategy == "informative_features"
  run.modelPackageId = world:new_id()
  models.add_package(world, record, run.modelPackageId, policy.shown.name,
    chosen and "informative" or "all")
  run.registeredModelId = record.shown.modelPackage.registeredModelId
  local problem = act and act(world, record, policy, run)
  finish(policy, problem and "failed" or "succeeded", world.now, problem)
end

--- When the active run of a policy is over; nil when there is none.
function runs.ends(world, record, policy)
  if not policy.active then return nil end
  return policy.active.began + (dataset_of(world, record) and ENDS or FAILS)
end

--- Brings the active run of a policy to the world's time.
function runs.step(world, record, policy)
  local run, age = policy.active.shown, world.now - policy.active.began
  if age > 0 and run.status == "scheduled" then
    run.status, run.startTime = world.run_word, cron.timestamp(policy.active.began)
    run.projectId = world:new_id()
  end
  if not dataset_of(world, record) then
    if age >= FAILS then finish(policy, "failed", world.now, "The retraining settings name no dataset.") end
  elseif age >= ENDS then
    produce(world, record, policy, run)
  elseif age >= LAST_STAGE then run.status = action_of(policy)[1] or run.status end
end

--- Cancels a run.
-- @return whether that was possible: it is active and not at its last stage
function runs.cancel(world, policy, run)
  local status = run.shown.status
  if policy.active ~= run or status ~= "scheduled" and status ~= world.run_word then return false end
  finish(policy, world.cancel_word, world.now)
  policy.fire = nil -- the next time of the schedule may now be an earlier one
  return true
end

--- The runs of a policy as they are shown, newest first.
function runs.list(policy)
  local shown, count = json.list(), #policy.runs
  for i = count, 1, -1 do shown[count - i + 1] = policy.runs[i].shown end
  return shown
end

--- A run; nil when there is none.
function runs.find(policy, id)
  for _, run in ipairs(policy.runs) do
    if run.shown.id == id then return run end
  end
  return nil
end

return runs
