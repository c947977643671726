-- What a reply, or its lack, is taken for where that depends on what was sent and how often.
local core = require "datarobot.core"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"

local ID <const> = "6759e8aebd38a7fca6ba234a"
local A <const> = "675f00000000000000000001"
local DEPLOYMENT <const> = ([[{"id": "%s"}]]):format(ID)
local POLICIES <const> = "/api/v2/deployments/" .. ID .. "/retrainingPolicies/"

describe("a reply", function()
  local fault, client
  before_each(function() fault = Fault.start() end)
  after_each(function()
    client:close()
    fault:stop()
  end)

  -- Makes the client and its deployment; then the routes play.
  local function begin(play, options)
    client = fault:client(options)
    fault:play { replies = { { body = DEPLOYMENT } } }
    local deployment = assert(client:deployment(ID))
    fault:play(play)
    return deployment
  end

  local UNREADABLE <const> = {
    { { status = 201, body = "<html>", headers = { "Content-Type: text/html" } }, "a page of 6 bytes instead of JSON" },
    { { status = 201, body = "" }, "it is empty" },
    { { status = 201, body = "[1]" }, "an object with an id was expected" },
    { { status = 200, body = "{}" }, "an object with an id was expected" },
    { { status = 200, body = ("["):rep(129) .. ("]"):rep(129) }, "deep" },
  }

  it("to a create that cannot be read leaves it open whether the server acted", function()
    for _, case in ipairs(UNREADABLE) do
      local deployment = begin { replies = { case[1] } }
      local policy, err = deployment:create_retraining_policy({ name = "p" }, { retry = false })
      assert.is_nil(policy)
      assert.equal("ambiguous", err.kind)
      assert.matches(case[2], err.message)
      assert.equal(case[1].status, err.status)
      assert.is_false(err.retryable)
      client:close()
    end
  end)

  it("to a create that cannot be read is settled by reading, and nothing is sent again", function()
    for _, case in ipairs(UNREADABLE) do
      local deployment = begin({ routes = { ["POST " .. POLICIES] = { case[1] }, ["GET " .. POLICIES] = {
        { body = ([[{"data": [{"id": "%s", "name": "p"}], "next": null, "totalCount": 1}]]):format(A) } } },
        replies = { {} } }, { settle_pause = 0.001 })
      assert.equal(A, assert(deployment:create_retraining_policy { name = "p" }).id)
      assert.equal(1, fault:count "POST")
      client:close()
    end
  end)

  it("to a read that cannot be read is protocol", function()
    for i = 1, 4 do
      client = fault:client()
      fault:play { replies = { UNREADABLE[i][1] } }
      local _, err = client:deployment(ID)
      assert.equal("protocol", err.kind)
      client:close()
    end
  end)

  it("404 to a DELETE is a success only when an earlier try may have acted", function()
    local GONE <const> = { status = 404 }
    local function delete(first)
      begin({ replies = { first, GONE } }, { retries = 1, timeout = 20 })
      local reply, err = client:delete "things/x/"
      assert.equal(2, fault:count())
      client:close()
      return reply and reply.status or err.kind
    end
    assert.equal("not_found", delete { status = 429 })
    assert.equal(404, delete { status = 503 })
    assert.equal(404, delete { cut = 0 })
    assert.equal(404, delete { cut = 30 })
  end)

  it("404 to a DELETE behind a 401 is not_found", function()
    local n = 0
    client = fault:client { token = function()
      n = n + 1
      return "token" .. n
    end }
    fault:play { replies = { { status = 401 }, { status = 404 } } }
    local _, err = client:delete "things/x/"
    assert.equal("not_found", err.kind)
    assert.equal(2, err.attempts)
  end)

  it("401 leaves the next one the time that is left", function()
    client = fault:client { timeout = 0.6, token = function() return tostring(core.now()) .. "-token" end }
    fault:play { replies = { { status = 401, wait = 0.5 }, { cut = 0, how = "hang" } } }
    local started = core.now()
    local _, err = client:version()
    assert.same({ "timeout", 2 }, { err.kind, err.attempts })
    local seconds = core.now() - started
    assert.is_true(seconds > 0.55 and seconds < 0.95, seconds .. " s")
  end)

  it("401 that does not come whole asks for no other token", function()
    local asked = 0
    client = fault:client { token = function()
      asked = asked + 1
      return "token" .. asked
    end }
    fault:play { replies = { { status = 401, body = ("x"):rep(100), cut = 120 }, {} } }
    local _, err = client:version()
    assert.equal("transport", err.kind)
    assert.same({ 1, 1 }, { asked, fault:count() })
  end)

  -- Two requests on one connection, of which the second gets no reply.
  local function on_a_dead_connection(options)
    client = fault:client()
    fault:play { replies = { {}, { cut = 0 }, {} } }
    assert(client:get "a/")
    local reply, err = client:delete("b/", options)
    return reply, err, fault:count "DELETE"
  end

  it("that never comes on a kept connection is waited for twice, unless with retry = false", function()
    local _, err, sent = on_a_dead_connection { retry = false }
    assert.equal("transport", err.kind)
    assert.equal(1, sent)
    client:close()
    local reply
    reply, err, sent = on_a_dead_connection()
    assert(reply, err)
    assert.equal(2, sent)
  end)

  local NOTHING <const> = { raw = "HTTP/1.1 204 No Content\r\n\r\n" }

  it("without a body to a change of a policy is followed by a look at it", function()
    local path = POLICIES .. A .. "/"
    local function shows(name) return { body = ([[{"id": "%s", "name": "%s"}]]):format(A, name) } end
    local deployment = begin { routes = { ["GET " .. path] = { shows "old", shows "new" },
      ["PATCH " .. path] = { NOTHING } } }
    local policy = assert(deployment:retraining_policy(A))
    assert.equal(policy, assert(policy:update { name = "new" }))
    assert.equal("new", policy.name)
    assert.equal(2, fault:count "GET")
  end)

  it("without a body to a look at an object is protocol, also behind a change of it", function()
    local path = POLICIES .. A .. "/"
    local deployment = begin { routes = { ["GET " .. path] = {
      { body = ([[{"id": "%s", "name": "old"}]]):format(A) }, { body = "" }, NOTHING },
      ["PATCH " .. path] = { NOTHING } } }
    local policy = assert(deployment:retraining_policy(A))
    for _, method in ipairs { "refresh", "update" } do
      local same, err = policy[method](policy, method == "update" and { name = "new" } or nil)
      assert.is_nil(same)
      assert.equal("protocol", err.kind)
      assert.equal("old", policy.name)
    end
  end)

  it("with another id is no new state of an object", function()
    local deployment = begin { replies = { {} } }
    for _, id in ipairs { ID:sub(1, 23), ID .. "a", A, ID:upper(), "" } do
      fault:play { replies = { { body = ([[{"id": "%s", "label": "new"}]]):format(id) } } }
      local same, err = deployment:refresh()
      assert.is_nil(same, id)
      assert.equal("protocol", err.kind)
      assert.same({ ID, nil }, { deployment.id, deployment.label })
    end
  end)

  it("that leads to an address with a zone is followed at the endpoint", function()
    client = assert(dr.client { endpoint = "http://[::1]:9", token = "t", retries = 0 })
    for address, kind in pairs { ["http://[::1]:9/api/v2/x/"] = "transport", ["x/"] = "transport",
      ["http://[::1%25lo]:9/api/v2/x/"] = "transport", ["http://[::2]:9/api/v2/x/"] = "transport",
      ["http://[::1%25lo]:9/x/"] = "protocol" } do
      local _, err = core.calls.follow(client, address)
      assert.equal(kind, err.kind, address)
    end
  end)

  it("307 or 308 is a success only of a look at a job", function()
    for _, status in ipairs { 307, 308 } do
      client = fault:client()
      fault:play { replies = { { status = status, headers = { "Location: x/" } } } }
      for _, method in ipairs { "get", "delete", "post", "put", "patch" } do
        local reply, err = client[method](client, "things/", method:find "^p" and {} or nil)
        assert.is_nil(reply)
        assert.equal("api", err.kind)
        assert.equal(status, err.status)
      end
      local reply = assert(core.calls.follow(client, fault.endpoint .. "/status/x/"))
      assert.equal(status, reply.status)
      client:close()
    end
    client = fault:client()
    fault:play { replies = { { status = 303 } } }
    assert.equal(303, assert(client:get "things/").status)
  end)

  it("that is a page whose next is no address with a query is protocol", function()
    local deployment = begin { replies = { {} } }
    for _, next_page in ipairs { [["https://x/y/"]], [[""]], "7", "true", "{}", "[]" } do
      fault:play { replies = { { body = ([[{"data": [], "next": %s, "totalCount": 0}]]):format(next_page) } } }
      local policies, err = deployment:retraining_policies():collect()
      assert.is_nil(policies)
      assert.equal("protocol", err.kind)
      assert.matches("'next'", err.message)
    end
    for _, last in ipairs { [[, "next": null]], "" } do
      fault:play { replies = { { body = ([[{"data": []%s}]]):format(last) } } }
      assert.same(0, #assert(deployment:retraining_policies():collect()))
    end
  end)
end)
