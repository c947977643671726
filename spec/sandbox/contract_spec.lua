local contract = require "datarobot.sandbox.contract"
local http = require "spec.sandbox.http"
local json = require "datarobot.sandbox.json"

local function read(name)
  return assert(json.decode(http.example(name)))
end

-- "/a/b/0" as "a.b.0"
local function dotted(pointer)
  return (pointer:sub(2):gsub("/", "."))
end

-- Whether one path lies at, above or below another.
local function related(a, b)
  local short, long = a, b
  if #a > #b then short, long = b, a end
  return short == "" or short == long or long:sub(1, #short + 1) == short .. "."
end

describe("contract", function()
  for _, case in ipairs(read "index.json") do
    it("accepts " .. case.file, function()
      assert.same({}, contract.check(case.schema, read(case.file)))
    end)
  end

  for _, case in ipairs(read "warnings/cases.json") do
    it("accepts " .. case.file .. ", which only deserves a word", function()
      assert.same({}, contract.check(case.schema, read("warnings/" .. case.file)))
    end)
  end

  for _, case in ipairs(read "invalid/cases.json") do
    it("refuses " .. case.file, function()
      local faults, found = contract.check(case.schema, read("invalid/" .. case.file)), {}
      for _, fault in ipairs(faults) do
        found[fault.path] = true
        local near = false
        for _, wanted in ipairs(case.errors) do near = near or related(fault.path, dotted(wanted.path)) end
        assert.is_true(near, "unexpected fault at " .. fault.path)
        assert.truthy(fault.message ~= "")
      end
      for _, wanted in ipairs(case.errors) do
        assert.is_true(found[dotted(wanted.path)], "no fault at " .. wanted.path)
      end
    end)
  end

  it("does not take a line break for the end of a text", function()
    local faults = contract.check("retraining-settings-update.json", { datasetId = ("a"):rep(24) .. "\n" })
    assert.equal("datasetId", faults[1].path)
  end)

  it("counts characters, not bytes", function()
    assert.same({}, contract.check("retraining-policy-create.json", { name = ("ä"):rep(512) }))
    assert.equal(1, #contract.check("retraining-policy-create.json", { name = ("ä"):rep(513) }))
  end)

  it("tells what is wrong with each element of a list", function()
    local body = read "policy-schedule-challenger.json"
    body.trigger.schedule.hour = json.list { 1, 24, 30 }
    local faults = contract.check("retraining-policy-create.json", body)
    assert.same({
      { path = "trigger.schedule.hour.1", message = "must be at most 23" },
      { path = "trigger.schedule.hour.2", message = "must be at most 23" },
    }, faults)
  end)
end)
