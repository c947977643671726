-- Comparing against the sandbox, where every figure follows from what has happened: the challenger is better exactly
-- where its model is, by every metric, in whatever window.
local core = require "datarobot.core"
local sandboxes = require "datarobot.sandbox"

local METRICS <const> = { "LogLoss", "AUC", "Balanced Accuracy", "Accuracy" } -- of a multiclass deployment there

describe("a comparison in the sandbox", function()
  local sandbox, client, deployment, challenger, run
  setup(function()
    sandbox = sandboxes.start()
    client = assert(sandbox:client())
    deployment = assert(client:deployment(sandbox.deployment_id))
    assert(deployment:update_challenger_models_settings { enabled = true })
    assert(deployment:update_association_id_settings { column_names = { "id" } })
    assert(deployment:update_retraining_settings { dataset_id = sandbox.dataset_id })
    run = assert(assert(deployment:create_retraining_policy { name = "p" }):start_run())
    sandbox:advance "2h"
    challenger = assert(deployment:challenger(assert(run:refresh()).challenger_id))
    sandbox:advance "20d"
    assert(deployment:replay_challengers())
    sandbox:advance "1h"
  end)
  teardown(function()
    client:close()
    sandbox:stop()
  end)

  -- What the server shows of a model in the window of a comparison.
  local function shown(found, model_id)
    local reply = assert(client:get("deployments/" .. deployment.id .. "/accuracyOverTime/", { query = {
      modelId = model_id, metric = found.metric, start = found.start_time, ["end"] = found.end_time } }))
    return reply:json().summary
  end

  it("is right about every metric and window, by the figures that the server shows", function()
    math.randomseed(12)
    for _ = 1, 40 do
      local ours, theirs = math.random(-30, 30), math.random(-30, 30)
      sandbox:accuracy(deployment.id, { percent_change = theirs })
      sandbox:accuracy(deployment.id, { percent_change = ours, model_id = challenger.model.id })
      for _, metric in ipairs(METRICS) do
        local found = assert(deployment:compare { challenger = challenger, metric = metric, days = math.random(1, 7) })
        local champion, other = shown(found, deployment.model.id), shown(found, challenger.model.id)
        assert.same({ champion.value, other.value, math.min(champion.sampleSize, other.sampleSize) },
          { found.champion, found.challenger, found.samples })
        assert.equal(ours > theirs, found.better, ("%s: %d against %d"):format(metric, ours, theirs))
        assert.equal(other.value - champion.value, found.difference)
        assert.equal(ours > theirs, core.metric(metric) * found.difference > 0)
      end
    end
  end)

  it("ends at the last full hour of the sandbox's time, however many days it has", function()
    for _, days in ipairs { 0.5, 1, 7, 30 } do
      local found = assert(deployment:compare { challenger = challenger.id, metric = "AUC", days = days })
      local now = assert(core.utc(sandbox:now()))
      local stop, start = core.utc(found.end_time), core.utc(found.start_time)
      assert.is_true(stop <= now and now - stop <= 3600)
      assert.equal(days * 86400, stop - start)
    end
  end)

  it("decides about a promotion", function()
    sandbox:accuracy(deployment.id, { percent_change = 0 })
    sandbox:accuracy(deployment.id, { percent_change = -5, model_id = challenger.model.id })
    local _, err = run:promote { better_on = { metric = "AUC", days = 3 } }
    assert.same({ "conflict", false }, { err.kind, err.comparison.better })
    sandbox:accuracy(deployment.id, { percent_change = 5, model_id = challenger.model.id })
    _, err = run:promote { better_on = { metric = "AUC", by = 0.5 } }
    assert.same({ "conflict", true }, { err.kind, err.comparison.better })
    assert.equal(deployment.model_package.id, assert(deployment:champion_model_package()).id)
    local done = assert(run:promote { better_on = { metric = "AUC", by = 0.01, days = 3 } })
    assert.equal(run.model_package_id, done.model_package_id)
  end)

  it("has nothing to say of a metric that the deployment has not", function()
    local _, err = deployment:compare { challenger = assert(deployment:challengers())[1], metric = "RMSE" }
    assert.same({ "api", 400 }, { err.kind, err.status })
  end)
end)
