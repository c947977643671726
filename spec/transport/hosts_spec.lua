-- C-40 … C-43: hooks, Ctrl-C, lifetimes and limits. What ends a process runs in its own.
local build = require "spec.support.build"
local canary = require "spec.support.canary"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"
local guest = require "spec.support.guest"
local process = require "spec.support.process"
local socket = require "socket"

local BODY <const> = '{"major":2,"versionString":"2.40"}'

describe("a hook (C-42)", function()
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)
  after_each(function() debug.sethook() end)

  -- Ends a stalled call by a hook that raises when 0.1 s have gone; the seconds it took from then on.
  local function stopped(mask, count, f)
    fault:play { replies = { { cut = 0, how = "hang" } }, routes = { ["GET /api/v2/version/"] = { { body = BODY } } } }
    local client <close> = fault:client()
    local started = socket.gettime()
    local function hook()
      if socket.gettime() - started > 0.1 then
        debug.sethook()
        error("the host's limit", 0)
      end
    end
    debug.sethook(hook, mask, count)
    local ok, err = pcall(f, client)
    debug.sethook()
    local seconds = socket.gettime() - started
    assert.is_false(ok)
    assert.equal("the host's limit", err)
    assert.equal(2, assert(client:version()).major)
    assert.equal(0, client:step())
    return seconds - 0.1
  end

  for name, how in pairs { ["by count"] = { "", 1000 }, ["by lines"] = { "l" },
    ["by calls"] = { "c" }, ["by returns"] = { "r" } } do
    it(name .. " ends a stalled call soon", function()
      local function whoami(client) return client:whoami() end
      local function sleep(client) return client:sleep(60) end
      local function list(client) return client:list("deployments/"):collect() end
      for _, f in ipairs { whoami, sleep, list } do
        local least = 60 -- the best of three: the machine is noisy
        for _ = 1, 3 do least = least < 0.2 and least or math.min(least, stopped(how[1], how[2], f)) end
        assert.is_true(least < 0.2, least .. " s")
      end
    end)
  end

  it("at any instruction leaves the client whole", function()
    fault:play { replies = { { body = BODY } } }
    local client <close> = fault:client()
    local raised, done = 0, 0
    for n = 1, 2000, 5 do
      local ok, value, err = pcall(function()
        debug.sethook(function()
          debug.sethook()
          error("stop", 0)
        end, "", n)
        assert(client:version())
        local items, why = client:list("x/"):collect()
        debug.sethook()
        return items, why
      end)
      if ok then done = done + 1 else raised = raised + 1 end
      assert.is_true(ok or value == "stop", tostring(value))
      assert.is_true(not ok or err == nil or err.kind == "protocol")
    end
    assert.is_true(raised > 10, raised .. " raised")
    assert.equal(400, raised + done) -- which of them, is up to when the replies come
    assert.equal(0, client:step())
    assert.equal(2, assert(client:version()).major)
  end)

  it("of the interpreter, Ctrl-C, ends a stalled call soon", function()
    if build.sanitized() then return end -- its lua5.4 is the specs' own host, without a handler
    fault:play { replies = { { cut = 0, how = "hang" } }, routes = { ["GET /api/v2/version/"] = { { body = BODY } } } }
    local folder <close> = process.folder()
    local child <close> = process.start({ "lua5.4", folder:write("script.lua", guest.HEAD .. [[
      local client = new()
      print "ready"
      io.stdout:flush()
      local ok, err = pcall(client.whoami, client)
      print(ok, err)
      print(client:version().major)
    ]]), fault.endpoint, canary, build.program "system.so" })
    assert.equal("ready", child.out:read "l")
    assert(process.wait_for(function() return fault:count() == 1 end))
    local started = socket.gettime()
    child:kill "INT"
    local said = child.out:read "l"
    local seconds = socket.gettime() - started
    assert.matches("^false\t.*interrupted!$", said)
    assert.equal("2", child.out:read "l")
    assert.is_true(seconds < 2, seconds .. " s")
    assert.equal(0, (child:wait()))
  end)
end)

