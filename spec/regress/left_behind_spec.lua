-- What a function leaves behind, and says, when it ends early: seen by the host that counts the allocator's bytes.
local build = require "spec.support.build"
local process = require "spec.support.process"

local function run(script)
  local status, text = process.run { build.program "memory_host", "-e", script }
  assert.equal(0, status, text)
  return text
end

describe("what ends early", function()
  it("leaves no request to the collector when the token function of a begun call fails", function()
    assert.equal("0 0 0 0\n", run [[
      local core, dr = require "datarobot.core", require "datarobot"
      local fail
      local client = assert(dr.client { endpoint = "http://127.0.0.1:9",
        token = function() return fail() end })
      local fails = {
        function() error("no key", 0) end,
        function() return nil, core.error("config", "no key") end,
        function() return 7 end,
        function() coroutine.yield() end,
      }
      local function begin() core.calls.begin.get(client, "x/") end
      -- The bytes that are the module's own, not Lua's.
      local function own() return alloc.balance() - collectgarbage "count" * 1024 // 1 end
      local left = {}
      collectgarbage "stop"
      for i = 1, #fails do
        fail = fails[i]
        local co = coroutine.create(begin)
        local before = own()
        coroutine.resume(co)
        coroutine.close(co)
        left[i] = ("%.0f"):format(own() - before)
      end
      collectgarbage "restart"
      print(table.concat(left, " "))
    ]])
  end)

  it("for want of memory for Lua's stack says so", function()
    assert.equal("ok\n", run [[
      local dr = require "datarobot"
      local policy = { name = "p", trigger = { type = "schedule", schedule = dr.schedule "0 0 1 * *" },
        model_selection_strategy = "autopilot_recommended", autopilot_options = { mode = "quick" } }
      local said = {}
      for times = 1, 2 do
        for n = 1, 2000 do
          local co = coroutine.create(function() return dr.validate("policy", policy) end)
          collectgarbage()
          alloc.fail(n, times == 1 or 2)
          local ok, value, problems = coroutine.resume(co)
          local _, hit = alloc.stop()
          for _, problem in ipairs(type(problems) == "table" and (problems.problems or problems) or {}) do
            if type(problem) == "table" then said[#said + 1] = problem.message end
          end
          if hit == 0 then break end
        end
      end
      for _, text in ipairs(said) do
        if text:find "stack" then return print(text) end
      end
      print "ok"
    ]])
  end)
end)
