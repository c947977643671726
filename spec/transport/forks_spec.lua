-- C-44 and C-45: what is global in a process that the module is a guest in, and forks.
local canary = require "spec.support.canary"
local Fault = require "spec.support.fault_server"
local guest = require "spec.support.guest"
local sandboxes = require "datarobot.sandbox"
local tls = require "spec.support.tls"

local BODY <const> = '{"major":2,"versionString":"2.40"}'

describe("a process (C-44)", function()
  it("keeps its locale, signals, rounding, random numbers, folder and environment", function()
    local fault <close> = Fault.start()
    fault:play { replies = { { body = BODY }, { cut = 5 }, { cut = 5, how = "rst" }, { wait = 5 } } }
    guest.good(fault.endpoint, [[
      local function state()
        local pipe = io.popen "pwd; env | sort"
        local all = system.globals() .. tostring(os.setlocale()) .. pipe:read "a"
        pipe:close()
        return all
      end
      math.randomseed(42)
      local expected = {}
      for i = 1, 5 do expected[i] = math.random(1 << 60) end
      local names = {}
      for name in pairs(_G) do names[name] = true end
      local before = state()
      math.randomseed(42)
      local client = new()
      for i = 1, 5 do
        client:version { timeout = 0.2 }
        assert(math.random(1 << 60) == expected[i])
      end
      local during = state()
      client:close()
      assert(before == during and before == state(), before .. "\n" .. during)
      for name in pairs(_G) do assert(names[name], "global " .. tostring(name)) end
      print "good"
    ]])
  end)

  it("is not ended by a peer that closes while it is written to", function()
    local fault <close> = Fault.start()
    fault:play { replies = { { cut = 0, how = "rst" } }, early = 10 }
    guest.good(fault.endpoint, [[
      local client = new()
      for i = 1, 20 do
        local value, err = client:post("x/", { text = ("x"):rep(3000000) })
        assert(value == nil and (err.kind == "transport" or err.kind == "ambiguous"), tostring(err))
      end
      print "good"
    ]])
  end)
end)

describe("a fork (C-45)", function()
  local sandbox, fault, front
  setup(function()
    sandbox = sandboxes.start { token = canary }
    fault = Fault.start()
    front = tls.start { upstream = sandbox.endpoint }
  end)
  teardown(function()
    front:stop()
    fault:stop()
    sandbox:stop()
  end)

  -- A child that asks, and closes its state; then the parent asks on the connection that it had.
  local AROUND <const> = [[
    local client = new { ca_file = arg[4] ~= "" and arg[4] or nil }
    if arg[5] == "used" then assert(client:version()) end
    local pid = system.fork()
    if pid == 0 then
      local value, err = client:version()
      if not value then print(err) end
      io.stdout:flush()
      os.exit(value and 0 or 1, true)
    end
    assert(system.wait(pid) == 0)
    assert(client:version())
    print "good"
  ]]

  it("between calls gives the child connections of its own and leaves the parent's alone", function()
    for _, used in ipairs { "used", "unused" } do
      fault:play { relay = { port = sandbox.port } }
      guest.good(fault.endpoint, AROUND, "", used)
      assert.equal(2, #fault:bytes())
      fault:play { relay = { port = front.ports.good } }
      guest.good("https://127.0.0.1:" .. fault.port, AROUND, front.ca_file, used)
      assert.equal(2, #fault:bytes()) -- no handshake beside the two: no alert has ended the parent's
    end
  end)

  it("in the middle of a call ends it in the child alone", function()
    fault:play { replies = { { body = BODY, wait = 0.5 } } }
    guest.good(fault.endpoint, [[
      local client = new()
      client:on_wait(coroutine.yield)
      local value, err
      local call = coroutine.create(function() value, err = client:version() end)
      assert(coroutine.resume(call))
      for i = 1, 20 do client:step() end
      local pid = system.fork()
      while coroutine.status(call) ~= "dead" do assert(coroutine.resume(call)) end
      if pid == 0 then
        local again = client:version()
        os.exit(value == nil and err.kind == "closed" and again.major == 2 and 0 or 1, true)
      end
      assert(system.wait(pid) == 0)
      assert(value and value.major == 2, tostring(err))
      print "good"
    ]])
    assert.equal(2, fault:count())
  end)

  it("may be left by the child at once, without closing", function()
    fault:play { replies = { { body = BODY } } }
    guest.good(fault.endpoint, [[
      local client = new()
      assert(client:version())
      for i = 1, 5 do
        local pid = system.fork()
        if pid == 0 then system.leave(0) end
        assert(system.wait(pid) == 0)
        assert(client:version())
      end
      print "good"
    ]])
    local seen = fault:seen()
    for _, request in ipairs(seen) do assert.equal(1, request.connection) end
    assert.equal(6, #seen)
  end)

  it("gives both other pauses between tries", function()
    local routes = {}
    for _, who in ipairs { "a", "b" } do
      routes["GET /api/v2/" .. who .. "/"] = { { status = 503 }, { status = 503 }, { body = BODY } }
    end
    fault:play { routes = routes, replies = { { body = BODY } } }
    guest.good(fault.endpoint, [[
      local client = new { retries = 3 }
      assert(client:version())
      local pid = system.fork()
      local ok = client:get(pid == 0 and "a/" or "b/")
      if pid == 0 then system.leave(ok and 0 or 1) end
      assert(ok and system.wait(pid) == 0)
      print "good"
    ]])
    local at = { a = {}, b = {} }
    for _, request in ipairs(fault:seen()) do
      local who = request.target:match "/(%a)/$"
      if at[who] then table.insert(at[who], request.at) end
    end
    local same = 0
    for i = 2, 3 do
      local a, b = at.a[i] - at.a[i - 1], at.b[i] - at.b[i - 1]
      if math.abs(a - b) < 0.003 then same = same + 1 end
    end
    assert.is_true(same < 2)
  end)
end)
