-- Several users with a token each, kinds of deployments, versions of datasets, environments of both kinds.
local Direct = require "spec.sandbox.direct"
local http = require "spec.sandbox.http"
local sandboxes = require "datarobot.sandbox"

describe("the people and things of a sandbox", function()
  local running, first
  setup(function()
    running = assert(sandboxes.start { deployments = 6 })
    first = "deployments/" .. running.deployment_id .. "/"
  end)
  teardown(function() running:stop() end)

  local function ask(user, method, path, body)
    return http.request(running, method, path, { body = body, token = running.users[user] })
  end

  local function labels(user)
    local list = {}
    for i, deployment in ipairs(ask(user, "GET", "deployments/").json.data) do list[i] = deployment.label:sub(-4) end
    return table.concat(list, " ")
  end

  it("may do what their role says", function()
    assert.equal("0002 0003 0004 0005 0006 ass)", labels "owner")
    assert.equal("0003 0004 0006 ass)", labels "viewer")
    assert.equal("0002 0003 0005 0006", labels "retraining")
    assert.equal("viewer@example.com", ask("viewer", "GET", "account/info/").json.email)
    for path, body in pairs { [""] = { label = "x" }, ["settings/"] = { challengerModels = { enabled = true } },
      ["retrainingSettings/"] = { datasetId = running.dataset_id },
      ["healthSettings/"] = { service = { batchCount = 1 } } } do
      assert.equal(403, ask("viewer", "PATCH", first .. path, body).status, path)
      assert.equal(404, ask("retraining", "PATCH", first .. path, body).status, path)
      assert.equal(200, ask("viewer", "GET", first .. path).status, path)
    end
    assert.equal(403, ask("viewer", "POST", first .. "retrainingPolicies/", { name = "p" }).status)
    assert.equal(403, ask("viewer", "DELETE", first).status)
    assert.equal(404, ask("retraining", "GET", first).status)
    local package = ask("viewer", "GET", first .. "championModelPackage/").json.id
    assert.equal(200, ask("viewer", "POST", first .. "model/validation/", { modelPackageId = package }).status)
    local other = "deployments/" .. ask("owner", "GET", "deployments/?search=0002").json.data[1].id .. "/"
    assert.equal(204, ask("retraining", "PATCH", other, { description = "mine, too" }).status)
    assert.equal(401, http.request(running, "GET", "version/", { token = running.token .. "-nobody" }).status)
    local roles = ask("owner", "GET", other .. "sharedRoles/?offset=0&limit=0").json.data
    assert.same({ "owner@example.com", "retraining@example.com" }, { roles[1].name, roles[2].name })
    assert.equal(204, ask("owner", "PATCH", other .. "retrainingSettings/", { retrainingUserId = roles[2].id }).status)
    assert.equal(422, ask("owner", "PATCH", first .. "retrainingSettings/", { retrainingUserId = roles[2].id }).status)
  end)

  it("are deployments of each kind, with metrics and features of their own", function()
    local world = Direct.open { deployments = 6 }
    local seen = {}
    for i, deployment in ipairs(world:get("deployments/?orderBy=label", "page").data) do
      local id = "deployments/" .. deployment.id .. "/"
      world:get(id, "deployment")
      world:change("PATCH", id .. "settings/", { associationId = { columnNames = { "id" } } })
      local metric = world:get(id .. "healthSettings/", "health-settings").accuracy.metric
      local timed = world:get(id .. "settings/", "deployment-settings").predictionsByForecastDate.enabled
      world:control("accuracy", { id = deployment.id, to = { status = "warning" } })
      world:control("drift", { id = deployment.id, status = "failing" })
      local now = world:get(id)
      assert.same({ "warning", "failing" }, { now.accuracyHealth.status, now.modelHealth.status })
      assert.is_number(world:get(id .. "accuracyOverTime/", "accuracy-over-time").summary.value)
      seen[i] = ("%s %s %s"):format(deployment.model.targetType, metric, timed)
    end
    assert.same({ "Binary LogLoss false", "Regression RMSE false", "Regression RMSE true", "Multiclass LogLoss false",
      "Binary LogLoss false", "Multiclass LogLoss false" }, seen)
  end)

  it("are datasets with versions, and environments of both kinds", function()
    local versions = ask("owner", "GET", "datasets/" .. running.dataset_id .. "/versions/").json.data
    assert.same({ true, false }, { versions[1].isLatestVersion, versions[2].isLatestVersion })
    assert.is_true(versions[2].creationDate < versions[1].creationDate)
    assert.equal(404, ask("owner", "GET", "datasets/" .. ("f"):rep(24) .. "/versions/").status)
    local platforms = {}
    for i, one in ipairs(ask("owner", "GET", "predictionEnvironments/").json.data) do
      platforms[i] = one.platform
      local body = { predictionEnvironmentId = one.id }
      assert.equal(204, ask("owner", "PATCH", first .. "retrainingSettings/", body).status)
    end
    assert.same({ "datarobot", "datarobot", "datarobotServerless", "aws" }, platforms)
  end)
end)
