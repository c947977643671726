-- C-29 and C-30: Retry-After in all its forms, and storms of failures with the arithmetic of the client's quota. The
-- pauses run side by side, so the waiting is that of the longest one.
local Fault = require "spec.support.fault_server"
local socket = require "socket"
local together = require "spec.support.together"

-- What a client may spend on retries, what one costs, and what an answer of any other kind gives back.
local QUOTA <const>, RETRY <const>, TIMEOUT <const>, GAIN <const> = 500, 5, 10, 1

local function date(seconds) return os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + seconds) end

describe("C-29 Retry-After", function()
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)

  -- value (nil: no header); least and most seconds until the second try; seconds that err.retry_after says.
  local FORMS <const> = {
    { nil, 0, 0.5 }, { "0", 0, 0.5, 0 }, { "1", 1, 1.5, 1 }, { " 1 ", 1, 1.5, 1 }, { "-5", 0, 0.5 }, { "1.5", 0, 0.5 },
    { "soon", 0, 0.5 }, { "", 0, 0.5 }, { "0x10", 0, 0.5 }, { "1 2", 0, 0.5 }, { "2026", false, false, 2026 },
    { "1000000000000", false, false, 86400 }, { ("9"):rep(63), false, false, 86400 }, { ("9"):rep(64), 0, 0.5 },
    { ("9"):rep(200), 0, 0.5 }, { "-1 Jan 2999 00:00:00 GMT", 0, 0.5 },
    { "Mon, 01 Jan 2001 00:00:00 GMT", 0, 0.5, 0 }, { date(86400 * 400), false, false, 86400 },
    { "Sun, 31 Feb 2999 99:00:00 GMT", 0, 0.5 },
  }

  local function reply(status, value)
    return { status = status, headers = { value and "Retry-After: " .. value or "X-None: 1" } }
  end

  it("is obeyed up to the deadline, and never makes a busy loop", function()
    local routes, functions, results = {}, {}, {}
    for i, form in ipairs(FORMS) do
      for _, status in ipairs { 429, 503 } do
        local prefix = ("/%d/%d"):format(status, i)
        routes["GET " .. prefix .. "/version/"] = { reply(status, form[1]), {} }
        functions[#functions + 1] = function(wait)
          local client <close> = fault:client { endpoint = fault.url .. prefix, retries = 1, timeout = 20 }
          client:on_wait(wait)
          local value, err = client:version()
          results[prefix] = { value = value, err = err, form = form, status = status }
        end
      end
    end
    fault:play { routes = routes }
    local started = socket.gettime()
    together(functions)
    assert.is_true(socket.gettime() - started < 15)
    local at = {}
    for _, request in ipairs(fault:seen()) do
      local prefix = request.target:match "^/%d+/%d+"
      at[prefix] = at[prefix] or {}
      table.insert(at[prefix], request.at)
    end
    for prefix, result in pairs(results) do
      local form = result.form
      local name = ("%s of %q after %d"):format(prefix, tostring(form[1]), result.status)
      if form[2] then
        assert.is_truthy(result.value, name)
        assert.equal(2, #at[prefix], name)
        local pause = at[prefix][2] - at[prefix][1]
        assert.is_true(pause >= form[2] - 0.02 and pause < form[3] + 2, name .. ": " .. pause)
      else -- it would come after the deadline, so nobody waits for it
        assert.equal(1, #at[prefix], name)
        assert.equal(result.status, result.err.status, name)
        assert.equal(form[4] * 1.0, result.err.retry_after, name)
      end
    end
  end)

  it("of a date is waited for", function()
    fault:play { replies = { reply(429, date(2)), {} } }
    local client <close> = fault:client { retries = 1 }
    assert(client:version())
    local seen = fault:seen()
    local pause = seen[2].at - seen[1].at
    assert.is_true(pause > 0.9 and pause < 6, pause .. " s")
  end)

  it("is obeyed at any length that fits before the deadline", function()
    fault:play { replies = { reply(429, "300") } }
    local delay
    local client <close> = fault:client { retries = 1, timeout = 600, log = function(event)
      delay = delay or event.delay
      if delay then error("enough", 0) end
    end }
    local ok, err = pcall(client.version, client)
    assert.same({ false, "enough", 300.0 }, { ok, err, delay })
  end)

  it("is told with the error, in seconds", function()
    for i, form in ipairs(FORMS) do
      fault:play { replies = { reply(429, form[1]) } }
      local client <close> = fault:client()
      local _, err = client:version()
      assert.equal("rate_limited", err.kind)
      assert.equal(form[4] and form[4] * 1.0, err.retry_after, i .. " " .. tostring(form[1]))
    end
  end)
end)

describe("C-30 a storm", function()
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)

  -- Calls at once on one client; their errors by kind, and how many requests that made.
  local function storm(client, calls, reply)
    local functions, kinds = {}, {}
    fault:play { replies = { reply } }
    for i = 1, calls do
      functions[i] = function(wait)
        client:on_wait(wait)
        local value, err = client:get(("call/%d/"):format(i))
        local kind = value and "good" or err.kind
        kinds[kind] = (kinds[kind] or 0) + 1
      end
    end
    together(functions, calls)
    return kinds, fault:count()
  end

  for _, status in ipairs { 429, 500, 502, 503, 504 } do
    it(("of %d costs what the quota has, and no more"):format(status), function()
      local client <close> = fault:client { retries = 3 }
      local kinds, requests = storm(client, 150, { status = status })
      assert.same({ [status == 429 and "rate_limited" or "server"] = 150 }, kinds)
      assert.equal(150 + QUOTA // RETRY, requests)
    end)
  end

  it("of silence costs twice as much a retry", function()
    local port, stop = Fault.black_hole()
    local silent <close> = fault:client { endpoint = "http://127.0.0.1:" .. port, retries = 3, connect_timeout = 0.1,
      timeout = 20, max_connections = 100 }
    local attempts, functions = 0, {}
    for i = 1, 70 do
      functions[i] = function(wait)
        silent:on_wait(wait)
        local _, err = silent:version()
        assert.equal("timeout", err.kind)
        attempts = attempts + err.attempts
      end
    end
    together(functions, 70)
    stop()
    assert.equal(70 + QUOTA // TIMEOUT, attempts)
  end)

  it("that is over is over: answers pay the quota back", function()
    local client <close> = fault:client { retries = 1 }
    storm(client, 50, {}) -- what is full gets no fuller
    local _, requests = storm(client, 150, { status = 503 })
    assert.equal(150 + QUOTA // RETRY, requests)
    local kinds
    kinds, requests = storm(client, 50, {})
    assert.same({ good = 50 }, kinds)
    assert.equal(50, requests)
    _, requests = storm(client, 30, { status = 503 })
    assert.equal(30 + 50 * GAIN // RETRY, requests)
  end)

  it("that is survived costs nothing: an answer pays its own retry back", function()
    local client <close> = fault:client { retries = 1 }
    local routes, functions = {}, {}
    for i = 1, QUOTA // RETRY do
      routes[("GET /api/v2/call/%d/"):format(i)] = { { status = 503 }, {} }
      functions[i] = function(wait)
        client:on_wait(wait)
        assert(client:get(("call/%d/"):format(i)))
      end
    end
    fault:play { routes = routes }
    together(functions, #functions)
    local _, requests = storm(client, 150, { status = 503 })
    assert.equal(150 + QUOTA // RETRY, requests)
  end)

  it("is met with pauses that are uniform between 0 and 0.5 s", function()
    local client <close> = fault:client { retries = 1 }
    storm(client, QUOTA // RETRY, { status = 503 })
    local first, pauses = {}, {}
    for _, request in ipairs(fault:seen()) do
      local before = first[request.target]
      if before then pauses[#pauses + 1] = request.at - before end
      first[request.target] = request.at
    end
    table.sort(pauses)
    assert.equal(100, #pauses)
    -- Kolmogorov and Smirnov: once in 10,000 runs it is above 0.22 by chance; the rest is for the machine's noise.
    local distance = 0
    for i, pause in ipairs(pauses) do
      distance = math.max(distance, math.abs(math.min(pause / 0.5, 1) - i / 100))
    end
    assert.is_true(distance < 0.3, "distance " .. distance)
  end)

  it("of one client is none of another's", function()
    local tired <close> = fault:client { retries = 1 }
    local fresh <close> = fault:client { retries = 1 }
    storm(tired, 150, { status = 503 })
    local _, requests = storm(fresh, 10, { status = 503 })
    assert.equal(20, requests)
  end)
end)
