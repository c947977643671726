-- Where the token comes from, when it is asked for again, and what the log function is told.
local build = require "spec.support.build"
local canary = require "spec.support.canary"
local core = require "datarobot.core"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"
local process = require "spec.support.process"

describe("the token", function()
  local fault, folder
  before_each(function()
    fault = Fault.start()
    folder = process.folder()
  end)
  after_each(function()
    fault:stop()
    folder:remove()
  end)

  local function file(text, mode)
    local path = folder:write("token", text)
    assert.equal(0, (process.run { "chmod", mode or "600", path }))
    return path
  end

  -- The tokens that came with the requests.
  local function tokens()
    local list = {}
    for i, request in ipairs(fault:seen()) do
      list[i] = request.head:match "\r\nAuthorization: Bearer ([^\r]*)" or "none"
    end
    return list
  end

  describe("from a function", function()
    local function counting()
      local n = 0
      return function()
        n = n + 1
        return "t" .. n
      end
    end

    it("is asked for before each call", function()
      local client <close> = fault:client { token = counting() }
      assert(client:version())
      assert(client:get "x/")
      assert(client:sleep(0))
      assert(client:version())
      assert.same({ "t1", "t2", "t3" }, tokens())
    end)

    it("is asked for again once after a 401", function()
      fault:play { replies = { { status = 401 }, {}, { status = 401 } } }
      local client <close> = fault:client { token = counting() }
      assert(client:post("x/", { a = 1 }))
      assert.same({ "t1", "t2" }, tokens())
      local _, err = client:version()
      assert.equal("auth", err.kind)
      assert.equal(2, err.attempts)
      assert.same({ "t1", "t2", "t3", "t4" }, tokens())
    end)

    it("that has no other is not sent again", function()
      fault:play { replies = { { status = 401 } } }
      for _, token in ipairs { canary, function() return canary end } do
        local client <close> = fault:client { token = token }
        local _, err = client:version()
        assert.equal("auth", err.kind)
        assert.equal(1, err.attempts)
      end
      assert.equal(2, fault:count())
    end)

    it("may raise, fail, yield and close the client, before anything is sent (C-39)", function()
      local what
      local client <close> = fault:client { token = function() return what() end }
      local function outcome(f)
        what = f
        return pcall(client.version, client)
      end
      local ok, err = outcome(function() error("no key", 0) end)
      assert.same({ false, "no key" }, { ok, err })
      local marked = setmetatable({}, {})
      ok, err = outcome(function() error(marked) end)
      assert.is_true(not ok and err == marked)
      local value
      ok, value, err = outcome(function() return nil, "the vault is shut" end)
      assert.is_true(ok and value == nil)
      assert.equal("config", err.kind)
      assert.equal("the token function returned no string: the vault is shut", err.message)
      for _, second in ipairs { 404, true, {} } do
        ok, value, err = outcome(function() return nil, second end)
        assert.is_true(ok and value == nil)
        assert.equal("config", err.kind)
        assert.equal("the token function returned no string: nil and a " .. type(second), err.message)
      end
      local object = core.error("transport", "no way to the vault")
      ok, value, err = outcome(function() return nil, object end)
      assert.is_true(ok and value == nil and err == object)
      for _, bad in ipairs { 7, true, {} } do
        ok, err = outcome(function() return bad end)
        assert.is_false(ok)
        assert.matches("returned a " .. type(bad), err)
      end
      assert.matches("returned a nil instead", select(2, outcome(function() end)))
      assert.matches("empty string", select(2, outcome(function() return "" end)))
      ok, err = outcome(function() return canary .. "\r\nX: y" end)
      assert.is_false(ok)
      assert.matches("byte %d+ is a control character: it has several lines", err)
      assert.is_nil(err:find(canary, 1, true))
      assert.matches("byte 2 is a control character", select(2, outcome(function() return "a\1b" end)))
      assert.matches("begins with the word 'bearer'", select(2, outcome(function() return "Bearer " .. canary end)))
      assert.equal(0, fault:count())
      what = function() return coroutine.yield "yielded" end
      local co = coroutine.create(client.version)
      assert.same({ true, "yielded" }, { coroutine.resume(co, client) })
      repeat assert(coroutine.resume(co, "later")) until coroutine.status(co) == "dead"
      assert.same({ "later" }, tokens())
      what = function()
        client:close()
        return "x"
      end
      value, err = client:version()
      assert.is_nil(value)
      assert.equal("closed", err.kind)
      assert.equal(1, fault:count())
    end)

    it("serves lists that read ahead, each and several coroutines", function()
      fault:play { replies = { { body = '{"data":[{"id":"a"}],"next":null,"totalCount":1}' } } }
      local client <close> = fault:client { token = counting() }
      assert.equal(1, #client:list "things/":collect())
      local results = client:map({ 1, 2, 3 }, function() return client:get "x/" end)
      assert.equal(3, #results)
      assert.equal(4, #tokens())
    end)
  end)

  describe("from a file", function()
    it("is read when the client is made, and again after a 401", function()
      local path = file(canary .. "1\n")
      local client <close> = fault:client { token = { file = path } }
      file(canary .. "2")
      assert(client:version())
      assert.same({ canary .. "1" }, tokens())
      fault:play { replies = { { status = 401 }, {} } }
      assert(client:version())
      assert(client:version())
      assert.same({ canary .. "1", canary .. "2", canary .. "2" }, tokens())
      fault:play { replies = { { status = 401 } } }
      os.remove(path)
      local _, err = client:version()
      assert.equal("config", err.kind)
      assert.matches("No such file", err.message)
    end)

    local function refused(options)
      local client, err = dr.client { endpoint = fault.endpoint, token = options }
      assert.is_nil(client)
      assert.equal("config", err.kind)
      assert.is_nil(tostring(err):find(canary, 1, true))
      return err.message
    end

    it("must be a plain file of one line that others cannot write", function()
      assert.matches("can be written by others", refused { file = file(canary, "602") })
      assert.matches("can be written by others", refused { file = file(canary, "666") })
      assert.matches("holds no token", refused { file = file " \n" })
      assert.matches("several lines", refused { file = file("a\n" .. canary) })
      assert.matches("control character", refused { file = file(canary .. "\0") })
      assert.matches("too large", refused { file = file(("x"):rep(70000)) })
      assert.matches("not a plain file", refused { file = folder.path })
      assert.matches("not a plain file", refused { file = "/dev/zero" })
      assert.equal(0, (process.run { "mkfifo", folder.path .. "/fifo" }))
      assert.matches("not a plain file", refused { file = folder.path .. "/fifo" })
      assert.matches("No such file", refused { file = folder.path .. "/nothing" })
    end)

    it("that others can read draws a warning", function()
      for mode, word in pairs { ["604"] = "others", ["640"] = "its group", ["644"] = "others", ["600"] = false } do
        local events = {}
        local client <close> = fault:client { token = { file = file(canary, mode) },
          log = function(event) events[#events + 1] = event end }
        assert.is_truthy(client)
        assert.equal(word and 1 or 0, #events)
        if word then
          assert.equal("warning", events[1].event)
          assert.matches("can be read by " .. word, events[1].message)
        end
      end
    end)

    it("is named in wrong calls", function()
      for _, token in ipairs { {}, { path = "x" }, { file = 1 }, { file = "x", more = 1 } } do
        local ok, err = pcall(dr.client, { endpoint = fault.endpoint, token = token })
        assert.is_false(ok)
        assert.matches("bad argument #1 to 'client' %(option 'token': a string, { file = path } or a function", err)
      end
      assert.is_false((pcall(dr.client, { endpoint = fault.endpoint, token = 5 })))
    end)
  end)

  describe("C-23 in a configuration file", function()
    local function client(mode, name)
      local text = "endpoint: " .. fault.endpoint .. "\ntoken: " .. canary .. "\n"
      local path = name or folder:write("drconfig.yaml", text)
      if mode then assert.equal(0, (process.run { "chmod", mode, path })) end
      local warnings = {}
      local made, err = dr.client { config_path = path, log = function(e) warnings[#warnings + 1] = e.message end }
      return made, err and err.message, #warnings
    end

    it("is refused when others can write it, and warned about when they can read it", function()
      for mode, warnings in pairs { ["600"] = 0, ["400"] = 0, ["640"] = 1, ["620"] = 1, ["660"] = 1, ["644"] = 1 } do
        local made, _, n = client(mode)
        assert.is_truthy(made, mode)
        assert.equal(warnings, n, mode)
      end
      local made, err = client "606"
      assert.is_nil(made)
      assert.matches("can be written by others", err)
    end)

    it("is reached through links, and is neither folder, pipe nor device", function()
      local path = folder:write("real", "endpoint: " .. fault.endpoint .. "\ntoken: t\n")
      assert.equal(0, (process.run("chmod 600 " .. path .. "; ln -s " .. path .. " " .. folder.path .. "/link")))
      assert.is_truthy(client(nil, folder.path .. "/link"))
      assert.equal(0, (process.run { "mkfifo", folder.path .. "/fifo" }))
      for _, name in ipairs { folder.path, folder.path .. "/fifo", "/dev/zero" } do
        local made, err = client(nil, name)
        assert.is_nil(made)
        assert.matches("not a plain file", err)
      end
      assert.matches("too large", select(2, client("600", folder:write("huge", ("# x\n"):rep(400000)))))
      assert.matches("is not YAML", select(2, client("600", folder:write("binary", "\0\1\2\255{{{"))))
    end)
  end)

  it("C-23 of a file that belongs to somebody else is refused, unless that is root", function()
    -- Only root can give files away, and to somebody who finds the module where it is.
    if process.run { "setpriv", "--reuid=65534", "--clear-groups", "test", "-r", build.core } ~= 0 then return end
    local path = file(canary, "644")
    process.run { "chmod", "755", folder.path }
    local script = folder:write("script.lua", [[
      local client, err = require "datarobot".client { endpoint = arg[1], token = { file = arg[2] },
        log = function(event) print(event.message) end }
      print(client and "good" or err.kind .. ": " .. err.message)
    ]])
    for owner, words in pairs { ["65534"] = "can be read by others.*good\n$",
      ["0"] = "can be read by others.*good\n$", ["1234"] = "^config: .*can be written by its owner" } do
      assert.equal(0, (process.run { "chown", owner, path }))
      local _, text =
        process.run { "setpriv", "--reuid=65534", "--clear-groups", "lua5.4", script, fault.endpoint, path }
      assert.matches(words, text)
    end
  end)

  it("goes to Lua's warn where there is no log function", function()
    local status, text = process.run({ "lua5.4", "-e", [[
      warn = function(...) print("warning: " .. table.concat { ... }) end
      local dr = require "datarobot"
      assert(dr.client { endpoint = "https://x.example.com", token = "t", ssl_verify = false })
      assert(dr.client { endpoint = "http://x.example.com", token = "t", allow_http = true })
      warn = nil
      assert(dr.client { endpoint = "http://x.example.com", token = "t", allow_http = true })
    ]] }, { HOME = folder.path })
    assert.equal(0, status, text)
    assert.matches("^warning: datarobot: ssl_verify = false[^\n]*\nwarning: datarobot: allow_http[^\n]*\n$", text)
  end)
end)

describe("the log function", function()
  local fault, events
  before_each(function()
    fault = Fault.start()
    events = {}
  end)
  after_each(function() fault:stop() end)

  local function log(event) events[#events + 1] = event end

  local function summary()
    local list = {}
    for i, e in ipairs(events) do
      list[i] = table.concat({ e.event, e.method, e.path, e.attempt, e.status or "-", e.kind or "-" }, " ")
    end
    return list
  end

  it("is told of requests, retries and replies, and of no secrets", function()
    fault:play { replies = { { status = 503, headers = { "Retry-After: 0" } }, { cut = 40 },
      { headers = { "X-Request-Id: r1", "Deprecation: true" } } } }
    local client <close> = fault:client { log = log, retries = 3 }
    assert(client:get("x/", { query = { secret = "in the query" } }))
    assert.same({
      "request GET x/ 1 - -", "retry GET x/ 1 503 server",
      "request GET x/ 2 - -", "retry GET x/ 2 - transport",
      "request GET x/ 3 - -", "reply GET x/ 3 200 -",
    }, summary())
    assert.is_number(events[2].delay)
    assert.is_true(events[6].seconds >= 0)
    assert.equal("r1", events[6].request_id)
    assert.equal("true", events[6].deprecation)
    for _, event in ipairs(events) do
      for _, value in pairs(event) do
        assert.is_nil(tostring(value):find(canary, 1, true))
        assert.is_nil(tostring(value):find("secret", 1, true))
      end
    end
  end)

  it("is told of an answer that is an error, and of a token asked for again", function()
    fault:play { replies = { { status = 401 }, { status = 404 } } }
    local n = 0
    local client <close> = fault:client { log = log, token = function()
      n = n + 1
      return "t" .. n
    end }
    client:delete "x/"
    assert.same({ "request DELETE x/ 1 - -", "reply DELETE x/ 1 401 auth", "request DELETE x/ 2 - -",
      "reply DELETE x/ 2 404 not_found" }, summary())
  end)

  it("is told of every attempt also in each, which looks only when a call is over", function()
    fault:play { replies = { { status = 503 }, {} } }
    local client <close> = fault:client { log = log, retries = 3 }
    client:map({ 1 }, function() return client:get "x/" end)
    assert.same({ "request GET x/ 1 - -", "retry GET x/ 1 503 server", "request GET x/ 2 - -", "reply GET x/ 2 200 -" },
      summary())
  end)

  it("may raise, yield and close the client (C-39)", function()
    local what
    local client = fault:client { log = function(event) return what(event) end }
    what = function(event) error("in " .. event.event, 0) end
    assert.same({ false, "in request" }, { pcall(client.version, client) })
    assert.equal(0, client:step())
    what = function(event) if event.event == "reply" then error("in " .. event.event, 0) end end
    assert.same({ false, "in reply" }, { pcall(client.version, client) })
    what = function(event) coroutine.yield(event.event) end
    local seen, co = {}, coroutine.create(client.version)
    repeat
      local ok, word = coroutine.resume(co, client)
      assert(ok, word)
      seen[#seen + 1] = type(word) == "string" and word or nil
    until coroutine.status(co) == "dead"
    assert.same({ "request", "reply" }, seen)
    fault:play { replies = { { wait = 1 } } }
    what = function() client:close() end
    local value, err = client:version()
    assert.is_nil(value)
    assert.equal("closed", err.kind)
  end)

  it("must be a function", function()
    local ok, err = pcall(dr.client, { endpoint = fault.endpoint, token = "t", log = print and {} })
    assert.is_false(ok)
    assert.matches("bad argument #1 to 'client' %(option 'log': a function expected", err)
    ok, err = pcall(dr.client, { endpoint = fault.endpoint, token = "t", settle_pause = -1 })
    assert.is_false(ok)
    assert.matches("option 'settle_pause'", err)
  end)
end)
