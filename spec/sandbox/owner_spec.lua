-- What the owner of a sandbox may do beside asking it: late answers, snapshots, a clock that goes by itself.
local Direct = require "spec.sandbox.direct"
local http = require "spec.sandbox.http"
local sandboxes = require "datarobot.sandbox"
local socket = require "socket"

local DEPLOYMENT <const> = "deployments/6759e8aebd38a7fca6ba234a/"
local ID <const> = DEPLOYMENT:match "/(%x+)/"

describe("the owner of a sandbox", function()
  local running
  after_each(function() if running then running:stop() end end)

  local function own(name, body)
    return http.request(running, "POST", "", { target = "/sandbox/" .. name, body = body })
  end

  it("makes answers late, and others are served meanwhile", function()
    running = assert(sandboxes.start())
    for _, order in ipairs {
      function() running:slow { seconds = 0.4, path = "version" } end,
      function() assert.equal(204, own("slow", { seconds = 0.4, path = "version" }).status) end,
    } do
      order()
      local late, other = http.connect(running), http.connect(running)
      local before = socket.gettime()
      late:send("GET", "version/")
      assert.equal(200, other:request("GET", "account/info/").status)
      assert.is_true(socket.gettime() - before < 0.4)
      assert.equal(200, late:receive().status)
      assert.is_true(socket.gettime() - before >= 0.39)
      before = socket.gettime()
      assert.equal(200, late:request("GET", "version/").status) -- once only
      assert.is_true(socket.gettime() - before < 0.4)
      late:close()
      other:close()
    end
  end)

  it("ends it while answers are late", function()
    running = assert(sandboxes.start())
    running:slow { seconds = 60, count = 20 }
    local waiting = {}
    for i = 1, 20 do
      waiting[i] = http.connect(running)
      waiting[i]:send("GET", "version/")
    end
    waiting[1]:close() -- a peer that does not wait
    socket.sleep(0.1)
    local before = socket.gettime()
    running:stop()
    assert.is_true(socket.gettime() - before < 5)
    for i = 2, 20 do waiting[i]:close() end
  end)

  it("makes requests fail from other languages, too", function()
    running = assert(sandboxes.start())
    assert.equal(204, own("fail", { status = 429, count = 2, retryAfter = 3, path = "version", message = "m" }).status)
    assert.equal(200, http.request(running, "GET", "account/info/").status)
    for _ = 1, 2 do
      local reply = http.request(running, "GET", "version/")
      assert.same({ 429, "3", "m" }, { reply.status, reply.headers["retry-after"], reply.json.message })
    end
    assert.equal(200, http.request(running, "GET", "version/").status)
    assert.equal(204, own("fail", {}).status)
    assert.equal(200, own("snapshot").status) -- what is asked of the sandbox itself does not fail
    assert.equal(503, http.request(running, "GET", "version/").status)
    for _, case in ipairs { { "fail", { status = 99 } }, { "fail", { status = "503" } }, { "fail", { sttus = 503 } },
      { "slow", { seconds = -1 } }, { "slow", { count = 1.5 } }, { "restore", { snapshot = "x" } },
      { "restore", {} } } do
      assert.equal(422, own(case[1], case[2]).status, case[1])
    end
    assert.equal(401, http.request(running, "POST", "", { target = "/sandbox/snapshot", token = "x" }).status)
  end)

  it("keeps a world and puts it back", function()
    local world = Direct.open()
    world:change("PATCH", DEPLOYMENT .. "retrainingSettings/", { datasetId = "675c98d9f2e4b4189bff25f5" })
    local path = DEPLOYMENT .. "retrainingPolicies/"
    local policy = world:change("POST", path, { name = "p", action = "model_replacement" }).id
    world:change("POST", path .. policy .. "/runs/")
    world:control("advance", 600)
    local function seen()
      local all = { world:control "now" }
      for _, place in ipairs { "", "settings/", "retrainingPolicies/", "retrainingPolicies/" .. policy .. "/runs/",
        "modelHistory/", "championModelPackage/", "featureDrift/", "healthSettings/", "challengers/" } do
        all[#all + 1] = world:get(DEPLOYMENT .. place)
      end
      return all
    end
    local function change()
      world:control("advance", 86400)
      world:control("drift", { id = ID, status = "failing" })
      world:change("PATCH", DEPLOYMENT, { label = "other" })
      world:change("PATCH", DEPLOYMENT .. "settings/", { challengerModels = { enabled = true } })
      world:change("PATCH", DEPLOYMENT .. "healthSettings/", { dataDrift = { driftThreshold = 0.01 } })
      world:change("POST", path .. policy .. "/runs/")
      world:control("advance", 86400)
      world:change("POST", path, { name = "q" })
      return seen()
    end
    local before, snapshot = seen(), world:control "snapshot"
    local after = change()
    assert.not_same(before, after)
    for _ = 1, 2 do
      world:control("restore", snapshot)
      assert.same(before, seen())
      assert.same(after, change()) -- to the last id
    end
    assert.has_error(function() world:control("restore", "snapshot-9") end, "there is no snapshot snapshot-9")
  end)

  it("lets time go on by itself", function()
    running = assert(sandboxes.start { clock = "real", speed = 36000 })
    assert.equal("2024-12-20T00:00:00.000000Z", running:now())
    socket.sleep(0.12)
    local shown = http.request(running, "GET", "", { target = "/sandbox/now" }).json.now
    assert.is_true(shown >= "2024-12-20T01:10:00", shown)
    assert.is_true(running:advance "1d" >= "2024-12-21T01:10:00")
    running:stop()
    running = assert(sandboxes.start { speed = 36000 }) -- of a clock that stands still
    running:now()
    socket.sleep(0.05)
    assert.equal("2024-12-20T00:00:00.000000Z", running:now())
  end)
end)
