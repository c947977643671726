-- Settings of groups, health settings, replay: what is sent, what stays, what is waited for.
local Fault = require "spec.support.fault_server"
local cjson = require "cjson"
local dr = require "datarobot"
local sandboxes = require "datarobot.sandbox"

describe("settings of a deployment of the sandbox", function()
  local sandbox, client, deployment
  before_each(function()
    sandbox = sandboxes.start { job_polls = 1 }
    client = assert(sandbox:client())
    deployment = assert(client:deployment(sandbox.deployment_id))
    sandbox:requests { clear = true }
  end)
  after_each(function()
    client:close()
    sandbox:stop()
  end)

  local function sent(method)
    for _, request in ipairs(sandbox:requests()) do
      if request.method == method then return cjson.decode(request.body), request.path end
    end
  end

  it("are changed group by group, each waited for", function()
    assert.is_true(deployment:update_association_id_settings { column_names = { "id" } })
    assert.is_true(deployment:update_association_id_settings { required_in_prediction_requests = true })
    assert.is_true(deployment:update_drift_tracking_settings { target_drift = { enabled = false } })
    assert.is_true(deployment:update_drift_tracking_settings { featureDrift = { enabled = false } })
    assert.is_true(deployment:update_predictions_data_collection_settings { enabled = true })
    local settings = assert(deployment:get_settings())
    assert.same({ { "id" }, true, false, false, true }, { settings.association_id.column_names,
      settings.association_id.required_in_prediction_requests, settings.target_drift.enabled,
      settings.feature_drift.enabled, settings.predictions_data_collection.enabled })
  end)

  it("are sent as DataRobot's own client sends them", function()
    assert(deployment:update_association_id_settings({ column_names = { "id" } }, { wait = false }))
    assert.same({ associationId = { columnNames = { "id" } } }, (sent "PATCH"))
  end)

  it("that contradict each other are a conflict", function()
    assert(deployment:update_challenger_models_settings { enabled = true })
    local _, err = deployment:update_predictions_data_collection_settings { enabled = false }
    assert.equal("conflict", err.kind)
  end)

  it("are checked before anything is sent", function()
    for method, t in pairs {
      update_association_id_settings = { column_names = { "a", "b" } }, update_drift_tracking_settings = {},
      update_predictions_data_collection_settings = {}, update_health_settings = { drift = {} },
      update_challenger_replay_settings = { schedule = "@daily" }, replay_challengers = { timestamp = "now" },
    } do
      local _, err = deployment[method](deployment, t)
      assert.equal("validation", err.kind, method)
    end
    assert.same({}, sandbox:requests())
    local ok, why = pcall(deployment.update_drift_tracking_settings, deployment, { humility = { enabled = true } })
    assert.is_false(ok)
    assert.matches("(target_drift and feature_drift are its members, got 'humility')", why, 1, true)
  end)

  it("of replay take cron text and give back what dr.schedule takes", function()
    assert.is_false(assert(deployment:get_challenger_replay_settings()).enabled)
    assert.is_true(deployment:update_challenger_replay_settings { enabled = true, schedule = "30 6 * * MON" })
    local shown = assert(deployment:get_challenger_replay_settings())
    assert.same({ true, dr.schedule "30 6 * * MON" }, { shown.enabled, dr.schedule(shown.schedule) })
    assert.is_true(deployment:update_challenger_replay_settings { enabled = false, schedule = dr.null })
    assert.is_nil(assert(deployment:get_challenger_replay_settings()).schedule)
  end)

  it("let challengers replay, once at a time, and wait for it", function()
    local _, err = deployment:replay_challengers()
    assert.same({ "validation", 422 }, { err.kind, err.status })
    assert(deployment:update_challenger_models_settings { enabled = true })
    assert.is_true(deployment:replay_challengers())
    assert.is_true(deployment:replay_challengers { timestamp = "2024-12-19T00:00:00Z" })
    local reply = assert(deployment:replay_challengers(nil, { wait = false }))
    assert.equal(202, reply.status)
    _, err = deployment:replay_challengers({}, { retry = false })
    assert.equal("rate_limited", err.kind)
    assert(client:wait(reply))
    assert.is_true(deployment:replay_challengers())
  end)
end)

describe("health settings", function()
  local ID <const> = ("6"):rep(24)
  local HERE <const> = "/api/v2/deployments/" .. ID .. "/"
  local fault, client, deployment
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)
  after_each(function() client:close() end)

  -- Shows `shown` and takes every change; the bodies of the changes come from `patched`.
  local function play(shown, patch)
    client = fault:client { retries = 0, timeout = 10 }
    fault:play { replies = { { body = ('{"id":"%s"}'):format(ID) } } }
    deployment = assert(client:deployment(ID))
    fault:play { replies = { { status = 500 } }, routes = {
      ["GET " .. HERE .. "healthSettings/"] = { shown }, ["PATCH " .. HERE .. "healthSettings/"] = { patch or {
        body = "{}" } },
    } }
  end

  local function patched()
    for _, request in ipairs(fault:seen()) do
      if request.method == "PATCH" then return cjson.decode(request.body) end
    end
  end

  local SHOWN <const> = [[{"dataDrift": {"timeInterval": "P7D", "driftThreshold": 0.15, "batchCount": 7,
    "importanceThreshold": null, "highImportanceFailingCount": 2, "excludedFeatures": [], "newer": {"a": 1}},
    "accuracy": {"metric": "AUC", "warningThreshold": -5, "failingThreshold": null},
    "predictionsTimeliness": {"enabled": false, "expectedFrequency": "P7D"}, "fairness": null}]]

  it("are read by their Lua names", function()
    play { body = SHOWN }
    local shown = assert(deployment:get_health_settings())
    assert.same({ 0.15, "AUC" }, { shown.data_drift.drift_threshold, shown.accuracy.metric })
  end)

  it("go out with whole groups: what was read, without what is null, unknown or not legal in a request", function()
    play { body = SHOWN }
    assert.is_true(deployment:update_health_settings { data_drift = { drift_threshold = 0.2 } })
    assert.same({ dataDrift = { timeInterval = "P7D", driftThreshold = 0.2, highImportanceFailingCount = 2,
      excludedFeatures = {} } }, patched())
    client:close()
    play { body = SHOWN }
    assert(deployment:update_health_settings { accuracy = { warningThreshold = dr.null, failing_threshold = -10 },
      fairness = { protected_class_failing_count = 1 }, predictions_timeliness = { enabled = true } })
    assert.same({ accuracy = { metric = "AUC", warningThreshold = cjson.null, failingThreshold = -10 },
      fairness = { protectedClassFailingCount = 1 },
      predictionsTimeliness = { enabled = true, expectedFrequency = "P7D" } }, patched())
  end)

  it("that cannot be read are not changed", function()
    play { status = 404, body = "{}" }
    assert.equal("not_found", select(2, deployment:update_health_settings { service = { batch_count = 5 } }).kind)
    assert.equal(0, fault:count "PATCH")
    client:close()
    for _, odd in ipairs { "[]", "7", '{"service":7}', '{"service":[1]}', "{}" } do
      play { body = odd }
      local ok, done, err = pcall(deployment.update_health_settings, deployment, { service = { batch_count = 5 } })
      assert.is_true(ok)
      assert.is_true(done or err.kind == "protocol", odd)
      client:close()
    end
  end)
end)
