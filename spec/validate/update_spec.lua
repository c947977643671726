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
    assert.equal(dr.null, decoded { trigger = { type = dr.null } }.trigger.type)
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
      { deployment = deployment, settings = assert(deployment:get_settings()), policies = {
        policy, policy:to_table() } }))
    for _, context in ipairs { { deployment = client }, { deployment = policy }, { policies = { client } },
      { policies = deployment:retraining_policies() }, deployment, client, { policy = deployment } } do
      assert.is_false(pcall(dr.validate, "policy_update", { name = "q" }, context))
    end
  end)

  it("of a policy that is started manually needs a type for its trigger", function()
    for _, t in ipairs { { schedule = "@daily" }, { min_interval_between_runs = "P1D" },
      { status_declines_to_warning = true } } do
      for _, f in ipairs { dr.validate, dr.encode, dr.normalize } do
        local ok, err = f("policy_update", { trigger = t }, policy)
        assert.is_nil(ok)
        assert.equal("trigger.type", err.problems[1].path)
        assert.matches("^missing; write type = ", err.problems[1].message)
      end
      local ok, err = policy:update { trigger = t }
      assert.is_nil(ok)
      assert.equal("trigger.type", err.problems[1].path)
    end
    assert.is_nil((dr.validate("policy_update", { trigger = { schedule = "@daily" } }, { policy = policy })))
    local ok, notes = dr.validate("policy_update", { trigger = { type = "schedule", schedule = "@daily" } }, policy)
    assert.is_true(ok)
    assert.same({}, notes)
  end)

  it("knows the policy that it is for", function()
    for kind in pairs { policy = 1, settings = 1, challenger = 1 } do
      for _, f in ipairs { dr.validate, dr.encode, dr.normalize } do
        local ok, why = pcall(f, kind, {}, policy)
        assert.is_false(ok)
        assert.matches('a policy is known beside a "policy_update" only', why, 1, true)
      end
    end
    for _, value in ipairs { {}, "x", deployment, client, dr.null } do
      for _, f in ipairs { dr.encode, dr.normalize } do
        local ok, why = pcall(f, "policy_update", { name = "q" }, value)
        assert.is_false(ok)
        assert.matches("the policy that would be changed expected, got", why, 1, true)
      end
    end
  end)

  it("takes a nested schedule whole", function()
    local _, err = dr.encode("policy_update", { trigger = { type = "schedule", schedule = { hour = { 9 } } } }, policy)
    assert.equal(4, #err.problems)
  end)
end)
