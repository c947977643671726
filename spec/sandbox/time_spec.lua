-- Time in the sandbox's world: schedules that fire, runs that go on and end, and what they leave behind.
local contract = require "datarobot.sandbox.contract"
local cron = require "datarobot.sandbox.world.cron"
local drift = require "datarobot.sandbox.world.drift"
local duration = require "datarobot.sandbox.world.duration"
local http = require "spec.sandbox.http"
local json = require "datarobot.sandbox.json"
local sandbox = require "datarobot.sandbox"
local time = require "datarobot.sandbox.world.time"

local OWNER <const> = "65a7c2d94f1e8b3a6c5d0e11"

describe("time in the sandbox", function()
  local running, deployment, policies

  local function begin(options)
    if running then running:stop() end
    running = assert(sandbox.start(options))
    deployment = "deployments/" .. running.deployment_id .. "/"
    policies = deployment .. "retrainingPolicies/"
  end

  before_each(function() begin() end)
  after_each(function() running:stop() end)

  local function ask(method, path, body) return http.request(running, method, path, { body = body }) end
  local function get(path) return ask("GET", path).json end

  -- Everything that a run needs.
  local function prepare()
    assert.equal(202, ask("PATCH", deployment .. "settings/", { challengerModels = { enabled = true } }).status)
    assert.equal(204, ask("PATCH", deployment .. "retrainingSettings/", {
      datasetId = running.dataset_id, retrainingUserId = OWNER,
      predictionEnvironmentId = running.prediction_environment_id,
    }).status)
  end

  local function create(body)
    body.name = body.name or "p"
    local reply = ask("POST", policies, body)
    assert.equal(200, reply.status, reply.text)
    return policies .. reply.json.id .. "/"
  end

  local function start(policy)
    local reply = ask("POST", policy .. "runs/")
    assert.equal(200, reply.status, reply.text)
    assert.equal("", reply.text)
    return policy .. "runs/" .. get(policy .. "runs/").data[1].id .. "/"
  end

  local function scheduled(lists, more)
    local schedule = { minute = { 0 }, hour = { 0 }, dayOfMonth = { "*" }, month = { "*" }, dayOfWeek = { "*" } }
    for name, list in pairs(lists) do schedule[name] = list end
    local trigger = { type = "schedule", schedule = schedule }
    for name, value in pairs(more or {}) do trigger[name] = value end
    return { trigger = trigger }
  end

  local function starts(policy)
    local times = {}
    for i, run in ipairs(get(policy .. "runs/?limit=1000").data) do times[i] = run.startTime end
    return times
  end

  it("stands still until it is advanced", function()
    assert.equal("2024-12-20T00:00:00.000000Z", running:now())
    assert.equal("2024-12-20T00:00:10.000000Z", running:advance "10s")
    assert.equal("2024-12-22T13:31:10.000000Z", running:advance "2d12h91m")
    assert.equal("2024-12-22T13:31:10.000000Z", running:now())
  end)

  it("takes durations as people write them", function()
    assert.equal(172800, duration.short "2d")
    assert.equal(129600, duration.short "36h")
    assert.equal(0, duration.short "0s")
    for _, wrong in ipairs { "", "2", "d", "-1d", "1.5h", "1 d", "P1D", 5, ("1s"):rep(30), "1dx" } do
      assert.is_nil(duration.short(wrong), tostring(wrong))
      local ok, message = pcall(running.advance, running, wrong)
      assert.is_false(ok)
      assert.matches("bad argument #1 to 'advance' %(a duration such as", message)
    end
  end)

  it("is advanced over HTTP, with the token only", function()
    local function at_root(method, name, options)
      options.target = "/sandbox/" .. name
      return http.request(running, method, nil, options)
    end
    assert.equal("2024-12-21T00:00:00.000000Z", at_root("POST", "advance", { body = '{"duration":"1d"}' }).json.now)
    assert.equal("2024-12-21T00:00:00.000000Z", at_root("GET", "now", {}).json.now)
    assert.equal(401, at_root("POST", "advance", { body = '{"duration":"1d"}', token = false }).status)
    assert.equal(405, at_root("GET", "advance", {}).status)
    for _, body in ipairs { "{}", "[]", "1", '{"duration":1}', '{"duration":"401d"}', '{"duration":"1 day"}' } do
      local reply = at_root("POST", "advance", { body = body })
      assert.equal(422, reply.status, body)
      assert.is_string(reply.json.errors.duration)
    end
    assert.equal(404, at_root("GET", "sandbox", {}).status)
    assert.equal(404, http.request(running, "GET", "sandbox/now").status)
  end)

  it("carries a run through its stages", function()
    prepare()
    local policy = create {}
    local run = start(policy)
    local function status() return get(run).status end
    assert.equal("scheduled", status())
    assert.equal(json.null, get(run).startTime)
    assert.equal(409, ask("POST", policy .. "runs/").status)
    assert.equal(409, ask("DELETE", policy).status)
    running:advance "1s"
    assert.equal("in_progress", status())
    assert.equal("2024-12-20T00:00:00.000000Z", get(run).startTime)
    assert.is_string(get(run).projectId)
    running:advance "55m"
    assert.equal("creating_challenger", status())
    assert.equal(409, ask("PATCH", run, { status = "cancelled" }).status)
    running:advance "1d"
    local done = get(run)
    assert.equal("succeeded", done.status)
    assert.equal("2024-12-20T01:00:00.000000Z", done.finishTime)
    assert.same(done, get(policy).latestRun)
    local challenger = get(deployment .. "challengers/" .. done.challengerId)
    assert.equal(done.modelPackageId, challenger.modelPackage.id)
    assert.equal(running.prediction_environment_id, challenger.predictionEnvironment.id)
    assert.same({ challenger }, get(deployment .. "challengers/").data)
    assert.equal(409, ask("PATCH", run, { status = "cancelled" }).status)
    assert.equal(204, ask("DELETE", policy).status)
  end)

  it("lets a run do what the policy's action says", function()
    prepare()
    local before = get(deployment)
    local replacing = start(create { name = "Replace", action = "model_replacement" })
    local storing = start(create { name = "Store", action = "create_model_package" })
    running:advance "58m"
    assert.equal("replacing_model", get(replacing).status)
    assert.equal("in_progress", get(storing).status)
    assert.same(before.modelPackage, get(deployment).modelPackage)
    running:advance "2m"
    local run, after = get(replacing), get(deployment)
    assert.equal("succeeded", run.status)
    assert.equal(run.modelPackageId, after.modelPackage.id)
    assert.equal("2024-12-20T01:00:00.000000Z", after.model.deployedAt)
    assert.equal(before.label, after.label)
    assert.same({ "succeeded", json.null }, { get(storing).status, get(storing).challengerId })
    assert.is_string(get(storing).modelPackageId)
    local challengers = get(deployment .. "challengers/").data -- the champion that was
    assert.same({ before.modelPackage.id }, { challengers[1].modelPackage.id, challengers[2] })
    assert.equal(before.modelPackage.id, get(deployment .. "modelHistory/").data[1].modelPackage.id)
  end)

  it("lets a run fail that lacks what it needs", function()
    local run = start(create {})
    running:advance "2m"
    assert.same({ "failed", "The retraining settings name no dataset.", "2024-12-20T00:01:00.000000Z" },
      { get(run).status, get(run).errorMessage, get(run).finishTime })
    prepare()
    ask("PATCH", deployment .. "settings/", { challengerModels = { enabled = false } })
    run = start(create {})
    running:advance "2h"
    assert.same({ "failed", "Challenger models are not enabled." }, { get(run).status, get(run).errorMessage })
  end)

  it("lets a run be cancelled", function()
    prepare()
    local policy = create {}
    for _, wait in ipairs { "0s", "30m" } do
      local run = start(policy)
      running:advance(wait)
      assert.equal(422, ask("PATCH", run, { status = "canceled" }).status)
      local reply = ask("PATCH", run, { status = "cancelled" })
      assert.equal(200, reply.status)
      assert.equal("cancelled", reply.json.status)
      assert.equal(running:now(), reply.json.finishTime)
      assert.same({}, contract.check("retraining-run.json", assert(json.decode(reply.text))))
      assert.equal(409, ask("PATCH", run, { status = "cancelled" }).status)
    end
    running:advance "2h"
    assert.equal("cancelled", get(policy).latestRun.status)
    assert.equal(404, ask("PATCH", policy .. "runs/" .. ("f"):rep(24), { status = "cancelled" }).status)
  end)

  it("answers a start as it is told to", function()
    begin { run_status = 201 }
    local policy = create {}
    local reply = ask("POST", policy .. "runs/")
    assert.equal(201, reply.status)
    assert.same(get(policy .. "runs/").data[1], reply.json)
    begin { run_status = 202 }
    policy = create {}
    reply = ask("POST", policy .. "runs/")
    assert.equal(202, reply.status)
    local path = reply.headers.location:match "/api/v2/(.*)$"
    assert.equal(get(policy .. "runs/").data[1].id, get(path).id)
  end)

  it("has the words that it is told to have", function()
    begin { run_word = "warming_up", cancel_word = "canceled" }
    prepare()
    local run = start(create {})
    running:advance "10m"
    assert.equal("warming_up", get(run).status)
    assert.equal(422, ask("PATCH", run, { status = "cancelled" }).status)
    assert.equal(422, ask("PATCH", run, "[1]").status)
    assert.equal(200, ask("PATCH", run, {}).status)
    assert.equal("canceled", ask("PATCH", run, { status = "canceled" }).json.status)
    run = start(create {})
    running:advance "2h"
    assert.equal("succeeded", get(run).status)
  end)

  it("fires schedules at their minutes, in UTC", function()
    prepare()
    local policy = create(scheduled { hour = { 9, 15 }, minute = { 30 }, dayOfWeek = { "Mon", 3 } })
    running:advance "7d"
    assert.same({
      "2024-12-25T15:30:00.000000Z", "2024-12-25T09:30:00.000000Z",
      "2024-12-23T15:30:00.000000Z", "2024-12-23T09:30:00.000000Z",
    }, starts(policy))
    running:advance "8h"
    ask("PATCH", policy, '{"trigger":{"type":null}}')
    running:advance "30d"
    assert.equal(4, #starts(policy))
  end)

  it("skips a time that comes while a run is active", function()
    prepare()
    local policy = create(scheduled { hour = { "*" }, minute = { 0, 20, 40 } })
    running:advance "3h"
    assert.same({
      "2024-12-20T02:20:00.000000Z", "2024-12-20T01:20:00.000000Z", "2024-12-20T00:20:00.000000Z",
    }, starts(policy))
  end)

  it("keeps the shortest interval from start to start", function()
    prepare()
    local policy = create(scheduled({ hour = { 0, 6, 12, 18 } }, { minIntervalBetweenRuns = "PT12H" }))
    running:advance "2d"
    assert.same({
      "2024-12-21T18:00:00.000000Z", "2024-12-21T06:00:00.000000Z", "2024-12-20T18:00:00.000000Z",
      "2024-12-20T06:00:00.000000Z",
    }, starts(policy))
  end)

  it("comes to the same in one step and in many", function()
    local function play(steps)
      begin()
      prepare()
      create(scheduled({ hour = { "*" }, minute = { 7 } }, { minIntervalBetweenRuns = "PT3H" }))
      create(scheduled { dayOfWeek = { 1, 5 }, minute = { 7 } })
      for _, step in ipairs(steps) do running:advance(step) end
      local text = {}
      for i, policy in ipairs(get(policies).data) do
        for _, run in ipairs(get(policies .. policy.id .. "/runs/?limit=1000").data) do
          text[#text + 1] = ("%d %s %s %s"):format(i, run.status, run.startTime, run.finishTime)
        end
      end
      return text
    end
    local hours = {}
    for i = 1, 24 * 3 do hours[i] = i % 2 == 0 and "20m" or "100m" end
    assert.same(play { "3d" }, play(hours))
  end)

  it("fires at the next minute after a run was cancelled", function()
    prepare()
    local policy = create(scheduled { hour = { "*" }, minute = { 0, 20, 40 } })
    running:advance "25m"
    local run = policy .. "runs/" .. get(policy .. "runs/").data[1].id
    assert.equal(200, ask("PATCH", run, { status = "cancelled" }).status)
    running:advance "20m"
    assert.same({ "2024-12-20T00:40:00.000000Z", "2024-12-20T00:20:00.000000Z" }, starts(policy))
  end)

  it("of a schedule of every minute costs little", function()
    prepare()
    local every = { "*" }
    local policy = create(scheduled({ hour = every, minute = every }, { minIntervalBetweenRuns = "P30D" }))
    local before = require "socket".gettime()
    running:advance "400d"
    assert.is_true(require "socket".gettime() - before < 2)
    assert.equal(14, #starts(policy))
  end)

  it("fires two policies at one minute", function()
    prepare()
    local first, second = create(scheduled {}), create(scheduled {})
    running:advance "3d"
    assert.same(starts(first), starts(second))
    assert.equal(3, #starts(first))
  end)

  it("shows runs that fit the contract, in every stage", function()
    prepare()
    local policy = create(scheduled { hour = { "*" } })
    create { name = "other", action = "model_replacement" }
    for _, step in ipairs { "59m", "1m", "0s", "1s", "54m", "2m", "10h" } do
      running:advance(step)
      local page = assert(json.decode(ask("GET", policy .. "runs/").text))
      assert.same({}, contract.check("page.json", page))
      for _, run in ipairs(page.data) do assert.same({}, contract.check("retraining-run.json", run)) end
      assert.same({}, contract.check("retraining-policy.json", assert(json.decode(ask("GET", policy).text))))
      assert.same({}, contract.check("deployment.json", assert(json.decode(ask("GET", deployment).text))))
      local list = assert(json.decode(ask("GET", deployment .. "challengers/").text))
      for _, challenger in ipairs(list.data) do assert.same({}, contract.check("challenger.json", challenger)) end
    end
  end)

  it("of a year over 50 deployments with 5 policies is quick", function()
    local World = require "datarobot.sandbox.world"
    local policies_of = require "datarobot.sandbox.world.policies"
    local world = World.new { deployments = 50 }
    for _, record in ipairs(world.deployments) do
      record.retraining.datasetId = running.dataset_id
      record.retraining.retrainingUserId = OWNER
      for i = 1, 5 do
        local body = scheduled({ hour = i == 1 and { 1, 13 } or { i } })
        if i == 5 then body.trigger.type, body.trigger.statusDeclinesToFailing = "data_drift_decline", true end
        body.name, body.action = "p", "create_model_package"
        policies_of.create(world, record, body)
      end
    end
    local before = os.clock()
    for _ = 1, 52 do -- each week drift comes, and goes after a day
      for _, record in ipairs(world.deployments) do assert.is_nil(drift.set(world, record, "failing")) end
      time.advance(world, 86400)
      for _, record in ipairs(world.deployments) do assert.is_nil(drift.set(world, record, "passing")) end
      time.advance(world, 6 * 86400)
    end
    time.advance(world, 86400)
    local count = 0
    for _, record in ipairs(world.deployments) do
      for _, policy in ipairs(record.policies) do count = count + #policy.runs end
    end
    assert.equal(50 * (5 * 365 + 52), count)
    local seconds = os.clock() - before
    print(("# a year of 250 policies, %d runs: %.1f s"):format(count, seconds))
    assert.is_true(seconds < 20, seconds) -- on two busy cores; alone it takes some 5
    assert.equal("2025-12-20T00:00:00.000000Z", cron.timestamp(world.now))
  end)
end)
