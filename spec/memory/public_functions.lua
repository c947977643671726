-- Every public function under an allocator that fails at the 1st, 2nd, 3rd ... allocation; run by
-- memory_host, which also checks that not a byte is left. Argument: a Lua pattern of names to run.
local core = require "datarobot.core"
local dr = require "datarobot"
local sandboxes = require "datarobot.sandbox"
local socket = require "socket"
local sweep = require "spec.support.sweep"

local sandbox <close> = sandboxes.start { deployments = 2 }
local options = { endpoint = sandbox.endpoint, token = sandbox.token }
local paged <close> = sandboxes.start { deployments = 12, page_limit = 3 }
local token_file = os.tmpname() -- mode 600
do
  local file <close> = assert(io.open(token_file, "w"))
  file:write(sandbox.token)
end
local yaml_file = os.tmpname()
do
  local file <close> = assert(io.open(yaml_file, "w"))
  file:write("endpoint: ", sandbox.endpoint, "\ntoken: ", sandbox.token, "\nmax_retries: 2\n")
end
local client = assert(dr.client(options))
local deployment = assert(client:deployment(sandbox.deployment_id))
local policy = assert(deployment:create_retraining_policy {
  name = "kept", description = "d\n\"é" })

-- A run that was cancelled, and one that goes on.
local ran = assert(deployment:create_retraining_policy { name = "ran" })
local cancelled = assert(ran:start_run())
assert(cancelled:cancel() == "cancelled")

-- A run that has succeeded, in a policy of its own; active goes on behind it.
assert(deployment:update_challenger_models_settings { enabled = true })
assert(deployment:update_retraining_settings { dataset_id = sandbox.dataset_id })
local kept_package = assert(deployment:champion_model_package()).id
local trained = assert(assert(deployment:create_retraining_policy { name = "trained" }):start_run())
assert(sandbox:advance "2h")
assert(trained:refresh():state() == "succeeded")
local active = assert(ran:start_run())

local GOOD = {
  name = "p", description = dr.null, action = "create_challenger",
  trigger = { type = "data_drift_decline", schedule = "@daily", status_declines_to_warning = true },
  project_options = { metric = "AUC", reps = 5 }, autopilot_options = { mode = "auto" },
}
local BAD = { name = 1, actoin = "x", trigger = { type = "none", schedule = { hour = { 25, "x" } } }, [1] = 2 }

-- Wrong calls raise; the sweep must see their text or "not enough memory".
local function raises(pattern, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok)
  if not tostring(err):find(pattern) then error(err, 0) end
end

