-- Finalizers run whenever something is allocated, also while an object is being read, and may refresh that object:
-- what is read is one snapshot or another, never freed memory or a mixture.
local Fault = require "spec.support.fault_server"
local process = require "spec.support.process"

local ID <const> = "6759e8aebd38a7fca6ba234a"
local POLICY <const> = "675f00000000000000000001"
local ITEMS <const> = 500

-- A process of its own: the smaller the heap, the more often the collector gets through.
local SCRIPT <const> = [[
local dr = require "datarobot"
local endpoint, case, items = arg[1], arg[4], tonumber(arg[5])
local client = assert(dr.client { endpoint = endpoint, token = "t", retries = 0 })
local deployment = assert(client:deployment(arg[2]))
local policy = assert(deployment:retraining_policy(arg[3]))

-- Calls f while the collector runs as often as it can and some finalizers refresh the object.
local function disturbed(object, f)
  local armed, runs, refreshed = true, 0, 0
  local function arm()
    setmetatable({}, { __gc = function()
      if not armed then return end
      runs = runs + 1
      if runs % 3 == 1 and refreshed < 100 then
        refreshed = refreshed + 1
        assert(object:refresh())
      end
      arm()
    end })
  end
  collectgarbage("incremental", 1, 1000)
  collectgarbage()
  arm()
  for _ = 1, 10 do f() end
  armed = false
  assert(refreshed > 2, "no finalizer ran")
end

local function whole(list)
  local n = list[1].list[1]
  assert(#list == items)
  for i, item in ipairs(list) do
    assert(item.name == i .. " of snapshot " .. n and item.list[1] == n, item.name)
  end
  return n
end

local function same(list, label) assert(label == "snapshot " .. whole(list), label) end

-- Mistakes in a nested object, so that validation allocates between two looks at the snapshot.
local mistaken = { autopilot_options = {} }
for i = 1, 300 do mistaken.autopilot_options["no_such_option_" .. i] = i end

local cases = {
  to_table = function()
    local t = deployment:to_table()
    same(t.big, t.label)
  end,
  field = function() whole(deployment.big) end,
  pairs = function()
    local t = {}
    for k, v in pairs(deployment) do t[k] = v end
    same(t.big, t.label)
  end,
  to_json = function() whole(assert(dr.decode(deployment:to_json())).big) end,
  definition = function() assert(policy:definition().name:match "^snapshot %d+$") end,
  encode = function()
    local json, err = dr.encode("policy_update", mistaken, policy)
    assert(not json and err.kind == "validation", err)
  end,
  update = function()
    local done, err = policy:update(mistaken)
    assert(not done and err.kind == "validation", err)
  end,
}
disturbed((case == "definition" or case == "encode" or case == "update") and policy or deployment, cases[case])
same(deployment.big, deployment.label)
assert(deployment.big == deployment.big)
print "whole"
]]

describe("an object that a finalizer refreshes is whole in", function()
  local fault, folder
  setup(function()
    fault, folder = Fault.start(), process.folder()
    local items = {}
    for i = 1, ITEMS do items[i] = ('{"name":"%d of snapshot $n","list":[$n]}'):format(i) end
    local big = table.concat(items, ",")
    local path = "GET /api/v2/deployments/" .. ID .. "/"
    fault:play { routes = {
      [path] = { { body = ('{"id":"%s","label":"snapshot $n","big":[%s]}'):format(ID, big) } },
      [path .. "retrainingPolicies/" .. POLICY .. "/"] = { { body = ('{"id":"%s","name":"snapshot $n",'
        .. '"autopilotOptions":{"mode":"auto"},"customJob":[%s]}'):format(POLICY, big) } },
    }, replies = { { status = 404 } } }
    folder:write("script.lua", SCRIPT)
  end)
  teardown(function()
    fault:stop()
    folder:remove()
  end)

  for _, case in ipairs { "to_table", "field", "pairs", "to_json", "definition", "encode", "update" } do
    it(case, function()
      local status, text = process.run { "lua5.4", folder.path .. "/script.lua", fault.endpoint, ID, POLICY, case,
        tostring(ITEMS) }
      assert.equal(0, status, text)
      assert.equal("whole\n", text)
    end)
  end
end)
