--- What replies hold that are plain tables, for the reference and dr.help. Comments only. A newer server may add
-- members;
-- what is null or absent is nil.

---@class datarobot.Account What `client:whoami` returns: the account that the token belongs to.
---@field uid string id of the user, such as `retraining_user_id` takes
---@field email string
---@field first_name? string
---@field last_name? string
---@field org_id? string
---@field tenant_id? string

---@class datarobot.Version What `client:version` returns: the version of the server's API.
---@field major integer
---@field minor integer
---@field version_string? string `"2.38.0"`
---@field released_version? string the last released version of the API

---@class datarobot.DeploymentSettings What `deployment:get_settings` returns. Most groups have one member,
---  `enabled`, and
---  are null where the deployment has nothing of the kind.
---@field challenger_models? {enabled: boolean}
---@field target_drift? {enabled: boolean}
---@field feature_drift? {enabled: boolean}
---@field predictions_data_collection? {enabled: boolean} whether rows of predictions are stored, as challengers need
---@field segment_analysis? {enabled: boolean}
---@field automatic_actuals? {enabled: boolean}
---@field humility? {enabled: boolean}
---@field batch_monitoring? {enabled: boolean}
---@field prediction_intervals? {enabled: boolean}
---@field prediction_warning? {enabled: boolean}
---@field predictions_by_forecast_date? {enabled: boolean}
---@field association_id? {column_names: string[], required_in_prediction_requests: boolean, auto_generate_id: boolean}

---@class datarobot.RetrainingSettings What `deployment:get_retraining_settings` returns; an empty table where
---  nothing is set.
---@field retraining_user? {id: string, username: string} in whose name policies run; without one no trigger is accepted
---@field dataset? {id: string, name: string} what models are retrained with
---@field prediction_environment? {id: string, name: string} where challengers make their predictions

---@class datarobot.HealthSettings What `deployment:get_health_settings` returns: what decides that health falls. A
---  newer server may have further groups and members.
---@field data_drift? datarobot.body.health_data_drift what triggers of type `data_drift_decline` go by
---@field accuracy? datarobot.body.health_accuracy what triggers of type `accuracy_decline` go by
---@field service? table
---@field fairness? table
---@field custom_metrics? table
---@field predictions_timeliness? table
---@field actuals_timeliness? table

---@class datarobot.ReplaySettings What `deployment:get_challenger_replay_settings` returns.
---@field enabled? boolean whether challengers replay by the schedule
---@field schedule? datarobot.body.schedule when, in UTC; `dr.schedule` takes it
