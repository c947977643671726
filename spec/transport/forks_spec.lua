-- C-44 and C-45: what is global in a process that the module is a guest in, and forks.
local build = require "spec.support.build"
local canary = require "spec.support.canary"
local Fault = require "spec.support.fault_server"
local guest = require "spec.support.guest"
local process = require "spec.support.process"
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

-- A relay keeps every byte that the parent's connection carries to the server, while children do what they may with
-- what they have inherited. TLS and HTTP/2 would take leave of the server; a child takes none. A server may not mind a
-- leave-taking, so it is the bytes that tell.
describe("a fork, byte by byte (C-45):", function()
  local relay, upstream, front
  setup(function()
    relay, upstream = Fault.start(), Fault.start()
    front = tls.start { upstream = upstream.url }
  end)
  teardown(function()
    front:stop()
    upstream:stop()
    relay:stop()
  end)

  -- The parent. Between "forking" and "forked" it leaves its client alone.
  local PARENT <const> = [[
    local client = new { ca_file = arg[4], timeout = 50 }
    assert(client:version())
    local call, reply, err
    if arg[5] == "under way" then
      client:on_wait(coroutine.yield)
      call = coroutine.create(function() reply, err = client:get "slow/" end)
      assert(coroutine.resume(call))
    end

    local children = {
      function() system.leave(0) end,
      function() end,
      function() client:close() end,
      function()
        client, call = nil, nil
        collectgarbage()
        collectgarbage()
      end,
      function() client:step() end,
      function()
        local other <close> = client
        client:on_wait(nil)
        local v = assert(client:version())
        assert(v.major == 2)
      end,
      function()
        if not call then return end
        assert(coroutine.resume(call) and not reply and err.kind == "closed" and err.message:find "fork", tostring(err))
      end,
      function() assert(not call or coroutine.close(call)) end,
    }

    local function tell(word)
      print(word)
      io.stdout:flush()
      while word ~= "go" do
        word = io.read "l"
        if word == "step" then client:step() end
      end
    end

    tell "under way"
    for _, f in ipairs(children) do
      tell "forking"
      local pid = system.fork()
      if pid == 0 then
        local ok, why = pcall(f)
        if not ok then io.stderr:write(tostring(why), "\n") end
        os.exit(ok, true)
      end
      local status = system.wait(pid)
      tell(status == 0 and "forked" or "a child failed")
    end
    if call then
      while coroutine.status(call) ~= "dead" do assert(coroutine.resume(call)) end
      assert(#assert(reply, err):json().slow == 3000000)
      client:on_wait(nil)
    end
    assert(client:version())
    tell "good"
  ]]

  -- The parent, and a function that reads its next word and lets it go on.
  local function start(folder, ca_file, when)
    local line = ("exec timeout 60 lua5.4 %s %s %s %s %s '%s' <>%s"):format(folder:write("script.lua",
      guest.HEAD .. PARENT), "https://127.0.0.1:" .. relay.port .. "/api/v2", canary, build.program "system.so",
      ca_file, when, folder.path .. "/in")
    process.run { "mkfifo", folder.path .. "/in" }
    local parent = process.start({ "sh", "-c", line }, { stderr = folder.path .. "/errors",
      env = { ASAN_OPTIONS = (os.getenv "ASAN_OPTIONS" or "") .. ":detect_leaks=0" } })
    local input = assert(io.open(folder.path .. "/in", "w"))
    input:setvbuf "no"
    return parent, function(word, meanwhile)
      local said = parent.out:read "l"
      assert.equal(word, said, folder:read "errors")
      if meanwhile then meanwhile(input) end
      input:write "go\n"
    end
  end

  -- How many bytes the first connection has carried; what had come before the first answer is in the second.
  local function carried()
    relay:bytes()
    return #relay:bytes()[1]
  end

  for _, server in ipairs { "good", "http2" } do
    for _, when in ipairs { "idle", "under way" } do
      it(server .. ", " .. when .. ": a child sends nothing on the parent's connection", function()
        relay:play { relay = { port = front.ports[server] } }
        upstream:play { replies = { { body = BODY } }, routes = {
          ["GET /api/v2/slow/"] = { { body = '{"slow":"' .. ("x"):rep(3000000) .. '"}', wait = 0.2 } },
        } }
        local folder <close> = process.folder()
        local parent <close>, go = start(folder, front.ca_file, when)
        local asked = when == "idle" and 1 or 2
        go("under way", function(input)
          assert.is_true(process.wait_for(function()
            input:write "step\n"
            return upstream:count() == asked
          end))
        end)
        local before
        for i = 1, 8 do
          go("forking", function() before = carried() end)
          go("forked", function() assert.equal(0, carried() - before, "child " .. i) end)
        end
        go("good", function()
          assert.is_true(carried() > before)
          assert.equal(2, #relay:bytes()) -- the parent's, and that of the child that asks
          assert.equal(asked + 2, upstream:count())
        end)
        assert.equal(0, (parent:wait()))
      end)
    end
  end
end)
