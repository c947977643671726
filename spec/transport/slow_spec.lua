-- C-26 and C-35: servers, networks, clocks and resolvers that are slow or wrong, and the deadlines that hold all the
-- same, within 250 ms. The machine may be busy, so the best of three tries counts; what is bounded would take much
-- longer without a deadline.
local build = require "spec.support.build"
local canary = require "spec.support.canary"
local Fault = require "spec.support.fault_server"
local process = require "spec.support.process"
local sandboxes = require "datarobot.sandbox"
local socket = require "socket"
local tls = require "spec.support.tls"

local BODY <const> = '{"versionString": "2.40.0", "major": 2}'

-- Seconds that a function took, and what it returned.
local function timed(f, ...)
  local started = socket.gettime()
  local value, err = f(...)
  return socket.gettime() - started, value, err
end

local SLACK <const> = 0.25

-- Looks that f returns `seconds` from its call and no earlier; with the values and the error of the last try.
local function punctual(seconds, f, ...)
  local best = math.huge
  for _ = 1, 3 do
    local took, value, err = timed(f, ...)
    assert.is_true(took >= seconds - 0.01, took .. " s")
    best = math.min(best, took)
    if best < seconds + SLACK then return value, err end
  end
  error(("%.3f s instead of %.3f s"):format(best, seconds))
end

