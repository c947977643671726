-- Calls under cqueues, libuv and socket.select: all methods work, others run meanwhile, and ends are clean.
local core = require "datarobot.core"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"
local process = require "spec.support.process"
local socket = require "socket"
local ways = require "spec.loop.ways"

local SERVER <const> = [[
  local sandbox = require "datarobot.sandbox".start { deployments = 30, page_limit = 7 }
  print(sandbox.endpoint, sandbox.token, sandbox.deployment_id)
  io.stdout:flush()
  require "socket".sleep(600)
]]

for name, run in pairs(ways) do
  describe("a call under " .. name, function()
    local folder, server, client, options, id
    setup(function()
      folder = process.folder()
      server = process.start { "lua5.4", folder:write("server.lua", SERVER) }
      local endpoint, token, deployment = server.out:read "l":match "^(%S+)\t(%S+)\t(%S+)$"
      options, id = { endpoint = endpoint, token = token }, deployment
    end)
    teardown(function()
      server:stop()
      folder:remove()
    end)
    before_each(function() client = assert(dr.client(options)) end)
    after_each(function() client:close() end)

    it("lets a ticker of 10 ms tick", function()
      local calls, functions = 0, {}
      for i = 1, 40 do
        functions[i] = function()
          for _ = 1, 5 do
            assert(client:sleep(0.02 + 0.002 * i))
            assert(client:deployment(id).id == id)
            calls = calls + 1
          end
        end
      end
      local function p99(late)
        table.sort(late)
        return late[math.ceil(#late * 0.99)]
      end
      local without, with
      for _ = 1, 8 do -- others use this machine, too
        calls = 0
        without, with = p99(run(client, {}, 50)), p99(run(client, functions, 50))
        assert.equal(200, calls)
        if with <= without + 0.005 then return end
      end
      error(("%.1f ms late without calls, %.1f ms with"):format(without * 1000, with * 1000))
    end)

    it("waits beside others, in every place where Lua can wait", function()
      local lazy = setmetatable({}, {
        __index = function(_, key) return (assert(client:deployment(key))) end,
        __add = function(_, key) return assert(client:deployment(key)).label end,
      })
      local done, functions = 0, {}
      for i = 1, 10 do
        functions[i] = function()
          local ok, deployment = pcall(client.deployment, client, id)
          assert(ok and deployment.id == id)
          local _, err = client:deployment(("f"):rep(24))
          assert(err.kind == "not_found")
          local n = 0
          for _ in client:deployments() do n = n + 1 end
          assert(n == 30 and lazy[id].id == id and lazy + id == deployment.label)
          assert(#client:map({ id, id }, function(x) return client:deployment(x) end) == 2)
          assert(deployment:update_settings { humility = { enabled = true } })
          do
            local guard <close> = setmetatable({}, { __close = function() assert(client:version()) end }) -- luacheck: ignore
          end
          done = done + 1
        end
      end
      run(client, functions, 0)
      assert.equal(10, done)
    end)

    it("ends with its coroutine, and the client goes on", function()
      local waiting = coroutine.create(function() client:sleep(60) end)
      run(client, {
        function()
          assert(client:whoami())
          assert(coroutine.close(waiting))
          assert(client:whoami())
        end,
      }, 0)
      assert.equal(0, client:step())
    end)

    it("ends with kind closed as soon as another coroutine closes the client", function()
      local kinds, functions = {}, {}
      for i = 1, 5 do
        functions[i] = function()
          local _, err = client:sleep(60)
          kinds[i] = err.kind
        end
      end
      functions[6] = function()
        assert(client:sleep(0.05))
        client:close()
      end
      local started = os.time()
      run(client, functions, 0)
      assert.same({ "closed", "closed", "closed", "closed", "closed" }, kinds)
      assert.is_true(os.time() - started < 10)
    end)

    it("leaves a client that can be closed where it was used", function()
      for _ = 1, 3 do
        local short = assert(dr.client(options))
        run(short, { function()
          assert(short:whoami())
          short:close()
        end }, 2)
      end
    end)
  end)
end

describe("a wait function", function()
  local sandbox, client
  before_each(function()
    sandbox = require "datarobot.sandbox".start()
    client = assert(sandbox:client())
  end)
  after_each(function()
    client:close()
    sandbox:stop()
  end)

  local function in_coroutine(f, ...)
    local co = coroutine.create(f)
    local results = table.pack(coroutine.resume(co, ...))
    coroutine.close(co)
    return table.unpack(results, 1, results.n)
  end

  it("that raises ends the call with its error", function()
    client:on_wait(function() error("no time to wait", 0) end)
    local ok, err = in_coroutine(client.sleep, client, 60)
    assert.is_false(ok)
    assert.equal("no time to wait", err)
    assert.equal(0, client:step())
    client:on_wait(nil)
    assert.is_truthy(client:whoami())
  end)

  it("that closes the client ends the call with kind closed", function()
    client:on_wait(client.close)
    local ok, value, err = in_coroutine(client.sleep, client, 60)
    assert.is_true(ok)
    assert.is_nil(value)
    assert.equal("closed", err.kind)
  end)

  it("that sends a request of the same client waits inside it", function()
    local inner
    client:on_wait(function()
      client:on_wait(nil)
      inner = assert(client:whoami())
    end)
    local ok, account = in_coroutine(client.whoami, client)
    assert.is_true(ok)
    assert.equal(inner.email, account.email)
  end)

  it("is not asked where nothing can yield, and is asked with the client alone", function()
    local given
    client:on_wait(function(...)
      given = table.pack(...)
      coroutine.yield()
    end)
    assert.is_truthy(client:whoami())
    assert.is_nil(given)
    local co = coroutine.create(client.sleep)
    repeat assert(coroutine.resume(co, client, 0.02)) until coroutine.status(co) == "dead"
    assert.same({ client, n = 1 }, given)
  end)

  it("hears of a reply that a step in another coroutine, or a call that blocks, has read", function()
    local fault <close> = Fault.start()
    local loop <close> = fault:client()
    loop:on_wait(coroutine.yield)
    local watched = { getfd = function() return (loop:pollfd()) end, dirty = function() return false end }
    local function readable() return socket.select({ watched }, nil, 0)[watched] ~= nil end
    local late = coroutine.create(function() return loop:sleep(60) end)
    assert(coroutine.resume(late))
    local function version() return assert(loop:version()) end
    local function each() return assert(loop:map({ 1 }, version)[1]) end
    for _, read in ipairs { function() assert(coroutine.resume(late)) end, version } do
      for _, call in ipairs { version, each } do
        fault:play { replies = { { wait = 0.2 }, {} } }
        local early = coroutine.create(call)
        assert(coroutine.resume(early))
        assert(process.wait_for(function() return loop:step() and fault:count() == 1 end))
        socket.sleep(0.4) -- its reply is there
        read()
        assert(coroutine.resume(late)) -- another step
        assert.is_true(readable())
        assert(coroutine.resume(early))
        assert.equal("dead", coroutine.status(early))
        assert.is_false(readable())
        assert.equal(1, loop:step())
      end
    end
    assert(coroutine.close(late))
  end)

  -- Once `each` has looked whether a task can go on, nothing but a finalizer can let its request end before the wait.
  it("is not asked by each for a request that a finalizer has let end", function()
    local asked, ended = 0, nil
    client:on_wait(function()
      asked = asked + 1
      coroutine.yield()
    end)
    local co = coroutine.create(function() return client:map({ 1 }, function() return client:version() end) end)
    local mode = collectgarbage "generational"
    debug.sethook(co, function()
      if debug.getinfo(2, "f").func ~= core.wait then return end
      debug.sethook()
      collectgarbage "stop"
      setmetatable({}, { __gc = function() ended = process.wait_for(function() return client:step() == 0 end) end })
      collectgarbage "restart" -- which collects at the next allocation
    end, "c")
    local ok, results = coroutine.resume(co)
    collectgarbage(mode)
    assert(ok, results)
    assert.is_true(ended)
    assert.equal(0, asked)
    assert.equal("dead", coroutine.status(co))
    assert.is_truthy(results[1])
  end)

  it("that a closed coroutine leaves in the middle gives the request back", function()
    client:on_wait(function() coroutine.yield() end)
    local cos = {}
    for i = 1, 20 do
      cos[i] = coroutine.create(function() return client:sleep(60) end)
      assert(coroutine.resume(cos[i]))
    end
    assert.equal(20, client:step())
    for i = 1, 10 do assert(coroutine.close(cos[i])) end
    assert.equal(10, client:step())
    cos = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.equal(0, client:step())
  end)
end)
