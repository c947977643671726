-- Commands and what may become of them: exit status, stdout, stderr. Every failure is tried with --json, under which
-- each line of stdout is JSON.
local build = require "spec.support.build"
local canary = require "spec.support.canary"
local fault_server = require "spec.support.fault_server"
local process = require "spec.support.process"
local program = require "spec.cli.program"
local sandboxes = require "datarobot.sandbox"
local socket = require "socket"

local run, objects = program.run, program.objects

-- Every command that needs a server, with words that are right.
local ID <const> = "6759e8aebd38a7fca6ba234a"
local FILE <const> = "spec/cli/weekly.lua"
local WORDS <const> = {
  { "whoami" }, { "list" }, { "show", ID }, { "show", ID, "Weekly" }, { "watch", ID, "Weekly" },
  { "explain", ID, "Weekly" },
  { "run", ID, "Weekly" }, { "cancel", ID, "Weekly" }, { "promote", ID, "Weekly" }, { "rollback", ID },
  { "pause", ID, "Weekly" }, { "resume", ID, "Weekly" }, { "plan", FILE, ID }, { "apply", FILE, ID },
  { "export", ID }, { "diff", FILE, ID },
}

local function with(words, ...)
  local all = table.move(words, 1, #words, 1, {})
  return table.move({ ... }, 1, select("#", ...), #all + 1, all)
end

local function at(sandbox, more)
  local env = { DATAROBOT_ENDPOINT = sandbox.endpoint, DATAROBOT_API_TOKEN = sandbox.token }
  for name, value in pairs(more or {}) do env[name] = value end
  return { env = env }
end

-- The last line of stdout, which holds the error.
local function error_of(out)
  local list = objects(out)
  return assert(list[#list], "nothing on stdout").error
end

it("the table of commands is whole", function()
  local there = {}
  for _, words in ipairs(WORDS) do there[words[1]] = true end
  require "datarobot.cli.commands".each(function(name, command)
    assert.equal(command.offline ~= true, there[name] == true, name)
  end)
end)

describe("a command that needs a server", function()
  local sandbox, port
  setup(function()
    sandbox = assert(sandboxes.start())
    port = process.free_port()
  end)
  teardown(function() sandbox:stop() end)

  -- What goes wrong, by name: words added, options of program.run; kind of the error, what stderr says, status.
  local function cases()
    return {
      ["a bad flag"] = { { "--nonsense" }, at(sandbox), "usage", "unknown option '%-%-nonsense'.*%-%-help" },
      ["a bad file"] = { { "--config", "/nonexistent/x.yaml" }, at(sandbox), "config", "cannot be read" },
      ["no token"] = { {}, nil, "config", "no DataRobot token was found.*%-%-config FILE.*DATAROBOT_API_TOKEN" },
      ["a wrong token"] = { {}, at(sandbox, { DATAROBOT_API_TOKEN = canary }), "auth",
        "does not accept the token.*DATAROBOT_API_TOKEN at http" },
      ["a server that is down"] = { {}, { env = { DATAROBOT_ENDPOINT = ("http://127.0.0.1:%d/api/v2"):format(port),
        DATAROBOT_API_TOKEN = canary, DATAROBOT_MAX_RETRIES = "0" } }, "transport", "no connection.*%-%-verbose" },
    }
  end

  for _, words in ipairs(WORDS) do
    it("ends with 2 and says what to do: " .. words[1], function()
      for name, case in pairs(cases()) do
        local status, out, err = run(with(words, "--json", table.unpack(case[1])), case[2])
        assert.equal(2, status, name .. err)
        assert.equal(case[3], error_of(out).kind, name)
        assert.matches("^datarobot " .. words[1] .. ": ", err)
        assert.matches(case[4], err)
      end
    end)
  end

  it("ends with 2 where stdout is full or closed", function()
    for _, stdout in ipairs { "full", "closed", "broken" } do
      for _, words in ipairs { WORDS[1], WORDS[2], WORDS[3] } do
        local o = at(sandbox)
        o.stdout = stdout
        local status, _, err = run(words, o)
        assert.equal(2, status, err)
        assert.matches("the answer could not be written to stdout", err)
      end
    end
  end)

  it("ends with 130 where it is interrupted", function()
    if build.sanitized() then return end -- the interpreter with sanitizers leaves SIGINT alone
    local server = assert(socket.bind("127.0.0.1", 0)) -- takes connections and never answers
    server:settimeout(10)
    local env = { DATAROBOT_ENDPOINT = ("http://127.0.0.1:%d/api/v2"):format(select(2, server:getsockname())),
      DATAROBOT_API_TOKEN = canary, DATAROBOT_CONFIG_FILE = false }
    local folder <close> = process.folder()
    for _, words in ipairs(WORDS) do
      local command = with({ "bin/datarobot" }, table.unpack(with(words, "--json")))
      local child <close> = process.start(command, { env = env, stderr = folder.path .. "/err" })
      local peer = assert(server:accept())
      child:kill "INT"
      local status, out = child:wait()
      peer:close()
      assert.equal(130, status)
      assert.equal("interrupted", error_of(out).kind)
      assert.equal("datarobot " .. words[1] .. ": interrupted\n", folder:read "err")
    end
    server:close()
  end)

  it("shows requests and retries with --verbose, on stderr", function()
    sandbox:fail { status = 503, path = "account" }
    local status, out, err = run({ "whoami", "--verbose" }, at(sandbox))
    assert.equal(0, status)
    assert.is_nil(out:find(">", 1, true))
    assert.matches("^> GET account/info/\n", err)
    assert.matches("\n! GET account/info/: 503, again in [%d.]+ s\n> GET account/info/, attempt 2\n", err)
    assert.matches("\n< 200 GET account/info/ after [%d.]+ s\n$", err)
  end)

  it("gives --endpoint the token of the environment, and no other's", function()
    local env = { DATAROBOT_API_TOKEN = sandbox.token }
    local function whoami(more)
      for name, value in pairs(more or {}) do env[name] = value end
      return run({ "whoami", "--endpoint", sandbox.endpoint }, { env = env })
    end
    assert.equal(0, (whoami()))
    assert.equal(0, (whoami { DATAROBOT_ENDPOINT = sandbox.endpoint .. "/" }))
    local status, _, err = whoami { DATAROBOT_ENDPOINT = "https://elsewhere.example.com/api/v2" }
    assert.equal(2, status)
    assert.matches("names another place.*unset DATAROBOT_ENDPOINT", err)
    env.DATAROBOT_API_TOKEN = false
    status, _, err = whoami()
    assert.equal(2, status)
    assert.matches("DATAROBOT_API_TOKEN, which is not set\n  set it", err)
  end)
end)

describe("datarobot", function()
  local sandbox, client, deployment, policy
  before_each(function()
    sandbox = assert(sandboxes.start { deployments = 3 })
    client = assert(sandbox:client())
    deployment = assert(client:deployment(sandbox.deployment_id))
    assert(deployment:update_challenger_models_settings { enabled = true })
    assert(deployment:update_retraining_settings {
      dataset_id = sandbox.dataset_id, retraining_user_id = deployment.owners.preview[1].id,
    })
    policy = assert(deployment:create_retraining_policy { name = "Weekly one",
      trigger = { type = "schedule", schedule = "0 9 * * MON" } })
  end)
  after_each(function()
    client:close()
    sandbox:stop()
  end)

  -- Exit status, objects of stdout, stderr.
  local function json(...)
    local status, out, err = run(with({ ... }, "--json"), at(sandbox))
    return status, objects(out), err
  end

  local function plain(...) return run({ ... }, at(sandbox)) end

  it("whoami says who, where and from where", function()
    local status, out, err = plain "whoami"
    assert.same({ 0, "" }, { status, err })
    assert.matches("^owner@example.com  Olive Owner\n.*\nendpoint from DATAROBOT_ENDPOINT, token from "
      .. "DATAROBOT_API_TOKEN\n$", out)
    local _, list = json "whoami"
    assert.same({ sandbox.endpoint, "owner@example.com" }, { list[1].endpoint, list[1].account.email })
  end)

  it("list shows deployments", function()
    local status, out, err = plain "list"
    assert.same({ 0, "" }, { status, err })
    assert.matches("^ID +LABEL +STATUS +IMPORTANCE +SERVICE +DRIFT +ACCURACY\n", out)
    assert.is_truthy(out:find(ID .. "  Loan outcome (multiclass)  active  MODERATE    passing", 1, true), out)
    local _, list = json("list", "--search", "Deployment 00")
    assert.equal(2, #list)
    assert.same({ 0, {}, "" }, { json("list", "--search", "nothing like it") })
    assert.same({ 0, "", "" }, { plain("list", "--search", "nothing like it") })
  end)

  it("show shows a deployment with its policies, a policy with its runs", function()
    assert(policy:start_run())
    local status, out, err = plain("show", ID)
    assert.same({ 0, "" }, { status, err })
    assert.matches('^Deployment ' .. ID .. ' "Loan outcome', out)
    assert.matches(policy.id .. "  Weekly one  schedule  0 9 %* %* 1  create_challenger  scheduled", out)
    local _, list = json("show", ID)
    assert.equal(policy.id, list[1].retraining_policies[1].id)
    status, out = plain("show", ID, "Weekly one")
    assert.equal(0, status)
    assert.matches("\nAt 09:00 UTC on Mondays\n", out)
    assert.matches("\n%x+  active  scheduled", out)
    _, list = json("show", ID, policy.id)
    assert.same({ policy.id, "active" }, { list[1].id, list[1].runs[1].state })
  end)

  it("says which deployments and policies there are where it knows none of the name", function()
    local status, list, err = json("show", "6759e8aebd38a7fca6ba2340")
    assert.same({ 2, "not_found" }, { status, list[1].error.kind })
    assert.matches("datarobot list %-%-search TEXT", err)
    status, list, err = json("show", "nonsense")
    assert.equal("validation", list[1].error.kind)
    assert.equal(2, status)
    assert.matches('24 hexadecimal digits expected, got "nonsense"\n  datarobot list', err)
    for _, command in ipairs { "show", "watch", "run", "cancel", "promote", "pause", "resume" } do
      status, list, err = json(command, ID, "Weekly on")
      assert.same({ 2, "not_found" }, { status, list[1].error.kind })
      assert.matches('did you mean "Weekly one"%?\n  there are: "Weekly one"\n$', err)
    end
  end)

  it("--read-only changes nothing", function()
    local before = #sandbox:requests()
    local commands = { { "run", ID, "Weekly one" }, { "pause", ID, "Weekly one" } }
    for _, words in ipairs(commands) do
      local status, list, err = json(table.unpack(with(words, "--read-only")))
      assert.same({ 2, "read_only" }, { status, list[#list].error.kind })
      assert.matches("\n  leave out %-%-read%-only where it is meant\n$", err)
    end
    for i, r in ipairs(sandbox:requests()) do assert.is_true(i <= before or r.method == "GET") end
    assert.equal(0, (plain("list", "--read-only")))
  end)

  it("run starts one run", function()
    local status, list = json("run", ID, "Weekly one")
    assert.same({ 0, "active" }, { status, list[1].state })
    local first = list[1].id
    local err
    status, list, err = json("run", ID, "Weekly one")
    assert.same({ 2, "conflict", first }, { status, list[1].error.kind, list[1].error.run_id })
    assert.matches("\n  run " .. first .. " is active: %-%-join", err)
    status, list = json("run", ID, "Weekly one", "--join")
    assert.same({ 0, first }, { status, list[1].id })
    assert.equal(1, #assert(policy:runs():collect()))
  end)

  it("run --wait and watch end with what became of it", function()
    local status, list, err = json("run", ID, "Weekly one", "--wait", "--deadline", "0.2")
    assert.same({ 2, "active", "timeout" }, { status, list[1].state, list[2].error.kind })
    assert.matches("\n  the run goes on; datarobot watch " .. ID .. " " .. policy.id .. " %-%-run %x+ follows it\n$",
      err)
    sandbox:advance "2h"
    status, list, err = json("watch", ID, "Weekly one")
    assert.same({ 0, "succeeded", "" }, { status, list[1].state, err })
    assert.is_string(list[1].challenger_id)
    assert(policy:start_run())
    assert.equal("cancelled", assert(policy:runs():first()):cancel())
    status, list, err = json("watch", ID, "Weekly one")
    assert.same({ 1, "cancelled", "run_failed" }, { status, list[1].state, list[2].error.kind })
    assert.matches("^datarobot watch: the run was cancelled\n", err)
    status = json("watch", ID, "Weekly one", "--run", assert(policy:runs():collect())[2].id)
    assert.equal(0, status)
  end)

  it("run --wait that is interrupted says how to go on", function()
    if build.sanitized() then return end
    local folder <close> = process.folder()
    local child <close> = process.start({ "bin/datarobot", "run", ID, "Weekly one", "--wait" },
      { env = at(sandbox).env, stderr = folder.path .. "/err" })
    assert.is_truthy(process.wait_for(function() return policy:runs():first() end))
    assert.is_truthy(process.wait_for(function()
      for _, r in ipairs(sandbox:requests()) do
        if r.path:find "/runs/%x+/$" then return true end
      end
    end))
    child:kill "INT"
    assert.same({ 130, "" }, { child:wait() })
    assert.matches("^datarobot run: interrupted\n  the run goes on; datarobot watch ", folder:read "err")
  end)

  it("explain is 1 where something is missing, and tells what", function()
    local status, list = json("explain", ID, "Weekly one")
    assert.equal(#list[1].blocked_by > 0 and 1 or 0, status)
    assert.is_true(#list[1].sentences > 2)
    local text
    status, text = run({ "explain", ID, "Weekly one" }, at(sandbox))
    assert.equal(#list[1].blocked_by > 0 and 1 or 0, status)
    assert.equal(table.concat(list[1].sentences, "\n") .. "\n", text)
    local bare <close> = assert(sandboxes.start())
    local other <close> = assert(bare:client())
    assert(assert(other:deployment(ID)):create_retraining_policy { name = "Manual" })
    status, text = run({ "explain", ID, "Manual" }, at(bare))
    assert.equal(1, status, text)
    assert.matches("dataset", text)
  end)

  it("watch says that there is no run", function()
    local status, list, err = json("watch", ID, "Weekly one")
    assert.same({ 2, "not_found" }, { status, list[1].error.kind })
    assert.matches("has no run yet\n  datarobot run", err)
  end)

  it("cancel takes the newest active run, and says when it came too late", function()
    assert.same({ 0, { { answer = "none_active" } }, "" }, { json("cancel", ID, "Weekly one") })
    local first = assert(policy:start_run())
    local status, list = json("cancel", ID, "Weekly one")
    assert.same({ 0, "cancelled", first.id }, { status, list[1].answer, list[1].id })
    local second = assert(policy:start_run())
    sandbox:advance "2h"
    status, list = json("cancel", ID, "Weekly one", "--run", second.id)
    assert.same({ 1, "too_late", "succeeded" }, { status, list[1].answer, list[1].state })
    local out
    status, out = plain("cancel", ID, "Weekly one")
    assert.equal(0, status)
    assert.matches("^no run is active; the newest: RetrainingRun " .. second.id, out)
  end)

  it("pause keeps the definition for resume", function()
    local folder <close> = process.folder()
    assert(policy:update { description = "a \"quote\"\n\\ and \u{2713}" })
    local before = policy:definition()
    for _, format in ipairs { "lua", "json" } do
      local _, out, err = run(with({ "pause", ID, "Weekly one" }, format == "json" and "--json" or nil), at(sandbox))
      assert.equal("", err)
      assert.is_nil(assert(policy:refresh()).trigger.type)
      assert.same({ 0, "", "" }, { plain("pause", ID, "Weekly one") }) -- again: nothing to do
      local status, list = json("resume", ID, "Weekly one", "--from", folder:write("paused." .. format, out))
      assert.same({ 0, "schedule" }, { status, list[1].trigger.type })
      assert.same(before, assert(policy:refresh()):definition())
    end
    assert.equal(0, (plain("resume", ID, "Weekly one"))) -- nothing to do
  end)

  it("pause changes nothing where the definition cannot be written", function()
    local o = at(sandbox)
    o.stdout = "full"
    assert.equal(2, (run({ "pause", ID, "Weekly one" }, o)))
    assert.equal("schedule", assert(policy:refresh()).trigger.type)
  end)

  it("resume takes no trigger for another", function()
    plain("pause", ID, "Weekly one")
    assert.equal(0, (plain("resume", ID, "Weekly one")))
    assert.equal("schedule", assert(policy:refresh()).trigger.type)
    assert(policy:update { trigger = { type = "data_drift_decline", status_declines_to_failing = true } })
    local _, saved = plain("pause", ID, "Weekly one")
    local status, list, err = json("resume", ID, "Weekly one")
    assert.same({ 2, "conflict" }, { status, list[1].error.kind })
    assert.matches("not certain: .*\n  %-%-from FILE", err)
    status, _, err = run({ "resume", ID, "Weekly one", "--from", "-" }, { env = at(sandbox).env, stdin = "return {}" })
    assert.equal(2, status)
    assert.matches("it has no trigger with a type\n", err)
    assert.equal(0, (run({ "resume", ID, "Weekly one", "--from", "-" }, { env = at(sandbox).env, stdin = saved })))
    assert.equal("data_drift_decline", assert(policy:refresh()).trigger.type)
  end)

  it("promote and rollback replace the model", function()
    local status, list, err = json("promote", ID, "Weekly one")
    assert.same({ 2, "not_found" }, { status, list[1].error.kind })
    assert.matches("no run of the policy has succeeded\n  datarobot run", err)
    status, list = json("rollback", ID)
    assert.same({ 2, "not_found" }, { status, list[1].error.kind })
    local before = deployment.model_package.id
    assert(policy:start_run())
    sandbox:advance "2h"
    status, list = json("promote", ID, "Weekly one")
    assert.same({ 0, before, false }, { status, list[1].previous_model_package_id, list[1].unchanged })
    status, list = json("promote", ID, "Weekly one")
    assert.same({ 0, true }, { status, list[1].unchanged })
    local out
    status, out = plain("rollback", ID)
    assert.equal(0, status)
    assert.matches("^model package " .. before .. " is served now, before it was %x+\n$", out)
    status, list = json("rollback", ID, "--to", "nonsense")
    assert.same({ 2, "validation" }, { status, list[1].error.kind })
  end)

  it("promote --better-on says no where the model is not better", function()
    local server = fault_server.start()
    local p, r, c = ("5"):rep(24), ("4"):rep(24), ("c"):rep(24)
    local here = "/api/v2/deployments/" .. ID .. "/"
    local function body(t) return { body = require "cjson".encode(t) } end
    local done = { id = r, status = "succeeded", modelPackageId = ("b"):rep(24), challengerId = c }
    local function accuracy(value)
      return body { metric = "LogLoss", summary = { value = value, sampleSize = 900 } }
    end
    server:play { replies = { { status = 500, body = "{}" } }, routes = {
      ["GET " .. here] = { body { id = ID, label = "d" } },
      ["GET " .. here .. "retrainingPolicies/" .. p .. "/"] = { body { id = p, name = "p" } },
      ["GET " .. here .. "retrainingPolicies/" .. p .. "/runs/"] = { body { data = { done }, count = 1 } },
      ["GET " .. here .. "championModelPackage/"] = { body { id = ("a"):rep(24), modelId = "old" } },
      ["GET " .. here .. "challengers/"] = { body { data = {
        { id = c, name = "p", model = { id = "new" }, modelPackage = { id = ("b"):rep(24) } } } } },
      ["GET " .. here .. "accuracyOverTime/"] = { body {}, accuracy(0.4), accuracy(0.5) },
    } }
    local o = at({ endpoint = server.endpoint, token = canary }, { DATAROBOT_MAX_RETRIES = "0" })
    local status, out, err = run({ "promote", ID, p, "--better-on", "LogLoss", "--json" }, o)
    assert.same({ 1, "conflict", false }, { status, error_of(out).kind, error_of(out).comparison.better })
    assert.matches("^datarobot promote: ", err)
    for _, request in ipairs(server:seen()) do assert.equal("GET", request.method) end
    server:stop()
    status, out, err = run({ "promote", ID, p, "--better-on", "Logloss", "--json" }, o)
    assert.same({ 2, "usage" }, { status, error_of(out).kind })
    assert.matches("'Logloss' is no metric, did you mean 'LogLoss'%?", err)
    status, out, err = run({ "promote", ID, p, "--days", "3" }, o)
    assert.same({ 2, "" }, { status, out })
    assert.matches("belong to %-%-better%-on", err)
  end)

  it("promote asks for consent where the server warns", function()
    local warning <close> = assert(sandboxes.start { features_differ = true })
    local own <close> = assert(warning:client())
    local d = assert(own:deployment(warning.deployment_id))
    assert(d:update_retraining_settings {
      dataset_id = warning.dataset_id, retraining_user_id = d.owners.preview[1].id,
    })
    local p = assert(d:create_retraining_policy { name = "p", action = "create_model_package" })
    assert(p:start_run())
    warning:advance "2h"
    local status, out, err = run({ "promote", ID, "p", "--json" }, at(warning))
    assert.same({ 1, "conflict" }, { status, error_of(out).kind })
    assert.matches("\n  %-%-allow%-warnings replaces it nevertheless\n$", err)
    status, out = run({ "promote", ID, "p", "--json", "--allow-warnings" }, at(warning))
    assert.same({ 0, false }, { status, objects(out)[1].unchanged })
  end)
end)
