-- dr.diff: deployments, policies, tables and files against each other.
local dr = require "datarobot"
local process = require "spec.support.process"
local worlds = require "spec.declare.worlds"

describe("dr.diff", function()
  local one, two
  local T <const> = {
    settings = { humility = { enabled = true } },
    policies = {
      { name = "A", description = "x", trigger = { type = "schedule", schedule = "@daily" } }, { name = "B" },
    },
  }
  setup(function()
    one, two = worlds.new(), worlds.new()
    assert(one.deployment:apply(T))
    assert(two.deployment:apply { settings = { humility = { enabled = false } }, policies = { { name = "A",
      trigger = { type = "schedule", schedule = "0 1 * * *" } }, { name = "C" } } })
  end)
  teardown(function()
    for _, world in ipairs { one, two } do
      world.client:close()
      world.sandbox:stop()
    end
  end)

  local function told(a, b)
    local list = {}
    for i, change in ipairs(assert(dr.diff(a, b))) do
      local after = type(change.after) ~= "table" and tostring(change.after) or "{}"
      local before = type(change.before) ~= "table" and tostring(change.before) or "{}"
      list[i] = ("%s %s %s %s"):format(change.kind, change.path, before, after)
    end
    table.sort(list)
    return list
  end

  it("is empty for what is the same", function()
    assert.same({}, told(one.deployment, one.deployment))
    assert.same({}, told(one.deployment, T))
    assert.same({}, told(T, one.deployment))
    assert.same({}, told(T, T))
    assert.same({}, told({ name = "A", description = dr.null }, { name = "A" }))
    assert.equal("no difference", tostring(dr.diff(T, T)))
  end)

  it("tells what differs between deployments, either way round", function()
    local there = {
      'added policies["C"] nil {}', 'changed policies["A"].description x nil',
      'changed policies["A"].trigger.schedule 0 0 * * * 0 1 * * *', 'changed settings.humility.enabled true false',
      'removed policies["B"] {} nil',
    }
    assert.same(there, told(one.deployment, two.deployment))
    assert.equal(#there, #told(two.deployment, one.deployment))
    assert.matches("~ settings.humility.enabled: true -> false", tostring(dr.diff(one.deployment, two.deployment)), 1,
      true)
  end)

  it("compares only what a table names with a state", function()
    assert.same({ 'added policies["D"] nil {}', 'changed policies["A"].description x y' },
      told(one.deployment, { policies = { { name = "A", description = "y" }, { name = "D" } } }))
    local dataset = assert(one.client:datasets():first())
    assert.same({ "changed retraining_settings.dataset_id nil " .. dataset.dataset_id },
      told(one.deployment, { retraining_settings = { dataset = dataset.name } }))
  end)

  it("takes policies and files", function()
    local a = assert(one.deployment:find_retraining_policy "A")
    local b = assert(two.deployment:find_retraining_policy "A")
    assert.equal(2, #told(a, b))
    assert.same({}, told(a, { name = "A", description = "x" }))
    local folder = process.folder()
    local path = folder:write("t.lua", 'return { name = "A", description = "z" }')
    assert.same({ 'changed policies["A"].description x z' }, told(a, { file = path }))
    folder:remove()
    local _, err = dr.diff(a, { file = path })
    assert.equal("config", err.kind)
    _, err = dr.diff(a, { polcies = {} })
    assert.equal("validation", err.kind)
    assert.has_error(function() dr.diff(a, 1) end)
  end)
end)
