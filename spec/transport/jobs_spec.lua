-- C-20 and C-32: addresses in replies, and asynchronous jobs whose status goes wrong.
local Fault = require "spec.support.fault_server"
local Listener = require "spec.support.listener"
local socket = require "socket"

local REDIRECTS <const> = { 301, 302, 303, 307, 308 }

local function status(word, more) return { body = ('{"status":"%s"%s}'):format(word, more or "") } end
local function leads(code, to) return { status = code, headers = { "Location: " .. to } } end

describe("addresses in replies (C-20):", function()
  local fault, listener
  setup(function()
    fault = Fault.start()
    listener = Listener.start()
  end)
  teardown(function()
    fault:stop()
    listener:stop()
  end)

  -- Addresses that are not below the endpoint; %d is the listener's port, %o the server's.
  local ELSEWHERE <const> = {
    "http://127.0.0.1:%o.evil.invalid/api/v2/status/x/", "http://127.0.0.1:%o\\@127.0.0.1:%d/",
    "http:\\\\127.0.0.1:%d\\x",
    "http://127.0.0.1:%d/api/v2x/", "http://ex\u{e4}mple.invalid/api/v2/",
    "http://127.0.0.1:%o/api/v2x/", "http://127.0.0.1:%o/", "http://127.0.0.1:%o",
    "http://127.0.0.1:%o/api/v2/../../etc/", "http://127.0.0.1:%o/api/v2/%2e%2e/%2e%2e/etc/", "/etc/passwd",
    "http://127.0.0.1:%d/api/v2/%2E%2e/x", "https://elsewhere.invalid/status/x/", "//127.0.0.1:%d/api/",
    "/api/v20/x/", "../../etc", "javascript:alert(1)", "file:///etc/passwd", "ftp://127.0.0.1:%d/api/v2/x/",
    "gopher://127.0.0.1:%d/api/v2/x", "data:,x", "http://127.0.0.1:%d#@127.0.0.1:%o/api/v2/status/x/",
    "http://127.0.0.1:%d?@127.0.0.1:%o/api/v2/x", "",
  }
  -- Those that are: a server that is called otherwise than it knows, behind a proxy, means itself.
  local BELOW <const> = {
    "http://127.0.0.1:%o/api/v2/status/x/", "HTTP://127.0.0.1:%o/api/v2/status/x/", "status/x/", "/api/v2/status/x/",
    "//127.0.0.1:%o/api/v2/status/x/", "http://127.0.0.1:%o/api/v2/status/x/?a=b",
    "http://127.0.0.1:%d/api/v2/status/x/", "https://127.0.0.1:%d/api/v2/status/x/", "//127.0.0.1:%d/api/v2/status/x/",
    "https://127.0.0.1:%o/api/v2/status/x/", "http://127.0.0.2:%o/api/v2/status/x/",
    "HTTP://127.0.0.1:%d/api/v2/status/x/",
    "http://localhost:%o/api/v2/status/x/", "http://[::1]:%o/api/v2/status/x/", "http://127.0.0.1/api/v2/status/x/",
    "https://datarobot.internal.invalid/api/v2/status/x/?a=b", "http://xn--exmple-cua.invalid/api/v2/status/x/",
    "http://u:p@127.0.0.1:%o/api/v2/status/x/", "http://127.0.0.1:%o@127.0.0.1:%d/api/v2/status/x/",
    "https://[fe80::1%25eth0]/api/v2/status/x/",
  }

  local function fill(address)
    return (address:gsub("%%([do])", { d = tostring(listener.port), o = tostring(fault.port) }))
  end

  for _, code in ipairs(REDIRECTS) do
    it(("status %d is followed nowhere"):format(code), function()
      for _, list in ipairs { ELSEWHERE, BELOW } do
        for _, address in ipairs(list) do
          fault:play { replies = { leads(code, fill(address)) } }
          local client <close> = fault:client()
          local _, err = client:version()
          assert.equal("api", err.kind, address)
          assert.equal(code, err.status)
          local raw = client:get "x/"
          assert.is_true(raw == nil or raw.status == code)
          raw = client:post("x/", { secret = 1 })
          assert.is_true(raw == nil or raw.status == code)
          assert.equal(3, fault:count())
        end
      end
      assert.equal("", listener:bytes())
    end)
  end

  it("a Location elsewhere is refused, whoever gives it", function()
    for i, address in ipairs(ELSEWHERE) do
      local to = fill(address)
      local all = { { leads(202, to) } }
      if i % 8 == 1 then -- before these are followed there is a pause
        table.insert(all, { leads(202, "status/a/"), leads(303, to) })
        table.insert(all, { leads(202, "status/a/"), leads(307, to) })
        table.insert(all, { leads(202, "status/a/"), leads(308, to) })
      end
      for _, replies in ipairs(all) do
        fault:play { replies = replies }
        local client <close> = fault:client()
        local product, err = client:wait(assert(client:post("x/", {})), { timeout = 5 })
        assert.is_nil(product, to)
        assert.equal("protocol", err.kind, to)
        assert.equal(#replies, fault:count())
      end
    end
    assert.equal("", listener:bytes())
  end)

  it("a Location below the endpoint is asked with the token", function()
    for _, address in ipairs(BELOW) do
      fault:play { replies = { leads(202, fill(address)), leads(303, fill(address)), { body = '{"a":1}' } } }
      local client <close> = fault:client()
      assert.equal(1, assert(client:wait(assert(client:post("x/", {})))):json().a, address)
      local seen = fault:seen()
      assert.equal(3, #seen)
      for i = 2, 3 do
        assert.equal("/api/v2/status/x/" .. (address:match "%?.*" or ""), seen[i].target)
        assert.matches("\nHost: 127%.0%.0%.1:" .. fault.port .. "\r", seen[i].head)
        assert.matches("\nAuthorization: Bearer canary", seen[i].head)
      end
    end
    assert.equal("", listener:bytes())
  end)

  describe("a chain of 0 to 50", function()
    local LENGTHS <const> = { 0, 1, 2, 3, 5, 8, 13, 21, 34, 50 }
    local class, sleep
    setup(function() -- the pauses of such chains are minutes
      local client <close> = fault:client()
      class = getmetatable(client).__index
      sleep, class.sleep = class.sleep, function() return true end
    end)
    teardown(function() class.sleep = sleep end)

    -- What a job leads to whose status moves so many times, and the number of requests.
    local function moved(times, last)
      local replies = { leads(202, "status/0/") }
      for i = 1, times do replies[i + 1] = leads(i % 2 == 0 and 307 or 308, ("status/%d/"):format(i)) end
      for _, reply in ipairs(last) do table.insert(replies, reply) end
      fault:play { replies = replies }
      local client <close> = fault:client()
      local product, err = client:wait(assert(client:post("x/", {})))
      local seen = fault:seen()
      for i = 2, math.min(times + 2, #seen) do assert.equal(("/api/v2/status/%d/"):format(i - 2), seen[i].target) end
      return product, err, #seen
    end

    it("moves of a job's status is one request each", function()
      for _, n in ipairs(LENGTHS) do
        local product, err, count = moved(n, { status "COMPLETED" })
        assert.equal(202, product and product.status, tostring(err))
        assert.equal(n + 2, count)
        product, err, count = moved(n, { leads(303, "made/"), { body = '{"a":1}' } })
        assert.equal(1, product and product:json().a, tostring(err))
        assert.equal(n + 3, count)
      end
    end)

    it("moves ends where the last one leads elsewhere", function()
      for _, n in ipairs(LENGTHS) do
        local product, err, count = moved(n, { leads(307, listener.url .. "/api/x/") })
        assert.is_nil(product)
        assert.equal("protocol", err.kind)
        assert.equal(n + 2, count)
      end
      assert.equal("", listener:bytes())
    end)

    it("redirects of a product is not followed, nor is one of a plain request", function()
      for _, n in ipairs { 2, 3, 50 } do
        local replies = { leads(202, "status/0/") }
        for i = 1, n do replies[i + 1] = leads(303, ("made/%d/"):format(i)) end
        fault:play { replies = replies }
        local client <close> = fault:client()
        assert.equal(303, assert(client:wait(assert(client:post("x/", {})))).status)
        assert.equal(3, fault:count())
      end
    end)

    it("pages is one request each", function()
      for _, n in ipairs(LENGTHS) do
        local replies = {}
        for i = 0, n do
          local to = i < n and ('"%s/x/?offset=%d"'):format(fault.endpoint, i + 1) or "null"
          replies[i + 1] = { body = ('{"data":[{"id":%d}],"next":%s}'):format(i, to) }
        end
        fault:play { replies = replies }
        local client <close> = fault:client()
        assert.equal(n + 1, #assert(client:list("x/"):collect()))
        assert.equal(n + 1, fault:count())
      end
    end)
  end)
end)

describe("a job (C-32)", function()
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)

  -- What waiting for a job says whose status is these replies, how long it took, how many requests it made.
  local function job(replies, timeout, options)
    fault:play { replies = { leads(202, "status/1/") },
      routes = { ["GET /api/v2/status/1/"] = replies, ["GET /api/v2/product/"] = { { body = '{"made":true}' } } } }
    local client <close> = fault:client(options)
    local started = socket.gettime()
    local product, err = client:wait(assert(client:post("x/", {})), { timeout = timeout or 20 })
    return product, err, socket.gettime() - started, fault:count() - 1
  end

  it("that is done leads to its product", function()
    local product = assert(job { status "INITIALIZED", status "RUNNING", leads(303, "product/") })
    assert.is_true(product:json().made)
    assert.equal(202, assert(job { status "COMPLETED" }).status)
    assert.equal(202, assert(job { status "completed" }).status)
  end)

  it("that never leaves its first status ends at the deadline, which tells it", function()
    for _, word in ipairs { "INITIALIZED", "RUNNING", "PAUSED", "", "Fnord" } do
      local product, err, seconds, requests = job({ status(word) }, 0.3)
      assert.is_nil(product)
      assert.equal("timeout", err.kind)
      assert.is_true(err.retryable)
      assert.is_truthy(err.message:find(word, 1, true))
      assert.is_true(seconds >= 0.28 and seconds < 5, seconds .. " s")
      assert.is_true(requests <= 8, requests .. " requests")
    end
    assert.equal("timeout", select(2, job({ { body = "{}" } }, 0.3)).kind)
    assert.equal("timeout", select(2, job({ { body = '{"status":null}' } }, 0.3)).kind)
  end)

  for _, word in ipairs { "ERROR", "error", "ABORTED", "EXPIRED" } do
    it("that ends with " .. word .. " ends at once", function()
      local product, err, seconds, requests = job { status("RUNNING"), status(word, ',"message":"no rows","code":3') }
      assert.is_nil(product)
      assert.equal("api", err.kind)
      assert.matches("no rows", err.message)
      assert.equal(3, err.code)
      assert.is_true(seconds < 5 and requests == 2)
    end)
  end

  it("survives what passes while it is asked", function()
    for _, fault_reply in ipairs { { status = 503 }, { status = 429 }, { status = 502 }, { cut = 0 },
      { cut = 40, how = "rst" } } do
      local product = assert(job { status "RUNNING", fault_reply, fault_reply, leads(303, "product/") })
      assert.is_true(product:json().made)
    end
  end)

  it("that is gone, forbidden or nonsense is told at once", function()
    for kind, reply in pairs { not_found = { status = 404 }, auth = { status = 401 }, forbidden = { status = 403 },
      protocol = { body = "<html>" }, api = { status = 400 } } do
      local product, err, seconds = job { status "RUNNING", reply }
      assert.is_nil(product)
      assert.equal(kind, err.kind)
      assert.is_true(seconds < 5)
    end
    for _, body in ipairs { "", "null", "7", '"x"', "{", '{"status":7}', '{"status":{}}' } do
      assert.equal("protocol", select(2, job { { body = body } }).kind, body)
    end
  end)

  it("whose address goes in circles ends at the deadline, with few requests", function()
    for _, reply in ipairs { leads(307, "status/1/"), leads(308, "status/1/"), leads(307, "?x=$n"), { status = 202 },
      leads(202, "status/1/") } do
      local product, err, seconds, requests = job({ reply }, 0.3)
      assert.is_nil(product)
      assert.equal("timeout", err.kind)
      assert.is_true(seconds < 5 and requests <= 8, requests .. " requests")
    end
  end)

  it("whose product leads to itself is not followed again", function()
    local product, _, _, requests = job { leads(303, "status/1/") }
    assert.equal(303, assert(product).status)
    assert.equal(2, requests)
  end)

  it("whose product does not come in the time that is left ends at the deadline of both", function()
    fault:play { replies = { leads(202, "status/1/") }, routes = {
      ["GET /api/v2/status/1/"] = { { status = 303, headers = { "Location: product/" }, wait = 0.3 } },
      ["GET /api/v2/product/"] = { { cut = 0, how = "hang" } },
    } }
    local client <close> = fault:client()
    local product, err = client:wait(assert(client:post("x/", {})), { timeout = 0.6 })
    assert.is_nil(product)
    assert.equal("timeout", err.kind)
    local left = tonumber(err.message:match "within ([%d.]+) s$")
    assert.is_true(left <= 0.3, err.message)
  end)

  it("whose product is gone says so", function()
    local product, err = job { leads(303, "status/1/"), { status = 404 } }
    assert.is_nil(product)
    assert.equal("not_found", err.kind)
  end)

  it("without an address cannot be followed", function()
    fault:play { replies = { { status = 202 } } }
    local client <close> = fault:client()
    local product, err = client:wait(assert(client:post("x/", {})))
    assert.is_nil(product)
    assert.equal("protocol", err.kind)
    assert.matches("without a Location", err.message)
  end)

  it("of a settings change is waited for within the call's own time", function()
    local id = ("a"):rep(24)
    fault:play { routes = {
      ["GET /api/v2/deployments/" .. id .. "/"] = { { body = ('{"id":"%s"}'):format(id) } },
      ["PATCH /api/v2/deployments/" .. id .. "/settings/"] = { leads(202, "status/1/") },
      ["GET /api/v2/status/1/"] = { status "RUNNING" },
    } }
    local client <close> = fault:client()
    local deployment = assert(client:deployment(id))
    local started = socket.gettime()
    local _, err = deployment:update_settings({ humility = { enabled = true } }, { timeout = 0.4 })
    assert.equal("timeout", err.kind)
    assert.is_true(socket.gettime() - started < 5)
    assert.equal(1, fault:count "PATCH")
  end)
end)
