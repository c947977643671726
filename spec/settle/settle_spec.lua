-- C-31: writes whose answer was lost are settled by reading, and what cannot be settled stays ambiguous.
local canary = require "spec.support.canary"
local core = require "datarobot.core"
local cqueues = require "cqueues"
local cuts = require "spec.settle.cuts"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"
local sandboxes = require "datarobot.sandbox"
local sockets = require "cqueues.socket"

local ID <const> = "6759e8aebd38a7fca6ba234a"
local POLICIES <const> = "/api/v2/deployments/" .. ID .. "/retrainingPolicies/"
local SETTINGS <const> = "/api/v2/deployments/" .. ID .. "/settings/"
local LOST <const> = { cut = 0 }

describe("C-31 a write whose answer was lost", function()
  it("has the right answer in each of many seeded cuts", function()
    local n = math.tointeger(tonumber(os.getenv "DATAROBOT_CUTS" or 350))
    local all, faults = cuts(n, 1)
    assert.equal("", table.concat(faults, "\n"))
    local played = 0
    for verb, c in pairs(all) do
      assert.equal(c.cases, c.done + c.ambiguous + c.failed)
      assert.is_true(c.cut > 0.7 * c.cases, verb .. " was seldom cut")
      played = played + c.cases
    end
    assert.equal(n, played)
    for _, verb in ipairs { "create", "update", "retraining_settings", "settings", "delete" } do
      assert.is_true(all[verb].done > 0.5 * all[verb].cases, verb .. " was seldom done")
    end
  end)
end)

-- A server ends with the kept connection on which it read a write whole, and nobody listens while libcurl connects anew
-- for it.
describe("C-31 a write that was read by a server that ended", function()
  local function answer(connection, seen)
    local size = 0
    connection:setmode("b", "b")
    for line in connection:lines "*l" do
      seen[#seen + 1] = line:match "^%u+ /"
      size = tonumber(line:lower():match "^content%-length: *(%d+)") or size
      if line:match "^%s*$" then break end
    end
    if size > 0 then connection:read(size) end
    if #seen == 2 then return end
    connection:write "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    connection:flush()
  end

  local function serve(server, port, seen)
    local connection = server:accept()
    answer(connection, seen)
    answer(connection, seen)
    server:close()
    connection:close()
    cqueues.sleep(0.05)
    server = sockets.listen { host = "127.0.0.1", port = port, reuseaddr = true }
    while true do
      connection = server:accept()
      answer(connection, seen)
      connection:close()
    end
  end

  -- What a call returns, and the requests that were read.
  local function play(call, options)
    local server, loop, seen, result = sockets.listen("127.0.0.1", 0), cqueues.new(), {}, nil
    local _, _, port = server:localname()
    local client <close> = assert(dr.client { endpoint = "http://127.0.0.1:" .. port, token = canary })
    client:on_wait(cqueues.poll)
    loop:wrap(serve, server, port, seen)
    loop:wrap(function()
      assert(client:get "x/")
      result = table.pack(call(client, options))
    end)
    while not result do assert(loop:step()) end
    return result[1], result[2], seen
  end

  it("is ambiguous and not sent again when it is unsafe", function()
    for _, options in ipairs { {}, { timeout = 0.3 } } do
      local reply, err, seen = play(function(client, o) return client:post("x/", { a = 1 }, o) end, options)
      assert.is_nil(reply)
      assert.equal("ambiguous", err.kind)
      assert.same({ "GET /", "POST /" }, seen)
    end
  end)

  it("is sent again when it is safe", function()
    local reply, _, seen = play(function(client) return client:put("x/", { a = 1 }) end)
    assert.equal(200, reply.status)
    assert.same({ "GET /", "PUT /", "PUT /" }, seen)
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

  it("looks once more at what it finds unclear, after twice the pause", function()
    local function shown(text) return page(policy(B, "p", ([[,"description":"%s"]]):format(text))) end
    play({ LOST }, { shown "another", shown "mine" }, { settle_pause = 0.1 })
    assert.equal(B, assert(deployment:create_retraining_policy { name = "p", description = "mine" }).id)
    local at = {}
    for _, request in ipairs(fault:seen()) do at[#at + 1] = request.target:match "retraining" and request.at end
    assert.equal(3, #at) -- the create and two looks
    assert.is_true(at[2] - at[1] >= 0.09 and at[3] - at[2] >= 0.19)
  end)

  it("is sent again three times at most, and the last word stands", function()
    play({ LOST, LOST, { status = 409 }, { status = 504 } }, { page() })
    local created, err = deployment:create_retraining_policy { name = "p" }
    assert.is_nil(created)
    assert.same({ "ambiguous", 504 }, { err.kind, err.status })
    assert.equal(4, fault:count "POST")
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

    it("is not refused by what sending it again met, for the first may have been acted on", function()
      settings({ LOST, { status = 500 } }, { OFF })
      local _, err = deployment:update_settings({ humility = { enabled = true } }, { timeout = 0.2 })
      assert.equal("ambiguous", err.kind)
      assert.matches("sending it again failed: server", err.message)
      settings({ LOST, { status = 500 } }, { OFF, ON })
      assert.is_true(deployment:update_settings { humility = { enabled = true } })
      settings({ LOST, { status = 422, body = [[{"message": "no"}]] } }, { OFF })
      _, err = deployment:update_settings { humility = { enabled = true } }
      assert.equal("validation", err.kind)
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
      -- A kept connection died, libcurl wrote it anew on another one, and that was answered by 429.
      assert.equal(404, assert(delete { LOST, { status = 429 }, { status = 404 } }).status)
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