describe("C-26 a slow", function()
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)

  it("connection ends at connect_timeout, each try of its own", function()
    local port, stop = Fault.black_hole()
    local client <close> = fault:client { endpoint = "http://127.0.0.1:" .. port, connect_timeout = 0.3 }
    local _, err = punctual(0.3, client.version, client)
    assert.equal("timeout", err.kind)
    assert.equal("no connection within 0.3 s", err.message)
    _, err = punctual(0.3, client.post, client, "x/", {})
    assert.equal("timeout", err.kind) -- and not ambiguous: nothing was written
    assert.is_true(err.retryable)
    stop()
  end)

  it("connection ends at the deadline of the call with all its tries", function()
    local port, stop = Fault.black_hole()
    local client <close> =
      fault:client { endpoint = "http://127.0.0.1:" .. port, connect_timeout = 0.2, retries = 100, timeout = 1 }
    for _ = 1, 3 do -- a try whose pause would reach the deadline is not made, so it may end earlier
      local seconds, _, err = timed(client.version, client)
      assert.equal("timeout", err.kind)
      assert.is_true(err.attempts > 1)
      assert.is_true(seconds >= 0.39, seconds .. " s")
      if seconds < 1 + SLACK then return stop() end
    end
    error "more than the deadline, three times"
  end)

  -- One byte each 50 ms: whole only after several seconds.
  local PACED <const> = {
    ["head"] = { { body = BODY, pace = 0.05 } },
    ["body"] = { { body = BODY:rep(20), cut = 130, how = "hang" } },
    ["first byte"] = { { wait = 20 } },
    ["last byte"] = { { raw = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", how = "hang" } },
    ["chunk"] = { { headers = { "Transfer-Encoding: chunked" }, body = "1\r\n{\r\n", tail = { "1\r\n \r\n", -1 },
      pace = 0.02 } },
    ["row of interim replies"] = { { interim = ("HTTP/1.1 100 Continue\r\n\r\n"):rep(100), pace = 0.02 } },
  }
  for name, replies in pairs(PACED) do
    it(name .. " ends at the deadline", function()
      local client <close> = fault:client { timeout = 0.4, retries = 3 }
      local _, err = punctual(0.4, function()
        fault:play { replies = replies }
        return client:version()
      end)
      assert.equal("timeout", err.kind)
      assert.equal("no complete reply within 0.4 s", err.message)
      assert.equal(1, err.attempts)
      assert.equal(1, fault:count())
    end)
  end

  it("answer that comes in time is whole, byte by byte", function()
    fault:play { replies = { { body = BODY, pace = 0.002 } } }
    local client <close> = fault:client()
    assert.equal("2.40.0", assert(client:version()).version_string)
  end)

  it("TLS handshake ends at connect_timeout", function()
    fault:play { accept = "hang" }
    local client <close> = fault:client { endpoint = "https://127.0.0.1:" .. fault.port, connect_timeout = 0.4 }
    local _, err = punctual(0.4, client.version, client)
    assert.equal("timeout", err.kind)
    assert.equal("no connection within 0.4 s", err.message)
  end)

  it("TLS connection is cut at any byte, and never half an answer", function()
    local sandbox <close> = sandboxes.start { token = canary }
    local front <close> = tls.start { upstream = sandbox.endpoint }
    for cut = 0, 3500, 250 do
      for _, how in ipairs { "fin", "rst", "hang" } do
        fault:play { relay = { port = front.ports.good, cut = cut, how = how } }
        local client <close> =
          fault:client { endpoint = "https://127.0.0.1:" .. fault.port, ca_file = front.ca_file, timeout = 0.15 }
        local value, err = client:version()
        if value then
          assert.equal(2, value.major)
        else
          local expected = how == "hang" and { timeout = 1 } or { tls = 1, transport = 1, timeout = 1 }
          assert.is_truthy(expected[err.kind], ("%d bytes, %s: %s"):format(cut, how, tostring(err)))
        end
      end
    end
    fault:play { relay = { port = front.ports.good, pace = 0.01 } }
    local client <close> =
      fault:client { endpoint = "https://127.0.0.1:" .. fault.port, ca_file = front.ca_file, timeout = 0.5 }
    local _, err = punctual(0.5, client.version, client)
    assert.equal("timeout", err.kind)
  end)

  it("body of our own ends at the deadline when nobody reads it", function()
    fault:play { accept = "hang" }
    local client <close> = fault:client { timeout = 0.5 }
    local _, err = punctual(0.5, client.put, client, "x/", { text = ("x"):rep(20000000) })
    assert.equal("timeout", err.kind)
  end)

  it("sleep and a closed client do not wait for each other", function()
    punctual(0, function()
      local client = fault:client()
      local co = coroutine.create(function() return client:sleep(30) end)
      client:on_wait(coroutine.yield)
      coroutine.resume(co)
      client:close()
      local _, value, err = coroutine.resume(co)
      assert.is_nil(value)
      assert.equal("closed", err.kind)
    end)
  end)
end)

describe("C-35", function()
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)

  local SCRIPT <const> = [[
    local dr = require "datarobot"
    local client <close> = assert(dr.client { endpoint = arg[1], token = arg[2], allow_http = true, retries = 0,
      connect_timeout = tonumber(arg[4]) })
    local started = dr.now and dr.now() or require "datarobot.core".now()
    local value, err = client:version { timeout = tonumber(arg[3]) }
    local seconds = require "datarobot.core".now() - started
    print(value and value.version_string or err.kind .. ": " .. err.message, seconds)
  ]]

  -- What client:version{timeout=} says in a process with the misbehaving library; its own seconds, and all.
  local function version(host, timeout, env, connect_timeout)
    local folder <close> = process.folder()
    env.LD_PRELOAD = build.program "preload.so"
    env.ASAN_OPTIONS = (os.getenv "ASAN_OPTIONS" or "") .. ":verify_asan_link_order=0:detect_leaks=0"
    local endpoint = ("%s:%d/api/v2"):format(host:find "://" and host or "http://" .. host, fault.port)
    local started = socket.gettime()
    local status, text =
      process.run({ "lua5.4", folder:write("script.lua", SCRIPT), endpoint, canary, timeout,
        connect_timeout }, env)
    assert.equal(0, status, text)
    local said, seconds = text:match "^(.*)\t(%S+)\n$"
    assert.is_truthy(said, text)
    return said, tonumber(seconds), socket.gettime() - started
  end

  -- The same of a call that is to end at its deadline: what it says, and all seconds of the process.
  local function punctual_version(host, timeout, env)
    local best = math.huge
    for _ = 1, 3 do
      local said, seconds, all = version(host, timeout, env)
      assert.is_true(seconds >= timeout - 0.01, seconds .. " s")
      best = math.min(best, seconds)
      if best < timeout + SLACK then return said, all end
    end
    error(("%.3f s instead of %.3f s"):format(best, timeout))
  end

  it("a look-up that hangs holds neither the call nor the process", function()
    local said, all = punctual_version("hang.test", 0.3, {})
    assert.equal("timeout: no complete reply within 0.3 s", said)
    assert.is_true(all < 20, all .. " s")
  end)

  it("a look-up that fails is transport and names the host", function()
    assert.matches("^transport: no connection: .*fail%.test", (version("fail.test", 5, {})))
  end)

  it("of several addresses the one that answers is found", function()
    fault:play { replies = { { body = BODY } } }
    for _, host in ipairs { "many.test", "six.test" } do
      local said, seconds = version(host, 20, {})
      assert.equal("2.40.0", said)
      assert.is_true(seconds < 3, seconds .. " s") -- a refused address is no reason to wait
    end
  end)

  it("a wall clock that jumps by a day moves no deadline", function()
    fault:play { replies = { { body = BODY, pace = 0.002 } } }
    assert.equal("2.40.0", (version("127.0.0.1", 20, { SPEC_CLOCK_JUMPS = "1" })))
    fault:play { replies = { { wait = 30 } } }
    assert.equal("timeout: no complete reply within 0.4 s",
      (punctual_version("127.0.0.1", 0.4, { SPEC_CLOCK_JUMPS = "1" })))
  end)

  it("a connection that is silent for 60 s is given up", function()
    fault:play { replies = { { body = BODY, cut = 100, how = "hang" } } }
    local said, seconds = version("127.0.0.1", 600, { SPEC_CLOCK_SPEED = "30" })
    assert.equal("timeout: no data for 60 s", said)
    assert.is_true(seconds >= 59 and seconds < 500, seconds .. " s")
  end)

  it("a connection that does not come is given up after 10 s unless an option says otherwise", function()
    fault:play { accept = "hang" }
    local said, seconds = version("https://127.0.0.1", 600, { SPEC_CLOCK_SPEED = "30" })
    assert.equal("timeout: no connection within 10 s", said)
    assert.is_true(seconds >= 9.9 and seconds < 100, seconds .. " s")
  end)

  it("a connection without any limit is waited for", function()
    fault:play { replies = { { raw = "no TLS", wait = 2 } }, early = 1 }
    local said, seconds = version("https://127.0.0.1", "1e10", { SPEC_CLOCK_SPEED = "200" }, "1e10")
    assert.matches("^tls: ", said)
    assert.is_true(seconds >= 390, seconds .. " s")
  end)

  it("a server that thinks for 40 s is waited for", function()
    fault:play { replies = { { body = BODY, wait = 2 } } }
    local said, seconds = version("127.0.0.1", 600, { SPEC_CLOCK_SPEED = "20" })
    assert.equal("2.40.0", said)
    assert.is_true(seconds >= 39, seconds .. " s")
  end)
end)