local function fails(kind, result, err)
  assert(result == nil)
  if err.kind ~= kind then error(err, 0) end
  assert(#tostring(err) > 0)
end

local functions = {
  ["validate good"] = function() assert(dr.validate("policy", GOOD)) end,
  ["validate bad"] = function() fails("validation", dr.validate("policy", BAD)) end,
  ["validate context"] = function() assert(dr.validate("policy", GOOD, { deployment = deployment })) end,
  ["encode"] = function() assert(dr.encode("policy", GOOD)) end,
  ["encode update"] = function() assert(dr.encode("policy_update", { project_options = { reps = 3 } }, policy)) end,
  ["normalize"] = function() assert(dr.normalize("policy", GOOD)) end,
  ["decode"] = function() assert(dr.decode [[{"a":[1,2.5,"\u00e9",null,{}],"b":{"c":true}}]]) end,
  ["decode bad"] = function() fails("protocol", dr.decode "[1,") end,
  ["schemas"] = function() assert(#core.schemas().kinds > 0) end,
  ["nearest"] = function() assert(core.nearest("actoin", { "action", "trigger" }) == "action") end,
  ["fields and enums"] = function() assert(#dr.fields "challenger" > 0 and dr.enums.action) end,
  ["array"] = function() assert(dr.array {}) end,
  ["schedule"] = function()
    local s = assert(dr.schedule "*/20 9-17 1 jan-mar MON-FRI")
    assert(dr.schedule(s:to_table()) == s and tostring(s) and s:describe())
  end,
  ["schedule bad"] = function()
    fails("validation", dr.schedule "0 25 * * *")
    fails("validation", dr.schedule { hour = { 25, "x" } })
    raises("cron text", dr.schedule, 5)
  end,
  ["schedule in a policy"] = function()
    assert(dr.encode("policy", { name = "p", trigger = { type = "schedule", schedule = dr.schedule "@daily" } }))
  end,
  ["next_runs"] = function()
    local runs = dr.schedule "@daily":next_runs { count = 3, after = "2026-11-24T12:00:00Z" }
    assert(#runs == 3 and tostring(runs) and tostring(runs[1]))
    raises("option 'after'", dr.schedule "@daily".next_runs, dr.schedule "@daily", { after = "x" })
  end,
  ["client and close"] = function()
    local c <close> = assert(dr.client(options))
    assert(tostring(c))
  end,
  ["client from a file"] = function()
    local c <close> = assert(dr.client { config_path = yaml_file, proxy = "socks5://p:1", retries = 1 })
    assert(tostring(c):find(yaml_file, 1, true))
    fails("config", dr.client { config_path = token_file })
    fails("config", dr.client { config_path = "/nowhere" })
  end,
  ["client bad proxy"] = function() fails("config", dr.client { token = "t", proxy = "ftp://x" }) end,
  ["client bad ca_file"] = function() fails("config", dr.client { token = "t", ca_file = token_file }) end,
  ["endpoint"] = function()
    assert(core.endpoint("https://X.example.com") == "https://x.example.com/api/v2")
    assert(select(2, core.endpoint "x"))
    assert(core.has_files())
    raises("unknown option", core.check_client_options, { tokn = 1 })
  end,
  ["client bad"] = function() fails("config", dr.client { endpoint = "ftp://x", token = "t" }) end,
  ["client wrong"] = function() raises("unknown option", dr.client, { tokn = "x", token = "t" }) end,
  ["whoami"] = function() assert(client:whoami()) end,
  ["version"] = function() assert(client:version()) end,
  ["cold call"] = function()
    local c <close> = assert(dr.client(options))
    assert(c:version())
  end,
  ["deployment"] = function() assert(client:deployment(sandbox.deployment_id)) end,
  ["deployment wrong"] = function() fails("not_found", client:deployment(("f"):rep(24))) end,
  ["deployment id"] = function() fails("validation", client:deployment "x") end,
  ["deployments"] = function()
    assert(#assert(client:deployments({ search = "o", status = { "active" } }):collect()) > 0)
  end,
  ["find_deployment"] = function() fails("not_found", client:find_deployment "none") end,
  ["datasets"] = function() assert(client:datasets():first()) end,
  ["prediction_environments"] = function() assert(client:prediction_environments():first()) end,
  ["credentials"] = function() assert(client:credentials():collect()) end,
  ["fields"] = function()
    assert(deployment.owners.preview[1].id and deployment.label and not deployment.nothing)
    for k, v in pairs(deployment) do assert(k and v ~= nil) end
  end,
  ["to_table"] = function() assert(policy:to_table { nulls = true } and policy:to_json()) end,
  ["definition"] = function() assert(policy:definition().name == "kept") end,
  ["unknown members"] = function()
    fails("validation", dr.validate("settings", { humilty = {}, enabled = true, zzz = 1, challenger_models = true }))
    fails("validation", dr.validate("policy", {
      ["caf\xe9"] = 1, name = "p",
      trigger = { type = "schedule", schedule = "@dialy", min_interval_between_runs = "7 days" } }))
  end,
  ["encode free"] = function()
    assert(dr.encode("settings", { bias_and_fairness = { b = { 1, 2.5, "x" }, a = {}, c = dr.null } }))
  end,
  ["tostring"] = function() assert(tostring(policy) and tostring(deployment.owners) and tostring(client)) end,
  ["assignment"] = function() raises("attempt to assign", function() policy.name = "x" end) end,
  ["refresh"] = function() assert(deployment:refresh() and policy:refresh()) end,
  ["get_settings"] = function() assert(deployment:get_settings()) end,
  ["update_settings"] = function() assert(deployment:update_settings { humility = { enabled = true } }) end,
  ["update_settings bad"] = function() fails("validation", deployment:update_settings { humilty = {} }) end,
  ["update_challenger_models_settings"] = function()
    assert(deployment:update_challenger_models_settings { enabled = true })
  end,
  ["get_retraining_settings"] = function() assert(deployment:get_retraining_settings()) end,
  ["update_retraining_settings"] = function()
    assert(deployment:update_retraining_settings { dataset_id = sandbox.dataset_id })
  end,
  ["retraining_policies"] = function()
    for p in deployment:retraining_policies() do assert(p.name) end
  end,
  ["find_retraining_policy"] = function() assert(deployment:find_retraining_policy "kept") end,
  ["retraining_policy"] = function() assert(deployment:retraining_policy(policy.id)) end,
  ["create and delete"] = function()
    for p in deployment:retraining_policies() do
      if p.name == "swept" then assert(p:delete()) end
    end
    assert(assert(deployment:create_retraining_policy { name = "swept" }):delete())
  end,
  ["update"] = function() assert(policy:update { description = "again" }) end,
  ["runs"] = function()
    assert(tostring(active) and active:state() == "active" and active:refresh())
    assert(ran:run(active.id).id == active.id and ran:runs():first().id)
  end,
  ["start_run"] = function()
    fails("conflict", ran:start_run())
    assert(ran:start_run { join = true }.id == active.id)
    raises("unknown option", ran.start_run, ran, { jion = true })
  end,
  ["wait for a run"] = function()
    fails("run_failed", cancelled:wait())
    fails("timeout", active:wait { timeout = 0.001, on_progress = dr.progress(false) })
    assert(cancelled:cancel() == "cancelled")
  end,
  ["challengers"] = function()
    local list = assert(deployment:challengers())
    assert(#list == 1 and tostring(list[1]) and list[1]:refresh() and list[1]:update { name = "n" })
    assert(deployment:challenger(list[1].id) and deployment:capabilities() and deployment:shared_roles():first())
    fails("validation", deployment:create_challenger { name = "n", model_package_id = list[1].model_package.id })
  end,
  ["compare"] = function()
    local challenger = assert(deployment:challengers())[1]
    assert(deployment:compare { challenger = challenger.id, metric = "LogLoss" }.samples >= 0)
    raises("is not a metric", deployment.compare, deployment, { challenger = challenger, metric = "x" })
  end,
  ["create_challenger"] = function()
    for _, challenger in ipairs(assert(deployment:challengers())) do assert(challenger:delete()) end
    assert(deployment:create_challenger { name = "n", model_package_id = trained.model_package_id })
  end,
  ["update and activate a deployment"] = function()
    assert(deployment:update { description = "d" }.description == "d")
    assert(deployment:deactivate().status == "inactive" and deployment:activate().status == "active")
  end,
  ["settings of a group"] = function()
    assert(deployment:update_association_id_settings { column_names = { "id" } })
    assert(deployment:update_drift_tracking_settings { target_drift = { enabled = true } })
    assert(deployment:update_predictions_data_collection_settings { enabled = true })
  end,
  ["replay"] = function()
    assert(deployment:update_challenger_replay_settings { enabled = true, schedule = "@daily" })
    assert(deployment:get_challenger_replay_settings().enabled)
    assert(deployment:replay_challengers { timestamp = "2024-12-20T00:00:00Z" })
    fails("validation", deployment:replay_challengers { timestamp = "now" })
  end,
  ["export and definitions"] = function()
    local text = assert(policy:export())
    assert(#assert(deployment:export { format = "json" }) > 0)
    local definition = require "datarobot.declare.definition"
    assert(assert(definition.read(text, "text")).name == "kept")
    fails("validation", definition.read("x", "text"))
    fails("config", dr.load_definition "/nowhere/x")
    assert(#assert(dr.diff(deployment, { policies = { { name = "kept", description = "other" } } })) > 0)
  end,
  ["explain"] = function()
    local explanation = assert(policy:explain())
    assert(#explanation.sentences >= 3 and #tostring(explanation) > 0)
  end,
  ["plan and apply"] = function()
    local t = {
      settings = { segment_analysis = { enabled = true, attributes = { "a" } } },
      retraining_settings = { dataset = assert(client:datasets():first()).name },
      policies = { { name = "kept", description = "declared" }, { name = "declared", paused = true,
        trigger = { type = "schedule", schedule = "@daily" } } },
    }
    local plan = assert(deployment:plan(t))
    assert(#plan >= 0 and tostring(plan))
    fails("config", plan:save "/nowhere/x")
    fails("config", dr.load_plan("/nowhere/x", client))
    assert(tostring(assert(plan:apply())))
    assert(assert(deployment:apply(t)).writes == 0)
    assert(deployment:find_retraining_policy "declared"):delete()
    fails("validation", deployment:apply { policies = { { nam = "x" } } })
  end,
  ["replace_model"] = function()
    assert(deployment:champion_model_package())
    assert(trained:promote())
    assert(deployment:rollback(kept_package))
    assert(deployment:model_history():first())
    fails("conflict", deployment:replace_model { model_package_id = kept_package })
    assert(deployment:validate_replacement_model { model_package_id = kept_package }.status == "failing")
  end,
  ["raw"] = function()
    assert(assert(client:get("deployments/", { query = { limit = 1 } })):json())
    fails("not_found", client:get "nothing/here/")
  end,
  ["raw writes"] = function()
    local path = ("deployments/%s/"):format(sandbox.deployment_id)
    assert(client:post(path .. "model/validation/", { modelPackageId = kept_package }))
    assert(client:patch(path, { description = "d" }))
    fails("api", client:put(path, { description = "d" }))
  end,
  ["on_wait"] = function()
    local c <close> = assert(dr.client(options))
    local waits, version, err = 0, nil, nil
    c:on_wait(function() waits = waits + 1 end)
    local co = coroutine.create(function() version, err = c:version() end)
    local ok, raised = coroutine.resume(co)
    coroutine.close(co)
    if not (ok and version) then error(ok and err or raised, 0) end
    assert(waits > 0)
  end,
  ["help"] = function()
    assert(#dr.help() > 0 and #dr.help(policy) > 0 and #dr.help "policy.trigger" > 0)
    assert(not dr.is_error {} and dr.is_error(select(2, dr.decode "[")))
  end,
  ["health settings"] = function()
    assert(deployment:update_health_settings { data_drift = { drift_threshold = 0.2 } })
    assert(deployment:get_health_settings().data_drift.drift_threshold == 0.2)
  end,
  ["raw list"] = function() assert(client:list("deployments/"):collect()) end,
  ["wait"] = function() assert(client:wait(assert(client:get "version/"))) end,
  ["sleep"] = function() assert(client:sleep(0)) end,
  ["each and map"] = function()
    local results, failures = client:map({ 1, 2, 3 }, function(x) return client:version() and x end,
      { concurrency = 2 })
    for _, failure in ipairs(failures) do error(failure.err, 0) end
    assert(results[1] == 1 and results[2] == 2 and results[3] == 3)
    for _, value, err in client:each({ deployment, policy }, function(x) return x:refresh() end) do
      if err then error(err, 0) end
      assert(value.id)
    end
    for _, _, err in client:each({ 60, 0, 60 }, function(s) return client:sleep(s) end) do -- luacheck: ignore 512
      if err then error(err, 0) end
      break
    end
  end,
  ["list read ahead"] = function()
    local c <close> = assert(paged:client())
    local n = 0
    for _ in c:deployments() do n = n + 1 end
    assert(n == 12 and #assert(c:list("deployments/"):collect(7)) == 7)
  end,
  ["token function and log"] = function()
    local events = 0
    local c <close> = assert(dr.client { endpoint = sandbox.endpoint, token = function() return sandbox.token end,
      log = function(event) events = events + #event.event end })
    assert(c:version() and events > 0)
  end,
  ["token file"] = function()
    local c <close> = assert(dr.client { endpoint = sandbox.endpoint, token = { file = token_file } })
    assert(c:whoami())
  end,
  ["read_file bad"] = function()
    local text, why, absent = core.read_file("/nowhere", 10)
    assert(not text and why and absent)
    assert(not core.read_file("/", 10))
  end,
  ["lost answers"] = function()
    local c <close> = assert(dr.client { endpoint = sandbox.endpoint, token = sandbox.token, settle_pause = 0 })
    local d = assert(c:deployment(sandbox.deployment_id))
    for p in d:retraining_policies() do
      if p.name == "lost" then assert(p:delete()) end
    end
    sandbox:fail { status = 504, path = "retrainingPolicies" }
    assert(d:create_retraining_policy { name = "lost" })
    sandbox:fail { status = 504, path = "settings" }
    assert(d:update_settings { humility = { enabled = true } })
  end,
  ["loop"] = function()
    local c <close> = assert(dr.client(options))
    local waiter, done = require "datarobot.loop.select"(c), false
    local co = coroutine.create(function() done = c:version() and c:sleep(0.001) end)
    local ok, err = coroutine.resume(co)
    while ok and coroutine.status(co) == "suspended" do
      socket.select({ waiter }, nil, waiter:timeout(1))
      waiter:resume()
    end
    if not ok then
      coroutine.close(co)
      error(err, 0)
    end
    assert(done)
  end,
  ["crank"] = function()
    assert(client:step() and client:events() and client:pollfd())
    client:timeout()
  end,
}

local names, total = {}, 0
for name in pairs(functions) do
  if name:find(arg[1] or "") then names[#names + 1] = name end
end
table.sort(names)
for _, name in ipairs(names) do
  local ok, calls = pcall(sweep, functions[name])
  if not ok then error(name .. ": " .. tostring(calls), 0) end
  total = total + calls
  print(("%6d calls  %s"):format(calls, name))
end
client:close()
os.remove(token_file)
os.remove(yaml_file)
client, deployment, policy = nil, nil, nil
print(("%d functions, %d calls"):format(#names, total))
