-- C-31: writes whose answer was lost are settled by reading, and what cannot be settled stays ambiguous.
local canary = require "spec.support.canary"
local core = require "datarobot.core"
local cuts = require "spec.settle.cuts"
local Fault = require "spec.support.fault_server"
local sandboxes = require "datarobot.sandbox"

local ID <const> = "6759e8aebd38a7fca6ba234a"
local POLICIES <const> = "/api/v2/deployments/" .. ID .. "/retrainingPolicies/"
local SETTINGS <const> = "/api/v2/deployments/" .. ID .. "/settings/"
local LOST <const> = { cut = 0 }

describe("C-31 a create whose answer was lost", function()
  it("is settled in each of many seeded cuts", function()
    local n = math.tointeger(tonumber(os.getenv "DATAROBOT_CUTS" or 300))
    local c = cuts(n, 1)
    assert.same({ 0, 0, 0 }, { c.duplicates, c.losses, c.wrong })
    assert.equal(n, c.created + c.ambiguous + c.refused)
    assert.is_true(c.created > 0.9 * n, c.created .. " created")
  end)
end)

describe("C-31", function()
  local fault, client, deployment
  before_each(function() fault = Fault.start() end)
  after_each(function()
    client:close()
    fault:stop()
  end)

  local function policy(id, name, more)
    return ('{"id":"%s","name":"%s"%s}'):format(id, name, more or "")
  end

  local function page(...)
    return { body = ('{"data":[%s],"next":null,"totalCount":%d}'):format(table.concat({ ... }, ","), select("#", ...)) }
  end

  -- A client whose server plays these replies to POSTs and to lists of policies.
  local function play(posts, lists, options)
    local routes = { ["POST " .. POLICIES] = posts, ["GET " .. POLICIES] = lists,
      ["GET /api/v2/deployments/" .. ID .. "/"] = { { body = ('{"id":"%s","label":"d"}'):format(ID) } } }
    fault:play { routes = routes, replies = { { status = 404 } } }
    local all = { settle_pause = 0.01, timeout = 20 }
    for k, v in pairs(options or {}) do all[k] = v end
    client = fault:client(all)
    deployment = assert(client:deployment(ID))
  end

  local A <const>, B <const> = ("a"):rep(24), ("b"):rep(24)
  local CREATED <const> = { status = 201, body = policy(B, "p") }

  it("adopts the one policy that agrees, whatever the server adds and however it writes numbers", function()
    play({ LOST }, { page(policy(B, "p", [[,"description":null,"projectOptions":{"reps":5.0,"metric":"AUC"},"x":{}]]),
      policy(A, "q")) })
    local created = assert(deployment:create_retraining_policy { name = "p", project_options = { reps = 5 } })
    assert.equal(B, created.id)
    assert.equal(1, fault:count "POST")
  end)

  it("looks again, and sends again after two empty looks", function()
    play({ LOST, CREATED }, { page(), page(policy(A, "q")) })
    assert.equal(B, assert(deployment:create_retraining_policy { name = "p" }).id)
    assert.equal(2, fault:count "POST")
    play({ LOST, CREATED }, { page(), page(policy(B, "p")) })
    assert.equal(B, assert(deployment:create_retraining_policy { name = "p" }).id)
    assert.equal(1, fault:count "POST")
  end)

  it("settles what a gateway lost, and a second loss", function()
    for _, status in ipairs { 502, 504 } do
      play({ { status = status }, LOST }, { page(), page(), page(policy(B, "p")) })
      assert.equal(B, assert(deployment:create_retraining_policy { name = "p" }).id)
      assert.equal(2, fault:count "POST")
    end
  end)

  it("never takes a policy that this object saw before or that has run", function()
    play({ LOST, CREATED }, { page(policy(A, "p")) })
    assert(deployment:retraining_policies():collect())
    assert.equal(B, assert(deployment:create_retraining_policy { name = "p" }).id)
    play({ LOST }, { page(policy(A, "p", [[,"latestRun":{"id":"x"}]])) })
    local created, err = deployment:create_retraining_policy { name = "p" }
    assert.is_nil(created)
    assert.equal("ambiguous", err.kind)
    assert.same({ A }, err.candidates)
    assert.matches("1 policy has this name", tostring(err))
  end)

  it("never takes what another create made", function()
    play({ CREATED, LOST, { status = 201, body = policy(A, "p") } }, { page(policy(B, "p")) })
    assert.equal(B, assert(deployment:create_retraining_policy { name = "p" }).id)
    assert.equal(A, assert(deployment:create_retraining_policy { name = "p" }).id)
    assert.equal(3, fault:count "POST")
  end)

  it("stays ambiguous, and sends nothing, where it cannot be told", function()
    local unclear = {
      { page(policy(A, "p"), policy(B, "p")) },
      { page(policy(A, "p", [[,"description":"another"]])) },
    }
    for i, lists in ipairs(unclear) do
      play({ LOST }, lists)
      local created, err = deployment:create_retraining_policy { name = "p", description = i == 2 and "mine" or nil }
      assert.is_nil(created)
      assert.equal("ambiguous", err.kind)
      assert.is_false(err.retryable)
      assert.equal(1, fault:count "POST")
      assert.equal(3 - i, #err.candidates)
    end
  end)

  it("sends nothing again when the reply began with a success", function()
    local raw = "HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"
    play({ { raw = raw, close = true } }, { page() })
    local created, err = deployment:create_retraining_policy { name = "p" }
    assert.is_nil(created)
    assert.equal("ambiguous", err.kind)
    assert.equal(1, fault:count "POST")
    play({ { raw = raw, close = true } }, { page(), page(), page(), page(policy(B, "p", [[,"latestRun":{"id":"x"}]])) })
    assert.equal(B, assert(deployment:create_retraining_policy { name = "p" }).id)
  end)

  it("reads all pages, and survives looks that fail", function()
    play({ LOST }, { { cut = 3 }, { status = 503 },
      { body = ('{"data":[%s],"next":"%sx?offset=1","totalCount":2}'):format(policy(A, "q"), POLICIES) },
      page(policy(B, "p")) })
    assert.equal(B, assert(deployment:create_retraining_policy { name = "p" }).id)
    play({ LOST }, { { status = 403 } })
    local _, err = deployment:create_retraining_policy { name = "p" }
    assert.equal("ambiguous", err.kind)
    assert.matches("looking whether it did failed: forbidden", err.message)
  end)

  it("keeps one deadline", function()
    play({ LOST }, { page() }, { settle_pause = 0.4 })
    local started = core.now()
    local _, err = deployment:create_retraining_policy({ name = "p" }, { timeout = 0.3 })
    assert.equal("ambiguous", err.kind)
    assert.is_true(core.now() - started < 0.35)
    play({ LOST }, { { wait = 30 } })
    started = core.now()
    _, err = deployment:create_retraining_policy({ name = "p" }, { timeout = 0.5 })
    assert.equal("ambiguous", err.kind)
    assert.is_true(core.now() - started < 5)
  end)

  it("is not settled with retry = false", function()
    play({ LOST }, { page() })
    local _, err = deployment:create_retraining_policy({ name = "p" }, { retry = false })
    assert.equal("ambiguous", err.kind)
    assert.equal(2, fault:count())
  end)

  it("returns why sending it again failed, unless the first one came late", function()
    play({ LOST, { status = 422, body = [[{"message": "no"}]] } }, { page() })
    local _, err = deployment:create_retraining_policy { name = "p" }
    assert.equal("validation", err.kind)
    play({ LOST, { status = 409 } }, { page(), page(), page(policy(B, "p")) })
    assert.equal(B, assert(deployment:create_retraining_policy { name = "p" }).id)
  end)

  describe("a change of settings whose answer was lost", function()
    local function settings(patches, gets)
      play({}, {})
      fault:play { replies = { { status = 303, headers = { "Location: " .. fault.endpoint .. "/deployments/x/" } } },
        routes = { ["PATCH " .. SETTINGS] = patches, ["GET " .. SETTINGS] = gets } }
    end
    local ON <const> = { body = [[{"humility":{"enabled":true},"other":{}}]] }
    local OFF <const> = { body = [[{"humility":{"enabled":false},"other":{}}]] }

    it("is done when they show it", function()
      settings({ LOST }, { ON })
      assert.is_true(deployment:update_settings { humility = { enabled = true } })
      assert.equal(1, fault:count "PATCH")
    end)

    it("is sent again when they do not, and its job is waited for", function()
      settings({ LOST, { status = 202, headers = { "Location: " .. fault.endpoint .. "/status/x/" } } }, { OFF })
      assert.is_true(deployment:update_settings { humility = { enabled = true } })
      assert.equal(2, fault:count "PATCH")
    end)

    it("is looked for again after a conflict with its own job", function()
      settings({ LOST, { status = 409 } }, { OFF, OFF, ON })
      assert.is_true(deployment:update_settings { humility = { enabled = true } })
      settings({ LOST }, { { status = 403 } })
      local _, err = deployment:update_settings { humility = { enabled = true } }
      assert.equal("ambiguous", err.kind)
      settings({ LOST }, { ON })
      _, err = deployment:update_settings({ humility = { enabled = true } }, { retry = false })
      assert.equal("ambiguous", err.kind)
    end)
  end)

  describe("a repeated delete that finds nothing", function()
    local function delete(replies, options)
      play({}, {}, { retries = 3 })
      fault:play { replies = replies }
      return client:delete("things/x/", options)
    end

    it("has succeeded when an earlier try may have been written", function()
      assert.equal(404, assert(delete { LOST, { status = 404 } }).status)
      assert.equal(404, assert(delete { { cut = 20 }, { status = 404 } }).status)
      local sandbox <close> = sandboxes.start { token = canary }
      local direct <close> = assert(sandbox:client())
      local p = assert(assert(direct:deployment(ID)):create_retraining_policy { name = "p" })
      sandbox:fail { status = 503, count = 1 }
      assert.is_true(p:delete())
    end)

    it("is not_found at the first try", function()
      local _, err = delete { { status = 404 } }
      assert.equal("not_found", err.kind)
      _, err = delete({ { cut = 40 }, { status = 404 } }, { retry = false })
      assert.equal("transport", err.kind)
    end)
  end)
end)
