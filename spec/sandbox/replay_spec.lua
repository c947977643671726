-- Replay of challengers: its routes, and up to when each challenger has scored.
local contract = require "datarobot.sandbox.contract"
local http = require "spec.sandbox.http"
local json = require "datarobot.sandbox.json"
local sandboxes = require "datarobot.sandbox"
local World = require "datarobot.sandbox.world"
local cron = require "datarobot.sandbox.world.cron"
local models = require "datarobot.sandbox.world.models"
local replay = require "datarobot.sandbox.world.replay"
local time = require "datarobot.sandbox.world.time"

describe("the sandbox's replay", function()
  local sandbox, deployment
  local function begin(options)
    sandbox = sandboxes.start(options)
    deployment = "deployments/" .. sandbox.deployment_id .. "/"
  end
  after_each(function() sandbox:stop() end)

  local function send(method, path, body) return http.request(sandbox, method, deployment .. path, { body = body }) end

  it("has settings, of which the schedule stays where it is not named", function()
    begin()
    local settings = json.decode(send("GET", "challengerReplaySettings/").text)
    assert.same({ enabled = false, schedule = json.null }, settings)
    local daily = { minute = { 0 }, hour = { 0 }, dayOfMonth = { "*" }, month = { "*" }, dayOfWeek = { "*" } }
    local reply = send("PATCH", "challengerReplaySettings/", { enabled = true, schedule = daily })
    assert.equal(200, reply.status)
    assert.same({}, contract.check("challenger-replay-settings.json", json.decode(reply.text)))
    assert.same({ enabled = true, schedule = daily }, reply.json)
    assert.same(daily, send("PATCH", "challengerReplaySettings/", { enabled = false }).json.schedule)
    assert.equal(200, send("PATCH", "challengerReplaySettings/", "{}").status)
    reply = send("PATCH", "challengerReplaySettings/", { schedule = daily })
    assert.same({ enabled = "is required" }, reply.json.errors)
    assert.equal(422, send("PATCH", "challengerReplaySettings/", { enabled = true, schedule = "@daily" }).status)
  end)

  it("is a job, and there is one at a time", function()
    begin { job_polls = 2 }
    assert.equal(422, send("POST", "challengerPredictions/", "{}").status) -- challengers are off
    send("PATCH", "settings/", { challengerModels = { enabled = true } })
    local reply = send("POST", "challengerPredictions/", { timestamp = "2024-12-19T00:00:00Z" })
    assert.equal(202, reply.status)
    local busy = send("POST", "challengerPredictions/")
    assert.same({ 429, reply.headers.location }, { busy.status, busy.headers.location })
    local job = reply.headers.location:match "/api/v2/(.*)$"
    for _, status in ipairs { 200, 200, 303 } do assert.equal(status, http.request(sandbox, "GET", job).status) end
    assert.equal(202, send("POST", "challengerPredictions/").status)
    assert.equal(422, send("POST", "challengerPredictions/", { timestamp = "2024-12-01T00:00:00Z" }).status)
    assert.equal(422, send("POST", "challengerPredictions/", { timestamp = "yesterday" }).status)
  end)
end)

describe("a challenger of the sandbox", function()
  local DAILY <const> = { minute = { 0 }, hour = { 6 }, dayOfMonth = { "*" }, month = { "*" }, dayOfWeek = { "*" } }
  local world, record

  local function challenger(id)
    models.add_package(world, record, id, id, "all")
    return models.add_challenger(world, record, models.package(world, id),
      { name = id, environment = record.shown.predictionEnvironment }).id
  end

  before_each(function()
    world = World.new {}
    record = world.deployments[1]
    record.settings.challengerModels = { enabled = true }
  end)

  it("has scored up to the last replay that came to it", function()
    local first = challenger "a"
    assert.is_nil(replay.upto(world, record, first))
    replay.start(world, record, world.now - 3600)
    assert.equal(world.now - 3600, replay.upto(world, record, first))
    replay.start(world, record, world.now - 7200) -- no step back
    assert.equal(world.now - 3600, replay.upto(world, record, first))
    replay.start(world, record, world.now + 99) -- nothing is there yet
    assert.equal(world.now, replay.upto(world, record, first))
    assert.is_nil(replay.upto(world, record, challenger "b"))
  end)

  it("has scored up to the last time of the schedule, since it was made and the schedule was set", function()
    local first = challenger "a"
    replay.change_settings(world, record, { enabled = true, schedule = DAILY })
    assert.is_nil(replay.upto(world, record, first))
    time.advance(world, 7 * 3600)
    local second = challenger "b"
    assert.equal("2024-12-20T06:00:00.000000Z", cron.timestamp(replay.upto(world, record, first)))
    assert.is_nil(replay.upto(world, record, second))
    time.advance(world, 400 * 86400)
    assert.equal("2026-01-24T06:00:00.000000Z", cron.timestamp(replay.upto(world, record, second)))
    replay.change_settings(world, record, { enabled = false })
    assert.is_nil(replay.upto(world, record, second))
  end)

  it("follows schedules of every kind, as a search minute by minute finds them", function()
    local lists = {
      { minute = { "*" }, hour = { "*" } }, { minute = { 7 }, hour = { "*" } }, { minute = { 0, 30 }, hour = { 3 } },
      { minute = { 1 }, hour = { 2 }, dayOfMonth = { 31 } }, { minute = { 0 }, hour = { 0 }, month = { 3 } },
    }
    local id = challenger "a"
    for _, schedule in ipairs(lists) do
      for _, name in ipairs { "dayOfMonth", "month", "dayOfWeek" } do schedule[name] = schedule[name] or { "*" } end
      replay.change_settings(world, record, { enabled = true, schedule = schedule })
      local last, at = nil, cron.next(schedule, world.now + 1)
      for _ = 1, 20 do
        time.advance(world, 86400 * 11 + 61)
        while at <= world.now do last, at = at, cron.next(schedule, at + 1) end
        assert.equal(last, replay.upto(world, record, id))
      end
    end
  end)
end)
