local contract = require "datarobot.sandbox.contract"
local http = require "spec.sandbox.http"
local json = require "datarobot.sandbox.json"
local sandbox = require "datarobot.sandbox"

local OWNER, VIEWER = "65a7c2d94f1e8b3a6c5d0e11", "65a7c2d94f1e8b3a6c5d0e13"
local NOBODY = ("0"):rep(24)

describe("sandbox", function()
  local running, deployment, policies

  local function begin(options)
    if running then running:stop() end
    running = assert(sandbox.start(options))
    deployment = "deployments/" .. running.deployment_id .. "/"
    policies = deployment .. "retrainingPolicies/"
  end

  before_each(function() begin() end)
  after_each(function() running:stop() end)

  local function get(path, options) return http.request(running, "GET", path, options) end
  local function post(path, body) return http.request(running, "POST", path, { body = body }) end
  local function patch(path, body) return http.request(running, "PATCH", path, { body = body }) end
  local function delete(path) return http.request(running, "DELETE", path) end

  local function below(location)
    return location:match("^http://127.0.0.1:" .. running.port .. "/api/v2/(.+)$")
  end

  local function set_user()
    assert.equal(204, patch(deployment .. "retrainingSettings/", { retrainingUserId = OWNER }).status)
  end

  local function labels(query)
    local found = {}
    for i, item in ipairs(get("deployments/?" .. query).json.data) do found[i] = item.label end
    return found
  end

  describe("object", function()
    it("shows where it is and not its token", function()
      assert.equal("DataRobot sandbox at " .. running.endpoint, tostring(running))
      assert.equal("datarobot.sandbox", getmetatable(running).__name)
    end)

    it("logs requests without their token", function()
      get("version/", { target = "/api/v2/version/?a=%20b", headers = { "X-Empty:", "X-Two: 1", "x-two: 2" } })
      post(policies, '{"name":"\xFF"}')
      get("account/info", { token = "very-secret", scheme = "" })
      local requests = running:requests { clear = true }
      assert.equal(3, #requests)
      local first = requests[1]
      assert.same({ "GET", "/api/v2/version/", "a=%20b", "", 200 },
        { first.method, first.path, first.query, first.body, first.status })
      assert.equal("integer", math.type(first.status))
      assert.equal("Bearer", first.headers.authorization)
      assert.equal("", first.headers["x-empty"])
      assert.equal("1, 2", first.headers["x-two"])
      assert.is_true(math.abs(first.time - os.time()) < 60)
      assert.same({ '{"name":"\xFF"}', 400 }, { requests[2].body, requests[2].status })
      assert.equal("", requests[3].headers.authorization)
      assert.same({}, running:requests())
    end)

    it("keeps the last 10,000 requests", function()
      local connection = http.connect(running)
      for _ = 1, 10003 do connection:request("GET", "ping/") end
      connection:request("GET", "version/")
      connection:close()
      local requests = running:requests()
      assert.equal(10000, #requests)
      assert.equal("/api/v2/version/", requests[10000].path)
    end)

    it("fails when it is told to", function()
      running:fail { status = 503, count = 2, path = "deployments" }
      running:fail { status = 429, retry_after = 1 }
      assert.equal(503, get(deployment).status)
      local limited = get "version/"
      assert.equal(429, limited.status)
      assert.equal("1", limited.headers["retry-after"])
      assert.equal("application/json", limited.headers["content-type"])
      assert.equal(503, get(deployment).status)
      assert.equal(200, get(deployment).status)
    end)

    it("fails in the order in which it was told to, as often as it was told, each path for itself", function()
      running:fail { status = 503, path = "deployments" }
      running:fail { status = 429, count = 2, path = "deployments" }
      running:fail { status = 500, message = "Once." }
      assert.equal(503, get(deployment).status)
      assert.equal(429, get(deployment).status)
      local reply = get "version/"
      assert.equal(500, reply.status)
      assert.equal("Once.", reply.json.message)
      assert.is_nil(reply.headers["retry-after"])
      assert.equal(200, get("version/").status)
      assert.equal(429, get(deployment).status)
      assert.equal(200, get(deployment).status)
      for _, count in ipairs { 0, -1, 1.5 } do
        assert.error(function() running:fail { status = 503, count = count } end)
      end
      assert.equal(200, get("version/").status)
    end)

    it("gives the same ids in every run", function()
      local first = post(policies, { name = "a" }).json.id
      begin()
      assert.equal(first, post(policies, { name = "a" }).json.id)
      assert.truthy(first:find "^%x+$")
      assert.equal(24, #first)
    end)
  end)

  describe("answers", function()
    it("have exactly application/json for their type", function()
      for _, path in ipairs { "version/", "nowhere/", deployment, "datasets/" } do
        assert.equal("application/json", get(path).headers["content-type"])
      end
      assert.equal("application/json", get("account/info/", { token = false }).headers["content-type"])
    end)

    it("are the same for both slash forms", function()
      for _, path in ipairs { "version/", "deployments/", deployment, policies, "account/info/" } do
        local slash, plain = get(path), get((path:gsub("/$", "")))
        assert.equal(200, plain.status)
        assert.equal(slash.text, plain.text)
      end
      assert.equal(404, get("version//").status)
      assert.equal(404, get("x", { target = "/version/" }).status)
    end)

    it("fit the contract's schemas", function()
      local function fits(schema, value) assert.same({}, contract.check(schema, value)) end
      local function read(path) return assert(json.decode(get(path).text)) end
      fits("version.json", read "version/")
      fits("account-info.json", read "account/info/")
      fits("deployment.json", read(deployment))
      fits("deployment-settings.json", read(deployment .. "settings/"))
      fits("capabilities.json", read(deployment .. "capabilities/"))
      fits("retraining-settings.json", read(deployment .. "retrainingSettings/"))
      for path, schema in pairs {
        deployments = "deployment.json", ["datasets/?offset=0&limit=9"] = "dataset.json",
        predictionEnvironments = "prediction-environment.json", credentials = "credential.json",
      } do
        local page = read(path)
        fits("page.json", page)
        assert.is_true(#page.data > 0)
        for _, item in ipairs(page.data) do fits(schema, item) end
      end
      fits("error.json", read "nowhere/")
    end)

    it("ask for a token in either word and any case", function()
      for _, scheme in ipairs { "Bearer", "Token", "bearer", "TOKEN" } do
        assert.equal(200, get("account/info/", { scheme = scheme }).status)
      end
      for _, wrong in ipairs { { token = false }, { token = "x" }, { scheme = "Basic" }, { scheme = "" } } do
        local reply = get("account/info/", wrong)
        assert.equal(401, reply.status)
        assert.is_string(reply.json.message)
      end
      assert.equal(401, get("version/", { token = false }).status)
      assert.equal(401, get("version/", { token = "x" }).status)
      assert.equal(200, get("ping/", { token = false }).status)
      begin { token = "of-my-own" }
      assert.equal(200, get("account/info/").status)
    end)

    it("tell wrong paths, ids and methods", function()
      assert.same({ message = "Not Found" }, get("nowhere/").json)
      for _, path in ipairs {
        "deployments/" .. NOBODY, "deployments/" .. NOBODY .. "/settings", policies .. NOBODY, "status/" .. NOBODY,
        policies .. NOBODY .. "/runs/", "datasets/" .. NOBODY, "predictionEnvironments/" .. NOBODY,
      } do
        assert.equal(404, get(path).status)
      end
      local reply = http.request(running, "PUT", policies)
      assert.equal(405, reply.status)
      assert.equal("GET, POST", reply.headers.allow)
      assert.equal(405, http.request(running, "pattern", policies).status)
    end)

    it("take a body that is not JSON for a bad request", function()
      for _, body in ipairs { "{", "[01]", "\xFF", "name=x" } do assert.equal(400, post(policies, body).status) end
    end)
  end)

  describe("a deployment", function()
    it("is changed by what is sent, and refuses the rest", function()
      assert.equal(204, patch(deployment, { label = "New", importance = "LOW" }).status)
      assert.equal(204, patch(deployment, "{}").status)
      local shown = get(deployment).json
      assert.same({ "New", "LOW", "Example deployment", "active" },
        { shown.label, shown.importance, shown.description, shown.status })
      assert.same({}, contract.check("deployment.json", json.decode(get(deployment).text)))
      assert.same({ label = "must have at least 1 character(s)", status = "is not a known field" },
        patch(deployment, { label = "", status = "inactive" }).json.errors)
      assert.equal(1, get("deployments/?search=new&importance=LOW").json.count)
      assert.equal(404, patch("deployments/" .. NOBODY, { label = "x" }).status)
    end)

    it("is deactivated and activated by a job, and refuses to be what it is", function()
      local reply = patch(deployment .. "status/", { status = "inactive" })
      assert.equal(202, reply.status)
      local done = get(below(reply.headers.location))
      assert.same({ 303, deployment }, { done.status, below(done.headers.location) })
      assert.equal("inactive", get(deployment).json.status)
      assert.equal(1, get("deployments/?status=inactive").json.count)
      assert.equal(409, patch(deployment .. "status/", { status = "inactive" }).status)
      assert.equal(202, patch(deployment .. "status/", { status = "active" }).status)
      assert.equal(202, patch(deployment .. "status/", "{}").status) -- no change
      assert.equal("active", get(deployment).json.status)
      assert.equal(422, patch(deployment .. "status/", { status = "stopping" }).status)
      assert.equal(405, get(deployment .. "status/").status)
    end)

    it("that is deleted takes its policies and runs with it", function()
      begin { deployments = 2 }
      local policy = post(policies, { name = "p" }).json.id
      assert.equal(200, post(policies .. policy .. "/runs/").status)
      assert.equal(204, delete(deployment).status)
      for _, path in ipairs { deployment, policies, policies .. policy, deployment .. "settings/" } do
        assert.equal(404, get(path).status)
      end
      assert.same({ "Deployment 0002" }, labels "")
      assert.equal(404, delete(deployment).status)
      running:advance "2d"
    end)
  end)

  describe("lists", function()
    it("always have next and previous, absolute and with the query", function()
      begin { deployments = 45 }
      local first = get("deployments/?limit=20&orderBy=label&search=%6F").json
      assert.same({ 20, 45, 20 }, { first.count, first.totalCount, #first.data })
      assert.is_true(first.previous == json.null)
      assert.equal("deployments/?orderBy=label&search=%6F&offset=20&limit=20", below(first.next))
      local second = get(below(first.next)).json
      assert.equal("deployments/?orderBy=label&search=%6F&offset=0&limit=20", below(second.previous))
      local third = get(below(second.next)).json
      assert.equal(5, third.count)
      assert.is_true(third.next == json.null)
      local seen, count = {}, 0
      for _, page in ipairs { first, second, third } do
        for _, item in ipairs(page.data) do
          assert.is_nil(seen[item.id])
          seen[item.id], count = true, count + 1
        end
      end
      assert.equal(45, count)
    end)

    it("are empty beyond their end, as [] and not as {}", function()
      local reply = get "deployments/?offset=99"
      assert.truthy(reply.text:find('"data":[]', 1, true))
      assert.equal(0, reply.json.count)
      assert.truthy(get(policies).text:find('"data":[]', 1, true))
    end)

    it("have the limits of the contract", function()
      begin { deployments = 130 }
      assert.equal(20, get("deployments/").json.count)
      assert.equal(100, get("deployments/?limit=100").json.count)
      for query, name in pairs {
        ["limit=101"] = "limit", ["limit=0"] = "limit", ["limit=x"] = "limit", ["offset=-1"] = "offset",
        ["limit=1&limit=2"] = "limit", ["offset=99999999999999999999"] = "offset",
      } do
        local reply = get("deployments/?" .. query)
        assert.equal(422, reply.status)
        assert.is_string(reply.json.errors[name])
      end
      assert.equal(200, get(policies .. "?limit=1000").status)
      assert.equal(422, get(policies .. "?limit=1001").status)
    end)

    -- Every parameter that the lists go by, with values of which one has elements and one has none.
    local PARAMETERS = {
      ["deployments/"] = {
        search = { "loan", "lone" }, serviceHealth = { "failing,passing", "failing" },
        modelHealth = { "passing", "unknown,failing" }, accuracyHealth = { "unavailable", "passing" },
        status = { "active", "inactive" }, importance = { "MODERATE,LOW", "LOW" }, role = { "OWNER", "USER" },
        createdByMe = { "true", "false" }, hasDecisionFlow = { "false", "true" },
        executionEnvironmentType = { "datarobot,external", "external" },
        defaultPredictionServerId = { "5a61d7a0fbd723001a2f70d9", NOBODY },
        buildEnvironmentType = { "DataRobot", "Python" }, predictionEnvironmentPlatform = { "datarobot", "aws" },
        championModelTargetType = { "Multiclass", "Binary" }, tagKeys = { nil, "team" }, tagValues = { nil, "a" },
        lastPredictionTimestampStart = { "2024-12-01T00:00:00Z", "2030-01-01T00:00:00Z" },
        lastPredictionTimestampEnd = { "2030-01-01T00:00:00Z", "2024-12-01T00:00:00Z" },
        predictionUsageDailyAvgGreaterThan = { "1", "1000" }, predictionUsageDailyAvgLessThan = { "1000", "1" },
      },
      ["datasets/"] = { category = { "TRAINING" }, filterFailed = { "true" } },
      ["predictionEnvironments/"] = { supportedModelFormats = { "datarobot", "docker" } },
      ["credentials/"] = { types = { "basic", "s3" } },
      ["sharedRoles/"] = {
        id = { OWNER, NOBODY }, name = { "viewer@example.com", "nobody" }, shareRecipientType = { "user", "group" },
      },
    }

    it("are led by every parameter that they take", function()
      for path, parameters in pairs(PARAMETERS) do
        local below_deployment = path == "sharedRoles/"
        for name, values in pairs(parameters) do
          for i, count in ipairs { "some", "none" } do
            local query = ("?offset=0&limit=100&%s=%s"):format(name, values[i] or "")
            local reply = values[i] and get((below_deployment and deployment or "") .. path .. query)
            assert.equal(values[i] and 200, reply and reply.status, path .. query)
            if reply then assert.equal(count == "some", reply.json.count > 0, path .. query) end
          end
        end
      end
    end)

    it("refuse every other parameter", function()
      for _, path in ipairs {
        "deployments/", "datasets/", "predictionEnvironments/", "predictionServers/", "credentials/", policies,
        deployment .. "sharedRoles/", deployment .. "modelHistory/", "status/",
      } do
        for _, name in ipairs { "x", "isA2AAgent", "createdBy" } do
          local reply = get(("%s?offset=0&limit=10&%s=1"):format(path, name))
          assert.equal(422, reply.status, path)
          assert.same({ [name] = "is not a parameter that the sandbox goes by" }, reply.json.errors)
        end
      end
      assert.equal(422, get("datasets/?category=PREDICTIONS").status)
      assert.equal(422, get("datasets/?orderBy=name").status)
      assert.equal(200, get("datasets/?orderBy=-created&category=PREDICTION&filterFailed=false").status)
    end)

    it("ask for both parameters where the contract says so", function()
      for _, path in ipairs { "status/", deployment .. "sharedRoles/" } do
        local reply = get(path)
        assert.equal(422, reply.status)
        assert.same({ limit = "is required", offset = "is required" }, reply.json.errors)
        assert.equal(200, get(path .. "?offset=0&limit=100").status)
        assert.equal(200, get(path .. "?offset=0&limit=0").status)
      end
      assert.equal(2, get(deployment .. "sharedRoles/?offset=0&limit=0").json.count)
      assert.equal(1, get("datasets/").json.count)
    end)

    it("have small pages on demand", function()
      begin { deployments = 5, page_limit = 2 }
      assert.equal(2, get("deployments/?limit=100").json.count)
      assert.equal("deployments/?offset=2&limit=2", below(get("deployments/").json.next))
    end)

    it("of deployments search, order and filter", function()
      begin { deployments = 5 }
      assert.same({ "Deployment 0003" }, labels "search=NT+0003")
      assert.same({ "Loan outcome (multiclass)", "Deployment 0005" }, labels "orderBy=-label&limit=2")
      assert.same({ "Deployment 0002", "Deployment 0005" }, labels "importance=HIGH&importance=MODERATE&search=nt+00")
      assert.same({ "Deployment 0002", "Deployment 0005" }, labels "importance=HIGH,MODERATE&search=nt+00")
      assert.same({ "Deployment 0002", "Deployment 0005" }, labels "importance=HIGH%2CMODERATE&search=nt+00")
      assert.equal(5, #labels "executionEnvironmentType=datarobot%2Cexternal&modelHealth=passing,failing")
      assert.same({}, labels "executionEnvironmentType=external")
      assert.same({}, labels "status=errored&status=inactive")
      assert.equal(5, #labels "status=active&role=OWNER&createdByMe=true&serviceHealth=passing")
      assert.equal(0, #labels "role=USER")
      assert.equal(5, #labels "predictionUsageDailyAvgGreaterThan=10&lastPredictionTimestampStart=2024-12-01T00:00:00Z")
      assert.equal(0, #labels "lastPredictionTimestampEnd=2024-12-01T00%3A00%3A00%2B02%3A00")
      local wrong = get "deployments/?orderBy=size&status=up&role=x&createdByMe=maybe&limit=0"
      assert.equal(422, wrong.status)
      for _, name in ipairs { "orderBy", "status", "role", "createdByMe", "limit" } do
        assert.is_string(wrong.json.errors[name])
      end
      for _, query in ipairs {
        "importance=HIGH,", "importance=,", "importance=", "serviceHealth=passing,well", "status=active,inactive",
        "executionEnvironmentType=cloud",
      } do
        local reply = get("deployments/?" .. query)
        assert.equal(422, reply.status, query)
        assert.is_string(reply.json.errors[query:match "^%a+"])
      end
    end)
  end)

  describe("settings", function()
    it("change by a job whose product is the deployment", function()
      local reply = patch(deployment .. "settings", http.example "seed-challenger-settings.json")
      assert.equal(202, reply.status)
      local done = get(below(reply.headers.location))
      assert.equal(303, done.status)
      assert.equal(deployment, below(done.headers.location))
      local settings = get(deployment .. "settings/").json
      assert.is_true(settings.challengerModels.enabled)
      assert.is_true(settings.predictionsDataCollection.enabled)
      assert.is_false(settings.humility.enabled)
    end)

    it("keep the members that a given group does not name", function()
      local first = { columnNames = { "row" }, requiredInPredictionRequests = true }
      patch(deployment .. "settings/", { associationId = first })
      patch(deployment .. "settings/", { associationId = { autoGenerateId = true } })
      local association = get(deployment .. "settings/").json.associationId
      assert.same({ columnNames = { "row" }, requiredInPredictionRequests = true, autoGenerateId = true }, association)
    end)

    it("store prediction rows while challengers are on", function()
      local function switch(challengers, rows)
        return patch(deployment .. "settings/", {
          challengerModels = challengers ~= nil and { enabled = challengers } or nil,
          predictionsDataCollection = rows ~= nil and { enabled = rows } or nil,
        }).status
      end
      local function now()
        local settings = get(deployment .. "settings/").json
        return { settings.challengerModels.enabled, settings.predictionsDataCollection.enabled }
      end
      assert.equal(409, switch(true, false))
      assert.same({ false, false }, now())
      assert.equal(202, switch(true))
      assert.equal(409, switch(nil, false))
      assert.same({ true, true }, now())
      assert.equal(202, switch(false, false))
      assert.same({ false, false }, now())
      assert.equal(202, switch(nil, true))
      assert.equal(202, switch(nil, false))
    end)

    it("take as many polls as asked for", function()
      begin { job_polls = 2 }
      local status = below(patch(deployment .. "settings/", "{}").headers.location)
      local listed = get("status/?offset=0&limit=0").json
      assert.equal(1, listed.totalCount)
      assert.equal("INITIALIZED", listed.data[1].status)
      local first = get(status)
      assert.equal(200, first.status)
      assert.same({}, contract.check("status.json", assert(json.decode(first.text))))
      assert.equal("INITIALIZED", first.json.status)
      assert.equal("RUNNING", get(status).json.status)
      assert.equal(303, get(status).status)
      assert.equal(204, delete(status).status)
      assert.equal(404, get(status).status)
      assert.equal(404, delete(status).status)
    end)

    it("are checked", function()
      local reply = patch(deployment .. "settings/", http.example "invalid/challenger-settings-string.json")
      assert.equal(422, reply.status)
      assert.is_string(reply.json.errors["challengerModels.enabled"])
    end)
  end)

  describe("retraining settings", function()
    it("take flat ids and show objects", function()
      local path = deployment .. "retrainingSettings/"
      assert.equal(get(path).text, '{"dataset":null,"predictionEnvironment":null,"retrainingUser":null}')
      local reply = patch(path, http.example "seed-settings.json")
      assert.equal(204, reply.status)
      assert.equal("", reply.text)
      assert.same({
        dataset = { id = running.dataset_id, name = "training.csv" },
        predictionEnvironment = { id = running.prediction_environment_id, name = "Dedicated prediction server" },
        retrainingUser = { id = OWNER, username = "owner@example.com" },
      }, get(path).json)
      assert.equal(204, patch(path, { predictionEnvironmentId = "5a61d7a0fbd723001a2f70d9" }).status)
      assert.equal("training.csv", get(path).json.dataset.name)
    end)

    it("tell every id that is wrong", function()
      local reply = patch(deployment .. "retrainingSettings/", {
        datasetId = NOBODY, predictionEnvironmentId = NOBODY, retrainingUserId = VIEWER, credentialId = NOBODY,
      })
      assert.equal(422, reply.status)
      for _, name in ipairs { "datasetId", "predictionEnvironmentId", "retrainingUserId", "credentialId" } do
        assert.is_string(reply.json.errors[name])
      end
      assert.equal(json.null, get(deployment .. "retrainingSettings/").json.dataset)
    end)
  end)

  describe("policies", function()
    it("need a name alone, the rest has defaults", function()
      local reply = post(policies, http.example "policy-minimal.json")
      assert.equal(200, reply.status)
      local policy = reply.json
      assert.same({}, contract.check("retraining-policy.json", assert(json.decode(reply.text))))
      assert.same({
        "create_challenger", "autopilot_recommended", "informative_features", "same_as_champion", "quick", "LogLoss",
      }, {
        policy.action, policy.modelSelectionStrategy, policy.featureListStrategy, policy.projectOptionsStrategy,
        policy.autopilotOptions.mode, policy.projectOptions.metric,
      })
      assert.equal(reply.text, get(policies .. policy.id).text)
      assert.same({ policy }, get(policies).json.data)
      begin { create_status = 201 }
      assert.equal(201, post(policies, { name = "x" }).status)
    end)

    it("with a trigger need a retraining user", function()
      local body = http.example "seed-drift-policy.json"
      local reply = post(policies, body)
      assert.equal(422, reply.status)
      assert.is_string(reply.json.errors.trigger)
      assert.equal(200, post(policies, http.example "policy-update-to-manual.json":gsub("^{", '{"name":"x",')).status)
      set_user()
      assert.equal(200, post(policies, body).status)
    end)

    it("are five at most", function()
      for i = 1, 5 do assert.equal(200, post(policies, { name = "same" .. i % 2 }).status) end
      local sixth = post(policies, { name = "sixth" })
      assert.equal(409, sixth.status)
      assert.is_string(sixth.json.message)
      local page = get(policies .. "?limit=2&offset=2").json
      assert.same({ 2, 5 }, { page.count, page.totalCount })
      assert.equal(204, delete(policies .. page.data[1].id).status)
      assert.equal(404, delete(policies .. page.data[1].id).status)
      assert.equal(200, post(policies, { name = "sixth" }).status)
    end)

    it("tell every fault by its dotted path", function()
      local reply = post(policies, http.example "invalid/several-at-once.json")
      assert.equal(422, reply.status)
      assert.equal("Invalid field data", reply.json.message)
      for _, path in ipairs { "name", "action", "autopilotOptions.mode", "extra" } do
        assert.is_string(reply.json.errors[path])
      end
      reply = post(policies, http.example "invalid/schedule-hour-24.json")
      assert.is_string(reply.json.errors["trigger.schedule.hour.1"])
      assert.equal(422, post(policies, "[]").status)
      assert.equal(422, post(policies, "").status)
    end)

    it("change only in the members that are given, each whole", function()
      set_user()
      local before = post(policies, http.example "seed-drift-policy.json").json
      local path = policies .. before.id .. "/"
      assert.same(before, patch(path, "{}").json)
      assert.same(before, patch(path, "").json)
      local renamed = patch(path, { name = "new" })
      assert.equal(200, renamed.status)
      before.name = "new"
      assert.same(before, renamed.json)
      assert.equal("quick", patch(path, { autopilotOptions = { blendBestModels = true } }).json.autopilotOptions.mode)
      assert.equal(json.null, patch(path, '{"description":null}').json.description)
      assert.equal(json.null, patch(path, http.example "policy-update-to-manual.json").json.trigger.type)
      assert.equal(422, patch(path, http.example "invalid/update-read-only.json").status)
      local linked = patch(path, http.example "policy-update-use-case.json").json
      assert.is_string(linked.useCase.id)
      assert.is_nil(linked.useCaseId)
    end)

    it("keep numbers of 64 bits and empty lists", function()
      local steps = '{"timeSteps":9223372036854775807,"timeUnit":"ROW"}'
      local reply = post(policies, '{"name":"x","timeSeriesOptions":{"periodicities":[' .. steps .. "]}}")
      assert.truthy(reply.text:find('"timeSteps":9223372036854775807', 1, true))
      assert.equal("seasonal", reply.json.timeSeriesOptions.differencingMethod)
      reply = patch(policies .. reply.json.id, [[{"timeSeriesOptions":{"periodicities":[]}}]])
      assert.truthy(reply.text:find('"periodicities":[]', 1, true))
    end)

    it("have no runs yet", function()
      local id = post(policies, { name = "x" }).json.id
      local empty = '{"count":0,"data":[],"next":null,"previous":null,"totalCount":0}'
      assert.equal(empty, get(policies .. id .. "/runs").text)
    end)

    for _, case in ipairs(json.decode(http.example "index.json")) do
      if case.schema == "retraining-policy-create.json" then
        it("accept " .. case.file, function()
          set_user()
          assert.equal(200, post(policies, http.example(case.file)).status)
        end)
      end
    end
  end)

  it("answers {} to any PATCH with its success", function()
    local id = post(policies, { name = "x" }).json.id
    for path, status in pairs {
      [deployment .. "settings"] = 202, [deployment .. "retrainingSettings"] = 204, [policies .. id] = 200,
    } do
      assert.equal(status, patch(path, "{}").status)
      assert.equal(status, patch(path, "").status)
    end
  end)
end)
