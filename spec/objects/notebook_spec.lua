-- The steps of DataRobot's retraining notebook, and the bodies that they put on the wire.
local cjson = require("cjson").new()
local dr = require "datarobot"
local sandboxes = require "datarobot.sandbox"

local function contract(name)
  local root = debug.getinfo(1, "S").source:match "^@(.*)spec/objects/" or ""
  local file = assert(io.open(root .. "spec/contract/" .. name))
  local text = file:read "a"
  file:close()
  return cjson.decode(text)
end

describe("the notebook", function()
  local sandbox, client
  before_each(function()
    sandbox = sandboxes.start {}
    client = assert(sandbox:client())
  end)
  after_each(function()
    client:close()
    sandbox:stop()
  end)

  local function bodies()
    local found = {}
    for _, r in ipairs(sandbox:requests()) do
      if r.body and r.body ~= "" then found[#found + 1] = { r.method, r.path, cjson.decode(r.body) } end
    end
    return found
  end

  it("sends the bodies that the notebook sends", function()
    local d = assert(client:deployment(sandbox.deployment_id))
    assert.is_true(assert(d:update_challenger_models_settings { enabled = true }))
    assert.is_true(assert(d:update_retraining_settings {
      dataset_id = sandbox.dataset_id,
      prediction_environment_id = sandbox.prediction_environment_id,
      retraining_user_id = d.owners.preview[1].id,
    }))
    local policy = assert(d:create_retraining_policy {
      name = "MultiClass Drift Tracking Policy", description = dr.null, action = "create_challenger",
      trigger = { type = "data_drift_decline", schedule = "@daily", status_declines_to_warning = true,
        status_declines_to_failing = false, status_still_in_decline = false },
      model_selection_strategy = "autopilot_recommended",
      feature_list_strategy = "informative_features",
      project_options_strategy = "same_as_champion",
      project_options = { cv_method = "RandomCV", validation_type = "CV", metric = "Accuracy",
        holdout_pct = dr.null, validation_pct = dr.null, reps = dr.null },
      autopilot_options = { mode = "auto", blend_best_models = false, run_leakage_removed_feature_list = true,
        scoring_code_only = false, shap_only_mode = false },
    })
    assert.equal("MultiClass Drift Tracking Policy", policy.name)
    local sent = bodies()
    local base = "/api/v2/deployments/" .. sandbox.deployment_id
    assert.same({ "PATCH", base .. "/settings/", contract "seed-challenger-settings.json" }, sent[1])
    assert.same({ "PATCH", base .. "/retrainingSettings/", contract "seed-settings.json" }, sent[2])
    assert.same({ "POST", base .. "/retrainingPolicies/", contract "seed-drift-policy.json" }, sent[3])
    assert.equal(3, #sent)
  end)
end)
