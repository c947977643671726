-- Wrong calls of the sandbox's own functions, and a sandbox whose parts are missing.
local process = require "spec.support.process"
local sandbox = require "datarobot.sandbox"

-- What a call raises, without the place, which must be a line of this file.
local function raised(f)
  local ok, message = pcall(f)
  assert.is_false(ok)
  assert.matches("^spec/sandbox/options_spec.lua:%d+: ", message)
  return message:match ":%d+: (.*)$"
end

describe("a wrong call of the sandbox", function()
  local running
  setup(function() running = assert(sandbox.start()) end)
  teardown(function() running:stop() end)

  local ALL <const> = "cancel_word, clock, copy_of, create_status, deployments, features_differ, job_polls, "
    .. "page_limit, port, run_status, run_word, speed, token"

  local START <const> = {
    { { prot = 1 }, "unknown option 'prot' (did you mean 'port'?)" },
    { { tokne = "x" }, "unknown option 'tokne' (did you mean 'token'?)" },
    { { Port = 1 }, "unknown option 'Port' (did you mean 'port'?)" },
    { { pagelimit = 1 }, "unknown option 'pagelimit' (did you mean 'page_limit'?)" },
    { { job_poll = 1 }, "unknown option 'job_poll' (did you mean 'job_polls'?)" },
    { { endpoint = "x" }, "unknown option 'endpoint'; there are " .. ALL },
    { { [("x"):rep(500)] = 1 }, "unknown option '" .. ("x"):rep(500) .. "'; there are " .. ALL },
    { { 8080 }, "options have names (" .. ALL .. "), got [1]" },
    { { token = 1 }, "option 'token': a string expected, got 1" },
    { { token = {} }, "option 'token': a string expected, got table" },
    { { deployments = 0 }, "option 'deployments': an integer of at least 1 expected, got 0" },
    { { deployments = 1.5 }, "option 'deployments': an integer of at least 1 expected, got 1.5" },
    { { port = "8080" }, "option 'port': an integer from 0 to 65535 expected, got \"8080\"" },
    { { port = 65536 }, "option 'port': an integer from 0 to 65535 expected, got 65536" },
    { { create_status = 202 }, "option 'create_status': an integer from 200 to 201 expected, got 202" },
    { { clock = "fast" }, "option 'clock': \"real\" or \"still\" expected, got \"fast\"" },
    { { copy_of = 1 }, "option 'copy_of': a client expected, got 1" },
    { { copy_of = {}, deployments = {} }, "option 'copy_of': a client expected, got table" },
    { { deployments = {} }, "option 'deployments': an integer of at least 1 expected, got table" },
    { { speed = -1 }, "option 'speed': a number from 0 to 1000000 expected, got -1" },
    { "8080", "table expected, got string; write start { port = 8080 }" },
    { 8080, "table expected, got number; write start { port = 8080 }" },
    { false, "table expected, got boolean; write start { port = 8080 }" },
  }

  it("says what is wrong and what is right", function()
    for _, case in ipairs(START) do
      assert.equal("bad argument #1 to 'start' (" .. case[2] .. ")", raised(function()
        return sandbox.start(case[1]), nil
      end))
    end
  end)

  it("is told in each method", function()
    for method, cases in pairs {
      fail = {
        { { times = 1 }, "unknown option 'times'; there are count, message, path, retry_after, status" },
        { { stauts = 1 }, "unknown option 'stauts' (did you mean 'status'?)" },
        { { status = 199 }, "option 'status': an integer from 200 to 599 expected, got 199" },
        { { count = 0 }, "option 'count': an integer of at least 1 expected, got 0" },
        { { retry_after = "1" }, "option 'retry_after': a number of at least 0 expected, got \"1\"" },
        { 503, "table expected, got number; write fail { status = 503 }" },
      },
      requests = {
        { { clear = 1 }, "option 'clear': a boolean expected, got 1" },
        { true, "table expected, got boolean; write requests { clear = true }" },
      },
      client = { { 5, "table expected, got number; write client { timeout = 5 }" } },
    } do
      for _, case in ipairs(cases) do
        assert.equal(("bad argument #1 to '%s' (%s)"):format(method, case[2]), raised(function()
          return running[method](running, case[1]), nil
        end))
      end
    end
  end)

  it("is told of what happens in its world", function()
    local id = running.deployment_id
    for _, case in ipairs {
      { "drift", "#1", "the id of a deployment expected, got 5", 5, "failing" },
      { "drift", "#2", '"passing" or "warning" or "failing" expected, got "red"', id, "red" },
      { "accuracy", "#1", "the id of a deployment expected, got nil" },
      { "accuracy", "#2", "table expected, got number; write accuracy(id, { percent_change = -12 })", id, 5 },
      { "accuracy", "#2", "unknown option 'vale' (did you mean 'value'?)", id, { vale = 1 } },
      { "accuracy", "#2", "one of the options status, percent_change, value expected, got 0 of them", id },
      { "accuracy", "#2", "one of the options status, percent_change, value expected, got 2 of them", id,
        { status = "failing", value = 1 } },
      { "accuracy", "#2", '"passing" or "warning" or "failing" expected, got "red"', id, "red" },
    } do
      assert.equal(("bad argument %s to '%s' (%s)"):format(case[2], case[1], case[3]), raised(function()
        return running[case[1]](running, case[4], case[5]), nil
      end))
    end
    local nowhere = ("f"):rep(24)
    assert.equal("there is no deployment " .. nowhere, raised(function()
      return running:drift(nowhere, "failing"), nil
    end))
  end)

  it("with a dot for a colon is told so, and the reverse", function()
    local class = getmetatable(running).__index
    for _, method in ipairs { "fail", "requests", "client", "stop", "drift", "accuracy", "slow", "snapshot",
      "restore" } do
      for _, self in ipairs { {}, "x", setmetatable({}, {}) } do
        local text = "calling '%s' on bad self (datarobot.sandbox expected, got %s; "
          .. "call it with a colon: sandbox:%s(...))"
        assert.equal(text:format(method, type(self), method), raised(function()
          return class[method](self), nil
        end))
      end
    end
    assert.equal("calling 'start' with a colon; write sandbox.start { ... }", raised(function()
      return sandbox:start(), nil
    end))
  end)

  it("on a stopped sandbox is told so", function()
    local stopped = assert(sandbox.start())
    stopped:stop()
    assert.equal("the server is stopped", raised(function()
      return stopped:requests(), nil
    end))
  end)
end)

