-- A local world that starts as deployments of an account are, which are only read.
local contract = require "datarobot.sandbox.contract"
local http = require "spec.sandbox.http"
local json = require "datarobot.sandbox.json"
local sandboxes = require "datarobot.sandbox"

describe("a copy of an account", function()
  local source, client, copy
  before_each(function()
    source = assert(sandboxes.start { deployments = 3 })
    client = assert(source:client { retries = 0 })
  end)
  after_each(function()
    if copy then copy:stop() end
    client:close()
    source:stop()
  end)

  local function get(sandbox, path)
    local reply = http.request(sandbox, "GET", path)
    assert.equal(200, reply.status, path)
    return assert(json.decode(reply.text))
  end

  -- A deployment at work: a run that is over, one that is not, a challenger, health that has fallen.
  local function prepare()
    local deployment = assert(client:deployment(source.deployment_id))
    assert(deployment:update_settings { challenger_models = { enabled = true },
      association_id = { column_names = { "id" } } })
    assert(deployment:update_retraining_settings { dataset_id = source.dataset_id,
      retraining_user_id = deployment.owners.preview[1].id,
      prediction_environment_id = source.prediction_environment_id })
    assert(deployment:update_health_settings { data_drift = { drift_threshold = 0.2 } })
    local policy = assert(deployment:create_retraining_policy { name = "Daily",
      trigger = { type = "schedule", schedule = "@daily" } })
    assert(deployment:create_retraining_policy { name = "Drift", action = "model_replacement",
      trigger = { type = "data_drift_decline", schedule = "@daily", status_declines_to_failing = true } })
    source:advance "50h"
    assert(policy:start_run())
    source:drift(source.deployment_id, "failing")
    source:accuracy(source.deployment_id, { percent_change = -7 })
    source:requests { clear = true }
    return policy.id
  end

  it("has what belongs to a deployment, and only asks for it", function()
    local policy = prepare()
    local id = "deployments/" .. source.deployment_id .. "/"
    copy = assert(sandboxes.start { copy_of = client, deployments = { source.deployment_id } })
    for _, request in ipairs(source:requests()) do assert.equal("GET", request.method) end
    assert.same({ source.deployment_id, source.dataset_id, source.prediction_environment_id },
      { copy.deployment_id, copy.dataset_id, copy.prediction_environment_id })
    for path, schema in pairs {
      ["settings/"] = "deployment-settings", ["retrainingSettings/"] = "retraining-settings",
      ["healthSettings/"] = "health-settings", ["challengers/"] = false, ["capabilities/"] = "capabilities",
      ["challengerReplaySettings/"] = "challenger-replay-settings",
      ["championModelPackage/"] = "model-package", ["retrainingPolicies/" .. policy .. "/"] = "retraining-policy",
    } do
      local copied = get(copy, id .. path)
      assert.same(get(source, id .. path), copied, path)
      if schema then assert.same({}, contract.check(schema .. ".json", copied), path) end
    end
    for _, path in ipairs { "retrainingPolicies/", "retrainingPolicies/" .. policy .. "/runs/",
      "sharedRoles/?offset=0&limit=9", "modelHistory/" } do
      assert.same(get(source, id .. path).data, get(copy, id .. path).data, path)
    end
    local was, is = get(source, id), get(copy, id)
    assert.same({ "failing", "warning" }, { is.modelHealth.status, is.accuracyHealth.status })
    for _, member in ipairs { "label", "model", "modelPackage", "importance", "owners" } do
      assert.same(was[member], is[member], member)
    end
    assert.same({}, contract.check("deployment.json", is))
    assert.same({ "income", 0.35 }, { get(copy, id .. "featureDrift/").data[1].name,
      get(copy, id .. "featureDrift/").data[1].driftScore })
    assert.equal(get(source, id .. "accuracy/").metrics.LogLoss.value,
      get(copy, id .. "accuracy/").metrics.LogLoss.value)
    assert.equal(get(source, "account/info/").uid, get(copy, "account/info/").uid)
  end)

  it("goes its own way", function()
    local policy = prepare()
    local id = "deployments/" .. source.deployment_id .. "/"
    copy = assert(sandboxes.start { copy_of = client, deployments = { source.deployment_id } })
    local runs = id .. "retrainingPolicies/" .. policy .. "/runs/"
    local before = get(source, runs)
    assert.equal("scheduled", get(copy, runs).data[1].status)
    copy:advance "2h"
    assert.equal("succeeded", get(copy, runs).data[1].status)
    copy:advance "3d"
    assert.equal(#before.data + 3, #get(copy, runs).data)
    local challenger = get(copy, id .. "challengers/").data[1]
    assert.equal(202, http.request(copy, "PATCH", id .. "model/", { body = {
      modelPackageId = challenger.modelPackage.id, reason = "OTHER" } }).status)
    assert.equal(challenger.model.id, get(copy, id).model.id)
    assert.same(before, get(source, runs))
  end)

  it("is of those that a query finds", function()
    copy = assert(sandboxes.start { copy_of = client, deployments = { search = "Deployment 000" } })
    local labels = {}
    for i, deployment in ipairs(get(copy, "deployments/").data) do labels[i] = deployment.label end
    assert.same({ "Deployment 0002", "Deployment 0003" }, labels)
  end)

  it("does without what an older server lacks, and ends with any other error", function()
    for _, path in ipairs { "healthSettings", "capabilities", "sharedRoles", "featureDrift", "modelHistory", "accuracy",
      "challengers", "predictionEnvironments", "retrainingSettings", "settings" } do
      source:fail { status = path == "settings" and 403 or 404, path = path }
    end
    copy = assert(sandboxes.start { copy_of = client, deployments = { source.deployment_id } })
    local id = "deployments/" .. source.deployment_id .. "/"
    for _, path in ipairs { "", "settings/", "healthSettings/", "featureDrift/", "accuracy/", "challengers/" } do
      get(copy, id .. path)
    end
    for _, case in ipairs { { 500, "challengers", "server" }, { 401, "runs", "auth" }, { 404, nil, "not_found" } } do
      source:requests { clear = true }
      if case[1] ~= 404 then
        prepare()
        source:fail { status = case[1], path = case[2] }
      end
      local made, err = sandboxes.start { copy_of = client,
        deployments = { case[1] == 404 and ("e"):rep(24) or source.deployment_id } }
      assert.is_nil(made)
      assert.equal(case[3], err.kind)
    end
    local made, err = sandboxes.start { copy_of = client, deployments = {} }
    assert.same({ nil, "no deployment was found to copy" }, { made, err })
  end)
end)
