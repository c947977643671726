-- What assigning to a field of an object says works when it is followed, for every field.
local dr = require "datarobot"
local sandboxes = require "datarobot.sandbox"

local ID <const> = "6759e8aebd38a7fca6ba234a"

-- What is said about assigning to a field.
local function advice(object, name)
  local ok, text = pcall(function() object[name] = 1 end)
  assert.is_false(ok)
  return (text:match "^.*assign_spec.lua:%d+: attempt to assign to '.-' of a .-, which is a snapshot of a reply: (.*)$")
end

-- A value that a field takes.
local function value_of(field)
  if field.name == "trigger" then return { type = "schedule", schedule = "@daily" } end
  if field.name == "association_id" then return { column_names = { "id" } } end
  if field.name == "enabled" or field.type == "boolean" then return true end
  if field.type == "id" then return ID end
  if field.type == "enum" then return field.words[1] end
  if field.type == "string" then return "x" end
  local t = {}
  for _, inner in ipairs(field.fields or {}) do
    if inner.required then t[inner.name] = value_of(inner) end
  end
  return t
end

-- Does what the text proposes, with the value for its dots.
local function follow(text, objects, value)
  objects.VALUE = value
  local code = assert(text:match "^use (.*)$"):gsub("%.%.%.", "VALUE")
  return assert(load("return " .. code, "=advice", "t", objects))()
end

describe("assigning to a field", function()
  local sandbox, objects
  setup(function()
    sandbox = sandboxes.start {}
    local client = assert(sandbox:client())
    local deployment = assert(client:deployment(sandbox.deployment_id))
    local policy = assert(deployment:create_retraining_policy { name = "p" })
    objects = { client = client, deployment = deployment, policy = policy }
  end)
  teardown(function()
    objects.client:close()
    sandbox:stop()
  end)

  local METHODS <const> = {
    { "deployment_update", "deployment", "use deployment:update { %s = ... }" },
    { "settings", "deployment", "use deployment:update_settings { %s = ... }" },
    { "retraining_settings", "deployment", "use deployment:update_retraining_settings { %s = ... }" },
    { "policy_update", "policy", "use policy:update { %s = ... }" },
  }

  for _, row in ipairs(METHODS) do
    local kind, object, form = row[1], row[2], row[3]
    it(("of %s names the method that takes it (%s)"):format(object, kind), function()
      for _, field in ipairs(dr.fields(kind)) do
        local text = advice(objects[object], field.name)
        assert.equal(form:format(field.name), text)
        local value = value_of(field)
        assert(dr.validate(kind, { [field.name] = value }))
        local _, err = follow(text, objects, value)
        assert.is_true(err == nil or err.status ~= nil, tostring(err)) -- sent; ids are of nothing
      end
    end)
  end

  it("of a deployment's status names the two methods", function()
    assert.equal("use deployment:activate() or deployment:deactivate()", advice(objects.deployment, "status"))
  end)

  it("that nothing changes says so", function()
    for _, name in ipairs { "id", "created_at", "no_such", 1, true } do
      assert.equal("no method changes it", advice(objects.deployment, name))
    end
    assert.equal("no method changes it", advice(objects.policy, "latest_run"))
  end)
end)