describe("a sandbox without libmicrohttpd", function()
  local function load_error(cpath)
    local saved_path, loaded = package.cpath, package.loaded
    local saved = { loaded["datarobot.sandbox"], loaded["datarobot.sandbox.server"] }
    loaded["datarobot.sandbox"], loaded["datarobot.sandbox.server"] = nil, nil
    package.cpath = cpath
    local ok, message = pcall(require, "datarobot.sandbox")
    package.cpath = saved_path
    loaded["datarobot.sandbox"], loaded["datarobot.sandbox.server"] = saved[1], saved[2]
    assert.is_false(ok)
    return message
  end

  it("says so in a sentence", function()
    local sentence = "the sandbox needs libmicrohttpd (Debian: libmicrohttpd-dev), and lua-datarobot built where it is "
      .. "installed: "
    assert.equal(sentence .. "datarobot/sandbox/server.so is not on package.cpath", load_error "/nowhere/?.so")
    local folder <close> = process.folder()
    process.run { "mkdir", "-p", folder.path .. "/datarobot/sandbox" }
    folder:write("datarobot/sandbox/server.so", "no library")
    local message = load_error(folder.path .. "/?.so")
    assert.equal(sentence, message:sub(1, #sentence))
    assert.matches("error loading module 'datarobot.sandbox.server'", message)
  end)
end)

describe("the sandbox", function()
  it("loads nothing of the client", function()
    local status, text = process.run { "lua5.4", "-e", [[
      require "datarobot.sandbox".start():stop()
      for name in pairs(package.loaded) do
        if name:find "^datarobot" and not name:find "^datarobot%.sandbox" then print(name) end
      end]] }
    assert.same({ 0, "" }, { status, text })
  end)
end)