describe("a lifetime (C-40, C-41)", function()
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)
  before_each(function() fault:play { replies = { { body = BODY } } } end)

  it("may end twice, explicitly and in any order", function()
    local client = fault:client()
    assert(client:version())
    local meta = getmetatable(client)
    for _ = 1, 3 do
      meta.__close(client)
      client:close()
      meta.__gc(client)
    end
    local ok, err = pcall(client.version, client)
    assert.is_false(ok)
    assert.equal("closed", err.kind)
    assert.is_string(tostring(client))
  end)

  it("of a call ends with its coroutine, its client or its error", function()
    fault:play { replies = { { cut = 0, how = "hang" } }, routes = { ["GET /api/v2/version/"] = { { body = BODY } } } }
    local client <close> = fault:client()
    client:on_wait(coroutine.yield)
    local stalled = coroutine.create(function() return client:whoami() end)
    assert(coroutine.resume(stalled))
    assert.equal(1, client:step())
    assert.is_true(coroutine.close(stalled))
    assert.equal(0, client:step())
    stalled = coroutine.wrap(function() return client:whoami() end)
    stalled()
    stalled = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.equal(0, client:step()) -- collected, and taken off the wire
    assert.equal(2, assert(client:version()).major)
  end)

  it("of an object is its own when two coroutines use it", function()
    local id = ("a"):rep(24)
    fault:play { replies = { { body = ('{"id":"%s","label":"one"}'):format(id), wait = 0.05 } } }
    local client <close> = fault:client()
    client:on_wait(coroutine.yield)
    local deployment = assert(client:deployment(id))
    local threads, done = {}, 0
    for i = 1, 2 do
      threads[i] = coroutine.create(function()
        assert(deployment:refresh())
        done = done + 1
      end)
    end
    while done < 2 do
      for _, co in ipairs(threads) do
        if coroutine.status(co) == "suspended" then assert(coroutine.resume(co)) end
      end
      socket.sleep(0.005)
    end
    assert.equal("one", deployment.label)
  end)

  it("is not forged by a metatable on something else", function()
    local client <close> = fault:client()
    for _, value in ipairs { io.stdout, {}, 1, "x", print, coroutine.create(print), dr.null } do
      for _, f in ipairs { client.version, client.get, client.close, client.step, client.on_wait } do
        assert.is_false((pcall(f, value, "x/")))
      end
    end
    local file = io.tmpfile()
    local own = getmetatable(file)
    debug.setmetatable(file, setmetatable({}, { __index = getmetatable(client) }))
    assert.is_false((pcall(client.version, file)))
    debug.setmetatable(file, own)
    file:close()
  end)

  it("of the module goes on when it is loaded again", function()
    local old <close> = fault:client()
    for _, name in ipairs { "datarobot", "datarobot.core" } do package.loaded[name] = nil end
    local again = require "datarobot"
    local new <close> = assert(again.client { endpoint = fault.endpoint, token = canary })
    assert.equal(2, assert(old:version()).major)
    assert.equal(2, assert(new:version()).major)
    assert.equal(1, new:map({ 1 }, function(i) return i end)[1])
    package.loaded.datarobot = dr
  end)

  it("ends with the state: calls under way, objects that come back, any order", function()
    fault:play { replies = { { cut = 0, how = "hang" } }, routes = { ["GET /api/v2/version/"] = { { body = BODY } } } }
    guest.good(fault.endpoint, [[
      local client = new()
      client:on_wait(coroutine.yield)
      calls = {}
      for i = 1, 10 do
        calls[i] = coroutine.create(function() return client:whoami() end)
        assert(coroutine.resume(calls[i]))
      end
      back = setmetatable({ client }, { __gc = function(self) -- after or before the client itself
        pcall(function() return self[1]:version() end)
        tostring(self[1])
        back = self
      end })
      kept = client
      print "good"
      os.exit(0, true)
    ]])
  end)

  it("survives a call in a finalizer", function()
    guest.good(fault.endpoint, [[
      do
        local client = new()
        setmetatable({}, { __gc = function() result = client:version() end })
      end
      collectgarbage()
      collectgarbage()
      assert(result.major == 2)
      print "good"
    ]])
  end)

  it("survives the C-call limit and a full stack (C-43)", function()
    local client <close> = fault:client()
    local function nested(n)
      if n == 0 then return client:version() end
      local ok, value = pcall(nested, n - 1)
      return ok and value
    end
    for n = 150, 220, 5 do nested(n) end
    local function fill(n, ...)
      if n == 0 then return client:version() end
      return (fill(n - 1, ...))
    end
    for n = 195000, 200000, 500 do pcall(fill, n) end
    assert.equal(2, assert(client:version()).major)
  end)

  it("of a connection that ends while it is idle wakes who watches the descriptor once", function()
    fault:play { replies = { { body = BODY, close = true } } }
    local client <close> = fault:client()
    local watched = { getfd = function() return (client:pollfd()) end, dirty = function() return false end }
    for n = 1, 3 do
      assert.equal(2, assert(client:version()).major) -- the connection's end comes behind the reply
      assert.is_true(watched == socket.select({ watched }, nil, 5)[1], "no word of the end")
      client:step()
      assert.is_nil(socket.select({ watched }, nil, 0)[1])
      assert.equal(n, fault:count())
    end
  end)

  it("leaves no descriptor and no thread", function()
    guest.good(fault.endpoint, [[
      local function count(what)
        local stat <close> = io.open "/proc/self/stat"
        local pipe <close> = io.popen("sleep 0.1; ls /proc/" .. stat:read "n" .. "/" .. what .. " | wc -l")
        return tonumber(pipe:read "a")
      end
      do local client <close> = new() client:version() end
      collectgarbage()
      local files, threads = count "fd", count "task"
      for i = 1, 50 do
        local client <close> = new()
        client:version()
        pcall(client.get, client, "nowhere/")
      end
      collectgarbage()
      assert(count "fd" == files, count "fd")
      assert(count "task" == threads)
      print "good"
    ]])
  end)

  it("gives its descriptors back when it is closed, the watched one when it is collected", function()
    guest.good(fault.endpoint, [[
      local function count()
        local stat <close> = io.open "/proc/self/stat"
        local pipe <close> = io.popen("sleep 0.1; ls /proc/" .. stat:read "n" .. "/fd | wc -l")
        return tonumber(pipe:read "a")
      end
      collectgarbage "stop"
      local before = count()
      local client = new()
      assert(client:version())
      assert(count() > before, "a socket, at least")
      client:close()
      assert(count() == before, count())
      client = new()
      assert(client:pollfd() and client:version())
      client:close()
      assert(count() > before, "whoever watches is told first")
      client = nil
      collectgarbage()
      collectgarbage()
      assert(count() == before, count())
      print "good"
    ]])
  end)

  it("has as many connections as it may", function()
    fault:play { replies = { { wait = 0.03 } } }
    local client <close> = fault:client { max_connections = 3 }
    assert.equal(0, #select(2, client:map({ 1, 2, 3, 4, 5, 6, 7, 8, 9 }, function(i) return client:get("x/" .. i) end)))
    local used, n = {}, 0
    for _, request in ipairs(fault:seen()) do used[request.connection] = true end
    for _ in pairs(used) do n = n + 1 end
    assert.equal(3, n)
  end)

  it("lets the system look after connections that say nothing", function()
    local client <close> = fault:client()
    assert(client:version())
    local file <close> = assert(io.open "/proc/net/tcp")
    local timers, remote = {}, (" 0100007F:%04X 01 "):format(fault.port)
    for line in file:lines() do
      timers[#timers + 1] = line:match(remote .. "%x+:%x+ (%x+):")
    end
    assert.same({ "02" }, timers) -- that of TCP keep-alive
  end)

  it("without descriptors is an error, and goes on when there are some again", function()
    guest.good(fault.endpoint, [[
      local open = {}
      local client = new()
      system.limit_files(64)
      for file in function() return io.open "/dev/null" end do open[#open + 1] = file end
      local value, err = client:version()
      assert(value == nil and err.kind == "transport", tostring(err))
      for _, file in ipairs(open) do file:close() end
      assert(client:version().major == 2)
      for n = 10, 0, -1 do -- few, but some
        open = {}
        for file in function() return io.open "/dev/null" end do open[#open + 1] = file end
        for _ = 1, n do table.remove(open):close() end
        local other, why = dr.client { endpoint = arg[1], token = arg[2], retries = 0 }
        local got
        if other then got, why = other:version() end
        assert(got or why.kind == "transport" or why.kind == "config", tostring(why))
        if other then other:close() end
        for _, file in ipairs(open) do file:close() end
      end
      assert(client:version().major == 2)
      print "good"
    ]])
  end)
end)
