-- Drift, accuracy, use and health: one set of numbers, whatever is asked and whenever.
local Direct = require "spec.sandbox.direct"
local json = require "datarobot.sandbox.json"

local null <const> = json.null
local DEPLOYMENT <const> = "deployments/6759e8aebd38a7fca6ba234a/"
local ID <const> = DEPLOYMENT:match "/(%x+)/"

local function near(a, b, what)
  if a == null or b == null then return assert.equal(a, b, what) end
  assert.is_true(math.abs(a - b) <= 2e-6 * math.max(1, math.abs(a)), ("%s: %s and %s"):format(what, a, b))
end

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

describe("monitoring of the sandbox", function()
  local world
  before_each(function() world = Direct.open() end)

  local function get(path, schema) return world:get(DEPLOYMENT .. path, schema) end
  local function patch(path, body) return world:change("PATCH", DEPLOYMENT .. path, body) end
  local function drift(status) world:change("POST", "/sandbox/drift", { deploymentId = ID, status = status }) end
  local function with_actuals() patch("settings/", { associationId = { columnNames = { "id" } } }) end
  local function health() return get("", "deployment").modelHealth.status end

  it("has the numbers of the beginning", function()
    local service = get("serviceStats/", "service-stats")
    assert.same({ "2024-12-13T00:00:00.000000Z", "2024-12-20T00:00:00.000000Z" },
      { service.period.start, service.period["end"] })
    assert.same({ 215, 27, 41, 63.5 }, { service.metrics.totalPredictions, service.metrics.totalRequests,
      service.metrics.executionTime, service.metrics.responseTime })
    local features = get("featureDrift/", "feature-drift")
    assert.same({ "income", 0.02, 0.92, 215 }, { features.data[1].name, features.data[1].driftScore,
      features.data[1].featureImpact, features.data[1].sampleSize })
    assert.same({ "outcome", 0.04 }, { get("targetDrift/", "target-drift").targetName,
      get("targetDrift/").driftScore })
    assert.equal(0.01, get("featureDrift/?metric=kl_divergence").data[1].driftScore)
    assert.equal(null, get("accuracy/", "accuracy").metrics.LogLoss.value) -- no association id
    assert.same({ "passing", "unavailable" }, { health(), get("").accuracyHealth.status })
  end)

  it("lets drift and accuracy have each status, and both follow the health settings", function()
    with_actuals()
    for _, status in ipairs { "warning", "failing", "passing", "failing", "warning", "passing" } do
      drift(status)
      world:change("POST", "/sandbox/accuracy", { deploymentId = ID, status = status })
      for _, step in ipairs { 0, 1800, 86400 } do
        world:control("advance", step)
        assert.same({ status, status }, { health(), get("").accuracyHealth.status })
      end
    end
    drift "warning" -- by one feature of little importance
    for _, case in ipairs {
      { { lowImportanceWarningCount = 2 }, "passing" }, { { lowImportanceFailingCount = 1 }, "failing" },
      { { lowImportanceFailingCount = 0 }, "passing" }, { { importanceThreshold = 0.3 }, "failing" },
      { { excludedFeatures = { "credit_history" } }, "passing" },
      { { excludedFeatures = json.list(), importanceThreshold = 0.5 }, "passing" },
      { { starredFeatures = { "credit_history" } }, "failing" },
      { { driftThreshold = 0.9 }, "passing" }, { { driftThreshold = 0 }, "failing" },
    } do
      patch("healthSettings/", { dataDrift = case[1] })
      assert.equal(case[2], health(), json.encode(case[1]))
    end
    world:change("POST", "/sandbox/accuracy", { deploymentId = ID, percentChange = -7 })
    for _, case in ipairs {
      { { warningThreshold = 8 }, "passing" }, { { failingThreshold = 7 }, "failing" },
      { { warningThreshold = null, failingThreshold = null }, "passing" },
      { { measurement = "value", warningThreshold = 0.5 }, "warning" },
      { { metric = "AUC", warningThreshold = 0.75 }, "passing" }, { { failingThreshold = 0.79 }, "failing" },
    } do
      patch("healthSettings/", { accuracy = case[1] })
      assert.equal(case[2], get("").accuracyHealth.status, json.encode(case[1]))
    end
    patch("settings/", { targetDrift = { enabled = false }, featureDrift = { enabled = false } })
    assert.equal("unavailable", health())
    assert.same({ null, 0 }, { get("targetDrift/").driftScore, get("featureDrift/").data[1].sampleSize })
  end)

  it("says what cannot be", function()
    local function refused(path, body, status)
      local got, answer = world:ask("POST", path, body)
      assert.equal(status, got)
      return answer.message .. json.encode(answer.errors or {})
    end
    assert.matches("association id", refused("/sandbox/accuracy", { deploymentId = ID, status = "failing" }, 409))
    patch("healthSettings/", { dataDrift = { highImportanceFailingCount = 0 } })
    assert.matches("never make data drift failing", refused("/sandbox/drift", { deploymentId = ID, status = "failing" },
      409))
    assert.matches("warning or failing", refused("/sandbox/drift", { deploymentId = ID, status = "red" }, 422))
    refused("/sandbox/drift", { deploymentId = ("f"):rep(24), status = "failing" }, 404)
    refused("/sandbox/drift", json.list { 1 }, 404)
    assert.matches("one of", refused("/sandbox/accuracy", { deploymentId = ID }, 422))
    assert.matches("is not known", refused("/sandbox/accuracy", { deploymentId = ID, percent = 1 }, 422))
    with_actuals()
    assert.matches("no metric RMSE", refused("/sandbox/accuracy",
      { deploymentId = ID, value = 1, metric = "RMSE" }, 409))
    assert.matches("no model", refused("/sandbox/accuracy", { deploymentId = ID, value = 1, modelId = "x" }, 409))
    for _, body in ipairs { { accuracy = { metric = "RMSE" } }, { dataDrift = { timeInterval = "7 days" } },
      { dataDrift = { driftThreshold = 2 } }, { drift = {} } } do
      assert.equal(422, (world:ask("PATCH", DEPLOYMENT .. "healthSettings/", body)))
    end
    assert.same(get "healthSettings/defaults/".accuracy, get "healthSettings/".accuracy)
  end)

  it("refuses a wrong query with 400, and another deployment's model with 404", function()
    for _, query in ipairs {
      "featureDrift/?start=2024-12-13T00:30:00Z", "accuracy/?end=x", "serviceStats/?slowRequestsThreshold=-1",
      "targetDrift/?metric=x", "featureDrift/?limit=101", "accuracyOverTime/?bucketSize=PT30M",
      "accuracyOverTime/?bucketSize=1h", "accuracyOverTime/?metric=RMSE", "featureDriftOverTime/",
      "featureDriftOverTime/?featureNames=x", "accuracy/?segmentAttribute=x", "accuracy/?modelId=1&modelId=2",
      "featureDriftOverTime/?featureNames=age&featureNames=age&featureNames=age",
      "accuracy/?start=2024-12-13T00:00:00Z&end=2024-12-13T00:00:00Z",
      "accuracyOverTime/?bucketSize=PT1H&start=1970-01-01T00:00:00Z",
    } do
      local status, body = world:ask("GET", DEPLOYMENT .. query)
      assert.equal(400, status, query)
      assert.is_table(body.errors, query)
    end
    assert.equal(404, (world:ask("GET", DEPLOYMENT .. "accuracy/?modelId=" .. ID)))
  end)

  it("compares two models over one window", function()
    with_actuals()
    patch("settings/", { challengerModels = { enabled = true } })
    patch("retrainingSettings/", { datasetId = "675c98d9f2e4b4189bff25f5", retrainingUserId =
      "65a7c2d94f1e8b3a6c5d0e11" })
    local policy = world:change("POST", DEPLOYMENT .. "retrainingPolicies/", { name = "p" })
    world:change("POST", "/sandbox/accuracy", { deploymentId = ID, percentChange = -12 })
    drift "failing"
    world:control("advance", 1)
    world:change("POST", DEPLOYMENT .. "retrainingPolicies/" .. policy.id .. "/runs/")
    world:control("advance", 7200)
    local champion, challenger = get("").model.id, get "challengers/".data[1].model.id
    local function of(model)
      return get("accuracyOverTime/?modelId=" .. model, "accuracy-over-time").summary
    end
    assert.same({ null, 0 }, { of(challenger).value, of(challenger).sampleSize }) -- it has not scored yet
    world:change("POST", DEPLOYMENT .. "challengerPredictions/", { timestamp = "2024-12-19T12:00:00Z" })
    assert.is_true(of(challenger).sampleSize > 0)
    assert.is_true(of(challenger).sampleSize < of(champion).sampleSize)
    world:change("POST", DEPLOYMENT .. "challengerPredictions/")
    assert.equal(of(champion).sampleSize, of(challenger).sampleSize)
    assert.same({ 0.5264, 0.47 }, { of(champion).value, of(challenger).value })
    local beside = get("accuracy/?modelId=" .. challenger .. "&baselineModelId=" .. champion .. "&metric=LogLoss",
      "accuracy").metrics
    near(10.714286, beside.LogLoss.percentChange, "percent")
    assert.is_nil(beside.AUC)
    assert.equal(0.02, get("featureDrift/?modelId=" .. challenger).data[1].driftScore) -- it has learned from the drift
    assert.equal(0.275, get("featureDrift/").data[1].driftScore)
    world:change("POST", "/sandbox/accuracy", { deploymentId = ID, modelId = challenger, value = 0.9, metric = "AUC" })
    near(0.9, get("accuracy/?modelId=" .. challenger).metrics.AUC.value, "AUC")
    world:change("PATCH", DEPLOYMENT .. "model/", { modelPackageId = get "challengers/".data[1].modelPackage.id,
      reason = "ACCURACY" })
    world:control("advance", 86400)
    assert.same({ challenger, "passing", "passing" }, { get("").model.id, health(), get("").accuracyHealth.status })
    local alone = get "serviceStats/?start=2024-12-20T03:00:00Z&end=2024-12-21T02:00:00Z"
    assert.equal(alone.metrics.totalPredictions, get("targetDrift/?start=2024-12-20T03:00:00Z").sampleSize)
  end)

  -- The status by the settings, counted anew from what the routes say.
  local function expected(deployment)
    local rules = get("healthSettings/", "health-settings").dataDrift
    local window = ("?start=%s&end=%s"):format(deployment.modelHealth.startDate, deployment.modelHealth.endDate)
    local excluded, starred, low, high = set_of(rules.excludedFeatures), set_of(rules.starredFeatures), 0, 0
    local function count(name, impact, score)
      if score == null or score <= rules.driftThreshold or excluded[name] then return end
      if impact >= rules.importanceThreshold or starred[name] then high = high + 1 else low = low + 1 end
    end
    for _, feature in ipairs(get("featureDrift/" .. window, "feature-drift").data) do
      count(feature.name, feature.featureImpact, feature.driftScore)
    end
    local target = get("targetDrift/" .. window, "target-drift")
    count(target.targetName, 1, target.driftScore)
    if target.sampleSize == 0 then return "unknown" end
    local function over(number, least) return least ~= null and least > 0 and number >= least end
    if over(low, rules.lowImportanceFailingCount) or over(high, rules.highImportanceFailingCount) then
      return "failing"
    end
    return (over(low, rules.lowImportanceWarningCount) or over(high, rules.highImportanceWarningCount)) and "warning"
      or "passing"
  end

  local function expected_accuracy(deployment)
    local rules, h = get("healthSettings/").accuracy, deployment.accuracyHealth
    local metrics = get(("accuracy/?start=%s&end=%s"):format(h.startDate, h.endDate), "accuracy").metrics
    local change = metrics[rules.metric].percentChange
    if change == null then return "unknown" end
    local function past(threshold) return threshold ~= null and -change >= threshold - 1e-6 end
    return past(rules.failingThreshold) and "failing" or past(rules.warningThreshold) and "warning" or "passing"
  end

  local function mean(buckets, member)
    local total, sum = 0, 0
    for _, bucket in ipairs(buckets) do
      if bucket.sampleSize > 0 then total, sum = total + bucket[member] * bucket.sampleSize, sum + bucket.sampleSize end
    end
    return sum > 0 and total / sum or null, sum
  end

  local function agrees(window)
    local features = get("featureDrift/?limit=100&" .. window, "feature-drift")
    local feature = features.data[math.random(#features.data)]
    local over = get(("featureDriftOverTime/?featureNames=%s&bucketSize=PT%dH&%s"):format(feature.name,
      math.random(3, 60), window), "feature-drift-over-time")
    local score, sum = mean(over.buckets, "driftScore")
    near(feature.driftScore, score, "mean of the buckets' drift")
    near(feature.driftScore, over.summaries[1].driftScore, "summary of drift")
    assert.equal(feature.sampleSize, sum)
    assert.equal(sum, get("serviceStats/?" .. window, "service-stats").metrics.totalPredictions)
    assert.equal(sum, get("targetDrift/?" .. window, "target-drift").sampleSize)
    local over_time = get(("accuracyOverTime/?metric=AUC&bucketSize=PT%dH&%s"):format(math.random(3, 60), window),
      "accuracy-over-time")
    local value, samples = mean(over_time.buckets, "value")
    local metrics = get("accuracy/?" .. window, "accuracy").metrics
    near(metrics.AUC.value, value, "mean of the buckets' accuracy")
    near(metrics.AUC.value, over_time.summary.value, "summary of accuracy")
    assert.equal(over_time.summary.sampleSize, samples)
    assert.is_true(samples <= sum)
  end

  local function stamp(now, hours)
    return os.date("!%Y-%m-%dT%H:00:00Z", now + hours * 3600)
  end

  it("agrees number by number in every window, and health with both", function()
    local seed = tonumber(os.getenv "SEED") or os.time()
    math.randomseed(seed)
    local statuses, seconds = { "passing", "warning", "failing" }, os.clock() + 2
    local now, rounds = 1734652800, 0
    with_actuals()
    local actions = {
      function() world:ask("POST", "/sandbox/drift", { deploymentId = ID, status = statuses[math.random(3)] }) end,
      function() world:ask("POST", "/sandbox/accuracy", { deploymentId = ID, percentChange = math.random(-20, 5) }) end,
      function()
        patch("healthSettings/", { dataDrift = {
          driftThreshold = math.random(1, 40) / 100, importanceThreshold = math.random(0, 100) / 100,
          lowImportanceWarningCount = math.random(0, 3), lowImportanceFailingCount = math.random(0, 6),
          highImportanceWarningCount = math.random(0, 3), highImportanceFailingCount = math.random(0, 4),
          timeInterval = ({ "P7D", "T5H", "P1DT6H", "P30D" })[math.random(4)],
          excludedFeatures = math.random(2) == 1 and { "income" } or json.list(),
          starredFeatures = math.random(2) == 1 and { "age", "region" } or json.list(),
        }, accuracy = { warningThreshold = math.random(1, 8), failingThreshold = math.random(4, 15) } })
      end,
      function()
        local step = math.random(0, 3 * 86400)
        now = now + step
        world:control("advance", step)
      end,
    }
    local ok, problem = pcall(function()
      while os.clock() < seconds or rounds < 5 do
        rounds = rounds + 1
        actions[math.random(#actions)]()
        local deployment = get("", "deployment")
        assert.equal(expected(deployment), deployment.modelHealth.status)
        assert.equal(expected_accuracy(deployment), deployment.accuracyHealth.status)
        local last = math.random(-100, 24)
        agrees(("start=%s&end=%s"):format(stamp(now, last - math.random(1, 400)), stamp(now, last)))
        local midnight, day = now // 86400 * 86400, math.random(7)
        assert.equal(deployment.predictionUsage.dailyRates[day], get(("serviceStats/?start=%s&end=%s"):format(
          stamp(midnight, (day - 8) * 24), stamp(midnight, (day - 7) * 24))).metrics.totalPredictions)
      end
    end)
    assert.is_true(ok, ("SEED=%d, round %d: %s"):format(seed, rounds, tostring(problem)))
  end)
end)
