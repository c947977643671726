-- An update completes the nested objects that it names from the policy's snapshot; objects as context.
local dr = require "datarobot"
local sandboxes = require "datarobot.sandbox"

describe("an update", function()
  local sandbox, client, deployment, policy
  setup(function()
    sandbox = sandboxes.start {}
    client = assert(sandbox:client())
    deployment = assert(client:deployment(sandbox.deployment_id))
    policy = assert(deployment:create_retraining_policy {
      name = "p", action = "create_model_package",
      autopilot_options = { mode = "comprehensive", blend_best_models = true },
      trigger = { type = dr.null, min_interval_between_runs = "P7D" },
    })
  end)
  teardown(function()
    client:close()
    sandbox:stop()
  end)

  local function decoded(t)
    return assert(dr.decode(assert(dr.encode("policy_update", t, policy))))
  end

  it("leaves alone what the table does not name", function()
    assert.equal('{"name":"q"}', dr.encode("policy_update", { name = "q" }, policy))
    assert.equal('{"autopilotOptions":{"mode":"auto"}}',
      dr.encode("policy_update", { autopilot_options = { mode = "auto" } }))
  end)

  it("completes what it names, without the nulls that the schema refuses", function()
    local options = decoded { autopilot_options = { mode = "auto" } }.autopilotOptions
    assert.equal("auto", options.mode)
    assert.is_true(options.blendBestModels)
    for _, value in pairs(options) do assert.not_equal(dr.null, value) end
  end)

  it("sends a trigger in full", function()
    local trigger = decoded { trigger = { type = "data_drift_decline" } }.trigger
    assert.equal("P7D", trigger.minIntervalBetweenRuns)
    assert.equal(0, trigger.schedule.minute[1])
    assert.is_false(trigger.statusDeclinesToWarning)
    assert.equal(dr.null, decoded { trigger = {} }.trigger.type)
  end)

  it("sees what is missing only after that", function()
    local ok, err = dr.encode("policy_update", { trigger = { type = "schedule" } }, policy)
    assert.is_nil(ok)
    assert.equal("trigger.schedule", err.problems[1].path)
  end)

  it("may have objects as the context of its notes", function()
    local function paths(...)
      local _, notes = assert(dr.validate(...))
      local list = {}
      for i, note in ipairs(notes) do list[i] = note.path end
      return list
    end
    assert.same({ "name", "project_options.metric" }, paths("policy", {
      name = "p", project_options = { metric = "RMSE" } }, { deployment = deployment, policies = { policy } }))
    assert.same({}, paths("policy", { name = "q", trigger = { type = "schedule", schedule = "@daily" } },
      { deployment = client, retraining_settings = dr.null, policies = { client } }))
  end)

  it("takes a nested schedule whole", function()
    local _, err = dr.encode("policy_update", { trigger = { type = "schedule", schedule = { hour = { 9 } } } }, policy)
    assert.equal(4, #err.problems)
  end)
end)
