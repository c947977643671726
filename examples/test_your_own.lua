-- How to test an automation of your own, with busted and the sandbox: a retraining job that is started by cron, and
-- what it does when all is well, when DataRobot's check has a warning, when somebody else has started a run, and when
-- the server is down. Needs no account; each test has a DataRobot of its own, which is there in a few milliseconds.
--
--     busted examples/test_your_own.lua
--     lua5.4 examples/test_your_own.lua            -- the same, with a line at the end

-- {=== the automation: in real life a module of its own, which takes a client ===}

-- Retrains a deployment by its policy "Nightly", which it makes where there is none, and serves the new model unless
-- DataRobot's own check objects. Returns what has become of it; or nil and the error.
local function retrain(client, id, o)
  local deployment, err = client:deployment(id)
  if not deployment then return nil, err end
  local policy
  policy, err = deployment:find_retraining_policy "Nightly"
  if not policy and err.kind == "not_found" then
    policy, err = deployment:create_retraining_policy { name = "Nightly", action = "create_challenger",
      feature_list_strategy = "informative_features" }
  end
  if not policy then return nil, err end
  local run
  run, err = policy:start_run { join = true } -- one that somebody else has started is as good
  if not run then return nil, err end
  run, err = run:wait(o)
  if not run then return nil, err end
  local done
  done, err = run:promote()
  if done then return "promoted" end
  if err.kind == "conflict" then return "kept: " .. err.message end
  return nil, err
end

-- {=== run by Lua: busted runs this file ===}

if not describe then
  local command = ('%s "$(command -v busted)" --ignore-lua --output=TAP %s'):format(arg[-1], arg[0])
  local good = os.execute(command)
  print(good and "All tests of the automation have passed." or "The automation has a fault.")
  os.exit(good == true, true)
end

-- {=== the tests ===}

local sandboxes = require "datarobot.sandbox"

describe("the nightly retraining", function()
  local sandbox, client, wait

  -- A sandbox in which time passes whenever the automation waits, and what retraining stands on.
  local function begin(options)
    sandbox = assert(sandboxes.start(options))
    client = assert(sandbox:client { retries = 0 })
    wait = { interval = 0.01, on_progress = function() sandbox:advance "1h" end }
    local deployment = assert(client:deployment(sandbox.deployment_id))
    assert(deployment:update_challenger_models_settings { enabled = true })
    assert(deployment:update_retraining_settings { dataset_id = sandbox.dataset_id })
    sandbox:requests { clear = true }
    return deployment
  end

  after_each(function()
    client:close()
    sandbox:stop()
  end)

  -- What was written, as "METHOD last part of the path".
  local function written()
    local list = {}
    for _, request in ipairs(sandbox:requests()) do
      if request.method ~= "GET" then list[#list + 1] = request.method .. " " .. request.path:match "([^/]+)/$" end
    end
    return table.concat(list, ", ")
  end

  it("makes its policy, trains, and serves the new model", function()
    local deployment = begin()
    local before = deployment.model_package.id
    assert.equal("promoted", assert(retrain(client, deployment.id, wait)))
    assert.not_equal(before, assert(deployment:champion_model_package()).id)
    assert.equal("POST retrainingPolicies, POST runs, POST validation, PATCH model", written())
  end)

  it("has one policy, however often it is called", function()
    local deployment = begin()
    for _ = 1, 3 do assert(retrain(client, deployment.id, wait)) end
    assert.equal(1, #assert(deployment:retraining_policies():collect()))
  end)

  it("joins a run that is active", function()
    local deployment = begin()
    local policy = assert(deployment:create_retraining_policy { name = "Nightly" })
    local run = assert(policy:start_run())
    assert.equal("promoted", assert(retrain(client, deployment.id, wait)))
    assert.same({ run.id }, { assert(policy:runs():first()).id, #assert(policy:runs():collect()) > 1 or nil })
  end)

  it("keeps the model when DataRobot's check has a warning", function()
    local deployment = begin { features_differ = true }
    assert.matches("^kept: the replacement comes with a warning", assert(retrain(client, deployment.id, wait)))
    assert.equal("POST retrainingPolicies, POST runs, POST validation", written())
  end)

  it("says that a run has failed, and why", function()
    local deployment = begin()
    assert(deployment:update_challenger_models_settings { enabled = false })
    local done, err = retrain(client, deployment.id, wait)
    assert.is_nil(done)
    assert.same({ "run_failed", "the run failed: Challenger models are not enabled." }, { err.kind, err.message })
  end)

  it("gives back what went wrong when the server is down", function()
    local deployment = begin()
    sandbox:fail { status = 503, path = "retrainingPolicies" }
    local done, err = retrain(client, deployment.id, wait)
    assert.is_nil(done)
    assert.same({ "server", 503, true }, { err.kind, err.status, err.retryable })
    assert.equal("", written())
  end)
end)
