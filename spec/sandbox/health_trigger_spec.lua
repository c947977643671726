-- Triggers that watch health: when they look, what they take for a fall, what they skip.
local Direct = require "spec.sandbox.direct"
local sandboxes = require "datarobot.sandbox"

local DEPLOYMENT <const> = "deployments/6759e8aebd38a7fca6ba234a/"
local ID <const> = DEPLOYMENT:match "/(%x+)/"
local OWNER <const> = "65a7c2d94f1e8b3a6c5d0e11"

describe("a trigger that watches health", function()
  local world
  before_each(function()
    world = Direct.open()
    world:change("PATCH", DEPLOYMENT .. "settings/", { associationId = { columnNames = { "id" } } })
    world:change("PATCH", DEPLOYMENT .. "retrainingSettings/", {
      datasetId = "675c98d9f2e4b4189bff25f5", retrainingUserId = OWNER })
  end)

  local function create(trigger, more)
    local schedule = trigger.schedule or { hour = { 6 } }
    for _, name in ipairs { "minute", "hour", "dayOfMonth", "month", "dayOfWeek" } do
      schedule[name] = schedule[name] or { name == "minute" and 0 or "*" }
    end
    trigger.schedule, trigger.type = schedule, trigger.type or "data_drift_decline"
    local body = { name = "p", action = "create_model_package", trigger = trigger }
    for name, value in pairs(more or {}) do body[name] = value end
    return world:change("POST", DEPLOYMENT .. "retrainingPolicies/", body).id
  end

  local function starts(policy)
    local list, data = {}, world:get(DEPLOYMENT .. "retrainingPolicies/" .. policy .. "/runs/?limit=1000").data
    for i, run in ipairs(data) do list[#data - i + 1] = run.startTime:sub(6, 16) end
    return list
  end

  local DAY <const> = 86400

  -- One status a day, from 20 December on; the schedule looks at 6:00.
  local function days(statuses, event)
    for _, status in ipairs(statuses) do
      world:change("POST", event or "/sandbox/drift", { deploymentId = ID, status = status })
      world:control("advance", DAY)
    end
  end

  it("fires when health falls, as its flags say", function()
    local warned = create { statusDeclinesToWarning = true }
    local failed = create { statusDeclinesToFailing = true }
    local none = create { statusStillInDecline = true }
    local still = create { statusDeclinesToWarning = true, statusStillInDecline = true }
    local both = create { statusDeclinesToWarning = true, statusDeclinesToFailing = true }
    days { "passing", "warning", "warning", "failing", "warning", "failing", "passing", "failing", "passing" }
    assert.same({ "12-21T06:00" }, starts(warned)) -- from failing to warning is no fall
    assert.same({ "12-23T06:00", "12-25T06:00", "12-27T06:00" }, starts(failed))
    assert.same({}, starts(none)) -- nothing was there to go on
    assert.same({ "12-21T06:00", "12-22T06:00", "12-23T06:00", "12-24T06:00", "12-25T06:00" }, starts(still))
    assert.same({ "12-21T06:00", "12-23T06:00", "12-25T06:00", "12-27T06:00" }, starts(both))
  end)

  it("watches accuracy alike, and each its own", function()
    local accuracy = create { type = "accuracy_decline", statusDeclinesToFailing = true }
    local drift = create { statusDeclinesToFailing = true }
    days({ "passing", "failing", "passing", "failing" }, "/sandbox/accuracy")
    assert.same({ "12-21T06:00", "12-23T06:00" }, starts(accuracy))
    assert.same({}, starts(drift))
  end)

  it("looks at its schedule's times alone", function()
    local weekly = create { statusDeclinesToFailing = true, schedule = { dayOfWeek = { "MON" }, hour = { 0 } } }
    local daily = create { statusDeclinesToFailing = true }
    days { "failing", "passing", "failing", "failing", "passing", "failing" } -- Friday to Wednesday
    assert.same({ "12-23T00:00" }, starts(weekly)) -- the failure of Friday was over on Monday; Sunday's was not
    assert.same({ "12-20T06:00", "12-22T06:00", "12-25T06:00" }, starts(daily))
  end)

  it("does not look while a run is active or the shortest interval goes on, and so loses no fall", function()
    local often = create { statusDeclinesToFailing = true, schedule = { minute = { 0, 30 }, hour = { "*" } } }
    local rarely = create { statusDeclinesToFailing = true, minIntervalBetweenRuns = "P3D" }
    world:change("POST", "/sandbox/drift", { deploymentId = ID, status = "failing" })
    world:control("advance", 1800)
    world:change("POST", "/sandbox/drift", { deploymentId = ID, status = "passing" })
    world:control("advance", 600)
    world:change("POST", "/sandbox/drift", { deploymentId = ID, status = "failing" })
    world:control("advance", 6 * 3600)
    assert.same({ "12-20T00:30" }, starts(often)) -- that health was well at 0:40 nobody has seen
    days { "passing", "failing", "failing", "failing" }
    assert.same({ "12-20T00:30", "12-21T07:00" }, { starts(often)[1], starts(often)[2] })
    assert.same({ "12-20T06:00" }, starts(rarely))
    days { "passing", "failing" }
    assert.same({ "12-20T06:00", "12-26T06:00" }, starts(rarely))
  end)

  it("goes on where it was after a change of the policy, unless it then watches something else", function()
    local policy = create { statusDeclinesToFailing = true }
    local path = DEPLOYMENT .. "retrainingPolicies/" .. policy .. "/"
    days { "failing" }
    local trigger = world:get(path).trigger
    world:change("PATCH", path, { name = "other", trigger = trigger })
    days { "failing" }
    assert.same({ "12-20T06:00" }, starts(policy))
    trigger.type = "accuracy_decline"
    world:change("PATCH", path, { trigger = trigger })
    days { "failing" }
    trigger.type = "data_drift_decline"
    world:change("PATCH", path, { trigger = trigger })
    days { "failing" }
    assert.same({ "12-20T06:00", "12-23T06:00" }, starts(policy))
  end)

  it("is well again when its run has replaced the model", function()
    local policy = create({ statusDeclinesToFailing = true, statusStillInDecline = true },
      { action = "model_replacement" })
    days { "failing" }
    world:control("advance", 5 * DAY)
    assert.same({ "12-20T06:00" }, starts(policy))
    assert.equal("passing", world:get(DEPLOYMENT).modelHealth.status)
    local history = world:get(DEPLOYMENT .. "modelHistory/").data
    assert.same({ "DATA_DRIFT", nil }, { history[1].reason, history[2] })
  end)

  it("fires in a sandbox of Lua, too", function()
    local sandbox <close> = assert(sandboxes.start())
    local client <close> = assert(sandbox:client())
    local deployment = assert(client:deployment(sandbox.deployment_id))
    assert(deployment:update_retraining_settings { dataset_id = sandbox.dataset_id, retraining_user_id = OWNER,
      prediction_environment_id = sandbox.prediction_environment_id })
    local policy = assert(deployment:create_retraining_policy { name = "p", action = "create_model_package",
      trigger = { type = "data_drift_decline", status_declines_to_failing = true, schedule = "@daily" } })
    sandbox:drift(sandbox.deployment_id, "failing")
    assert.equal("failing", assert(deployment:refresh()).model_health.status)
    sandbox:advance "2d"
    assert.equal("2024-12-21T00:00:00.000000Z", assert(policy:runs():collect())[1].start_time)
    assert(deployment:update_settings { association_id = { column_names = { "id" } } })
    sandbox:accuracy(sandbox.deployment_id, { percent_change = -7 })
    assert.equal("warning", assert(deployment:refresh()).accuracy_health.status)
  end)
end)
