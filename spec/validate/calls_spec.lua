-- Slips of a call: a colon for a dot, a whole policy for its definition, a member of the body among the options.
local dr = require "datarobot"
local sandboxes = require "datarobot.sandbox"

local function raised(f, ...)
  local ok, why = pcall(f, ...)
  assert.is_false(ok)
  return tostring(why)
end

describe("a call with a colon", function()
  it("of a function of the module is told to use a dot", function()
    local n = 0
    for name, f in pairs(dr) do
      if type(f) == "function" then
        n = n + 1
        local line = debug.getinfo(1, "l").currentline + 1
        local text = raised(function() return (f(dr, "policy", { name = "p" })) end)
        local wanted = ("calls_spec.lua:%d: '%s' was called with a colon; call it with a dot: dr.%s(...)"):format(
          line, name, name)
        assert.equal(wanted, text:match "[^/]*$")
      end
    end
    assert.is_true(n >= 11)
  end)

  it("without arguments, too, but where anything may be given", function()
    for _, name in ipairs { "client", "progress", "schedule", "decode", "array", "fields", "validate" } do
      assert.matches("call it with a dot: dr." .. name, raised(dr[name], dr), 1, true)
    end
    assert.is_false(dr.is_error(dr))
    assert.is_string(dr.help(dr))
  end)
end)

describe("a policy", function()
  local sandbox, client, deployment, policy
  setup(function()
    sandbox = sandboxes.start {}
    client = assert(sandbox:client())
    deployment = assert(client:deployment(sandbox.deployment_id))
    policy = assert(deployment:create_retraining_policy { name = "p" })
  end)
  teardown(function()
    client:close()
    sandbox:stop()
  end)

  it("is no body, and its definition is one", function()
    local text = raised(function() return deployment:create_retraining_policy(policy) end)
    assert.matches("pass policy:definition()", text, 1, true)
    assert.matches("pass policy:definition()", raised(function() return policy:update(policy) end), 1, true)
    assert(deployment:create_retraining_policy(policy:definition()))
  end)

  it("has members in the table, not among the options", function()
    for _, options in ipairs { { description = "d" }, { timeout = 5, useCaseId = "x" } } do
      local name = options.description and "description" or "useCaseId"
      local wanted = ("'%s' is a member of the body; give it in the table before"):format(name)
      assert.matches(wanted, raised(function() return policy:update({ name = "q" }, options) end), 1, true)
      local text = raised(function() return deployment:create_retraining_policy({ name = "q" }, options) end)
      assert.matches(wanted, text, 1, true)
    end
    assert(policy:update({ name = "q" }, { timeout = 5, retry = false }))
  end)

  it("is not alone: settings and lists have their members in the table, too", function()
    local text = raised(function() return deployment:update_settings({}, { challengerModels = {} }) end)
    assert.matches("'challengerModels' is a member of the body; give it in the table before", text, 1, true)
    text = raised(function() return deployment:update_challenger_models_settings({}, { enabled = true }) end)
    assert.matches("#2 to 'update_challenger_models_settings' ('enabled' is a member of the body;", text, 1, true)
    for _, method in ipairs { "deployments", "datasets", "credentials", "prediction_environments" } do
      for _, second in ipairs { { limit = 3 }, { timeout = 3 }, "x" } do
        text = raised(function() return client[method](client, {}, second) end)
        assert.matches(("bad argument #2 to '%s' (a list takes one table"):format(method), text, 1, true)
      end
      assert(client[method](client, {}, nil))
    end
    text = raised(function() return deployment:retraining_policies({}, { limit = 3 }) end)
    assert.matches("bad argument #2 to 'retraining_policies' (a list takes one table", text, 1, true)
    local _, err = client:deployments({ timeout = 3 }):collect()
    assert.matches("timeout: an option of the call; a list has none; leave it out", tostring(err), 1, true)
  end)
end)
