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
    for _, name in ipairs { "validate", "encode", "normalize" } do
      local text = raised(function() return dr[name](dr, "policy", { name = "p" }) end)
      assert.matches("call it with a dot: dr.validate(", text, 1, true)
    end
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
end)
