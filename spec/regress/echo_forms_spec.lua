-- Whatever the token, its type and the form in which a server shows it: no text for a person holds it.
local canary = require "spec.support.canary"
local core = require "datarobot.core"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"
local forms = require "spec.support.echo_forms"

local ID <const> = "6759e8aebd38a7fca6ba234a"

local TOKENS <const> = {
  canary, canary .. "+/==", "two words " .. canary, canary .. "'<&>", 'a"b\\c' .. canary, "50%41" .. canary .. "&amp;",
  canary:sub(1, 8), canary:sub(1, 9) .. "/",
}
local TYPES <const> = { "Bearer", "Api Key", "Token token=", "x" }

-- A string of JSON.
local function quoted(text) return core.encode_any(text) end

describe("a token of any form that is shown in any form", function()
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)

  -- Raises when the value, or what is in it, or its text, holds the text.
  local function assert_clean(value, text, where)
    if type(value) == "table" then
      for k, v in next, value do
        assert_clean(k, text, where)
        assert_clean(v, text, where)
      end
    end
    if tostring(value):find(text, 1, true) then error(where .. ": " .. tostring(value):gsub("%w", "%0."), 0) end
  end

  local function each_case(check)
    for i, token in ipairs(TOKENS) do
      local events = {}
      local client <close> = fault:client { token = token, token_type = TYPES[i % #TYPES + 1], settle_pause = 0.0001,
        log = function(event) events[#events + 1] = event end }
      for name, form in pairs(forms) do
        local text = form(token)
        for _, value in ipairs { check(client, text) } do assert_clean(value, text, name) end
        assert_clean(events, text, name)
      end
      assert.is_true(#events > 0)
    end
  end

  it("is in no error of a reply", function()
    each_case(function(client, text)
      local errs = {}
      local bodies = {
        "<p>" .. text, '{"message":' .. quoted(text) .. "}", '{"message":' .. quoted("a" .. text .. "b") .. "}",
        '{"message":"m","errorName":' .. quoted(text) .. "}", '{"errors":{' .. quoted(text) .. ':"b"}}',
        '{"errors":{"a":[' .. quoted(text) .. "]}}",
        ("x"):rep(150) .. text,
      }
      local replies = {}
      for i, body in ipairs(bodies) do replies[i] = { status = 400 + i, body = body } end
      fault:play { replies = replies }
      for i in ipairs(replies) do errs[i] = select(2, client:version()) end
      assert.equal(#bodies, #errs)
      return errs
    end)
  end)

  it("is in no word of a reply's headers", function()
    each_case(function(client, text)
      if text:find "[%c\128-\255]" then return true end
      fault:play { replies = {
        { status = 400, headers = { "X-Request-Id: " .. text } },
        { status = 200, body = "<", headers = { "Content-Type: text/" .. text, "X-Request-Id: " .. text } },
        { status = 200, headers = { "Deprecation: " .. text } },
      } }
      return { select(2, client:version()), select(2, client:version()) }, select(2, client:version())
    end)
  end)

  it("is in no error of an address in a reply", function()
    each_case(function(client, text)
      if text:find "[%c\128-\255]" then return true end
      local errs, started = {}, { status = 202, headers = {}, text = "" }
      setmetatable(started, core.classes.response)
      local far = ("x"):rep(480)
      for _, address in ipairs { text, "status/" .. text .. "/", "/" .. far .. text, "https://" .. text .. "/",
        "https://h.invalid/" .. far .. text, "http://u:" .. text .. "@h.invalid/" } do
        started.headers.location = address
        fault:play { replies = { { status = 400 } } }
        errs[#errs + 1] = select(2, client:wait(started, { timeout = 5 }))
      end
      assert.is_true(#errs > 3)
      return errs
    end)
  end)

  it("is in no error of a job", function()
    each_case(function(client, text)
      local started = setmetatable({ status = 202, headers = { location = "status/1/" }, text = "" },
        core.classes.response)
      local errs, replies = {}, {}
      for i, body in ipairs {
        ('{"status":%s}'):format(quoted("ERROR " .. text)), ('{"status":"ERROR","message":%s}'):format(quoted(text)),
        ('{"status":"ERROR","code":%s}'):format(quoted(text)), ('{"status":%s'):format(quoted(text)),
      } do
        replies[i] = { body = body }
      end
      fault:play { replies = replies }
      for i in ipairs(replies) do errs[i] = select(2, client:wait(started)) end
      assert.equal(#replies, #errs)
      fault:play { replies = { { body = ('{"status":%s}'):format(quoted(text)) } } }
      return errs, select(2, client:wait(started, { timeout = 0.01 }))
    end)
  end)

  it("is in no text of an object, a list or a table", function()
    each_case(function(client, text)
      local json = quoted(text)
      fault:play { replies = { { body = ('{"id":"%s","label":%s,"status":%s,"tags":[%s],"name":%s}'):format(ID, json,
        json, json, json) } } }
      local deployment = assert(client:deployment(ID))
      return tostring(deployment), dr.help(deployment), tostring(deployment.tags), tostring(deployment:to_table())
    end)
  end)

  -- An id that is the token.
  it("is in no list of ids", function()
    local client <close> = fault:client { settle_pause = 0.0001 }
    local twins = ([[{"data":[{"id":"%s","name":"n","label":"n"},{"id":"%s","name":"n","label":"n"}],"next":null}]])
      :format(canary, canary)
    fault:play { routes = { ["GET /api/v2/deployments/" .. canary .. "/retrainingPolicies/"] = { { body = twins } } },
      replies = { { body = twins }, { body = twins }, { cut = 0 } } }
    local _, conflict = client:find_deployment "n"
    assert.equal("conflict", conflict.kind)
    assert_clean(conflict, canary, "conflict")
    local deployment = assert(client:deployments():first())
    assert.equal(canary, deployment.id)
    local _, ambiguous = deployment:create_retraining_policy { name = "n", action = "create_challenger" }
    assert.equal("ambiguous", ambiguous.kind)
    assert.equal(2, #ambiguous.candidates)
    assert_clean(ambiguous, canary, "ambiguous")
    assert_clean({ tostring(deployment), tostring(deployment:retraining_policies()),
      select(2, deployment:retraining_policies():find("name", "n")) }, canary, "texts")
  end)

  it("is known of every client of the state, and of tokens that were replaced", function()
    local n = 0
    local other <close> = fault:client { token = function()
      n = n + 1
      return ("renewed-%02d-"):format(n) .. canary:reverse()
    end }
    local client <close> = fault:client()
    fault:play { replies = { { body = "{}" }, { status = 400, body = ('{"message":"%s"}'):format(canary) } } }
    assert(other:get "x/")
    assert_clean(select(2, other:version()), canary, "another's")
    fault:play { replies = { { status = 400, body = '{"message":"renewed-01-' .. canary:reverse() .. '"}' } } }
    for _, c in ipairs { other, client } do
      assert_clean(select(2, c:version()), "renewed-01-" .. canary:reverse(), "replaced")
    end
  end)

  it("that a caller puts into an address or a body is in no error either", function()
    local client <close> = fault:client()
    local events = {}
    local logged <close> = fault:client { log = function(event) events[#events + 1] = event end }
    fault:play { replies = { { status = 404 } } }
    for _, c in ipairs { client, logged } do
      assert_clean(select(2, c:get("x/" .. canary .. "/")), canary, "path")
      assert_clean(select(2, dr.validate("policy", { name = "n", action = canary })), canary, "problem")
    end
    assert.is_true(#events > 1)
    assert_clean(events, canary, "events")
  end)
end)

it("a proxy's password is in no text", function()
  local fault <close> = Fault.start()
  for _, password in ipairs { canary, "p%40ss-" .. canary, "p%2Fss%20word-" .. canary } do
    local client <close> = assert(dr.client { endpoint = "https://127.0.0.1:9/api/v2", token = "another-token",
      proxy = ("http://user:%s@127.0.0.1:%d"):format(password, fault.port), retries = 0 })
    local _, err = client:version { timeout = 0.3 }
    assert.is_nil(tostring(err):find(canary, 1, true))
    local plain = password:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
    for _, text in ipairs { password, plain, forms["in base64 of its header"](plain) } do
      assert.equal("(withheld: it holds a secret)", core.words("the proxy says " .. text))
    end
  end
end)
