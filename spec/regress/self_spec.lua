-- A method called on an object of another class: refused in Lua's own words, nothing is sent.
local core = require "datarobot.core"
local dr = require "datarobot"
local sandboxes = require "datarobot.sandbox"

describe("a method", function()
  local sandbox, client, deployment, policy
  setup(function()
    sandbox = sandboxes.start { deployments = 1 }
    client = assert(sandbox:client())
    deployment = assert(client:deployment(sandbox.deployment_id))
    policy = assert(deployment:create_retraining_policy { name = "p" })
  end)
  teardown(function()
    client:close()
    sandbox:stop()
  end)

  local function refused(name, wanted, got, f, ...)
    sandbox:requests { clear = true }
    local call = load(("local o = ... return function(...) local a, b = o.%s(...) return a, b end"):format(name))
    local ok, err = pcall(call { [name] = f }, ...)
    assert.is_false(ok)
    assert.matches(("datarobot.%s expected, got %s"):format(wanted, got), err, 1, true)
    assert.matches(("bad argument #1 to '%s'"):format(name), err, 1, true)
    assert.same({}, sandbox:requests())
  end

  it("that is one request knows its class", function()
    local methods = {
      client = { object = client, "version", "whoami", "deployment" },
      deployment = { object = deployment, "refresh", "get_settings", "get_retraining_settings",
        "update_retraining_settings", "retraining_policy" },
      retraining_policy = { object = policy, "refresh", "delete" },
    }
    for class, names in pairs(methods) do
      for _, name in ipairs(names) do
        for other, of_other in pairs(methods) do
          if other ~= class then
            refused(name, class, "datarobot." .. other, names.object[name], of_other.object, policy.id)
          end
        end
        refused(name, class, "table", names.object[name], {})
        refused(name, class, "nil", names.object[name], nil)
        refused(name, class, "datarobot.schedule", names.object[name], dr.schedule "@daily")
      end
    end
  end)

  it("cannot be led to longer paths", function()
    local object = policy
    for _ = 1, 3 do
      local ok, err = pcall(deployment.refresh, object)
      assert.is_false(ok)
      object = ok and err or object
    end
    assert.equal(policy, assert(policy:refresh()))
  end)

  it("of several requests refuses an object further down", function()
    local function says(...)
      local ok, err = pcall(...)
      assert.is_false(ok)
      assert.matches("datarobot.deployment expected, got datarobot.retraining_policy", err, 1, true)
      return err
    end
    sandbox:requests { clear = true }
    assert.matches("calling 'create_retraining_policy' on bad self",
      says(function() deployment.create_retraining_policy(policy, { name = "x" }) end))
    assert.matches("calling 'update_settings' on bad self",
      says(function() deployment.update_settings(policy, {}) end))
    says(function() for _ in deployment.retraining_policies(policy) do error "an item" end end)
    says(core.calls.create_policy, policy, { name = "x" })
    local ok, err = pcall(core.calls.list_deployments, deployment)
    assert.is_false(ok)
    assert.matches("datarobot.client expected, got datarobot.deployment", err, 1, true)
    assert.same({}, sandbox:requests())
  end)
end)
