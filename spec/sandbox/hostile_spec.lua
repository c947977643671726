-- What peers may cost the sandbox in time and memory, with the token and without, and which peers it answers at all.
local contract = require "datarobot.sandbox.contract"
local cron = require "datarobot.sandbox.world.cron"
local http = require "spec.sandbox.http"
local json = require "datarobot.sandbox.json"
local sandbox = require "datarobot.sandbox"
local server = require "datarobot.sandbox.server"
local socket = require "socket"

local MEBIBYTE <const> = 1 << 20

-- Seconds of processor time that a call takes, of the quickest of three.
local function cost(f, ...)
  local best = math.huge
  for _ = 1, 3 do
    collectgarbage()
    local start = os.clock()
    f(...)
    best = math.min(best, os.clock() - start)
  end
  return best
end

-- Four times as much may take at most eight times as long: what is quadratic takes sixteen times.
local function assert_linear(name, f, make, n)
  local less, more = cost(f, make(n)), cost(f, make(4 * n))
  assert.is_true(more < 8 * less + 0.02, ("%s: %.4f s, four times as much %.4f s"):format(name, less, more))
end

-- JSON texts of about n bytes that a careless reader is slow on.
local TEXTS <const> = {
  ["digits"] = function(n) return ("1"):rep(n) end,
  ["digits, no number"] = function(n) return "[" .. ("1"):rep(n) .. "x]" end,
  ["a long fraction"] = function(n) return "0." .. ("0"):rep(n) .. "1x" end,
  ["a long exponent"] = function(n) return "1e" .. ("0"):rep(n) .. "x" end,
  ["digits and points"] = function(n) return ("1."):rep(n // 2) end,
  ["digits and signs"] = function(n) return ("1-"):rep(n // 2) end,
  ["signs"] = function(n) return ("-"):rep(n) end,
  ["numbers"] = function(n) return "[" .. ("1,"):rep(n // 2) .. "1]" end,
  ["blanks after a bracket"] = function(n) return "[" .. (" "):rep(n) .. "x" end,
  ["brackets and blanks"] = function(n) return ("[ "):rep(n // 2) end,
  ["brackets"] = function(n) return ("["):rep(n) end,
  ["empty lists"] = function(n) return "[" .. ("[],"):rep(n // 3) .. "[]]" end,
  ["empty objects"] = function(n) return "[" .. ("{},"):rep(n // 3) .. "{}]" end,
  ["escapes"] = function(n) return '"' .. ("\\n"):rep(n // 2) .. '"' end,
  ["escapes without an end"] = function(n) return '"' .. ("\\"):rep(n) end,
  ["equal members"] = function(n) return "{" .. ('"a":1,'):rep(n // 6) .. '"a":1}' end,
}

describe("the time of", function()
  for name, make in pairs(TEXTS) do
    it("reading " .. name .. " grows with their number", function()
      assert_linear(name, json.decode, make, 50000)
      assert.is_true(cost(json.decode, make(2048)) < 0.01)
    end)
  end

  it("reading a time does not grow", function()
    for _, tail in ipairs { "x", "", "-", ":" } do
      local text = "2024-12-20T00:00:00." .. ("1"):rep(100000) .. tail
      assert.is_true(cost(cron.parse, text) < 0.01)
      assert.is_nil(cron.parse(text))
    end
    assert.equal(1734652800, cron.parse "2024-12-20T02:00:00.123456789+02:00")
  end)

  it("checking a body with many faults does not grow with them", function()
    local function bad_list(n)
      local list = json.list()
      for i = 1, n do list[i] = i end
      local schedule = { minute = list, hour = list, dayOfMonth = list, month = list, dayOfWeek = list }
      return { name = "x", trigger = { type = "schedule", schedule = schedule } }
    end
    local function strangers(n)
      local body = { name = "x" }
      for i = 1, n do body["k" .. i] = i end
      return body
    end
    for name, make in pairs { ["bad elements"] = bad_list, ["unknown members"] = strangers } do
      local body = make(100000)
      assert.is_true(cost(contract.check, "retraining-policy-create.json", body) < 0.5, name)
      assert.is_true(#contract.check("retraining-policy-create.json", body) >= 50, name)
    end
  end)

  it("matching each pattern of the contract grows with the text", function()
    local texts = {
      ["1"] = "", ["P1D"] = "T", ["PT"] = "1", ["PT1."] = "1", ["P"] = "1Y", ["a"] = "a", ["0"] = "0", [" "] = " ",
    }
    for head, piece in pairs(texts) do
      for _, member in ipairs { "minIntervalBetweenRuns", "customJobId", "type" } do
        assert_linear(head .. " in " .. member, function(text)
          contract.check("retraining-policy-create.json", { name = "x", trigger = { [member] = text } })
        end, function(n) return head .. (piece ~= "" and piece or "1"):rep(n) end, 50000)
      end
    end
  end)
end)

describe("a peer", function()
  local running, deployment, policies

  before_each(function()
    running = assert(sandbox.start())
    deployment = "deployments/" .. running.deployment_id .. "/"
    policies = deployment .. "retrainingPolicies/"
  end)
  after_each(function() running:stop() end)

  local function seconds_of(f, ...)
    local start = socket.gettime()
    local reply = f(...)
    return socket.gettime() - start, reply
  end

  local function worst(method, path, options)
    local seconds, reply = seconds_of(http.request, running, method, path, options)
    assert.is_true(seconds < 1, ("%s %s: %.3f s"):format(method, path:sub(1, 60), seconds))
    return reply
  end

  it("cannot hold the world with a number of thousands of digits", function()
    assert.equal(400, worst("POST", policies, { body = '{"name":' .. ("1"):rep(2000) .. "x}" }).status)
    assert.equal(400, worst("POST", policies, { body = '{"name":' .. ("1"):rep(2000) .. "}" }).status)
  end)

  it("cannot hold the world with a query, a path or a header", function()
    local long = 25000
    for _, target in ipairs {
      "deployments/?lastPredictionTimestampStart=2024-12-20T00:00:00." .. ("1"):rep(long) .. "x",
      "deployments/?" .. ("a&"):rep(400), "deployments/?" .. ("status=x&"):rep(400),
      "deployments/?search=" .. ("%20"):rep(long // 3), "deployments/?orderBy=" .. ("-"):rep(long),
      "deployments/?limit=" .. ("1"):rep(long), "deployments/?" .. ("="):rep(long),
      "deployments/" .. ("x"):rep(long) .. "/retrainingPolicies/y/runs/z", ("/"):rep(long), ("deployments/"):rep(2000),
    } do
      worst("GET", target)
    end
    for _, headers in ipairs {
      { "Authorization: " .. ("a"):rep(long) }, { "Authorization: a " .. (" "):rep(long) .. "b c" },
      { "Origin: http://" .. (":"):rep(long) }, { "Origin: http://" .. (":1"):rep(long // 2) .. "x" },
      { ("x:\r\n"):rep(long // 8) .. "y: z" },
    } do
      worst("GET", deployment, { headers = headers, token = false })
    end
  end)

  it("sends bodies of at most 1 MiB", function()
    local large = '{"name":"' .. ("x"):rep(MEBIBYTE - 11) .. '"}'
    assert.equal(422, worst("POST", policies, { body = large }).status)
    local reply = worst("POST", policies, { body = large .. "  " })
    assert.equal(413, reply.status)
    assert.equal("The body is too large.", reply.json.message)
    assert.equal(413, running:requests()[2].status)
  end)

  it("has its body kept for a known path and with the token only", function()
    local body = (" "):rep(1000)
    for status, ask in pairs {
      [401] = { "POST", policies, token = false }, [404] = { "POST", "nowhere/" }, [405] = { "PUT", policies },
      [403] = { "POST", policies, headers = { "Origin: https://example.com" } }, [400] = { "POST", policies },
    } do
      ask.body = body
      running:requests { clear = true }
      assert.equal(status, http.request(running, ask[1], ask[2], ask).status)
      local seen = running:requests()[1]
      assert.same({ status, status == 400 and #body or 0 }, { seen.status, #seen.body })
    end
    worst("POST", policies, { body = (" "):rep(MEBIBYTE * 20), token = false })
  end)

  it("fills the log to 16 MiB at most", function()
    local connection = http.connect(running)
    local body = '{"name":"' .. ("x"):rep(MEBIBYTE // 2) .. '"}'
    for _ = 1, 40 do assert.equal(422, connection:request("POST", policies, { body = body }).status) end
    assert.equal(31, #running:requests { clear = true })
    local header = "X-Long: " .. ("x"):rep(30000)
    for _ = 1, 800 do connection:request("GET", "ping/", { headers = { header }, token = false }) end
    local kept = running:requests()
    assert.is_true(#kept > 400 and #kept < 600, #kept)
    connection:close()
  end)

  it("fills no memory with jobs", function()
    local connection = http.connect(running)
    for _ = 1, 1100 do connection:request("PATCH", deployment .. "settings/", { body = "{}" }) end
    assert.equal(1000, connection:request("GET", "status/?offset=0&limit=0").json.totalCount)
    connection:close()
  end)

  it("keeps few of the host's descriptors", function()
    local function descriptors()
      local pipe <close> = assert(io.popen "ls /proc/$PPID/fd | wc -l")
      return tonumber(pipe:read "a")
    end
    local before, connections = descriptors(), {}
    for i = 1, 300 do connections[i] = socket.connect("127.0.0.1", running.port) end
    socket.sleep(0.2)
    local mine = 0
    for i = 1, 300 do mine = mine + (connections[i] and 1 or 0) end
    assert.is_true(descriptors() - before - mine <= 260)
    for i = 1, 300 do
      if connections[i] then connections[i]:close() end
    end
    local deadline, served = socket.gettime() + 5, false
    while not served and socket.gettime() < deadline do -- the server sees the ends one by one
      served = pcall(http.request, running, "GET", "ping/")
    end
    assert.is_true(served)
  end)

  it("that names another host is refused, as is a page of another host", function()
    local function status(...) return http.request(running, "GET", "ping/", { headers = { ... } }).status end
    local function status_of_host(host)
      return http.request(running, "GET", "ping/", { host = host }).status
    end
    for _, host in ipairs { "localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:1", "[::1]:8080" } do
      assert.equal(200, status_of_host(host), host)
    end
    for _, host in ipairs {
      "example.com", "rebound.example.com:80", "127.0.0.1.example.com", "localhost.example.com", "10.0.0.1", "x:y",
      "127.0.0.1:80:80", "user@127.0.0.1",
    } do
      assert.equal(403, status_of_host(host), host)
    end
    for _, origin in ipairs { "http://127.0.0.1:" .. running.port, "http://localhost:3000", "https://localhost" } do
      assert.equal(200, status("Origin: " .. origin), origin)
    end
    for _, origin in ipairs { "null", "https://example.com", "http://127.0.0.1.example.com", "", "file:" } do
      assert.equal(403, status("Origin: " .. origin), origin)
    end
    assert.equal(403, status "Sec-Fetch-Site: cross-site")
    assert.equal(200, status "Sec-Fetch-Site: same-origin")
  end)

  it("that is foreign uses up no fault that was ordered", function()
    running:fail { status = 503 }
    assert.equal(403, http.request(running, "GET", "ping/", { headers = { "Origin: https://example.com" } }).status)
    assert.equal(503, http.request(running, "GET", "ping/").status)
  end)
end)

describe("a slow peer", function()
  it("is hung up on", function()
    local handle <close> = assert(server.start {
      package_path = package.path, package_cpath = package.cpath, module = "datarobot.sandbox.http",
      options_json = '{"token":"x"}', patience = 1,
    })
    local idle = assert(socket.connect("127.0.0.1", handle:port()))
    local slow = assert(socket.connect("127.0.0.1", handle:port()))
    idle:settimeout(10)
    slow:settimeout(0.2)
    slow:send "POST /api/v2/status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
    local closed
    for _ = 1, 100 do
      slow:send "x"
      closed = select(2, slow:receive(1)) == "closed"
      if closed then break end
    end
    assert.is_true(closed)
    assert.equal("closed", select(2, idle:receive(1)))
    slow:close()
    idle:close()
  end)
end)
