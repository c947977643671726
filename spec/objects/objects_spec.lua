-- Client, deployment and policy objects against the sandbox.
local dr = require "datarobot"
local sandboxes = require "datarobot.sandbox"

local POLICY = { name = "Manual", action = "create_model_package" }

describe("objects", function()
  local sandbox, client, deployment
  before_each(function()
    sandbox = sandboxes.start { deployments = 3 }
    client = assert(sandbox:client())
    deployment = assert(client:deployment(sandbox.deployment_id))
  end)
  after_each(function()
    client:close()
    sandbox:stop()
  end)

  it("read fields by their Lua names, without a request", function()
    sandbox:requests { clear = true }
    assert.equal(sandbox.deployment_id, deployment.id)
    assert.equal("Multiclass", deployment.model.target_type)
    assert.equal(1, #deployment.owners.preview)
    assert.is_nil(deployment.no_such_field)
    assert.is_nil(deployment[1])
    assert.equal(deployment.owners, deployment.owners)
    for k, v in pairs(deployment) do assert.equal(v, deployment[k]) end
    assert.is_string(tostring(deployment.owners))
    assert.same({}, sandbox:requests())
  end)

  it("have nil for what is not there, so that scripts can ask for it", function()
    local policy = assert(deployment:create_retraining_policy(POLICY))
    local _, err = client:deployment "x"
    for _, object in ipairs { dr, client, deployment, policy, dr.schedule "@daily", err, client:deployments() } do
      assert.is_nil(object.no_such_name)
    end
    assert.error_matches(function() client:deploymnt(deployment.id) end, "nil value %(method 'deploymnt'%)")
    assert.matches('did you mean dr.help "deployment"?', dr.help "client:deploymnt", 1, true)
  end)

  it("do not notice what is done to the tables inside them", function()
    local policy = assert(deployment:create_retraining_policy {
      name = "p", autopilot_options = { mode = "quick", blend_best_models = true } })
    policy.autopilot_options.mode = "manual"
    assert.equal("quick", policy:to_table().autopilot_options.mode)
    assert.equal("quick", policy:definition().autopilot_options.mode)
    assert(policy:update { autopilot_options = { blend_best_models = false } })
    assert.equal("quick", policy.autopilot_options.mode)
    assert.is_false(policy.autopilot_options.blend_best_models)
  end)

  it("have the last of members that come twice, however they are read", function()
    local fault <close> = require "spec.support.fault_server".start()
    fault:play { replies = { { body = ([[{"id":"%s","label":"a","\u006cabel":"b","description":"c","description":null,
      "":"e"}]]):format(deployment.id) } } }
    local other <close> = fault:client()
    local twice = assert(other:deployment(deployment.id))
    assert.equal("b", twice.label)
    assert.is_nil(twice.description)
    assert.equal("e", twice[""])
    assert.same({ id = deployment.id, label = "b", [""] = "e" }, twice:to_table())
    local pairwise = {}
    for k, v in pairs(twice) do pairwise[k] = v end
    assert.same({ id = deployment.id, label = "b", [""] = "e" }, pairwise)
  end)

  it("tell null from absent in to_table and to_json only", function()
    local policy = assert(deployment:create_retraining_policy(POLICY))
    assert.is_nil(policy.description)
    assert.is_nil(policy:to_table().description)
    assert.equal(dr.null, policy:to_table({ nulls = true }).description)
    local decoded = assert(dr.decode(policy:to_json()))
    assert.equal(policy.id, decoded.id)
    assert.equal(dr.null, decoded.description)
  end)

  it("print on one line and say how to change them", function()
    local policy = assert(deployment:create_retraining_policy(POLICY))
    assert.equal(("RetrainingPolicy %s \"Manual\" (manual -> create_model_package)"):format(policy.id),
      tostring(policy))
    assert.matches("^Deployment " .. sandbox.deployment_id .. " \"[^\n]+\" %(active%)$", tostring(deployment))
    assert.error_matches(function() policy.name = "x" end, "attempt to assign to 'name'.*policy:update")
    assert.error_matches(function() deployment.label = "x" end, "attempt to assign to 'label'")
    assert.matches("^datarobot%.client %(http://127%.0%.0%.1:%d+/api/v2, endpoint and token from options%)$",
      tostring(client))
  end)

  it("are refreshed, updated and deleted in place", function()
    local policy = assert(deployment:create_retraining_policy(POLICY))
    local same = assert(deployment:retraining_policy(policy.id))
    assert.equal(policy, assert(policy:update { name = "Renamed" }))
    assert.equal("Renamed", policy.name)
    assert.equal("Manual", same.name)
    assert.equal(same, assert(same:refresh()))
    assert.equal("Renamed", same.name)
    assert.is_true(policy:delete())
    local _, err = same:refresh()
    assert.equal("not_found", err.kind)
    assert.equal(404, err.status)
    assert.equal("GET", err.method)
    assert.equal(("deployments/%s/retrainingPolicies/%s/"):format(deployment.id, policy.id), err.path)
    assert.equal(deployment, assert(deployment:refresh()))
  end)

  it("complete a nested object of an update from the snapshot", function()
    local policy = assert(deployment:create_retraining_policy {
      name = "p", autopilot_options = { mode = "quick", blend_best_models = true } })
    assert(policy:update { autopilot_options = { mode = "auto" } })
    assert.equal("auto", policy.autopilot_options.mode)
    assert.is_true(policy.autopilot_options.blend_best_models)
  end)

  it("list with lazy pages", function()
    for i = 1, 5 do assert(deployment:create_retraining_policy { name = "p" .. i }) end
    sandbox:requests { clear = true }
    local policies = deployment:retraining_policies { limit = 2 }
    assert.same({}, sandbox:requests())
    local names = {}
    for p in policies do names[#names + 1] = p.name end
    assert.same({ "p1", "p2" }, names)
    names = {}
    for p in deployment:retraining_policies() do
      assert.equal(p, assert(p:refresh())) -- one of many before, alone now
      names[#names + 1] = p.name
      assert.matches("^{.*\"" .. p.name .. "\".*}$", p:to_json())
    end
    assert.same({ "p1", "p2", "p3", "p4", "p5" }, names)
    names = {}
    for p in deployment:retraining_policies { offset = 3 } do names[#names + 1] = p.name end
    assert.same({ "p4", "p5" }, names)
    assert.equal(5, #assert(deployment:retraining_policies():collect()))
    assert.equal(3, #assert(deployment:retraining_policies():collect(3)))
    assert.equal("p1", assert(deployment:retraining_policies():first()).name)
    assert.equal("p4", assert(deployment:find_retraining_policy "p4").name)
    local _, err = deployment:find_retraining_policy "none"
    assert.equal("not_found", err.kind)
    assert.equal(3, #assert(client:deployments():collect()))
    _, err = client:deployments({ order_by = "lable" }):collect()
    assert.equal("validation", err.kind)
    assert.equal("order_by", err.problems[1].path)
  end)

  it("take a limit as the most items, and refuse one that is none", function()
    assert.equal(2, #assert(client:deployments({ limit = 2.0 }):collect()))
    assert.equal(0, #assert(client:deployments({ limit = 0 }):collect()))
    for _, limit in ipairs { -5, 2.5, "2" } do
      local _, err = client:deployments({ limit = limit }):collect()
      assert.equal("validation", err.kind)
      assert.equal("limit", err.problems[1].path)
    end
  end)

  it("are no tables of items for pairs", function()
    for _, list in ipairs { client:deployments(), client:list "deployments/", client:deployments { limit = 0 } } do
      local ok, message = pcall(function() return pairs(list) end)
      assert.is_false(ok)
      assert.matches("a list is not a table of items: .*list:collect%(%)", message)
    end
  end)

  it("have no length before they are read", function()
    assert.error_matches(function() return #client:deployments() end, "use #list:collect%(%)")
    assert.error_matches(function() return (ipairs(client:deployments()))(client:deployments(), 0) end,
      "no items by number before it is read: loop with 'for item in list do'")
  end)

  it("keep the query of a raw list's path on its first page only", function()
    sandbox:stop()
    sandbox = sandboxes.start { deployments = 3, page_limit = 1 }
    client = assert(sandbox:client())
    assert.equal(3, #assert(client:list("deployments/?orderBy=label"):collect()))
    for _, r in ipairs(sandbox:requests()) do
      assert.is_nil(r.query:find("?", 1, true))
      assert.matches("orderBy=label", r.query)
    end
  end)

  it("loop over one list in a loop over the same", function()
    for i = 1, 3 do assert(deployment:create_retraining_policy { name = "p" .. i }) end
    local policies, pairs_seen = deployment:retraining_policies(), {}
    for a in policies do
      for b in policies do pairs_seen[#pairs_seen + 1] = a.name .. b.name end
    end
    assert.equal(9, #pairs_seen)
    assert.equal("p3p1", pairs_seen[7])
  end)

  it("read a list page by page and find twins", function()
    sandbox:stop()
    sandbox = sandboxes.start { page_limit = 2 }
    client = assert(sandbox:client())
    deployment = assert(client:deployment(sandbox.deployment_id))
    for _ = 1, 5 do assert(deployment:create_retraining_policy { name = "twin" }) end
    sandbox:requests { clear = true }
    local seen = 0
    for _ in deployment:retraining_policies() do seen = seen + 1 end
    assert.equal(5, seen)
    assert.equal(3, #sandbox:requests())
    local _, err = deployment:find_retraining_policy "twin"
    assert.equal("conflict", err.kind)
    assert.matches("5 have the name \"twin\"", err.message)
  end)

  it("change settings and wait for the job", function()
    sandbox:stop()
    sandbox = sandboxes.start { job_polls = 2 }
    client = assert(sandbox:client())
    deployment = assert(client:deployment(sandbox.deployment_id))
    assert.is_true(assert(deployment:update_challenger_models_settings { enabled = true }))
    assert.is_true(assert(deployment:get_settings()).challenger_models.enabled)
    local reply = assert(deployment:update_settings({ humility = { enabled = true } }, { wait = false }))
    assert.equal(202, reply.status)
    local product = assert(client:wait(reply))
    assert.equal(deployment.id, product:json().id)
    sandbox:stop()
    sandbox = sandboxes.start { job_polls = 100 }
    client = assert(sandbox:client())
    deployment = assert(client:deployment(sandbox.deployment_id))
    local _, err = deployment:update_challenger_models_settings({ enabled = false }, { timeout = 0.2 })
    assert.equal("timeout", err.kind)
  end)

  it("answer the raw layer with what came", function()
    local reply = assert(client:get("deployments/", { query = { limit = 2, offset = 0, search = "a b&c" } }))
    assert.equal(200, reply.status)
    assert.equal("application/json", reply.headers["content-type"])
    assert.is_table(reply:json().data)
    assert.matches("search=a%%20b%%26c", sandbox:requests()[#sandbox:requests()].query)
    local path = ("deployments/%s/retrainingPolicies/"):format(deployment.id)
    local created = assert(client:post(path, { name = "raw", autopilotOptions = { mode = "quick" } })):json()
    assert.equal("raw", created.name)
    assert.equal("patched", assert(client:patch(path .. created.id .. "/", { name = "patched" })):json().name)
    local names = {}
    for p in client:list(path) do names[#names + 1] = p.name end
    assert.same({ "patched" }, names)
    assert(client:delete(path .. created.id .. "/"))
    local _, err = client:get("https://example.com/")
    assert.equal("validation", err.kind)
    _, err = client:get("deployments/../users/")
    assert.equal("validation", err.kind)
  end)

  it("know who and what is at the other end", function()
    assert.is_string(assert(client:whoami()).uid)
    assert.is_number(assert(client:version()).major)
  end)

  it("tell a wrong call from a wrong world", function()
    assert.error_matches(function() client:deployment() end, "bad argument #1 to 'deployment' %(string expected, got n")
    assert.error_matches(function() client:deployment(deployment.id, { timout = 1 }) end,
      "unknown option 'timout' %(did you mean 'timeout'%?%)")
    local function message(f) return select(2, pcall(f)) end
    assert.matches("objects_spec.lua:%d+: bad argument #1 to 'create_retraining_policy' %(table expected, got n",
      message(function() deployment:create_retraining_policy() end))
    assert.matches("objects_spec.lua:%d+: bad argument #1 to 'client' %(unknown option 'tokn' %(did you mean 'tok",
      message(function() dr.client { tokn = "x", token = "t" } end))
    assert.matches("objects_spec.lua:%d+: bad argument #1 to 'update_settings' %(table expected, got n",
      message(function() deployment:update_settings() end))
    assert.matches("objects_spec.lua:%d+: bad argument #2 to 'update_settings' %(table expected, got n",
      message(function() deployment:update_settings({}, 1) end))
    local policy = assert(deployment:create_retraining_policy(POLICY))
    assert.matches("objects_spec.lua:%d+: calling 'update' on bad self %(datarobot.retraining_policy expected, "
      .. "got datarobot.deployment%)",
      message(function() policy.update(deployment, { name = "x" }) end))
    assert.matches("objects_spec.lua:%d+: bad argument #1 to 'find_deployment' %(string expected, got n",
      message(function() client:find_deployment() end))
    assert.error_matches(function() dr.validate("polcy", {}) end, "unknown kind 'polcy'; there are: policy, ")
    local _, err = client:deployment "6759e8ae"
    assert.equal("validation", err.kind)
    assert.equal('deployment: deployment id: 24 hexadecimal digits expected, got "6759e8ae"', err.message)
  end)

  it("give typed errors", function()
    local _, err = client:deployment(("f"):rep(24))
    assert.equal("not_found", err.kind)
    assert.is_true(dr.is_error(err))
    assert.matches("cannot see it", tostring(err))
    local stranger = assert(dr.client { endpoint = sandbox.endpoint, token = "wrong" })
    _, err = stranger:whoami()
    assert.equal("auth", err.kind)
    assert.equal(401, err.status)
    for i = 1, 5 do assert(deployment:create_retraining_policy { name = "p" .. i }) end
    _, err = deployment:create_retraining_policy { name = "sixth" }
    assert.equal("conflict", err.kind)
    assert.equal(409, err.status)
    sandbox:requests { clear = true }
    _, err = deployment:create_retraining_policy { name = "", action = "x" }
    assert.equal("validation", err.kind)
    assert.equal(2, #err.problems)
    assert.same({}, sandbox:requests())
  end)
end)

describe("a closed client", function()
  local sandbox
  setup(function() sandbox = sandboxes.start {} end)
  teardown(function() sandbox:stop() end)

  it("says so, twice, from every method", function()
    local client = assert(sandbox:client())
    local deployment = assert(client:deployment(sandbox.deployment_id))
    client:close()
    client:close()
    assert.equal("datarobot.client (closed)", tostring(client))
    for _, f in ipairs {
      function() return client:whoami() end,
      function() return client:get "version/" end,
      function() return deployment:refresh() end,
      function() return deployment:create_retraining_policy { name = "x" } end,
      function() return client:sleep(0) end,
    } do
      local ok, err = pcall(f)
      assert.is_false(ok)
      assert.equal("closed", err.kind)
      assert.matches("attempt to use a closed client", tostring(err))
    end
    assert.equal(sandbox.deployment_id, deployment.id)
  end)

  it("is closed by its variable, and collected in any order", function()
    local kept
    do
      local client <close> = assert(sandbox:client())
      kept = assert(client:deployment(sandbox.deployment_id))
    end
    assert.has_error(function() return kept:refresh() end)
    kept = {}
    for _ = 1, 20 do
      local client = assert(sandbox:client())
      local d = assert(client:deployment(sandbox.deployment_id))
      local l = d:retraining_policies()
      kept[#kept + 1] = l
    end
    collectgarbage()
    for _, l in ipairs(kept) do assert(l:collect()) end
    kept = nil -- luacheck: ignore
    collectgarbage()
  end)
end)
