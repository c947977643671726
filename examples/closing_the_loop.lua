-- The whole loop on a local DataRobot, in which time moves: data drifts, a policy notices and trains a challenger,
-- which is compared with the champion, promoted because it is better, and rolled back. Prints what happens; needs no
-- account.
--
--     lua5.4 examples/closing_the_loop.lua
local sandbox <close> = require "datarobot.sandbox".start()
local client <close> = assert(sandbox:client())
local deployment = assert(client:deployment(sandbox.deployment_id))
print("deployment", deployment)

-- What retraining stands on: drift is tracked, actuals find their predictions, challengers are on and replay each
-- night, and there is a dataset and somebody in whose name runs train.
assert(deployment:update_drift_tracking_settings {
  target_drift = { enabled = true }, feature_drift = { enabled = true },
})
assert(deployment:update_association_id_settings { column_names = { "id" } })
assert(deployment:update_challenger_models_settings { enabled = true })
assert(deployment:update_challenger_replay_settings { enabled = true, schedule = "30 1 * * *" })
assert(deployment:update_health_settings { data_drift = { drift_threshold = 0.2, high_importance_failing_count = 1 } })
assert(deployment:update_retraining_settings {
  dataset_id = sandbox.dataset_id, retraining_user_id = deployment.owners.preview[1].id,
})
local policy = assert(deployment:create_retraining_policy {
  name = "Retrain when the data drifts",
  action = "create_challenger",
  trigger = { type = "data_drift_decline", schedule = "0 6 * * *", status_declines_to_failing = true },
})
print("policy", policy)

-- A quiet day: the policy looks at health and leaves it at that.
sandbox:advance "1d"
assert(policy:runs():first() == nil)
print("a day later", "data drift " .. deployment:refresh().model_health.status .. ", no run")

-- The world changes, and the model with it. The policy's next look starts a run.
sandbox:drift(deployment.id, "failing")
sandbox:accuracy(deployment.id, { percent_change = -15 })
print("the data drifts", "data drift " .. deployment:refresh().model_health.status .. ", accuracy "
  .. deployment.accuracy_health.status)
sandbox:advance "6h30m"
local run = assert(policy:runs():first(), "the policy has not noticed")
print("started by itself", run)
assert(run:wait { interval = 0.1, on_progress = function(seen, seconds)
  print("waiting", ("%s after %.1f s"):format(seen.status, seconds))
  sandbox:advance "30m"
end })
print("over", run)

-- The challenger has made no predictions yet, so nothing can be said of it, and nothing is replaced.
local before = assert(deployment:champion_model_package())
local better_on = { metric = "LogLoss", by = 0.01, min_samples = 50 }
local promoted, err = run:promote { better_on = better_on }
assert(promoted == nil and err.kind == "conflict" and err.comparison)
print("not promoted", err.message)

-- It scores the predictions of the last days as the champion did; now they can be compared.
assert(deployment:replay_challengers())
local challenger = assert(deployment:challenger(run.challenger_id))
local comparison = assert(deployment:compare { challenger = challenger, metric = "LogLoss", min_samples = 50 })
print("compared", ("LogLoss %.4f, the champion's %.4f, of %d predictions: %s"):format(comparison.challenger,
  comparison.champion, comparison.samples, comparison.better and "better" or "not better"))

local replacement = assert(run:promote { better_on = better_on })
print("promoted", ("%s for %s, instead of %s"):format(replacement.model_package_id, replacement.reason,
  replacement.previous_model_package_id))
assert(assert(run:promote()).unchanged) -- a second time changes nothing
sandbox:advance "8d"
print("a week later", "data drift " .. deployment:refresh().model_health.status .. ", accuracy "
  .. deployment.accuracy_health.status)

assert(deployment:rollback(replacement))
assert(assert(deployment:champion_model_package()).id == before.id)
print("rolled back", before.name)
print "The loop is closed: drifted, trained, compared, promoted, rolled back."
