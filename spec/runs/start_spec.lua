-- A run is started once: what is sent, how the new run is found, and what is said where it is not.
local Fault = require "spec.support.fault_server"
local sandboxes = require "datarobot.sandbox"

local ID <const> = ("6"):rep(24)
local NEW <const>, OLD <const>, OTHER <const> = ("a"):rep(24), ("b"):rep(24), ("c"):rep(24)
local BASE <const> = "/api/v2/deployments/" .. ID .. "/retrainingPolicies/" .. ID .. "/"

local function run(id, status, start)
  return ('{"id":"%s","status":"%s","startTime":%s}'):format(id, status or "scheduled", start and '"' .. start .. '"'
    or "null")
end

local function page(...)
  return { body = ('{"next":null,"totalCount":1,"data":[%s]}'):format(table.concat({ ... }, ",")) }
end

describe("start_run", function()
  local fault, policy, client
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)
  after_each(function() client:close() end)

  -- `lists`: replies to the list; `posted`: to the POST; further routes.
  local function play(lists, posted, more)
    client = fault:client { retries = 3, timeout = 10 }
    fault:play { replies = { { body = ('{"id":"%s","label":"d","name":"p"}'):format(ID) } } }
    policy = assert(assert(client:deployment(ID)):retraining_policy(ID))
    local routes = { ["GET " .. BASE .. "runs/"] = lists, ["POST " .. BASE .. "runs/"] = { posted } }
    for _, id in ipairs { NEW, OLD, OTHER } do
      routes["GET " .. BASE .. "runs/" .. id .. "/"] = { { body = run(id) } }
    end
    for route, replies in pairs(more or {}) do routes[route] = replies end
    fault:play { replies = { { status = 500 } }, routes = routes }
  end

  local function posts() return fault:count "POST" end

  it("finds the run in the reply, by its Location, or in the list", function()
    local place = { "Location: " .. BASE .. "runs/" .. NEW .. "/" }
    for _, posted in ipairs { { status = 201, body = run(NEW) }, { status = 202, headers = place },
      { status = 200, body = "" }, { status = 204 }, { body = "[]" }, { body = "no json" } } do
      play({ page(run(OLD)), page(run(NEW), run(OLD)) }, posted)
      assert.equal(NEW, assert(policy:start_run()).id)
      assert.equal(1, posts())
      local sent
      for _, request in ipairs(fault:seen()) do sent = request.method == "POST" and request or sent end
      assert.equal("", sent.body)
      assert.is_nil(sent.head:lower():find("content-type", 1, true))
      client:close()
    end
  end)

  it("waits until the list shows it", function()
    play({ page(run(OLD)), page(run(OLD)), { status = 503 }, page(run(NEW), run(OLD)) }, { body = "" })
    assert.equal(NEW, assert(policy:start_run()).id)
    assert.equal(1, posts())
  end)

  it("sends nothing when the runs that there are cannot be read", function()
    play({ { status = 403, body = "{}" } }, { body = "" })
    local _, err = policy:start_run()
    assert.equal("forbidden", err.kind)
    assert.equal(0, posts())
  end)

  it("settles a lost answer by the list, and never sends a second POST", function()
    for _, lost in ipairs { { body = run(NEW), cut = 0 }, { body = run(NEW), cut = 20, how = "rst" }, { status = 502 },
      { status = 504 } } do
      play({ page(run(OLD)), page(run(NEW), run(OLD)) }, lost)
      assert.equal(NEW, assert(policy:start_run()).id)
      assert.equal(1, posts())
      client:close()
    end
  end)

  it("is ambiguous when no new run shows, and says whether one was started", function()
    for _, case in ipairs { { { body = "" }, "the run was started, but its id is not known" },
      { { cut = 0 }, "the answer was lost and the run may have been started" } } do
      play({ page(run(OLD)) }, case[1])
      local _, err = policy:start_run { timeout = 2 }
      assert.equal("ambiguous", err.kind)
      assert.matches(case[2] .. ": no new run showed in the list", err.message, 1, true)
      assert.same({}, err.candidates)
      assert.equal(1, posts())
      client:close()
    end
  end)

  it("is ambiguous with the ids when several runs are new", function()
    play({ page(run(OLD)), page(run(NEW), run(OTHER), run(OLD)) }, { body = "" })
    local _, err = policy:start_run()
    assert.equal("ambiguous", err.kind)
    assert.same({ NEW, OTHER }, err.candidates)
    assert.matches("2 new runs showed in the list", err.message, 1, true)
  end)

  it("is ambiguous when the run that it started cannot be read", function()
    play({ page(run(OLD)) }, { status = 201, body = run(NEW) }, { ["GET " .. BASE .. "runs/" .. NEW .. "/"] =
      { { status = 404, body = "{}" } } })
    local _, err = policy:start_run()
    assert.equal("ambiguous", err.kind)
    assert.same({ NEW }, err.candidates)
  end)

  it("is ambiguous when the list after the POST cannot be read", function()
    play({ page(run(OLD)), { status = 403, body = "{}" } }, { body = "" })
    local _, err = policy:start_run()
    assert.equal("ambiguous", err.kind)
    assert.matches("looking for it failed", err.message, 1, true)
  end)

  it("takes no unseen run for the new one where there are too many to see", function()
    local long = { body = ('{"next":"http://x/?offset=$m&limit=100","data":[%s]}'):format(run(OLD)) }
    local lists = {}
    for i = 1, 10 do lists[i] = long end
    lists[11] = page(run(NEW))
    play(lists, { body = "" })
    local _, err = policy:start_run()
    assert.equal("ambiguous", err.kind)
    assert.matches("there are more than 1000 runs", err.message, 1, true)
    assert.same({ NEW }, err.candidates)
  end)

  it("is a conflict with the active run, or that run with join", function()
    local lists = { page(), page(run(OTHER, "in_progress", "2026-11-01T00:00:00Z"),
      run(OLD, "in_progress", "2026-11-02T00:00:00Z"), run(NEW, "succeeded", "2026-11-03T00:00:00Z")) }
    play(lists, { status = 409, body = '{"message":"A run is active."}' })
    local _, err = policy:start_run()
    assert.equal("conflict", err.kind)
    assert.equal(OLD, err.run.id)
    client:close()
    play(lists, { status = 409, body = "{}" })
    assert.equal(OLD, assert(policy:start_run { join = true }).id)
    client:close()
    play({ page() }, { status = 409, body = "{}" })
    _, err = policy:start_run { join = true }
    assert.equal("conflict", err.kind)
    assert.is_nil(err.run)
  end)

  -- Seeds 748 and 800 of spec/runs/model.lua.
  it("says why, when the active run cannot be read and was to be joined", function()
    play({ page(), { status = 503 } }, { status = 409, body = "{}" })
    local _, err = policy:start_run { join = true }
    assert.equal("server", err.kind)
    assert.matches("^a run is active, and could not be read: ", err.message)
    assert.equal(1, posts())
    client:close()
    play({ page(), { status = 503 } }, { status = 409, body = "{}" })
    _, err = policy:start_run()
    assert.equal("conflict", err.kind)
    assert.is_nil(err.run)
  end)

  it("takes 429 and 5xx as they are", function()
    for status, kind in pairs { [429] = "rate_limited", [500] = "server", [503] = "server", [404] = "not_found" } do
      play({ page() }, { status = status, headers = { "Retry-After: 7" }, body = "{}" })
      local _, err = policy:start_run()
      assert.equal(kind, err.kind)
      assert.equal(1, posts())
      if status == 429 then assert.equal(7, err.retry_after) end
      client:close()
    end
  end)

  it("is over by its deadline whatever hangs", function()
    for _, case in ipairs { { { { cut = 0, how = "hang" } }, { body = "" } }, { { page() }, { cut = 0, how = "hang" } },
      { { page(), { cut = 0, how = "hang" } }, { body = "" } } } do
      play(case[1], case[2])
      local begin = os.time()
      local _, err = policy:start_run { timeout = 1 }
      assert.is_true(err.kind == "timeout" or err.kind == "ambiguous", err.kind)
      assert.is_true(os.time() - begin <= 4)
      client:close()
    end
  end)

  it("agrees with the sandbox, however it answers", function()
    for _, status in ipairs { 200, 201, 202 } do
      local sandbox <close> = sandboxes.start { run_status = status }
      client = assert(sandbox:client())
      local deployment = assert(client:deployment(sandbox.deployment_id))
      policy = assert(deployment:create_retraining_policy { name = "p" })
      local first = assert(policy:start_run())
      assert.equal("active", first:state())
      local _, err = policy:start_run()
      assert.equal("conflict", err.kind)
      assert.equal(first.id, err.run.id)
      assert.equal(first.id, assert(policy:start_run { join = true }).id)
      assert.equal(1, #policy:runs():collect())
      assert.equal("cancelled", first:cancel())
      local second = assert(policy:start_run())
      assert.is_not.equal(first.id, second.id)
      assert.equal(2, #policy:runs():collect())
    end
  end)
end)
