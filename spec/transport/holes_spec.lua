-- Small promises that nothing else would miss: how often a host's loop is woken, what an error's text holds, and which
-- file and line a wrong call is reported at.
local canary = require "spec.support.canary"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"
local process = require "spec.support.process"
local socket = require "socket"

local BODY <const> = '{"major":2,"versionString":"2.40"}'

describe("under a host's loop", function()
  -- Runs f in a coroutine that yields while it waits, and how often it waited.
  local function waits(client, f)
    local n, ended = 0, false
    local watched = { getfd = function() return client:pollfd() end, dirty = function() return false end }
    client:on_wait(function()
      n = n + 1
      coroutine.yield()
    end)
    local co = coroutine.create(function()
      f()
      ended = true
    end)
    assert(coroutine.resume(co))
    while not ended do
      socket.select({ watched }, nil, client:timeout())
      client:step()
      assert(coroutine.resume(co))
    end
    client:on_wait(nil)
    return n
  end

  it("a token that was renewed after a 401 leaves nothing to be woken for", function()
    local fault <close> = Fault.start()
    fault:play { replies = { { status = 401, wait = 0.02 }, { body = BODY, wait = 0.02 } } }
    local n = 0
    local client <close> = fault:client { token = function()
      n = n + 1
      return "token-number-" .. n
    end }
    local during = waits(client, function() assert(client:version()) end)
    assert.equal(2, fault:count())
    assert.is_true(during < 50, during .. " waits of the call")
    local after = waits(client, function() assert(client:sleep(0.3)) end)
    assert.is_true(after < 20, after .. " waits of a sleep")
  end)

  it("nothing else does, either", function()
    local fault <close> = Fault.start()
    for name, play in pairs {
      ["a success"] = { replies = { { body = BODY } } }, ["an error"] = { replies = { { status = 404 } } },
      ["a 401"] = { replies = { { status = 401 } } }, ["a cut"] = { replies = { { cut = 10 } } },
      ["a reset"] = { replies = { { cut = 0, how = "rst" } } },
    } do
      fault:play(play)
      local client <close> = fault:client()
      local during = waits(client, function() client:version() end)
      local after = waits(client, function() assert(client:sleep(0.1)) end)
      assert.is_true(during < 50 and after < 20, ("%s: %d, %d waits"):format(name, during, after))
    end
  end)
end)

describe("the text of an error", function()
  it("of a connection that was refused has method and path", function()
    local client <close> = assert(dr.client { endpoint = "http://127.0.0.1:" .. process.free_port(), token = canary,
      retries = 0 })
    for call, request in pairs {
      [function() return client:whoami() end] = "GET account/info/",
      [function() return client:get("x/", { query = { a = 1 } }) end] = "GET x/",
      [function() return client:post("x/y/", {}) end] = "POST x/y/",
      [function() return client:patch("x/", {}) end] = "PATCH x/",
      [function() return client:put("x/", {}) end] = "PUT x/",
      [function() return client:delete "x/" end] = "DELETE x/",
      [function() return client:deployments():first() end] = "GET deployments/",
    } do
      local value, err = call()
      assert.is_nil(value)
      assert.equal("transport", err.kind)
      assert.is_truthy(tostring(err):find("(" .. request .. ")", 1, true), tostring(err))
      assert.equal(request, err.method .. " " .. err.path)
    end
  end)
end)

describe("a token that is empty or blank", function()
  it("is none", function()
    for _, token in ipairs { "", " ", "\t", "\n" } do
      local ok, what, err = pcall(dr.client, { endpoint = "https://x.invalid", token = token })
      assert.is_true(not ok or what == nil and err.kind == "config", tostring(what))
      assert.matches("token", tostring(ok and err or what))
    end
    local client <close> = assert(dr.client { endpoint = "https://x.invalid", token = function() return "" end })
    assert.error_matches(function() client:version() end, "the token function returned an empty string")
  end)
end)

describe("a wrong call", function()
  local fault, client
  setup(function()
    fault = Fault.start()
    client = fault:client()
  end)
  teardown(function()
    client:close()
    fault:stop()
  end)

  -- Each is written on one line, where the wrong call stands.
  local function calls()
    local deployments, reply = client:deployments(), assert(client:get "x/")
    return {
      function() local _ = dr.client(7) end,
      function() local _ = dr.client { timeout = -1, endpoint = "https://x.invalid", token = "t-t-t-t-t" } end,
      function() local _ = dr.schedule() end,
      function() local _ = dr.fields(7) end,
      function() local _ = dr.validate(7, {}) end,
      function() local _ = dr.encode("nothing", {}) end,
      function() local _ = dr.decode(nil) end,
      function() local _ = client:deployment() end,
      function() local _ = client:deployments(7) end,
      function() local _ = client:list() end,
      function() local _ = client:find_deployment() end,
      function() local _ = client:get() end,
      function() local _ = client:get("x/", { tiemout = 1 }) end,
      function() local _ = client:post("x/", {}, 7) end,
      function() local _ = client:sleep "x" end,
      function() local _ = client:wait(7) end,
      function() local _ = client:each(nil) end,
      function() local _ = client:map({}, 7) end,
      function() local _ = client:on_wait(7) end,
      function() local _ = client.whoami() end,
      function() local _ = client.deployments() end,
      function() local _ = deployments:collect(-1) end,
      function() local _ = deployments:find(1, 2) end,
      function() local _ = deployments.first() end,
      function() local _ = #deployments end,
      function() local _ = deployments[1] end,
      function() local _ = pairs(deployments) end,
      function() local _ = reply.json() end,
      function() local _ = dr.enums.acton end,
    }
  end

  it("is reported at the file and line where it stands", function()
    for i, call in ipairs(calls()) do
      local line = debug.getinfo(call, "S").linedefined
      local ok, message = pcall(call)
      assert.is_false(ok, "call " .. i .. " of line " .. line)
      local where = "spec/transport/holes_spec.lua:" .. line .. ": "
      message = tostring(message):gsub("^%./", "")
      assert.is_truthy(message:find(where, 1, true), where .. " was expected of " .. message)
    end
  end)
end)
