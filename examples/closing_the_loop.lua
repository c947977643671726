-- The whole loop on a local DataRobot: a policy's run trains a challenger, it is waited for, promoted, and rolled back.
-- Prints what happens; needs no account.
--
--     lua5.4 examples/closing_the_loop.lua
local sandbox <close> = require "datarobot.sandbox".start()
local client <close> = assert(sandbox:client())
local deployment = assert(client:deployment(sandbox.deployment_id))
print("deployment", deployment)

-- What retraining stands on: challengers, a data set, somebody in whose name it runs.
assert(deployment:update_challenger_models_settings { enabled = true })
assert(deployment:update_retraining_settings {
  dataset_id = sandbox.dataset_id, retraining_user_id = deployment.owners.preview[1].id,
})
local policy = assert(deployment:create_retraining_policy {
  name = "Retrain when the data drifts",
  action = "create_challenger",
  trigger = { type = "data_drift_decline", schedule = "@daily", status_declines_to_warning = true },
})
print("policy", policy)

-- A run by hand, as if the data had drifted; time moves in the sandbox only.
local run = assert(policy:start_run())
print("started", run)
assert(run:wait { interval = 0.1, on_progress = function(seen, seconds)
  print("waiting", ("%s after %.1f s"):format(seen.status, seconds))
  sandbox:advance "30m"
end })
print("over", run)

local before = assert(deployment:champion_model_package())
for _, challenger in ipairs(assert(deployment:challengers())) do print("challenger", challenger) end
local check = assert(deployment:validate_replacement_model { model_package_id = run.model_package_id })
print("check", check.status)

local replacement = assert(run:promote())
print("promoted", ("%s for %s, instead of %s"):format(replacement.model_package_id, replacement.reason,
  replacement.previous_model_package_id))
assert(assert(run:promote()).unchanged) -- a second time changes nothing

assert(deployment:rollback(replacement))
assert(assert(deployment:champion_model_package()).id == before.id)
print("rolled back", before.name)
print "The loop is closed: trained, promoted, rolled back."
