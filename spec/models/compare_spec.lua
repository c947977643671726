-- Comparing a challenger with the champion, and promoting only what is better: against a server with fixed figures.
local Fault = require "spec.support.fault_server"
local cjson = require "cjson"
local core = require "datarobot.core"
local dr = require "datarobot"

local ID <const>, POLICY <const>, RUN <const> = ("6"):rep(24), ("5"):rep(24), ("4"):rep(24)
local CHALLENGER <const>, OLD <const>, NEW <const> = ("c"):rep(24), ("a"):rep(24), ("b"):rep(24)
local HERE <const> = "/api/v2/deployments/" .. ID .. "/"

describe("which way a metric is better", function()
  -- The 27 metrics of the contract.
  local MORE <const> = { "Accuracy", "AUC", "Balanced Accuracy", "FVE Binomial", "Gini Norm", "Kolmogorov-Smirnov",
    "Rate@Top5%", "Rate@Top10%", "TPR", "TNR", "PPV", "NPV", "F1", "MCC", "FVE Gamma", "FVE Poisson", "FVE Tweedie",
    "R Squared" }
  local LESS <const> = { "LogLoss", "FPR", "Gamma Deviance", "MAE", "MAPE", "Poisson Deviance", "RMSE", "RMSLE",
    "Tweedie Deviance" }

  it("is known of each", function()
    for _, name in ipairs(MORE) do assert.equal(1, core.metric(name), name) end
    for _, name in ipairs(LESS) do assert.equal(-1, core.metric(name), name) end
    assert.equal(27, #MORE + #LESS)
    assert.equal(27, #dr.enums.metric)
    for _, name in ipairs(dr.enums.metric) do assert.is_truthy(core.metric(name), name) end
    for _, name in ipairs { "", "auc", "AUC ", "AUC\0", "Log Loss" } do assert.is_nil(core.metric(name)) end
  end)
end)

describe("a comparison", function()
  local fault, client, deployment
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)
  after_each(function() client:close() end)

  local function json(t) return { body = cjson.encode(t) } end

  local function figures(value, samples, more)
    local t = { metric = "LogLoss", summary = { value = value, sampleSize = samples,
      period = { start = "2024-12-13T00:00:00Z", ["end"] = "2024-12-20T10:00:00Z" } } }
    for name, x in pairs(more or {}) do t[name] = x end
    return json(t)
  end

  local CHALLENGERS <const> = { id = CHALLENGER, name = "p", model = { id = "new-model" }, modelPackage = { id = NEW } }
  local SUCCEEDED <const> = { id = RUN, status = "succeeded", modelPackageId = NEW, challengerId = CHALLENGER }

  -- `accuracy`: the replies to accuracyOverTime, of which the first shows the server's own window.
  local function play(accuracy, routes)
    client = fault:client { retries = 0, timeout = 5 }
    fault:play { replies = { json { id = ID, label = "d" } } }
    deployment = assert(client:deployment(ID))
    local all = {
      ["GET " .. HERE] = { json { id = ID, label = "d" } },
      ["GET " .. HERE .. "championModelPackage/"] = { json { id = OLD, modelId = "old-model" } },
      ["GET " .. HERE .. "challengers/"] = { json { data = { CHALLENGERS } } },
      ["GET " .. HERE .. "challengers/" .. CHALLENGER .. "/"] = { json(CHALLENGERS) },
      ["GET " .. HERE .. "accuracyOverTime/"] = accuracy,
      ["GET " .. HERE .. "retrainingPolicies/" .. POLICY .. "/"] = { json { id = POLICY, name = "p",
        trigger = { type = "accuracy_decline" } } },
      ["GET " .. HERE .. "retrainingPolicies/" .. POLICY .. "/runs/" .. RUN .. "/"] = { json(SUCCEEDED) },
    }
    for route, replies in pairs(routes or {}) do all[route] = replies end
    fault:play { replies = { { status = 500, body = "{}" } }, routes = all }
  end

  local function queries()
    local list = {}
    for _, request in ipairs(fault:seen()) do
      if request.target:find "accuracyOverTime" then list[#list + 1] = request.target:match "%?(.*)$" end
    end
    return list
  end

  local function compare(o)
    local all = { challenger = CHALLENGER, metric = "LogLoss" }
    for name, value in pairs(o or {}) do all[name] = value end
    return deployment:compare(all)
  end

  it("asks both models over one window, which ends at the server's last full hour", function()
    play { figures(1, 1), figures(0.5, 900), figures(0.4, 800) }
    local found = assert(compare())
    assert.same({ "LogLoss", 0.5, 0.4, true, 800, "2024-12-13T09:00:00Z", "2024-12-20T09:00:00Z" }, { found.metric,
      found.champion, found.challenger, found.better, found.samples, found.start_time, found.end_time })
    assert.is_true(math.abs(found.difference + 0.1) < 1e-12)
    local window = "&start=2024-12-13T09%3A00%3A00Z&end=2024-12-20T09%3A00%3A00Z"
    assert.same({ "modelId=old-model&metric=LogLoss", "modelId=old-model&metric=LogLoss" .. window,
      "modelId=new-model&metric=LogLoss" .. window }, queries())
    assert.matches("better", tostring(found))
  end)

  it("takes days, and an object as well as an id", function()
    play { figures(1, 1), figures(0.5, 900) }
    local challenger = assert(deployment:challengers())[1]
    assert.equal("2024-12-18T21:00:00Z", assert(compare { challenger = challenger, days = 1.5 }).start_time)
  end)

  it("goes by the own clock where the server's does not show", function()
    play { json {} }
    local before = os.time() // 3600 * 3600
    local found = assert(compare { days = 1 })
    local stop = assert(core.utc(found.end_time))
    assert.is_true(stop >= before and stop <= os.time())
    assert.equal(86400, stop - core.utc(found.start_time))
  end)

  it("says which is better by the metric's direction, and nothing for equal ones", function()
    for _, case in ipairs { { "LogLoss", 0.5, 0.6, false }, { "AUC", 0.5, 0.6, true }, { "AUC", 0.6, 0.5, false },
      { "AUC", 0.5, 0.5, false } } do
      local metric, champion, challenger, better = table.unpack(case)
      local more = { metric = metric }
      play { figures(1, 1, more), figures(champion, 900, more), figures(challenger, 900, more) }
      assert.equal(better, assert(compare { metric = metric }).better)
      client:close()
    end
  end)

  it("says nothing where there is too little", function()
    local little = {
      { figures(0.5, 900), figures(0.4, 99) }, { figures(0.5, 99), figures(0.4, 900) },
      { figures(cjson.null, 900), figures(0.4, 900) }, { figures(0.5, 900), json {} },
      { figures(0.5, 900), json { summary = cjson.null } }, { figures(0.5, 900), figures("0.4", "900") },
      { figures(0.5, 900), figures(0.4, cjson.null) }, { json { summary = { 1 } }, json { summary = 7 } },
    }
    for i, replies in ipairs(little) do
      play { figures(1, 1), replies[1], replies[2] }
      local found = assert(compare { min_samples = 100 })
      assert.is_nil(found.better, i)
      client:close()
    end
    play { figures(1, 1), figures(0.5, 900), figures(0.4, 0) }
    assert.is_nil(assert(compare()).better)
  end)

  it("that gets another metric, or an error, says so", function()
    play { figures(1, 1, { metric = "AUC" }) }
    local _, err = compare()
    assert.same({ "protocol", "LogLoss was asked for, and the reply is of AUC" }, { err.kind, err.message })
    for status, kind in pairs { [400] = "api", [403] = "forbidden", [404] = "not_found", [422] = "validation" } do
      client:close()
      play { { status = status, body = "{}" } }
      assert.equal(kind, select(2, compare()).kind)
    end
    client:close()
    play({ figures(1, 1) }, { ["GET " .. HERE .. "challengers/" .. CHALLENGER .. "/"] = { json { id = CHALLENGER } } })
    _, err = compare()
    assert.same({ "conflict", "the challenger names no model" }, { err.kind, err.message })
    client:close()
    play({ figures(1, 1) }, { ["GET " .. HERE .. "championModelPackage/"] = { json { id = OLD } } })
    assert.equal("conflict", select(2, compare()).kind)
    assert.equal("validation", select(2, compare { challenger = "x" }).kind)
  end)

  it("that is called wrongly raises, and sends nothing", function()
    play { figures(1, 1) }
    local of_another = setmetatable({}, { __name = "datarobot.challenger" })
    for _, case in ipairs {
      { nil, "table expected, got nil" },
      { { metric = "AUC" }, "option 'challenger': a challenger or its id expected, got nil" },
      { { metric = "AUC", challenger = of_another }, "a challenger or its id expected, got table" },
      { { challenger = CHALLENGER }, "option 'metric' is missing; print(dr.enums.metric) lists them" },
      { { challenger = CHALLENGER, metric = "Logloss" }, [["Logloss" is not a metric; did you mean "LogLoss"?]] },
      { { challenger = CHALLENGER, metric = "niceness" }, [["niceness" is not a metric (print(dr.enums.metric)]] },
      { { challenger = CHALLENGER, metric = 7 }, "option 'metric': a metric expected, got 7" },
      { { challenger = CHALLENGER, metric = "AUC", days = 0 }, "option 'days': a number > 0 expected, got 0" },
      { { challenger = CHALLENGER, metric = "AUC", days = 1 / 0 }, "option 'days': a number > 0 expected, got inf" },
      { { challenger = CHALLENGER, metric = "AUC", by = 1 }, "unknown option 'by'" },
      { { challenger = CHALLENGER, metric = "AUC", min_sample = 1 }, "did you mean 'min_samples'?" },
    } do
      local ok, err = pcall(deployment.compare, deployment, case[1])
      assert.is_false(ok, case[2])
      assert.matches("bad argument #1 to 'compare' (", err, 1, true)
      assert.matches(case[2], err, 1, true)
    end
    assert.equal(0, fault:count())
    local challenger = assert(deployment:challengers())[1]
    fault:play { replies = { json { id = ("7"):rep(24), label = "d" } } }
    local other = assert(client:deployment(("7"):rep(24)))
    local ok, err = pcall(other.compare, other, { challenger = challenger, metric = "AUC" })
    assert.is_false(ok)
    assert.matches("it is another deployment's", err, 1, true)
  end)

  -- {=== promoting only what is better ===}

  local PASSING <const> = { body = '{"status":"passing"}' }
  local function promoting(accuracy, routes)
    local all = {
      ["POST " .. HERE .. "model/validation/"] = { PASSING },
      ["PATCH " .. HERE .. "model/"] = { { status = 202, headers = { "Location: status/x/" },
        body = '{"status":"passing"}' } },
      ["GET /api/v2/status/x/"] = { { status = 303, headers = { "Location: deployments/" .. ID .. "/" } } },
      -- what promote reads, what the comparison reads, what replacing reads before, and then the new one
      ["GET " .. HERE .. "championModelPackage/"] = { json { id = OLD, modelId = "old-model" },
        json { id = OLD, modelId = "old-model" }, json { id = OLD, modelId = "old-model" },
        json { id = NEW, modelId = "new-model" } },
    }
    for route, replies in pairs(routes or {}) do all[route] = replies end
    play(accuracy, all)
    return assert(assert(deployment:retraining_policy(POLICY)):run(RUN))
  end

  it("promotes a run whose challenger is better by what is asked for", function()
    for _, by in ipairs { 0, 0.02, 0.1 } do
      local run = promoting { figures(1, 1), figures(0.3, 900), figures(0.2, 900) }
      local done = assert(run:promote { better_on = { metric = "LogLoss", by = by, days = 1, min_samples = 900 } })
      assert.same({ NEW, OLD, "ACCURACY" }, { done.model_package_id, done.previous_model_package_id, done.reason })
      client:close()
    end
    promoting {}
  end)

  it("changes nothing for a run whose challenger is not, and gives the figures", function()
    for _, case in ipairs {
      { 0.31, 900, {}, false, "the challenger is not better: LogLoss 0.31, the champion 0.3, 900 samples" },
      { 0.3, 900, {}, false, "the challenger is not better: LogLoss 0.3, the champion 0.3, 900 samples" },
      { 0.25, 900, { by = 0.1 }, true, "the challenger is better by 0.05 only, and 0.1 is asked for: LogLoss 0.25, the"
        .. " champion 0.3, 900 samples" },
      { 0.2, 9, { min_samples = 10 }, nil,
        "there is too little to say which model is better on LogLoss: 9 of at least 10 samples" },
      { 0.2, 0, {}, nil, "there is too little to say which model is better on LogLoss: 0 of at least 1 samples;"
        .. " challengers have figures only after deployment:replay_challengers()" },
      { cjson.null, 900, {}, nil,
        "there is too little to say which model is better on LogLoss: a model has no value of it" },
    } do
      local value, samples, more, better, text = table.unpack(case, 1, 5)
      local run = promoting { figures(1, 1), figures(0.3, 900), figures(value, samples) }
      more.metric = "LogLoss"
      local done, err = run:promote { better_on = more }
      assert.is_nil(done)
      assert.same({ "conflict", text, run }, { err.kind, err.message, err.run })
      assert.equal(better, err.comparison.better)
      assert.equal(samples, err.comparison.samples)
      assert.same({ 0, 0 }, { fault:count "PATCH", fault:count "POST" })
      client:close()
    end
    promoting {}
  end)

  it("finds the challenger by its model where the run names none, and none is a conflict", function()
    local runs = "GET " .. HERE .. "retrainingPolicies/" .. POLICY .. "/runs/" .. RUN .. "/"
    local unnamed = json { id = RUN, status = "succeeded", modelPackageId = NEW, challengerId = cjson.null }
    local run = promoting({ figures(1, 1), figures(0.3, 900), figures(0.2, 900) }, { [runs] = { unnamed } })
    assert(run:promote { better_on = { metric = "LogLoss" } })
    client:close()
    run = promoting({ figures(1, 1) }, { ["GET " .. HERE .. "challengers/"] = { { body = '{"data":[]}' } } })
    local _, err = run:promote { better_on = { metric = "LogLoss" } }
    assert.same({ "conflict", run }, { err.kind, err.run })
    assert.matches("no challenger has the run's model", err.message, 1, true)
    client:close()
    run = promoting { { status = 403, body = "{}" } }
    _, err = run:promote { better_on = { metric = "LogLoss" } }
    assert.same({ "forbidden", run }, { err.kind, err.run })
    assert.equal(0, fault:count "PATCH")
  end)

  it("is not made for a model that is served already", function()
    local run = promoting({ { status = 500, body = "{}" } }, {
      ["GET " .. HERE .. "championModelPackage/"] = { json { id = NEW, modelId = "new-model" } } })
    assert.is_true(assert(run:promote { better_on = { metric = "LogLoss" } }).unchanged)
  end)

  it("is asked for in full, or raises", function()
    local run = promoting {}
    local seen = fault:count()
    for text, o in pairs {
      ["option 'better_on': a table expected, got string"] = { better_on = "LogLoss" },
      ["option 'metric' is missing"] = { better_on = {} },
      ["is not a metric; did you mean \"AUC\"?"] = { better_on = { metric = "auc" } },
      ["option 'by': a number >= 0 expected, got -1"] = { better_on = { metric = "AUC", by = -1 } },
      ["unknown option 'challenger'"] = { better_on = { metric = "AUC", challenger = CHALLENGER } },
    } do
      local ok, err = pcall(run.promote, run, o)
      assert.is_false(ok)
      assert.matches(text, err, 1, true)
    end
    assert.equal(seen, fault:count())
  end)
end)
