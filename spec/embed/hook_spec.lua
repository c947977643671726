-- Hooks of a host written in C, and its Ctrl-C: those that look at a clock are heard while a call waits, those that
-- count what the script does are not spent by it. C-42.

local build = require "spec.support.build"
local canary = require "spec.support.canary"
local Fault = require "spec.support.fault_server"
local hosts = require "spec.embed.hosts"
local process = require "spec.support.process"
local socket = require "socket"

local CLIENT <const> = [[
local dr = require "datarobot"
local core = require "datarobot.core"
local endpoint, token, id = ...
local client <close> = assert(dr.client { endpoint = endpoint, token = token, retries = 0, timeout = 100 })
assert(client:version())
]]

-- How long the specs of budgets wait; 60 for the figures of doc/embedding.md.
local WAIT_SECONDS <const> = tonumber(os.getenv "WAIT_SECONDS") or 3

-- From the raise that is due to its being caught, on a machine that does something else, too.
local SOON <const> = build.sanitized() and 1 or 0.2

local sandbox, fault
setup(function() sandbox, fault = hosts.sandbox(), Fault.start() end)
teardown(function()
  sandbox:stop()
  fault:stop()
end)

before_each(function()
  fault:play { replies = { { wait = 100 } }, routes = { ["GET /api/v2/version/"] = {
    { body = '{"versionString": "2.40.0", "major": 2}' } } } }
end)

-- Runs a script with a client of the sandbox, or of a server that answers nothing but version/. It must end well.
local function run(script, endpoint)
  local status, text = hosts.run("embed_host", CLIENT .. script, {
    arguments = { endpoint or sandbox.endpoint, canary, sandbox.deployment_id, tostring(WAIT_SECONDS), tostring(SOON) },
  })
  assert.equal(0, status, text)
  return text
end

local function run_stalled(script) return run(script, fault.endpoint) end

describe("a hook that raises", function()
  it("ends a stalled call soon at a count up to 1000, however the call waits", function()
    run_stalled [[
      local ways = {
        function() return client:deployment(id) end,
        function() return client:sleep(100) end,
        function() return client:deployments():collect() end,
        function() return client:map({ id, id }, function(x) return client:deployment(x) end) end,
        function() return client:map({ 1 }, function() return client:sleep(100) end) end,
      }
      for _, count in ipairs { 1, 2, 7, 100, 999, 1000 } do
        for i, way in ipairs(ways) do
          local least = 100 -- the best of three: the machine is noisy
          for _ = 1, 3 do
            local started = core.now()
            host.limit(0.05, count)
            local ok, message = pcall(way)
            debug.sethook()
            assert(not ok and tostring(message):find "time is up", tostring(message))
            least = math.min(least, core.now() - started - 0.05)
            if least < 0.2 then break end
          end
          assert(least < tonumber((select(5, ...))), i .. " " .. count .. ": " .. least .. " s")
          assert(client:version().major == 2 and client:step() == 0)
        end
      end
    ]]
  end)

  it("is heard when another thread sets it, and when it waits for calls, lines or returns", function()
    run_stalled [[
      for _, mask in ipairs { "c", "r", "l", "" } do
        local least = 100
        for _ = 1, 3 do
          local started = core.now()
          host.stop_after(0.15, mask)
          local ok, message = pcall(client.deployment, client, id)
          assert(not ok and tostring(message):find "interrupted", tostring(message))
          least = math.min(least, core.now() - started - 0.15)
          if least < 0.2 then break end
        end
        assert(least < tonumber((select(5, ...))), mask .. ": " .. least .. " s")
        assert(client:version().major == 2 and client:step() == 0)
      end
    ]]
  end)

  it("may raise at any moment of a call", function()
    run [[
      local raised, done = 0, 0
      for n = 1, 2000, 7 do
        local left = n
        local function hook()
          left = left - 1
          if left == 0 then
            debug.sethook()
            error "stop"
          end
        end
        local ok, message = pcall(function()
          debug.sethook(hook, "crl", 1)
          local deployment = assert(client:deployment(id))
          deployment:create_retraining_policy { name = "", action = "nothing" }
          debug.sethook()
        end)
        if ok then
          done = done + 1
        else
          raised = raised + 1
          assert(tostring(message):find "stop", tostring(message))
        end
        assert(client:step() == 0)
      end
      assert(raised > 10 and done > 10, raised .. " " .. done)
      assert(client:deployment(id).id == id)
    ]]
  end)
end)


