local http = require "spec.sandbox.http"
local sandbox = require "datarobot.sandbox"
local server = require "datarobot.sandbox.server"
local socket = require "socket"

-- A server over a world given as Lua source.
local function start(source)
  local name = os.tmpname()
  local file = assert(io.open(name .. ".lua", "w"))
  file:write(source)
  file:close()
  local handle, problem = server.start {
    package_path = name:gsub("[^/]+$", "?.lua"),
    package_cpath = package.cpath,
    module = name:match "[^/]+$",
    options_json = "{}",
  }
  os.remove(name)
  os.remove(name .. ".lua")
  return handle, problem
end

local function world(body)
  return "return { open = function() return {" .. body .. "} end }"
end

describe("server", function()
  it("turns an error of the world into a 500 with its message", function()
    local handle <close> = assert(start(world 'handle = function() error("not \\"this\\"\\n time", 0) end'))
    local reply = http.request({ port = handle:port(), token = "x" }, "GET", "x")
    assert.equal(500, reply.status)
    assert.equal("not  this   time", reply.json.message)
  end)

  it("survives errors that are not text and answers that are not answers", function()
    for _, body in ipairs {
      "handle = function() error {} end", "handle = function() return 42 end", "handle = function() return {} end",
      "handle = function() return 200, { [1] = 2 } end", "handle = function() return 200, nil, {} end", "",
      'handle = function() return 200, { ["a b"] = "x\\r\\ny" } end',
    } do
      local handle <close> = assert(start(world(body)))
      for _ = 1, 2 do assert.equal(500, http.request({ port = handle:port(), token = "x" }, "GET", "x").status) end
    end
  end)

  it("gives the request as it was on the wire", function()
    local handle <close> = assert(start(world [[
      handle = function(method, path, query, headers, body, time)
        local seen = { method, path, tostring(query), #headers % 2, body, math.type(time) }
        return 200, { ["Content-Type"] = "text/plain" }, table.concat(seen, "|")
      end]]))
    local place = { port = handle:port(), token = "x" }
    local reply = http.request(place, "PATCH", nil, { target = "/a%2Fb//c?x=%20+y", body = "\0\xFF" })
    assert.equal("PATCH|/a%2Fb//c|x=%20+y|0|\0\xFF|float", reply.text)
    assert.equal("GET|/|nil|0||float", http.request(place, "GET", nil, { target = "/" }).text)
  end)

  it("calls functions of the world", function()
    local handle <close> = assert(start(world [[
      echo = function(text) return text end, fail = function() error("no", 0) end,
      none = function() end, odd = function() error {} end]]))
    assert.equal("[1]", handle:call("echo", "[1]"))
    assert.equal("null", handle:call "echo")
    assert.same({ n = 2 }, table.pack(handle:call "none"))
    assert.same({ nil, "no", n = 2 }, table.pack(handle:call "fail"))
    assert.same({ nil, "an error without text", n = 2 }, table.pack(handle:call "odd"))
    assert.is_string(select(2, handle:call "missing"))
    handle:stop()
    assert.has_error(function() handle:call "echo" end, "the server is stopped")
  end)

  it("tells why a world cannot be opened", function()
    local handle, problem = start 'error("nothing to see", 0)'
    assert.is_nil(handle)
    assert.truthy(problem:find("nothing to see", 1, true))
  end)

  it("tells when the port is taken", function()
    local first <close> = assert(sandbox.start())
    local second, problem = sandbox.start { port = first.port }
    assert.is_nil(second)
    assert.equal(("cannot listen on 127.0.0.1:%d: Address already in use"):format(first.port), problem)
  end)

  it("listens on 127.0.0.1 alone", function()
    local running <close> = assert(sandbox.start())
    local tcp = socket.tcp()
    tcp:settimeout(1)
    assert.is_nil(tcp:connect("127.0.0.2", running.port))
    tcp:close()
  end)

  it("keeps connections open and serves twenty at once", function()
    local running <close> = assert(sandbox.start())
    local connections = {}
    for i = 1, 20 do connections[i] = http.connect(running) end
    for _ = 1, 5 do
      for _, connection in ipairs(connections) do connection:send("GET", "deployments/" .. running.deployment_id) end
      for _, connection in ipairs(connections) do
        assert.equal(running.deployment_id, connection:receive().json.id)
      end
    end
    for _, connection in ipairs(connections) do connection:close() end
  end)

  it("stops at once while connections are open", function()
    local running = assert(sandbox.start())
    local connections = {}
    for i = 1, 10 do
      connections[i] = http.connect(running)
      connections[i]:request("GET", "version/")
    end
    connections[11] = http.connect(running)
    connections[11].tcp:send "PATCH /api/v2/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf a body"
    local before = socket.gettime()
    running:stop()
    assert.is_true(socket.gettime() - before < 1)
    assert.is_nil(connections[1].tcp:receive())
    running:stop()
  end)

  it("survives clients that hang up and requests that are none", function()
    local running <close> = assert(sandbox.start())
    for _, text in ipairs {
      "GET", "\r\n\r\n", "nonsense\r\n\r\n", "GET /api/v2/version/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
      "GET /api/v2/version/ HTTP/9\r\n\r\n", ("x"):rep(70000), "GET /" .. ("y"):rep(70000) .. " HTTP/1.1\r\n\r\n",
    } do
      local connection = http.connect(running)
      connection.tcp:send(text)
      connection:close()
    end
    assert.equal(200, http.request(running, "GET", "version/").status)
  end)

  it("gives the signal mask back when the function that it calls raises", function()
    assert.has_error(function() server.wait_signal(function() error("no", 0) end) end, "no")
    local status = assert(io.open "/proc/self/status")
    local mask = status:read("a"):match "SigBlk:%s*(%x+)"
    status:close()
    assert.equal(0, tonumber(mask, 16) & (1 << 1 | 1 << 14))
  end)

  it("is stopped by the collector", function()
    local running = assert(sandbox.start())
    local place = { port = running.port, token = running.token }
    running = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.is_nil(socket.connect("127.0.0.1", place.port))
  end)
end)

describe("examples/sandbox.lua", function()
  local function run(words)
    local pipe = io.popen("lua5.4 examples/sandbox.lua " .. words .. " 2>&1")
    local text = pipe:read "a"
    return text, select(3, pipe:close())
  end

  for _, signal in ipairs { "INT", "TERM" } do
    it("prints five lines, serves, and ends well at SIG" .. signal, function()
      local pipe = io.popen("lua5.4 examples/sandbox.lua & echo $!; wait $!; echo exit $?")
      local process, values = pipe:read "l", {}
      for _ = 1, 5 do
        local name, value = pipe:read("l"):match "^([A-Z_]+)=([%w:/.-]+)$"
        values[name] = value
      end
      local place = {
        port = tonumber(values.DATAROBOT_ENDPOINT:match "^http://127.0.0.1:(%d+)/api/v2$"),
        token = values.DATAROBOT_API_TOKEN,
      }
      local reply = http.request(place, "GET", "deployments/" .. values.DEPLOYMENT_ID)
      assert.equal(values.PREDICTION_ENVIRONMENT_ID, reply.json.predictionEnvironment.id)
      assert.equal(200, http.request(place, "GET", "datasets/" .. values.DATASET_ID).status)
      os.execute("kill -" .. signal .. " " .. process)
      assert.equal("exit 0", pipe:read "l")
      pipe:close()
    end)
  end

  it("explains itself and tells unknown options", function()
    local text, code = run "--help"
    assert.equal(0, code)
    assert.truthy(text:find("--port", 1, true))
    text, code = run "--prot 1"
    assert.equal(2, code)
    assert.truthy(text:find("unknown option: --prot", 1, true))
    assert.equal(2, select(2, run "--port 99999"))
  end)
end)
