-- policy:explain: what it says of policies of every kind, and that it only reads.
local dr = require "datarobot"
local sandboxes = require "datarobot.sandbox"

describe("policy:explain", function()
  local sandbox, writer, client, deployment
  before_each(function()
    sandbox = sandboxes.start()
    writer, client = assert(sandbox:client()), assert(sandbox:client { read_only = true })
    deployment = assert(writer:deployment(sandbox.deployment_id))
    assert(deployment:update_retraining_settings { dataset_id = sandbox.dataset_id,
      retraining_user_id = assert(writer:whoami()).uid })
    assert(deployment:update_challenger_models_settings { enabled = true })
  end)
  after_each(function()
    writer:close()
    client:close()
    sandbox:stop()
  end)

  -- A policy, as a client sees it that may only read.
  local function made(trigger, more)
    local t = { name = "p", trigger = trigger }
    for k, v in pairs(more or {}) do t[k] = v end
    local policy = assert(deployment:create_retraining_policy(t))
    return assert(assert(client:deployment(deployment.id)):retraining_policy(policy.id))
  end

  local function messages(notes)
    local list = {}
    for i, note in ipairs(notes) do list[i] = note.message end
    return list
  end

  local function sorted(list)
    table.sort(list)
    return list
  end

  it("says of a manual policy that it has to be started, and what would come of it", function()
    local explanation = assert(made():explain())
    assert.same({
      "It starts only when somebody starts it: policy:start_run().",
      "It has never run.",
      'When it runs, a model is trained with "training.csv", and a new challenger is added to the deployment; the '
        .. "model that serves stays.",
    }, explanation.sentences)
    assert.equal(table.concat(explanation.sentences, "\n"), tostring(explanation))
    assert.same({}, messages(explanation.blocked_by))
    assert.equal(0, #explanation.next_runs)
    assert.is_nil(explanation.latest_run)
  end)

  it("gives a schedule's next times as the schedule does, and its minimum interval", function()
    local policy = made { type = "schedule", schedule = "0 9 * * MON", min_interval_between_runs = "P7D" }
    local explanation = assert(policy:explain { count = 2, after = sandbox:now() })
    local times = assert(dr.schedule "0 9 * * MON"):next_runs { count = 2, after = sandbox:now() }
    assert.equal(2, #explanation.next_runs)
    for i, time in ipairs(times) do
      assert.equal(time.utc, explanation.next_runs[i].utc)
      assert.matches(time.utc .. " (local " .. time.local_time .. ")", explanation.sentences[2], 1, true)
    end
    assert.matches("At 09:00 UTC on Mondays", explanation.sentences[1], 1, true)
    assert.equal("At least P7D lie between two runs.", explanation.sentences[3])
  end)

  it("names what is missing, one after the other, and nothing when it is there", function()
    local policy = made { type = "accuracy_decline", schedule = "@daily", status_declines_to_failing = true }
    local association = "no association id is set, so accuracy cannot be computed"
    assert.same({ association }, messages(assert(policy:explain()).blocked_by))
    assert(deployment:update_challenger_models_settings { enabled = false })
    assert.same(sorted { association, "challenger models are off on this deployment" },
      sorted(messages(assert(policy:explain()).blocked_by)))
    assert(deployment:update_challenger_models_settings { enabled = true })
    assert(deployment:update_association_id_settings { column_names = { "id" } })
    assert.same({}, messages(assert(policy:explain()).blocked_by))
  end)

  it("knows that a dataset is missing, and gives the server's words on the run that failed", function()
    local bare = assert(sandboxes.start())
    local own <close> = assert(bare:client())
    local policy = assert(assert(own:deployment(bare.deployment_id)):create_retraining_policy { name = "p",
      action = "create_model_package" })
    assert.same({ "no dataset is set, so there is nothing to train with" },
      messages(assert(policy:explain()).blocked_by))
    assert(policy:start_run())
    bare:advance "2h"
    local failed = assert(policy:explain())
    assert.equal("failed", failed.latest_run:state())
    assert.matches("failed. The server says: \"" .. failed.latest_run.error_message .. "\"", tostring(failed), 1, true)
    bare:stop()
  end)

  it("says how far each feature is from the threshold of drift, the nearest first", function()
    local policy = made { type = "data_drift_decline", schedule = "@daily", status_declines_to_warning = true }
    local before = assert(policy:explain()).distance
    assert.is_true(#before > 3)
    for i, feature in ipairs(before) do
      assert.equal(0.15, feature.threshold)
      assert.equal(feature.threshold - feature.value, feature.left)
      assert.is_true(feature.left > 0)
      assert.is_true(i == 1 or before[i - 1].left <= feature.left)
    end
    sandbox:drift(deployment.id, "warning")
    local explanation = assert(policy:explain())
    assert.is_true(explanation.distance[1].left <= 0)
    assert.matches('"' .. explanation.distance[1].name .. '"', tostring(explanation), 1, true)
    assert.matches("passed by", tostring(explanation), 1, true)
    assert(deployment:update_health_settings { data_drift = { drift_threshold = 0.9 } })
    assert.is_true(assert(policy:explain()).distance[1].left > 0)
    assert.equal(0, #explanation.unknown)
  end)

  it("says how the last run stands", function()
    local policy = made()
    assert(assert(deployment:retraining_policy(policy.id)):start_run())
    local active = assert(policy:explain())
    assert.equal("active", active.latest_run:state())
    assert.matches("Its last run is under way", active.sentences[2], 1, true)
    sandbox:advance "2h"
    local over = assert(policy:explain())
    assert.equal("succeeded", over.latest_run:state())
    assert.matches("succeeded", over.sentences[2], 1, true)
  end)

  it("only reads, a fixed number of times", function()
    local policy = made { type = "data_drift_decline", schedule = "@daily", status_declines_to_warning = true }
    sandbox:requests { clear = true }
    assert(policy:explain())
    local requests = sandbox:requests()
    assert.equal(6, #requests)
    for _, request in ipairs(requests) do assert.equal("GET", request.method) end
  end)

  it("is silent about health that cannot be read, and fails with the settings", function()
    local policy = made { type = "data_drift_decline", schedule = "@daily", status_declines_to_warning = true }
    sandbox:fail { path = "featureDrift", status = 403, count = 1 }
    local explanation = assert(policy:explain())
    assert.equal("forbidden", explanation.unknown[1].kind)
    assert.same({}, messages(explanation.distance))
    sandbox:fail { path = "/settings", status = 403, count = 1 }
    local none, err = policy:explain()
    assert.is_nil(none)
    assert.equal("forbidden", err.kind)
  end)

  it("raises for wrong options, also where there is no schedule", function()
    local policy = made()
    assert.error_matches(function() policy:explain { cuont = 1 } end, "unknown option 'cuont'")
    assert.error_matches(function() policy:explain { count = 0 } end, "explain")
    assert.error_matches(function() policy:explain { after = {} } end, "explain")
  end)
end)
