-- Changing a deployment itself: label, description, importance, status; against the sandbox, and against servers that
-- lose answers.
local Fault = require "spec.support.fault_server"
local sandboxes = require "datarobot.sandbox"

describe("a deployment of the sandbox", function()
  local sandbox, client, deployment
  before_each(function()
    sandbox = sandboxes.start { job_polls = 1 }
    client = assert(sandbox:client())
    deployment = assert(client:deployment(sandbox.deployment_id))
  end)
  after_each(function()
    client:close()
    sandbox:stop()
  end)

  local function methods()
    local list = {}
    for i, request in ipairs(sandbox:requests()) do list[i] = request.method end
    return table.concat(list, " ")
  end

  it("is changed, and the object holds the new state", function()
    local created = deployment.created_at
    assert.equal(deployment, assert(deployment:update { label = "Loans", importance = "HIGH" }))
    assert.same({ "Loans", "HIGH", "Example deployment", created },
      { deployment.label, deployment.importance, deployment.description, deployment.created_at })
    assert(deployment:update { description = "" })
    assert.same({ "Loans", "" }, { deployment.label, deployment.description })
    assert.equal("Loans", assert(client:deployment(deployment.id)).label)
  end)

  it("is deactivated and activated, each waited for, and once more at no cost", function()
    sandbox:requests { clear = true }
    assert.equal(deployment, assert(deployment:deactivate()))
    assert.equal("inactive", deployment.status)
    assert.equal("PATCH GET GET GET", methods()) -- the job twice, the deployment
    assert.equal("inactive", assert(deployment:deactivate()).status) -- a conflict is read, and is none
    assert.equal("active", assert(deployment:activate()).status)
  end)

  it("gives back the reply with wait = false", function()
    local reply = assert(deployment:deactivate { wait = false })
    assert.equal(202, reply.status)
    assert(client:wait(reply))
    assert.equal("active", deployment.status) -- the snapshot
    assert.equal("inactive", assert(deployment:refresh()).status)
    assert.equal("conflict", select(2, deployment:deactivate { wait = false }).kind)
  end)

  it("is checked before anything is sent", function()
    sandbox:requests { clear = true }
    for path, t in pairs {
      [""] = {}, label = { label = "" }, importance = { importance = "URGENT" }, status = { status = "active" },
    } do
      local _, err = deployment:update(t)
      assert.equal("validation", err.kind)
      assert.equal(path, err.problems[1].path)
    end
    assert.same({}, sandbox:requests())
  end)
end)

describe("a status whose request", function()
  local ID <const> = ("6"):rep(24)
  local HERE <const> = "/api/v2/deployments/" .. ID .. "/"
  local fault, client, deployment
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)
  after_each(function() client:close() end)

  local function shown(status) return { body = ('{"id":"%s","label":"d","status":"%s"}'):format(ID, status) } end
  local ACCEPTED <const> = { status = 202, headers = { "Location: status/x/" } }
  local DONE <const> = { status = 303, headers = { "Location: deployments/" .. ID .. "/" } }

  local function play(states, patches, job)
    client = fault:client { retries = 0, timeout = 10, settle_pause = 0.1 }
    fault:play { replies = { shown "inactive" } }
    deployment = assert(client:deployment(ID))
    local reads = { { status = 500 } }
    for i, status in ipairs(states) do reads[i] = shown(status) end
    fault:play { replies = { { status = 500 } }, routes = {
      ["GET " .. HERE] = reads, ["PATCH " .. HERE] = { { status = 204 } },
      ["PATCH " .. HERE .. "status/"] = patches, ["GET /api/v2/status/x/"] = { job or DONE },
    } }
  end

  it("is accepted is read until the status is there", function()
    play({ "inactive", "launching", "active" }, { ACCEPTED })
    assert.equal("active", assert(deployment:activate()).status)
    assert.equal(1, fault:count "PATCH")
  end)

  it("is lost is settled by reading", function()
    play({ "launching", "active" }, { { cut = 0 } })
    assert.equal("active", assert(deployment:activate()).status)
    assert.equal(1, fault:count "PATCH")
  end)

  it("is lost stays ambiguous where asking again is refused for a while", function()
    play({ "inactive" }, { { cut = 0 }, { status = 429, body = "{}" } })
    local _, err = deployment:activate()
    assert.same({ "ambiguous", 2 }, { err.kind, fault:count "PATCH" })
    assert.matches("; sending it again failed: ", err.message, 1, true)
  end)

  it("is lost is ambiguous with retry = false", function()
    play({ "active" }, { { cut = 0 } })
    assert.equal("ambiguous", select(2, deployment:activate { retry = false }).kind)
    assert.equal(1, fault:count())
  end)

  it("is refused since it was asked for already is waited for", function()
    play({ "launching", "launching", "active" }, { { status = 409, body = "{}" } })
    assert.equal("active", assert(deployment:activate()).status)
    assert.equal(1, fault:count "PATCH")
  end)

  it("is refused for another reason is an error at once", function()
    play({ "replacingModel" }, { { status = 409, body = '{"message":"busy"}' } })
    local _, err = deployment:activate()
    assert.same({ "conflict", 2 }, { err.kind, fault:count() })
    client:close()
    for status, kind in pairs { [403] = "forbidden", [404] = "not_found", [422] = "validation", [500] = "server" } do
      play({ "inactive" }, { { status = status, body = "{}" } })
      _, err = deployment:activate()
      assert.same({ kind, 1 }, { err.kind, fault:count() })
      client:close()
    end
  end)

  it("is another change that cannot be read back says that it was made", function()
    play({}, {})
    local _, err = deployment:update { label = "b" }
    assert.same({ "server", 500 }, { err.kind, err.status })
    assert.matches("^the deployment was changed; reading it anew failed: ", err.message)
  end)

  it("ends in a failed job or at no status says which", function()
    play({ "inactive" }, { ACCEPTED }, { body = '{"status":"ERROR","message":"no room"}' })
    local _, err = deployment:activate()
    assert.same({ "api", "the job ended with status ERROR: no room" }, { err.kind, err.message })
    client:close()
    play({ "inactive" }, { ACCEPTED })
    _, err = deployment:activate { timeout = 1 }
    assert.same({ "timeout", "the deployment is not active; its last status was inactive" }, { err.kind, err.message })
  end)
end)

-- Seeds 2732 and 2989 of spec/runs/model.lua.
it("activate says why, when the server refuses it and the deployment cannot be read", function()
  local fault <close> = require "spec.support.fault_server".start()
  local client <close> = fault:client { retries = 0 }
  local id = ("6"):rep(24)
  local base = "/api/v2/deployments/" .. id .. "/"
  fault:play { replies = { { body = ('{"id":"%s","label":"d","status":"active"}'):format(id) } } }
  local deployment = assert(client:deployment(id))
  fault:play { replies = { { status = 503 } }, routes = {
    ["PATCH " .. base .. "status/"] = { { status = 409, body = '{"message":"It is so."}' } } } }
  local done, err = deployment:activate { timeout = 0.3 }
  assert.is_nil(done)
  assert.equal("server", err.kind)
  assert.matches("^the server refuses it %(It is so%.%), and looking whether it is so already failed: ", err.message)
end)
