-- Challengers, replacing a model, promoting a run, rolling back: against the sandbox, and against servers that lose
-- answers or say what nobody expects.
local Fault = require "spec.support.fault_server"
local cjson = require "cjson"
local sandboxes = require "datarobot.sandbox"

-- A deployment ready for retraining, in a world where time moves.
local function world(options)
  local sandbox = sandboxes.start(options)
  local client = assert(sandbox:client())
  local deployment = assert(client:deployment(sandbox.deployment_id))
  assert(deployment:update_challenger_models_settings { enabled = true })
  assert(deployment:update_retraining_settings {
    dataset_id = sandbox.dataset_id, retraining_user_id = deployment.owners.preview[1].id,
  })
  return sandbox, client, deployment
end

local function succeeded(sandbox, deployment, policy)
  local made = assert(deployment:create_retraining_policy(policy))
  return assert(assert(made:start_run()):wait { interval = 0.001, on_progress = function() sandbox:advance "1h" end })
end

local DRIFT <const> = { type = "data_drift_decline", status_declines_to_warning = true }

describe("a run of the sandbox", function()
  local sandbox, client, deployment
  before_each(function() sandbox, client, deployment = world() end)
  after_each(function()
    client:close()
    sandbox:stop()
  end)

  it("is promoted for its policy's reason, once, and rolled back", function()
    local before = assert(deployment:champion_model_package())
    local run = succeeded(sandbox, deployment, { name = "p", trigger = DRIFT })
    local replacement = assert(run:promote())
    assert.same({ run.model_package_id, before.id, "DATA_DRIFT", "passing" }, { replacement.model_package_id,
      replacement.previous_model_package_id, replacement.reason, replacement.validation.status })
    assert.equal(run.model_package_id, assert(deployment:champion_model_package()).id)
    local challengers = assert(deployment:challengers())
    assert.same({ before.id }, { challengers[1].model_package.id, challengers[2] })
    sandbox:requests { clear = true }
    assert.same({ model_package_id = run.model_package_id, unchanged = true }, assert(run:promote()))
    for _, request in ipairs(sandbox:requests()) do assert.equal("GET", request.method) end
    assert.equal(before.id, assert(deployment:rollback(replacement)).model_package_id)
    sandbox:requests { clear = true }
    assert.same({ model_package_id = before.id, unchanged = true }, assert(deployment:rollback(replacement)))
    for _, request in ipairs(sandbox:requests()) do assert.equal("GET", request.method) end
    assert.equal(run.model_package_id, assert(deployment:rollback()).model_package_id) -- from the history
    assert.equal(before.id, assert(deployment:rollback(before.id)).model_package_id)
    assert.equal(3, #deployment:model_history():collect() - 1)
  end)

  it("has the reason of its trigger", function()
    for type, reason in pairs { schedule = "SCHEDULED_REFRESH", accuracy_decline = "ACCURACY" } do
      local trigger = type == "schedule" and { type = type, schedule = "0 0 1 1 *" }
        or { type = type, status_declines_to_failing = true }
      assert.equal(reason, assert(succeeded(sandbox, deployment, { name = type, trigger = trigger }):promote()).reason)
    end
    assert.equal("OTHER", assert(succeeded(sandbox, deployment, { name = "manual" }):promote()).reason)
  end)

  it("that has not succeeded or has no package is not promoted", function()
    local policy = assert(deployment:create_retraining_policy { name = "p" })
    local run = assert(policy:start_run())
    sandbox:requests { clear = true }
    local _, err = run:promote()
    assert.same({ "conflict", run }, { err.kind, err.run })
    assert.matches("the run has not succeeded: its status is scheduled", err.message, 1, true)
    assert.same({}, sandbox:requests())
  end)

  it("and what one types first is answered with what to write", function()
    local policy = assert(deployment:create_retraining_policy { name = "p" })
    local run = assert(policy:start_run())
    local function says(words, f, ...)
      local ok, why = pcall(f, ...)
      assert.is_false(ok)
      assert.is_truthy(why:find(words, 1, true), why)
    end
    local seconds = "(table expected, got number; seconds are { timeout = 5 })"
    for name, object in pairs { wait = run, cancel = run, promote = run, start_run = policy, activate = deployment } do
      says(("to '%s' %s"):format(name, seconds), object[name], object, 5)
    end
    says("a model package id, expected, got datarobot.retraining_run)", deployment.rollback, deployment, run)
    says("a response expected, got datarobot.retraining_run)", client.wait, client, run)
    says("a challenger or its id expected, got datarobot.retraining_run)", deployment.compare, deployment,
      { challenger = run, metric = "AUC" })
    says("an iterator expected, got datarobot.retraining_run)", client.map, client, run, print)
    says("(table expected, got datarobot.retraining_run)", deployment.replace_model, deployment, run)
    says("to 'replace_model' (table expected, got string; a package is { model_package_id = \"…\" })",
      deployment.replace_model, deployment, sandbox.deployment_id)
  end)

  it("without an earlier model there is nothing to roll back to", function()
    local _, err = deployment:rollback()
    assert.equal("not_found", err.kind)
    for _, bad in ipairs { 7, true, {} } do
      local ok, why = pcall(deployment.rollback, deployment, bad)
      assert.is_false(ok)
      assert.matches("bad argument #1 to 'rollback' (what replace_model returned, or a model package id, expected",
        why, 1, true)
    end
  end)

  it("makes a challenger, which can be changed, deleted and made again", function()
    local run = succeeded(sandbox, deployment, { name = "p", action = "create_challenger" })
    local challenger = assert(deployment:challenger(run.challenger_id))
    assert.equal(challenger, assert(challenger:update { name = "new name" }))
    assert.equal("new name", challenger.name)
    assert.matches('^Challenger %x+ "new name" %(model package ' .. run.model_package_id .. "%)$", tostring(challenger))
    local _, err = deployment:create_challenger { name = "twice", model_package_id = run.model_package_id }
    assert.same({ "validation", 422 }, { err.kind, err.status })
    assert.is_true(challenger:delete())
    local again = assert(deployment:create_challenger { name = "again", model_package_id = run.model_package_id })
    assert.same({ "again", run.model_package_id }, { again.name, again.model_package.id })
    assert.equal(1, #assert(deployment:challengers()))
  end)

  it("is checked before anything is sent", function()
    sandbox:requests { clear = true }
    for _, call in ipairs { function() return deployment:create_challenger { nam = "x" } end,
      function() return deployment:replace_model {} end, function() return deployment:rollback "x" end,
      function() return deployment:replace_model { model_package_id = ("6"):rep(24), reason = "why not" } end } do
      local value, err = call()
      assert.is_nil(value)
      assert.equal("validation", err.kind)
    end
    assert.same({}, sandbox:requests())
  end)

  it("shows who may do what, and what the deployment supports", function()
    assert.equal("OWNER", assert(deployment:shared_roles():first()).role)
    assert.is_true(#assert(deployment:capabilities()).data > 0)
  end)
end)

it("a warning of the server's check needs allow_warnings", function()
  local sandbox <close>, client, deployment = world { features_differ = true }
  local run = succeeded(sandbox, deployment, { name = "p", feature_list_strategy = "informative_features" })
  local _, err = run:promote()
  assert.equal("conflict", err.kind)
  assert.equal("warning", err.validation.status)
  assert.matches("(features: The features differ.); allow_warnings = true replaces the model all the same", err.message,
    1, true)
  assert.equal(run.model_package_id, assert(run:promote { allow_warnings = true }).model_package_id)
  client:close()
end)

describe("a replacement", function()
  local ID <const>, OLD <const>, NEW <const> = ("6"):rep(24), ("a"):rep(24), ("b"):rep(24)
  local BASE <const> = "/api/v2/deployments/" .. ID .. "/"
  local fault, client, deployment
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)
  after_each(function() client:close() end)

  local function package(id) return { body = cjson.encode { id = id, modelId = id } } end
  local PASSING <const> = { body = '{"status":"passing"}' }
  local ACCEPTED <const> = { status = 202, headers = { "Location: status/x/" }, body = '{"status":"passing"}' }
  local DONE <const> = { status = 303, headers = { "Location: deployments/" .. ID .. "/" } }

  local function play(champions, patches, more)
    client = fault:client { retries = 0, timeout = 10, settle_pause = 0.1 }
    fault:play { replies = { { body = ('{"id":"%s","label":"d"}'):format(ID) } } }
    deployment = assert(client:deployment(ID))
    local routes = {
      ["GET " .. BASE .. "championModelPackage/"] = champions, ["PATCH " .. BASE .. "model/"] = patches,
      ["POST " .. BASE .. "model/validation/"] = { PASSING }, ["GET /api/v2/status/x/"] = { DONE },
    }
    for route, replies in pairs(more or {}) do routes[route] = replies end
    fault:play { replies = { { status = 500 } }, routes = routes }
  end

  local function replace(o) return deployment:replace_model({ model_package_id = NEW, reason = "ERRORS" }, o) end

  it("is read until the new package is what serves", function()
    play({ package(OLD), package(OLD), package(OLD), package(NEW) }, { ACCEPTED })
    assert.equal(OLD, assert(replace()).previous_model_package_id)
    assert.equal(1, fault:count "PATCH")
    client:close()
    play({ package(OLD) }, { ACCEPTED })
    local _, err = replace { timeout = 1 }
    assert.equal("timeout", err.kind)
  end)

  it("whose answer is lost is settled by reading, and sent once more when nothing came of it", function()
    play({ package(OLD), package(OLD), package(NEW) }, { { cut = 0 } })
    assert(replace())
    assert.equal(1, fault:count "PATCH")
  end)

  it("that a second sending finds done has succeeded", function()
    local looks = { package(OLD) }
    for i = 2, 30 do looks[i] = package(OLD) end
    play(looks, { { cut = 0 }, ACCEPTED }, {})
    local _, err = replace { timeout = 3 } -- it is looked for until the deadline
    assert.is_true(err.kind == "ambiguous" or err.kind == "timeout", err.kind)
    assert.is_true(fault:count "PATCH" <= 2)
  end)

  it("that was lost stays ambiguous where sending it again is refused for a while", function()
    for _, status in ipairs { 429, 503 } do
      play({ package(OLD), package(OLD), { status = 400, body = "{}" } },
        { { cut = 0 }, { status = status, body = "{}" } })
      local _, err = replace { timeout = 20 }
      assert.same({ "ambiguous", fault:count "PATCH" }, { err.kind, 1 })
      client:close()
    end
    local looks = { package(OLD) }
    for i = 2, 5 do looks[i] = package(OLD) end
    play(looks, { { cut = 0 }, { status = 429, body = "{}" } })
    local _, err = replace { timeout = 20 }
    assert.same({ "ambiguous", 2 }, { err.kind, fault:count "PATCH" })
    assert.matches("; sending it again failed: ", err.message, 1, true)
  end)

  it("that fails is told as what failed", function()
    local failed = { { body = '{"status":"ERROR","message":"no"}' } }
    play({ package(OLD) }, { ACCEPTED }, { ["GET /api/v2/status/x/"] = failed })
    local _, err = replace()
    assert.equal("api", err.kind)
    client:close()
    play({ package(OLD) }, { { status = 202, headers = { "Location: status/x/" }, body = '{"status":"failing"}' } })
    _, err = replace()
    assert.same({ "conflict", "failing" }, { err.kind, err.validation.status })
    client:close()
    play({ package(OLD) }, { { status = 403, body = "{}" } })
    assert.equal("forbidden", select(2, replace()).kind)
  end)

  it("that the server's check does not let through sends nothing, whatever its word", function()
    for _, status in ipairs { '"failing"', '"warning"', '"very new"', "7", "null", "{}" } do
      local checks = '{"target":{"status":"failing","message":"no \\u001b"},"x":7}'
      play({ package(OLD) }, { ACCEPTED }, { ["POST " .. BASE .. "model/validation/"] = {
        { body = ('{"status":%s,"checks":%s}'):format(status, checks) } } })
      local _, err = replace()
      assert.equal("conflict", err.kind, status)
      assert.matches("(target: no \\x1b)", err.message, 1, true)
      assert.equal(0, fault:count "PATCH")
      client:close()
    end
  end)

  it("by a model's id is served when that model is", function()
    play({ package(OLD), package(NEW) }, { ACCEPTED })
    assert(deployment:replace_model { model_id = NEW, reason = "OTHER" })
  end)

  it("never raises where a reply is of another type", function()
    for _, odd in ipairs { "[]", "7", '{"id":7}', "null", '{"id":{}}' } do
      play({ { body = odd } }, { ACCEPTED })
      local ok, _, err = pcall(replace, { timeout = 0.5 })
      assert.is_true(ok)
      assert.is_string(err.kind)
      client:close()
    end
  end)
end)

describe("a challenger whose making loses its answer", function()
  local ID <const>, PACKAGE <const> = ("6"):rep(24), ("c"):rep(24)
  local OLD <const>, NEW <const> = ("a"):rep(24), ("b"):rep(24)
  local BASE <const> = "/api/v2/deployments/" .. ID .. "/challengers/"
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)

  local function one(id) return ('{"id":"%s","name":"n","modelPackage":{"id":"%s"}}'):format(id, PACKAGE) end
  local function list(...) return { body = '{"data":[' .. table.concat({ ... }, ",") .. "]}" } end

  local function create(lists, posted, o, reads)
    local client <close> = fault:client { retries = 0, timeout = 10, settle_pause = 0.1 }
    fault:play { replies = { { body = ('{"id":"%s","label":"d"}'):format(ID) } } }
    local deployment = assert(client:deployment(ID))
    fault:play { replies = { { status = 500 } }, routes = {
      ["GET " .. BASE] = lists, ["POST " .. BASE] = { posted },
      ["GET " .. BASE .. NEW .. "/"] = reads or { { body = one(NEW) } },
    } }
    return deployment:create_challenger({ name = "n", model_package_id = PACKAGE }, o)
  end

  it("is found by its Location or in the list, and never made twice", function()
    local place = { "Location: " .. BASE .. NEW .. "/" }
    for _, posted in ipairs { { cut = 0 }, { status = 502 }, { status = 202, headers = place } } do
      assert.equal(NEW, assert(create({ list(one(OLD)), list(one(OLD), one(NEW)) }, posted)).id)
      assert.equal(1, fault:count "POST")
    end
  end)

  it("that cannot be read at first is read again, and is ambiguous when it never can", function()
    local place = { "Location: " .. BASE .. NEW .. "/" }
    local made = { list(one(OLD)), list(one(OLD), one(NEW)) }
    local posted = { status = 202, headers = place }
    assert.equal(NEW, assert(create(made, posted, nil, { { status = 503 }, { cut = 0 }, { body = one(NEW) } })).id)
    for _, reply in ipairs { { status = 503 }, { status = 404, body = "{}" }, { cut = 0 } } do
      local _, err = create(made, posted, { timeout = 1 }, { reply })
      assert.same({ "ambiguous", { NEW } }, { err.kind, err.candidates })
      assert.matches("^the challenger was made, and could not be read: ", err.message)
      assert.equal(1, fault:count "POST")
    end
  end)

  it("is ambiguous when none or several are new", function()
    local _, err = create({ list(one(OLD)) }, { cut = 0 }, { timeout = 1 })
    assert.same({ "ambiguous", {} }, { err.kind, err.candidates })
    _, err = create({ list(), list(one(OLD), one(NEW)) }, { cut = 0 })
    assert.same({ "ambiguous", { OLD, NEW } }, { err.kind, err.candidates })
  end)
end)
