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

  -- What `object.name(...)` raises.
  local function called_with_a_dot(object, name, ...)
    local chunk = "local o = ... return function(...) local a, b = o.%s(...) return a, b end"
    local ok, err = pcall(load(chunk:format(name), "=user")(object), ...)
    assert.is_false(ok, name)
    return err
  end

  local function refused(name, wanted, got, f, ...)
    sandbox:requests { clear = true }
    local err = called_with_a_dot({ [name] = f }, name, ...)
    local is_object = type((...)) == "userdata"
    assert.matches(("datarobot.%s expected, got %s"):format(wanted, got), err, 1, true)
    assert.matches(("user:1: calling '%s' on bad self ("):format(name), err, 1, true)
    assert.equal(not is_object, err:find("call it with a colon", 1, true) ~= nil)
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

  it("called with a dot says that it needs a colon, at the caller's line", function()
    assert(deployment:update_challenger_models_settings { enabled = true })
    assert(deployment:update_retraining_settings { dataset_id = sandbox.dataset_id })
    local run = assert(policy:start_run { join = true })
    assert(sandbox:advance "2h")
    local objects = {
      client = client, deployment = deployment, retraining_policy = policy, retraining_run = run,
      challenger = assert(deployment:challengers())[1], schedule = dr.schedule "@daily",
      response = assert(client:get "version/"), list = client:deployments(),
      plan = assert(deployment:plan { name = "planned" }),
    }
    sandbox:requests { clear = true }
    local seen = 0
    for _, class in ipairs(require "datarobot.help.data".classes) do
      for _, f in ipairs(objects[class.name] and class.functions or {}) do
        local var = f.signature:match "^%w+"
        local said = ("; call it with a colon: %s:%s(...))"):format(var, f.name)
        for _, argument in ipairs { deployment.id, { name = "x" } } do
          local err = called_with_a_dot(objects[class.name], f.name, argument)
          assert.matches(("user:1: calling '%s' on bad self ("):format(f.name), err, 1, true)
          assert.equal(said, err:sub(-#said))
        end
        assert.matches(said, called_with_a_dot(objects[class.name], f.name), 1, true)
        seen = seen + 1
      end
    end
    assert.is_true(seen > 40, seen)
    for _, name in ipairs { "client", "requests", "fail", "stop" } do
      assert.matches("call it with a colon: sandbox:" .. name, called_with_a_dot(sandbox, name, {}), 1, true)
    end
    assert.same({}, sandbox:requests())
  end)

  it("is named whatever it is called by", function()
    local alias = client.version
    for _, f in ipairs { alias, function(...) local v = alias(...) return v end } do
      local ok, err = pcall(f, {})
      assert.is_false(ok)
      assert.matches("calling 'version' on bad self (datarobot.client expected, got table; call it with a colon", err,
        1, true)
    end
  end)
end)
