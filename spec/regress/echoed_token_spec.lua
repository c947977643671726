-- A gateway that echoes what it was sent: no word of a reply that holds the token reaches an error or a log event.
local canary = require "spec.support.canary"
local Fault = require "spec.support.fault_server"

describe("a reply that echoes the token", function()
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)

  local function assert_clean(value)
    if type(value) == "table" then
      for k, v in pairs(value) do
        assert_clean(k)
        assert_clean(v)
      end
    end
    assert.is_nil(tostring(value):find(canary, 1, true), tostring(value))
  end

  -- The error of a call that meets this reply; neither it nor a log event shows the token.
  local function ask(reply, call)
    fault:play { replies = { reply } }
    local events = {}
    local client <close> = fault:client { log = function(event) events[#events + 1] = event end }
    local value, err = (call or client.whoami)(client)
    assert.is_nil(value)
    assert_clean(err)
    assert_clean(events)
    assert.is_true(#events > 1)
    return err
  end

  local escaped = canary:gsub("%-", "\\u002d"):gsub("c", "\\u0063", 1)
  local BODIES <const> = {
    ("<html>bad request: Authorization: Bearer %s</html>"):format(canary),
    ([[{"message": "Authorization: Bearer %s"}]]):format(canary),
    ([[{"message": "Bearer %s"}]]):format(escaped),
    ([[{"message": "no", "errors": {"name": "%s"}}]]):format(canary),
    ([[{"message": "no", "errors": {"%s": ["bad"]}}]]):format(canary),
    ([[{"message": "no", "errorName": "%s"}]]):format(escaped),
    ("x"):rep(190) .. canary,
  }

  for _, status in ipairs { 301, 400, 401, 403, 404, 409, 422, 429, 500, 503 } do
    it(("in the body of a %d is withheld"):format(status), function()
      for _, body in ipairs(BODIES) do
        local err = ask { status = status, body = body }
        assert.equal(status, err.status)
        assert.is_nil(err.problems)
        if status == 301 then
          assert.matches("^the server redirects", err.message)
        elseif status ~= 401 then
          assert.equal("the server's words are withheld: they hold the token", err.message)
        end
      end
    end)

    it(("in the headers of a %d is withheld"):format(status), function()
      local err = ask { status = status, body = [[{"message": "no"}]],
        headers = { "X-Request-Id: " .. canary, "Deprecation: " .. canary } }
      assert.is_nil(err.request_id)
    end)
  end

  it("in the headers of a success that is no JSON is withheld", function()
    local err = ask { body = "<p>", headers = { "Content-Type: text/" .. canary, "X-Request-Id: " .. canary } }
    assert.equal("protocol", err.kind)
    assert.is_nil(err.request_id)
  end)

  -- What waiting for a job says whose status is this text.
  local function failed_job(text)
    return ask({ status = 202, headers = { "Location: status/1/" } }, function(client)
      local started = assert(client:post("x/", {}))
      fault:play { replies = { { body = text } } }
      return client:wait(started)
    end)
  end

  it("in the status of a job that failed is withheld", function()
    local texts = {
      [('"%s is not known"'):format(canary)] = "(withheld: it holds a secret)",
      [('"Bearer %s!"'):format(escaped)] = "(withheld: it holds a secret)",
      ['"a\\u00e9\\ud83d\\ude00\\n"'] = "aé😀\\n",
    }
    for text, words in pairs(texts) do
      local err = failed_job(('{"status": "ERROR", "message": %s, "code": 7}'):format(text))
      assert.equal("api", err.kind)
      assert.equal(7, err.code)
      assert.equal("the job ended with status ERROR: " .. words, err.message)
    end
    assert.matches("withheld", failed_job(('{"status":"ERROR","code":"%s"}'):format(canary)).code)
    for _, broken in ipairs { canary .. "\\", '{"status":"' .. canary .. "\\ud83d\\u", '"' .. canary .. '"', "\\u",
      "" } do
      assert.equal("protocol", failed_job(broken).kind)
    end
  end)

  it("in what a job made is what it made", function()
    fault:play { replies = { { status = 202, headers = { "Location: status/1/" } },
      { status = 303, headers = { "Location: made/" } }, { body = ('{"key": "%s"}'):format(canary) } } }
    local client <close> = fault:client()
    assert.equal(canary, assert(client:wait(assert(client:post("x/", {})))):json().key)
  end)

  it("is withheld, too, when the client has another one since", function()
    fault:play { replies = { { status = 400, body = canary, wait = 0.3 }, {} } }
    local asked = 0
    local client <close> = fault:client { token = function()
      asked = asked + 1
      return asked == 1 and canary or "another token"
    end }
    local results = client:map({ 1, 2 }, function(i)
      if i == 2 then assert(client:sleep(0.1)) end
      local reply, err = client:get "x/"
      return reply and "good" or err.message
    end)
    assert.same({ "the server's words are withheld: they hold the token", "good" }, { results[1], results[2] })
  end)

  it("is nothing to words without it, nor to a token that every text holds", function()
    assert.equal("no", ask({ status = 400, body = [[{"message": "no"}]] }).message)
    fault:play { replies = { { status = 400, body = [[{"message": "too bad"}]] } } }
    local client <close> = fault:client { token = "t" }
    local _, err = client:whoami()
    assert.equal("too bad", err.message)
  end)
end)
