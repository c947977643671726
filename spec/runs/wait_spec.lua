-- Waiting for a run and cancelling one: what ends it, what does not, and what is said.
local Fault = require "spec.support.fault_server"
local dr = require "datarobot"
local sandboxes = require "datarobot.sandbox"

local ID <const> = ("6"):rep(24)
local RUN <const> = "/api/v2/deployments/" .. ID .. "/retrainingPolicies/" .. ID .. "/runs/" .. ID .. "/"
local QUICK <const> = { interval = 0.01, max_interval = 0.02 }

local function body(status, more)
  return { body = ('{"id":"%s","label":"d","name":"p","status":"%s"%s}'):format(ID, status, more or "") }
end

local function with(t)
  for k, v in pairs(QUICK) do t[k] = t[k] or v end
  return t
end

describe("a run", function()
  local fault, client, run
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)
  after_each(function() client:close() end)

  local function play(looks, patches, options)
    options = options or {}
    options.retries = options.retries or 0
    client = fault:client(options)
    fault:play { replies = { body "in_progress" } }
    run = assert(assert(assert(client:deployment(ID)):retraining_policy(ID)):run(ID))
    fault:play { replies = { { status = 500 } }, routes = { ["GET " .. RUN] = looks, ["PATCH " .. RUN] = patches } }
  end

  describe("that is waited for", function()
    it("is returned when it has succeeded, with each look told", function()
      play { body "in_progress", body "creating_challenger", body("succeeded", ',"challengerId":"' .. ID .. '"') }
      local seen = {}
      local same = assert(run:wait(with { on_progress = function(r, seconds, err)
        assert.equal(run, r)
        assert.is_true(seconds >= 0 and err == nil)
        seen[#seen + 1] = r.status
      end }))
      assert.equal(run, same)
      assert.equal(ID, run.challenger_id)
      assert.same({ "in_progress", "creating_challenger", "succeeded" }, seen)
      assert.equal(run, run:wait()) -- over: nothing more is asked
      assert.equal(3, fault:count "GET")
    end)

    it("is run_failed with the server's words when it failed or was cancelled", function()
      play { body("failed", [[,"errorMessage":"no \u001b[31mdata"]]) }
      local _, err = run:wait(QUICK)
      assert.same({ "run_failed", "failed", run }, { err.kind, err.state, err.run })
      assert.equal("the run failed: no \\x1b[31mdata", err.message)
      client:close()
      play { body "cancelled" }
      _, err = run:wait(QUICK)
      assert.same({ "run_failed", "cancelled", "the run was cancelled" }, { err.kind, err.state, err.message })
    end)

    it("goes on over failures of a look, and tells them", function()
      local failing = { { status = 503 }, { status = 429, headers = { "Retry-After: 0" } }, { body = "<html>" },
        { cut = 60 }, { status = 502 }, { body = "[]" }, { cut = 40, how = "rst", body = "{}" }, body "succeeded" }
      play(failing)
      local kinds = {}
      assert(run:wait(with { on_progress = function(_, _, err) kinds[#kinds + 1] = err and err.kind or "good" end }))
      assert.equal("server rate_limited protocol transport server protocol transport good", table.concat(kinds, " "))
    end)

    it("ends with the look's own error when nothing else has come for poll_errors", function()
      play { { status = 503 } }
      local _, err = run:wait(with { poll_errors = 0.2 })
      assert.same({ "server", 503, run }, { err.kind, err.status, err.run })
      assert.is_true(fault:count "GET" > 2)
    end)

    it("ends at once where no other look can help", function()
      for status, kind in pairs { [401] = "auth", [403] = "forbidden", [404] = "not_found" } do
        play { body "in_progress", { status = status, body = "{}" } }
        local _, err = run:wait(QUICK)
        assert.same({ kind, run }, { err.kind, err.run })
        assert.equal(2, fault:count "GET")
        client:close()
      end
    end)

    it("asks a token function once more after a 401", function()
      local tokens = 0
      play({ body "in_progress", { status = 401, body = "{}" }, body "succeeded" }, nil, {
        token = function() tokens = tokens + 1; return "token-" .. tokens end,
      })
      assert(run:wait(QUICK))
    end)

    it("is timeout with the last snapshot when its time is over, an unknown word for ever included", function()
      play { body "in_progress", body "very new word" }
      local _, err = run:wait(with { timeout = 0.3 })
      assert.same({ "timeout", run, true }, { err.kind, err.run, err.retryable })
      assert.equal("very new word", run.status)
      assert.matches("its last status was very new word", err.message)
    end)

    it("is asked less and less often", function()
      play { body "in_progress" }
      local times = {}
      local function on_progress(_, seconds) times[#times + 1] = seconds end
      run:wait { timeout = 2, interval = 0.1, max_interval = 0.4, on_progress = on_progress }
      -- 0, then pauses of 0.1 × 1.5 … 0.4, each at most a quarter shorter
      assert.is_true(#times >= 5 and #times <= 11, #times)
      assert.is_true(times[2] - times[1] >= 0.07, times[2])
    end)

    it("raises what on_progress raises, and can be waited for again", function()
      play { body "in_progress", body "in_progress", body "succeeded" }
      local thrown = {}
      local ok, err = pcall(run.wait, run, with { on_progress = function() error(thrown) end })
      assert.is_false(ok)
      assert.equal(thrown, err)
      assert(run:wait(QUICK))
    end)

    it("is given up with its coroutine", function()
      play { body "in_progress" }
      client:on_wait(coroutine.yield)
      local co = coroutine.create(function() return run:wait { interval = 60 } end)
      for _ = 1, 1000 do
        assert(coroutine.resume(co))
        client:step()
        if fault:count "GET" > 0 and coroutine.status(co) == "suspended" and (client:timeout() or 0) > 1 then break end
      end
      assert(coroutine.close(co))
      assert.equal(0, client:step())
    end)

    it("ends with kind closed when the client is closed meanwhile", function()
      play { body "in_progress" }
      local _, err = run:wait(with { on_progress = function() client:close() end })
      assert.same({ "closed", run }, { err.kind, err.run })
    end)

    it("waits beside others", function()
      play { body "in_progress", body "in_progress", body "succeeded" }
      local runs = { run }
      local policy = "/api/v2/deployments/" .. ID .. "/retrainingPolicies/" .. ID .. "/"
      fault:play { replies = { { status = 500 } }, routes = {
        ["GET /api/v2/deployments/" .. ID .. "/"] = { body "x" }, ["GET " .. policy] = { body "x" },
        ["GET " .. RUN] = { body "in_progress", body "in_progress", body "succeeded" } } }
      local object = assert(assert(client:deployment(ID)):retraining_policy(ID))
      for i = 1, 10 do runs[i] = assert(object:run(ID)) end
      local done, failures = client:map(runs, function(r) return r:wait(QUICK) end)
      assert.same({}, failures)
      assert.equal(10, #done)
    end)
  end)

  describe("that is cancelled", function()
    it("says who won, and the same twice", function()
      play({ body "in_progress", body "canceling", body "cancelled" }, { { body = "{}" } })
      assert.equal("cancelled", run:cancel())
      assert.equal("cancelled", run:cancel())
      assert.equal(1, fault:count "PATCH")
      assert.equal([[{"status":"cancelled"}]], fault:seen()[2].body)
      client:close()
      for _, word in ipairs { "succeeded", "failed", "creating_challenger", "Replacing model" } do
        play({ body(word) }, { { body = "{}" } })
        assert.equal("too_late", run:cancel(), word)
        assert.equal("too_late", run:cancel())
        assert.equal(0, fault:count "PATCH")
        client:close()
      end
    end)

    it("asks again after a lost answer only when the run goes on", function()
      play({ body "in_progress", body "in_progress", body "cancelled" }, { { cut = 0 }, { body = "{}" } })
      assert.equal("cancelled", run:cancel())
      assert.equal(2, fault:count "PATCH")
      client:close()
      play({ body "in_progress", body "canceling", body "cancelled" }, { { cut = 0 } })
      assert.equal("cancelled", run:cancel())
      assert.equal(1, fault:count "PATCH")
    end)

    it("looks on after a refusal until the run is over", function()
      play({ body "in_progress", body "in_progress", body "succeeded" }, { { status = 409, body = "{}" } })
      assert.equal("too_late", run:cancel())
      assert.equal(1, fault:count "PATCH")
    end)

    it("ends with the server's words where it takes another word", function()
      play({ body "in_progress" }, { { status = 422, body = '{"message":"status: canceled expected"}' } })
      local _, err = run:cancel()
      assert.same({ "validation", 422, run }, { err.kind, err.status, err.run })
      assert.matches("canceled expected", tostring(err))
    end)

    it("is timeout with the run when neither is certain", function()
      play({ body "in_progress" }, { { status = 409, body = "{}" } })
      local _, err = run:cancel { timeout = 0.7 }
      assert.same({ "timeout", run }, { err.kind, err.run })
    end)

    it("ends where no other look can help", function()
      play({ { status = 404, body = "{}" } }, {})
      local _, err = run:cancel()
      assert.same({ "not_found", run }, { err.kind, err.run })
      client:close()
      play({ body "in_progress" }, { { status = 403, body = "{}" } })
      _, err = run:cancel()
      assert.equal("forbidden", err.kind)
    end)
  end)

  it("refuses wrong options with their names", function()
    play { body "in_progress" }
    for _, case in ipairs { { "wait", { intervl = 1 }, "unknown option 'intervl' %(did you mean 'interval'%?%)" },
      { "wait", { interval = 0 }, "option 'interval': seconds > 0 expected, got 0" },
      { "wait", { on_progress = 1 }, "option 'on_progress': a function expected, got 1" },
      { "cancel", { timeout = "1" }, "option 'timeout': seconds > 0 expected, got string" },
      { "wait", 7, "table expected, got number" }, { "cancel", { [1] = 2 }, "unknown option '1'" } } do
      local ok, err = pcall(run[case[1]], run, case[2])
      assert.is_false(ok)
      assert.matches("bad argument #1 to '" .. case[1] .. "' %(" .. case[3], err)
    end
  end)
end)

describe("dr.progress", function()
  local function told(on_progress, run)
    run.status = "scheduled"
    on_progress(run, 0)
    on_progress(run, 5)
    on_progress(run, 65, { kind = "server" })
    run.status = "suc\27ceeded"
    on_progress(run, 3725)
  end

  it("writes a line for each change into a file", function()
    local name = os.tmpname()
    finally(function() os.remove(name) end)
    local file = assert(io.open(name, "w"))
    told(dr.progress(file), { id = ID, state = function() return "active" end })
    file:close()
    local text = assert(io.open(name)):read "a"
    assert.equal(("RetrainingRun %s: %s after %s\n"):rep(3):format(ID, "scheduled", "0 s", ID,
      "could not be read: server", "1 min 5 s", ID, "suc\\x1bceeded", "1 h 2 min"), text)
  end)

  it("is silent when told to be, and refuses what is no open file", function()
    told(dr.progress(false), { id = ID })
    for _, bad in ipairs { 7, "x", {}, true } do
      local ok, err = pcall(dr.progress, bad)
      assert.is_false(ok)
      assert.matches("bad argument #1 to 'progress' %(an open file, false or nothing expected", err)
    end
  end)
end)

it("a run of the sandbox is started, waited for and becomes a challenger while time passes", function()
  local sandbox <close> = sandboxes.start()
  local client <close> = assert(sandbox:client())
  local deployment = assert(client:deployment(sandbox.deployment_id))
  assert(deployment:update_challenger_models_settings { enabled = true })
  assert(deployment:update_retraining_settings { dataset_id = sandbox.dataset_id,
    retraining_user_id = deployment.owners.preview[1].id })
  local policy = assert(deployment:create_retraining_policy { name = "p", action = "create_challenger" })
  local run = assert(policy:start_run())
  local looks = 0
  assert(run:wait(with { on_progress = function()
    looks = looks + 1
    sandbox:advance "30m"
  end }))
  assert.is_true(looks >= 2)
  assert.equal("succeeded", run:state())
  assert.is_string(run.challenger_id)
  assert.equal("too_late", run:cancel())
end)
