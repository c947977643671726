-- A rehearsal: deployments are copied into a local world, the change is made there, and what follows is looked at,
-- before anything touches production. The account that is copied is asked for nothing but GET.
--
--     lua5.4 examples/rehearse.lua                    a sandbox stands for the account
--     lua5.4 examples/rehearse.lua ID                 your own, by the endpoint and the token of your configuration
local dr = require "datarobot"
local sandboxes = require "datarobot.sandbox"

-- What is copied. Without an id a sandbox plays the account, with a policy that is at work already.
local function account(id)
  if id then return assert(dr.client { read_only = true }), id, nil end
  local sandbox = assert(sandboxes.start())
  local client = assert(sandbox:client())
  local deployment = assert(client:deployment(sandbox.deployment_id))
  assert(deployment:update_retraining_settings {
    dataset_id = sandbox.dataset_id, retraining_user_id = deployment.owners.preview[1].id,
  })
  assert(deployment:create_retraining_policy { name = "Monthly", action = "create_model_package",
    trigger = { type = "schedule", schedule = "0 9 1 * *" } })
  sandbox:advance "40d"
  sandbox:requests { clear = true }
  return client, sandbox.deployment_id, sandbox
end

local client, id, production = account(arg[1])
local copy <close> = assert(sandboxes.start { copy_of = client, deployments = { id } })
local local_client <close> = assert(copy:client())
local deployment = assert(local_client:deployment(id))
print("copied", deployment)
for _, policy in ipairs(assert(deployment:retraining_policies():collect())) do
  print("policy", ("%s, %d runs"):format(policy.name, #assert(policy:runs():collect())))
end

-- The change that is rehearsed: retrain when the data drifts.
local policy = assert(deployment:create_retraining_policy {
  name = "Retrain when the data drifts", action = "model_replacement",
  trigger = { type = "data_drift_decline", schedule = "@daily", status_declines_to_failing = true },
})

-- What follows: a week in which nothing happens, and one in which the data drifts.
copy:advance "7d"
print("a quiet week", ("%d runs"):format(#assert(policy:runs():collect())))
local before = assert(deployment:champion_model_package()).id
copy:drift(id, "failing")
copy:advance "7d"
local run = assert(policy:runs():collect())[1]
print("drift", ("run %s from %s to %s"):format(run.status, run.start_time, run.finish_time))
print("champion", before == assert(deployment:champion_model_package()).id and "as before" or "replaced")
print("health", assert(deployment:refresh()).model_health.status)

-- The copy goes; the account is as it was.
copy:stop()
for _, request in ipairs(production and production:requests() or {}) do assert(request.method == "GET") end
print "The rehearsal is over: copied, changed, looked at, thrown away; the account was only read."
