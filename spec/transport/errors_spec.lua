-- Each kind of error is what the server or the network did, with all that the caller needs to go on.
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"
local process = require "spec.support.process"

local ID <const> = "6759e8aebd38a7fca6ba234a"

describe("an error", function()
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)

  -- What client:whoami(), or f(client), returns when the server plays these replies.
  local function ask(replies, f, options)
    fault:play { replies = replies }
    local client <close> = fault:client(options)
    local value, err = (f or client.whoami)(client)
    assert.is_nil(value)
    assert.is_true(dr.is_error(err))
    assert.is_truthy(tostring(err):find(err.kind, 1, true))
    return err
  end

  local function post(client, o) return client:post("things/", { name = "x" }, o) end

  local STATUSES <const> = {
    { 400, "api" }, { 401, "auth" }, { 402, "api" }, { 403, "forbidden" }, { 404, "not_found" }, { 405, "api" },
    { 409, "conflict" }, { 410, "api" }, { 413, "api" }, { 418, "api" }, { 422, "validation" },
    { 429, "rate_limited", true }, { 500, "server", true }, { 501, "server", true }, { 502, "server", true },
    { 503, "server", true }, { 504, "server", true }, { 599, "server", true },
    { 301, "api" }, { 302, "api" }, { 303, "api" }, { 304, "api" }, { 307, "api" }, { 308, "api" },
  }
  for _, case in ipairs(STATUSES) do
    local status, kind, retryable = case[1], case[2], case[3] or false
    it(("of status %d is %s"):format(status, kind), function()
      local err = ask { { status = status, body = [[{"message": "so it is"}]],
        headers = { "X-Request-Id: abc-" .. status, "Location: http://elsewhere.invalid/" } } }
      assert.equal(kind, err.kind)
      assert.equal(status, err.status)
      assert.equal(retryable, err.retryable)
      assert.equal("GET", err.method)
      assert.equal("account/info/", err.path)
      assert.equal(1, err.attempts)
      assert.equal("abc-" .. status, err.request_id)
      assert.is_nil(err.retry_after)
      if status == 304 then return end -- which never has a body
      local words = { auth = "the server does not accept the token", validation = "whoami: so it is" }
      local message = words[kind] or "so it is"
      if status < 400 then
        message = "the server redirects to http://elsewhere.invalid/, which is not followed; is the endpoint right?"
      end
      assert.equal(message, err.message)
    end)
  end

  it("of an unsafe request is not to be repeated, whatever the options", function()
    for _, o in ipairs { {}, { retry = false } } do
      assert.is_false(ask({ { status = 500 } }, function(c) return post(c, o) end).retryable)
      assert.is_false(ask({ { status = 503 } }, function(c) return post(c, o) end).retryable)
      assert.is_true(ask({ { status = 429 } }, function(c) return post(c, o) end).retryable)
      assert.is_true(ask({ { status = 503 } }, function(c) return c:delete("x/", o) end).retryable)
      assert.is_true(ask({ { status = 503 } }, function(c) return c:put("x/", {}, o) end).retryable)
    end
  end)

  it("counts its attempts and tells Retry-After", function()
    local err = ask({ { status = 503 } }, nil, { retries = 2 })
    assert.equal(3, err.attempts)
    assert.matches("3 attempts", tostring(err))
    err = ask { { status = 429, headers = { "Retry-After: 7" } } }
    assert.equal("rate_limited", err.kind)
    assert.equal(7.0, err.retry_after)
    err = ask({ { status = 503, headers = { "Retry-After: 0" } }, { cut = 30 } }, nil, { retries = 1 })
    assert.same({ "transport", 2 }, { err.kind, err.attempts })
    assert.is_nil(err.retry_after) -- that was another reply's
  end)

  describe("of a 422", function()
    local function problems(body)
      local err = ask({ { status = 422, body = body } })
      assert.equal("validation", err.kind)
      assert.equal(422, err.status)
      return err.problems, err
    end

    it("maps dotted names to the paths of Lua and JSON", function()
      local list, err = problems [[{"message": "Invalid field data", "errors": {
        "trigger.schedule.hour.0": "too late", "modelSelectionStrategy": "unknown word"}}]]
      assert.equal("whoami: Invalid field data", err.message)
      assert.same({
        { path = "trigger.schedule.hour[1]", pointer = "/trigger/schedule/hour/0", message = "too late" },
        { path = "model_selection_strategy", pointer = "/modelSelectionStrategy", message = "unknown word" },
      }, list)
      assert.matches("\n  trigger.schedule.hour%[1%]: too late\n", tostring(err))
    end)

    it("maps nested objects and lists", function()
      assert.same({
        { path = "trigger.schedule.hour", pointer = "/trigger/schedule/hour", message = "a" },
        { path = "trigger.schedule.hour", pointer = "/trigger/schedule/hour", message = "b" },
        { path = "list[2].max_wait", pointer = "/list/1/maxWait", message = "c" },
      }, problems [[{"errors": {"trigger": {"schedule": {"hour": ["a", "b"]}}, "list": [{}, {"maxWait": "c"}]}}]])
      assert.same({ { path = "name", pointer = "/name", message = "d" } },
        problems [[{"message": {"name": "d"}}]])
      assert.same({ { path = "name", pointer = "/name", message = "3" }, { path = "on", pointer = "/on",
        message = "false" } }, problems [[{"message": "m", "errors": {"name": 3, "on": false}}]])
      assert.same({ { path = "", pointer = "", message = "one" }, { path = "", pointer = "", message = "two" } },
        problems [[{"message": "m", "errors": ["one", "two"]}]])
    end)

    it("survives shapes that nobody has seen", function()
      for _, body in ipairs { "", "null", "7", [["text"]], "[]", "{}", [[{"errors": null}]], [[{"errors": "text"}]],
        [[{"message": null}]], [[{"message": 7}]], [[{"message": []}]], [[{"errors": {"": ""}}]],
        [[{"errors": {"...": "x"}}]], '{"errors": {".a.": [[[["deep"]]]]}}', "<html>no</html>", "{\"message\":" } do
        local _, err = problems(body)
        assert.is_string(err.message)
        assert.is_string(tostring(err))
      end
      local deep = ('{"a":'):rep(100) .. '"x"' .. ("}"):rep(100)
      assert.equal(1, #problems('{"errors":' .. deep .. "}"))
    end)

    it("keeps names with odd bytes whole and on one line", function()
      local list, err = problems [[{"message": "m", "errors": {"a/b~c": "x", "z\u0000y\n": "u\u0000v\u001b[31m"}}]]
      assert.same({ path = "a/b~c", pointer = "/a~1b~0c", message = "x" }, list[1])
      assert.same({ path = [[z\x00y\n]], pointer = [[/z\x00y\n]], message = [[u\x00v\x1b[31m]] }, list[2])
      assert.is_nil(tostring(err):find "[\0\27]")
    end)

    it("keeps the server's word for it", function()
      local err = ask { { status = 422, body = [[{"message": "there", "errorName": "JobAlreadyAdded"}]] } }
      assert.equal("JobAlreadyAdded", err.code)
    end)
  end)

  it("of a long text that is no JSON shows its beginning only", function()
    local err = ask { { status = 500, body = ("<p>\27[1m ü</p>\r\n"):rep(10000) } }
    assert.is_true(#err.message <= 200 and utf8.len(err.message) ~= nil)
    assert.is_nil(err.message:find "%c")
    err = ask { { status = 500, body = [[{"message": "]] .. ("x"):rep(1000000) .. [["}]] } }
    assert.is_true(#tostring(err) < 4000, #tostring(err) .. " bytes")
  end)

  describe("of the network", function()
    it("is transport when nobody listens", function()
      local client <close> = fault:client { endpoint = "http://127.0.0.1:" .. process.free_port() }
      local _, err = client:whoami()
      assert.equal("transport", err.kind)
      assert.is_true(err.retryable)
      assert.is_nil(err.status)
      assert.matches("no connection", err.message)
      _, err = client:post("x/", {}) -- never written, so it cannot have been done
      assert.equal("transport", err.kind)
      assert.is_true(err.retryable)
    end)

    it("is transport when the name does not exist", function()
      local client <close> = fault:client { endpoint = "https://nowhere.invalid" }
      local _, err = client:whoami()
      assert.equal("transport", err.kind)
      assert.matches("nowhere.invalid", err.message)
    end)

    for _, how in ipairs { "fin", "rst" } do
      it("is transport when the connection ends at once by " .. how, function()
        for _, play in ipairs { { accept = how }, { replies = { { cut = 0, how = how } } },
          { replies = { { cut = 30, how = how } } } } do
          fault:play(play)
          local client <close> = fault:client()
          local _, err = client:whoami()
          assert.equal("transport", err.kind)
          assert.is_true(err.retryable)
          assert.equal(1, err.attempts)
        end
      end)
    end

    it("is tls when the other end does not speak it", function()
      fault:play { replies = { { raw = "HTTP/1.1 400 Bad\r\n\r\n" } }, early = 1 }
      local client <close> = fault:client { endpoint = "https://127.0.0.1:" .. fault.port }
      local _, err = client:whoami()
      assert.equal("tls", err.kind)
      assert.is_false(err.retryable)
    end)

    it("is timeout when the deadline comes, and says of what", function()
      fault:play { accept = "hang" }
      local client <close> = fault:client { timeout = 0.2 }
      local _, err = client:whoami()
      assert.equal("timeout", err.kind)
      assert.is_true(err.retryable)
      assert.matches("within 0%.2 s$", err.message)
      _, err = client:whoami { timeout = 0.1 }
      assert.matches("within 0%.1 s$", err.message)
      _, err = client:post("x/", {}) -- written whole: somebody may have acted on it
      assert.equal("ambiguous", err.kind)
      assert.is_false(err.retryable)
      assert.matches("look before you send it again", tostring(err))
    end)
  end)

  describe("of a cap", function()
    it("is limit for a body above max_body", function()
      local err = ask({ { body = ('"%s"'):format(("x"):rep(2000)) } }, nil, { max_body = 1000 })
      assert.equal("limit", err.kind)
      assert.matches("max_body %(1000 bytes%)", err.message)
      assert.is_false(err.retryable)
      assert.equal(200, err.status)
      err = ask({ { status = 500, body = ("x"):rep(2000) } }, nil, { max_body = 1000 })
      assert.equal("limit", err.kind)
      err = ask({ { body = ("x"):rep(2000) } }, post, { max_body = 1000 })
      assert.equal("ambiguous", err.kind)
    end)

    it("is none for a body of exactly max_body", function()
      fault:play { replies = { { body = '{"a":"' .. ("x"):rep(992) .. '"}' } } }
      local client <close> = fault:client { max_body = 1000 }
      assert.equal(992, #assert(client:whoami()).a)
    end)

    it("is limit for headers above 256 KiB", function()
      local lines = {}
      for i = 1, 300 do lines[i] = "X-" .. i .. ": " .. ("x"):rep(1000) end
      local err = ask { { headers = lines } }
      assert.equal("limit", err.kind)
      assert.matches("headers", err.message)
    end)

    it("is limit for an address above 64 KiB, without a request", function()
      fault:play { replies = { {} } }
      local client <close> = fault:client()
      local n = 0
      for size = 16, 24, 2 do
        local text = ("x"):rep(1 << size)
        for name, f in pairs {
          get = function() return client:get("x/", { query = { a = text } }) end,
          post = function() return client:post("x/", {}, { query = { a = text } }) end,
          path = function() return client:get("x/" .. text) end,
          list = function() return client:list("x/", { a = text }):collect() end,
          search = function() return client:deployments({ search = text }):collect() end,
          find = function() return client:find_deployment(text) end,
          datasets = function() return client:list("x/?a=" .. text):collect() end,
        } do
          local value, err = f()
          assert.is_nil(value, name)
          assert.equal("limit", err.kind, name)
          assert.matches("longer than 64 KiB", err.message)
          assert.is_true(#tostring(err) < 200)
          n = n + 1
        end
      end
      assert.equal(35, n)
      assert.equal(0, fault:count())
      assert(client:get("x/", { query = { a = ("x"):rep(65000) } }))
      fault:play { replies = { { status = 404 } } }
      local _, err = client:get(("x"):rep(65000))
      assert.equal(65000, #err.path)
      assert.is_true(#tostring(err) < 2000)
      for _, to in ipairs { "status/" .. ("x"):rep(70000), "?a=" .. ("x"):rep(70000) } do
        fault:play { replies = { { status = 202, headers = { "Location: " .. to } } } }
        _, err = client:wait(assert(client:post("x/", {})))
        assert.equal("limit", err.kind)
      end
    end)

    it("is limit for JSON that is too deep", function()
      local err = ask { { body = ("["):rep(129) .. ("]"):rep(129) } }
      assert.equal("limit", err.kind)
      assert.matches("deep", err.message)
    end)
  end)

  it("is closed, raised, of a client that was closed before, and returned of one closed meanwhile", function()
    fault:play { replies = { { cut = 10, how = "hang" } } }
    local client = fault:client()
    local value, err
    local co = coroutine.create(function() value, err = client:whoami() end)
    client:on_wait(function() coroutine.yield() end)
    assert(coroutine.resume(co))
    client:close()
    assert(coroutine.resume(co))
    assert.is_nil(value)
    assert.equal("closed", err.kind)
    local ok, raised = pcall(client.whoami, client)
    assert.is_false(ok)
    assert.equal("closed", raised.kind)
  end)

  it("is ambiguous when a write's answer was lost, and not when it was never written", function()
    local err = ask({ { cut = 0 } }, post)
    assert.equal("ambiguous", err.kind)
    assert.equal("POST", err.method)
    assert.equal(1, err.attempts)
    assert.is_false(err.retryable)
    assert.equal("ambiguous", ask({ { cut = 30, how = "rst" } }, post).kind)
    assert.equal("ambiguous", ask({ { status = 502 } }, post).kind)
    assert.equal("ambiguous", ask({ { status = 504 } }, post).kind)
    assert.equal("server", ask({ { status = 503 } }, post).kind)
    assert.equal("ambiguous", ask({ { cut = 0 } }, function(c) return post(c, { retry = false }) end).kind)
    assert.equal("transport", ask({ { cut = 0 } }, function(c) return c:put("x/", {}, { retry = false }) end).kind)
  end)

  it("of a number out of range is raised", function()
    local RANGES <const> = { retries = { 0, 100 }, max_connections = { 1, 1024 }, max_body = { 1 } }
    for name, range in pairs(RANGES) do
      for _, edge in ipairs(range) do fault:client({ [name] = edge }):close() end
      for _, beyond in ipairs { range[1] - 1, range[2] and range[2] + 1 or math.maxinteger, 1.5, 0 / 0 } do
        assert.error_matches(function() fault:client { [name] = beyond } end, "'" .. name .. "'")
      end
    end
    local client <close> = fault:client()
    for _, seconds in ipairs { -1, 1e9 + 1, math.huge, 0 / 0 } do
      assert.error_matches(function() client:sleep(seconds) end, "seconds from 0 to 1e9 expected")
    end
  end)

  it("of a wrong id is validation, without a request", function()
    fault:play { replies = { {} } }
    local client <close> = fault:client()
    local _, err = client:deployment(ID:sub(2))
    assert.equal("validation", err.kind)
    assert.equal(0, fault:count())
  end)
end)