describe("a count above 1000 is a budget of the script's own:", function()
  it("waiting uses at most 10 instructions for each 100 ms", function()
    -- 1200 last for less than 12 s of waiting, 100,000 for more than 60 s.
    run_stalled [[
      local seconds = tonumber((select(4, ...)))
      local count = seconds > 10 and 100000 or 1200
      local ways = {
        function() return client:sleep(seconds) end,
        function() return client:get("stalled/", { timeout = seconds }) end,
        function() return client:map({ 1, 2 }, function() return client:sleep(seconds) end) end,
      }
      client:map({ 1 }, function() return 1 end) -- loads its module
      for _, way in ipairs(ways) do
        local started = core.now()
        host.limit(0, count)
        local ok, message = pcall(way)
        debug.sethook()
        assert(ok, message)
        assert(core.now() - started > seconds * 0.9)
      end
    ]]
  end)

  it("a call that returns sooner has no safe point", function()
    run [[
      local seen = {}
      debug.sethook(function()
        local source = debug.getinfo(2, "S").source
        seen[source] = (seen[source] or 0) + 1
      end, "c")
      for _ = 1, 50 do client:version() end
      debug.sethook()
      for source, n in pairs(seen) do
        assert(source == "=[C]" or source == "=?" or source:find "script.lua", source .. " " .. n)
      end
    ]]
  end)

  it("10,000 GETs use what the loop around them does", function()
    local n = build.sanitized() and 1000 or 10000
    run(([[
      host.limit(0, 10 * %d)
      for _ = 1, %d do client:version() end
      debug.sethook()
    ]]):format(n, n))
  end)

  it("a GET costs the same with a hook and without", function()
    if build.sanitized() then return end
    local text = run [[
      local function cost()
        local started = os.clock()
        for _ = 1, 300 do client:version() end
        return os.clock() - started
      end
      local least = { math.huge, math.huge }
      for _ = 1, 12 do
        for i = 1, 2 do
          if i == 2 then host.limit(1000, 100000) end
          least[i] = math.min(least[i], cost())
          debug.sethook()
        end
        if least[2] / least[1] < 1.1 then break end
      end
      print(least[2] / least[1])
    ]]
    assert.is_true(tonumber(text) < 1.1, text)
  end)
end)

describe("Ctrl-C", function()
  it("ends a stalled call, and the client goes on", function()
    local folder <close> = process.folder()
    local child <close> = process.start({ build.program "embed_host", folder:write("script.lua", CLIENT .. [[
      host.catch()
      io.stdout:setvbuf "no"
      for _ = 1, 3 do
        print "calls"
        print(select(2, pcall(client.deployment, client, id)))
        assert(client:version().major == 2)
      end
      print "ends"
    ]]), fault.endpoint, canary, sandbox.deployment_id },
      { stderr = folder.path .. "/stderr" })
    local least = 100 -- the best of three: the machine is noisy
    for _ = 1, 3 do
      assert.equal("calls", child.out:read "l", folder:read "stderr")
      socket.sleep(0.15)
      local started = socket.gettime()
      child:kill "INT"
      assert.equal("interrupted!", child.out:read "l")
      least = math.min(least, socket.gettime() - started)
    end
    assert.equal("ends", child.out:read "l")
    assert.equal(0, (child:wait()), folder:read "stderr")
    assert.is_true(least < SOON, least .. " s")
  end)
end)
