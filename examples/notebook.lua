-- The steps of DataRobot's retraining notebook, in Lua. Without ids it runs on the sandbox, a local
-- DataRobot inside this process; with your own ids on the DataRobot of your configuration
-- (DATAROBOT_ENDPOINT and DATAROBOT_API_TOKEN, or drconfig.yaml):
--
--   lua5.4 examples/notebook.lua [--color] [DEPLOYMENT_ID DATASET_ID PREDICTION_ENVIRONMENT_ID]
local dr = require "datarobot"

local colour = arg[1] == "--color" and table.remove(arg, 1) ~= nil
local function say(step, text)
  io.write(colour and "\27[1;36m" or "", step, colour and "\27[0m" or "", "  ", tostring(text), "\n")
end

if #arg ~= 0 and #arg ~= 3 then
  io.stderr:write("usage: notebook.lua [--color] [DEPLOYMENT_ID DATASET_ID PREDICTION_ENVIRONMENT_ID]\n")
  os.exit(2)
end

local sandbox <close> = #arg == 0 and require("datarobot.sandbox").start {} or nil
local client <close> = assert(sandbox and sandbox:client() or dr.client())
local deployment_id = arg[1] or sandbox.deployment_id
local dataset_id = arg[2] or sandbox.dataset_id
local prediction_environment_id = arg[3] or sandbox.prediction_environment_id

say("client      ", client)

local deployment = assert(client:deployment(deployment_id))
say("deployment  ", deployment)

assert(deployment:update_challenger_models_settings { enabled = true })
say("settings    ", "challenger models are on")

local owner = deployment.owners.preview[1]
assert(deployment:update_retraining_settings {
  dataset_id = dataset_id,
  prediction_environment_id = prediction_environment_id,
  retraining_user_id = owner.id,
})
say("retraining  ", ("as %s, on dataset %s"):format(owner.email, dataset_id))

local policy = assert(deployment:create_retraining_policy {
  name = "MultiClass Drift Tracking Policy",
  description = dr.null,
  action = "create_challenger",
  trigger = {
    type = "data_drift_decline",
    schedule = "@daily",
    status_declines_to_warning = true,
    status_declines_to_failing = false,
    status_still_in_decline = false,
    min_interval_between_runs = dr.null,
  },
  model_selection_strategy = "autopilot_recommended",
  feature_list_strategy = "informative_features",
  project_options_strategy = "same_as_champion",
  project_options = {
    cv_method = "RandomCV",
    validation_type = "CV",
    metric = "Accuracy",
    holdout_pct = dr.null,
    validation_pct = dr.null,
    reps = dr.null,
  },
  autopilot_options = {
    mode = "auto",
    blend_best_models = false,
    run_leakage_removed_feature_list = true,
    scoring_code_only = false,
    shap_only_mode = false,
  },
})
say("policy      ", policy)
say("  trigger   ", policy.trigger)

for p in deployment:retraining_policies() do say("listed      ", p) end

-- What a mistake looks like: every one of them at once, before anything is sent.
local _, err = deployment:create_retraining_policy {
  name = "Weekly",
  action = "create_chalenger",
  trigger = { type = "schedule", schedule = "0 25 * * MON" },
  autopilot_options = { mode = "full" },
}
say("a mistake   ", err)

if sandbox then
  say("requests    ", "what arrived at the sandbox:")
  for _, r in ipairs(sandbox:requests()) do
    print(("              %-6s %s -> %d"):format(r.method, r.path, r.status))
  end
end
