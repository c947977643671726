-- Declared state: plans, what is carried out, what is refused.
local dr = require "datarobot"
local process = require "spec.support.process"
local random_declaration = require "spec.declare.random_declaration"
local worlds = require "spec.declare.worlds"

local WEEKLY <const> = "0 9 * * MON"

describe("a declared deployment", function()
  local sandbox, client, deployment
  before_each(function()
    local world = worlds.new()
    sandbox, client, deployment = world.sandbox, world.client, world.deployment
    sandbox:requests { clear = true }
  end)
  after_each(function()
    client:close()
    sandbox:stop()
  end)

  local function writes()
    local list = {}
    for _, request in ipairs(sandbox:requests { clear = true }) do
      if request.method ~= "GET" then list[#list + 1] = request.method .. " " .. request.path:match "/(%w+)/%w*/?$" end
    end
    return list
  end

  local function paths(plan)
    local list = {}
    for i, change in ipairs(plan.changes) do list[i] = change.kind .. " " .. change.path end
    return list
  end

  local function outcomes(result)
    local list = {}
    for _, part in ipairs(result.parts) do list[#list + 1] = part.outcome .. " " .. part.path end
    return list
  end

  local function whole()
    return {
      settings = { challenger_models = { enabled = true } },
      retraining_settings = { dataset_id = sandbox.dataset_id },
      policies = {
        { name = "Weekly", trigger = { type = "schedule", schedule = WEEKLY } },
        { name = "Drift", trigger = { type = "data_drift_decline", status_declines_to_failing = true } },
      },
    }
  end

  it("is planned without a write, and made in the order of what needs what", function()
    local plan = assert(deployment:plan(whole()))
    assert.same({}, writes())
    assert.same({ "changed settings.challenger_models.enabled", "changed retraining_settings.dataset_id",
      'added policies["Weekly"]', 'added policies["Drift"]' }, paths(plan))
    assert.equal(4, #plan)
    assert.matches('%+ policies%["Weekly"%] = {', tostring(plan))
    assert.matches("~ settings.challenger_models.enabled: false -> true", tostring(plan), 1, true)
    local result = assert(plan:apply())
    assert.same({ "updated settings", "updated retraining_settings", 'created policies["Weekly"]',
      'created policies["Drift"]' }, outcomes(result))
    assert.equal(4, result.writes)
    assert.equal(4, #writes())
    assert.matches("created   policies", tostring(result), 1, true)
  end)

  it("is left alone when it is as declared", function()
    assert(deployment:apply(whole()))
    writes()
    local result = assert(deployment:apply(whole()))
    assert.same({ 0, "unchanged settings" }, { result.writes, outcomes(result)[1] })
    assert.same({}, writes())
    assert.equal(0, #assert(deployment:plan(whole())))
    local t = whole()
    t.policies[1].trigger.schedule = dr.schedule "0 9 * * 1"
    t.retraining_settings = { retraining_user = "me", dataset_id = sandbox.dataset_id:upper() }
    assert.equal(0, #assert(deployment:plan(t)))
  end)

  it("costs five requests at most when nothing differs, in two latencies", function()
    assert(deployment:apply(whole()))
    sandbox:requests { clear = true }
    assert(deployment:plan(whole()))
    assert.is_true(#sandbox:requests() <= 5)
  end)

  it("may be one policy, which then comes second", function()
    local result, policy = assert(deployment:apply { name = "One", description = "first" })
    assert.same({ "created policies[\"One\"]" }, outcomes(result))
    assert.equal("first", policy.description)
    result, policy = assert(deployment:apply { name = "One", description = "second" })
    assert.same({ "updated policies[\"One\"]", "second" }, { outcomes(result)[1], policy.description })
    result, policy = assert(deployment:apply { name = "One", description = "second" })
    assert.same({ 0, "One" }, { result.writes, policy.name })
  end)

  it("pauses a policy by its trigger's type alone, and goes on as declared", function()
    local t = { name = "P", trigger = { type = "data_drift_decline", status_declines_to_failing = true,
      min_interval_between_runs = "P7D" } }
    local _, policy = assert(deployment:apply(t))
    local before = policy:definition().trigger
    t.paused = true
    assert.same({ 'changed policies["P"].trigger.type' }, paths(assert(deployment:plan(t))))
    assert(deployment:apply(t))
    local paused = assert(policy:refresh()):definition().trigger
    assert.equal(dr.null, paused.type)
    paused.type = before.type
    assert.same(before, paused)
    assert.equal(0, #assert(deployment:plan(t)))
    t.paused = nil
    assert(deployment:apply(t))
    assert.same(before, assert(policy:refresh()):definition().trigger)
    assert(policy:delete())
    t.paused = true
    assert(deployment:apply(t)) -- made while it is paused
    t.paused = false
    _, policy = assert(deployment:apply(t))
    assert.same(before, policy:definition().trigger)
    local _, err = deployment:plan { name = "P", paused = true }
    assert.same({ "validation", 'policies["P"].paused' }, { err.kind, err.problems[1].path })
  end)

  it("reports every mistake with its place in the whole", function()
    local _, err = deployment:apply { settings = { humility = { enabled = 1 } }, policies = {
      { name = "A", trigger = { type = "schedule", schedule = "0 25 * * *" } }, { nam = "B" }, { name = "A" } },
      polices = {} }
    local found = {}
    for _, problem in ipairs(err.problems) do found[problem.path] = problem.pointer end
    assert.same({ polices = "/polices", ["policies[2].name"] = "/policies/1/name", ['policies["A"]'] = "/policies/2" },
      found)
    _, err = deployment:apply { settings = { humility = { enabled = 1 } }, policies = {
      { name = "A", trigger = { type = "schedule", schedule = "0 25 * * *" } }, { name = "B", actoin = "x" } } }
    found = {}
    for _, problem in ipairs(err.problems) do found[problem.path] = problem.pointer end
    assert.same({ ["settings.humility.enabled"] = "/settings/humility/enabled",
      ['policies["A"].trigger.schedule'] = "/policies/0/trigger/schedule",
      ['policies["B"].actoin'] = "/policies/1/actoin" }, found)
    assert.same({}, writes())
  end)

  it("asks for consent only where there is something to do", function()
    local replacing = { name = "R", action = "model_replacement" }
    local _, err = deployment:apply(replacing)
    assert.same({ "validation", {} }, { err.kind, writes() })
    assert.matches("allow_replacement = true", err.message, 1, true)
    local plan = assert(deployment:plan(replacing))
    assert.equal("validation", plan.refused.kind)
    assert.matches("cannot be applied", tostring(plan), 1, true)
    _, err = plan:apply()
    assert.equal("validation", err.kind)
    assert(deployment:apply(replacing, { allow_replacement = true }))
    assert.equal(0, assert(deployment:apply(replacing)).writes)
    _, err = deployment:apply { prune = true, policies = {} }
    assert.same({ "validation", true }, { err.kind, err.message:find "prune = true" ~= nil })
    assert.equal(0, assert(deployment:apply({ policies = {} }, { prune = true })).writes)
    local result = assert(deployment:apply({ prune = true, policies = {} }, { prune = true }))
    assert.same({ 'removed policies["R"]' }, outcomes(result))
    assert.equal(0, assert(deployment:apply { prune = true, policies = {} }).writes)
    _, err = deployment:apply(whole(), { max_changes = 3 })
    assert.same({ "limit", nil }, { err.kind, err.result })
    assert(deployment:apply(whole(), { max_changes = 4 }))
  end)

  it("does not guess between two policies of one name", function()
    assert(deployment:create_retraining_policy { name = "T" })
    assert(deployment:create_retraining_policy { name = "T" })
    local _, err = deployment:plan { name = "T", description = "x" }
    assert.equal("conflict", err.kind)
    assert(deployment:plan { name = "U" })
  end)

  it("takes names for ids, and refuses those that none has", function()
    local dataset = assert(client:datasets():first())
    assert(deployment:apply { retraining_settings = { dataset = dataset.name, retraining_user = "me" } })
    assert.equal(dataset.dataset_id, deployment:get_retraining_settings().dataset.id)
    local _, err = deployment:apply { retraining_settings = { dataset = "nobody's" } }
    assert.equal("not_found", err.kind)
    _, err = deployment:apply { retraining_settings = { dataset = "a", dataset_id = dataset.dataset_id } }
    assert.equal("retraining_settings.dataset", err.problems[1].path)
  end)

  it("sends the credential along with a changed dataset only", function()
    local credential = assert(client:credentials():first())
    local t = { retraining_settings = { dataset_id = sandbox.dataset_id, credential_id = credential.credential_id } }
    assert(deployment:apply(t))
    local plan = assert(deployment:plan(t))
    assert.equal(0, #plan)
    assert.matches("credential_id", plan.notes[1].path, 1, true)
    assert.equal(0, assert(deployment:apply(t)).writes)
  end)

  -- A deployment object of a client that calls `fn(n)` after its nth answer, n from 0.
  local function watched(fn)
    local n, on = 0, false
    local watching = assert(sandbox:client { retries = 0, log = function(event)
      if on and event.event == "reply" then
        n = n + 1
        fn(n)
      end
    end })
    local own = assert(watching:deployment(sandbox.deployment_id))
    on = true
    fn(0)
    return own, watching
  end

  local function names_of()
    local list = {}
    for _, policy in ipairs(deployment:retraining_policies():collect()) do list[#list + 1] = policy.name end
    table.sort(list)
    return table.concat(list, " ")
  end

  it("stops at the first failure, at each request; says what was done; the next apply finishes", function()
    local failed = 0
    for _, status in ipairs { 500, 403 } do
      for at = 0, 12 do
        local t = whole()
        t.prune = true
        t.policies[3] = { name = "N" .. at .. status }
        t.policies[1].description, t.policies[2].description = at .. "x" .. status, at .. "y" .. status
        t.settings.humility = { enabled = at % 2 == 0 }
        local own, watching = watched(function(n)
          if n == at then sandbox:fail { status = status, count = 1 } end
        end)
        local result, err = own:apply(t, { prune = true })
        watching:close()
        if not result then
          failed = failed + 1
          assert.is_true(err.kind == "server" or err.kind == "forbidden", tostring(err))
          local order = {}
          for _, part in ipairs(err.result and err.result.parts or {}) do order[#order + 1] = part.outcome end
          local text = table.concat(order, " ")
          assert.is_nil(text:find "failed.*updated" or text:find "failed.*created", text)
          if err.result then assert.is_truthy(text:find "failed") end
        end
        local done = assert(deployment:apply(t, { prune = true }))
        assert.is_true(not result or done.writes == 0)
        assert.equal(0, #assert(deployment:plan(t)))
        assert.equal("Drift " .. t.policies[3].name .. " Weekly", names_of())
        pcall(sandbox.requests, sandbox) -- a failure that nobody met
        for _ = 1, 2 do client:version() end
      end
    end
    assert.is_true(failed >= 12, failed)
  end)

  it("is not written over where somebody else changes the same meanwhile, at each request", function()
    assert(deployment:apply(whole()))
    local conflicts, done = 0, 0
    local other <close> = assert(sandbox:client())
    local policy = assert(assert(other:deployment(sandbox.deployment_id)):find_retraining_policy "Drift")
    for at = 0, 10 do
      assert(policy:update { description = "theirs before" })
      local t = whole()
      t.settings.humility = { enabled = at % 2 == 0 }
      t.policies[1].description, t.policies[2].description = "mine" .. at, "mine" .. at
      local plan = assert(deployment:plan(t))
      local own, watching = watched(function(n)
        if n == at then assert(policy:update { description = "theirs " .. at, action = "create_model_package" }) end
      end)
      local result, err
      if at > 0 then result, err = own:apply(t) else result, err = plan:apply() end
      watching:close()
      assert(policy:refresh())
      if result then
        done = done + 1
        assert.is_true(policy.description == "mine" .. at or policy.description == "theirs " .. at)
      else
        conflicts = conflicts + 1
        assert.same({ "conflict", "theirs " .. at }, { err.kind, policy.description })
        assert.matches('policies["Drift"].description', err.message, 1, true)
      end
      assert.equal(result == nil and "create_model_package" or policy.action, policy.action)
    end
    assert.is_true(conflicts >= 2 and done >= 2, conflicts .. " " .. done)
  end)

  it("refuses a plan when what it shows has moved, naming the place, and keeps what a neighbour has changed", function()
    assert(deployment:apply(whole()))
    local policy = assert(deployment:find_retraining_policy "Weekly")
    local t = { name = "Weekly", trigger = { type = "schedule", schedule = "0 8 * * *" } }
    local plan = assert(deployment:plan(t))
    assert(policy:update { trigger = { type = "schedule", schedule = "0 7 * * *" } })
    writes()
    local _, err = plan:apply()
    assert.same({ "conflict", {} }, { err.kind, writes() })
    assert.matches('policies["Weekly"].trigger.schedule', err.message, 1, true)
    plan = assert(deployment:plan(t))
    assert(policy:update { description = "mine", trigger = { min_interval_between_runs = "P3D" } })
    assert(plan:apply())
    assert.same({ "mine", "P3D" },
      { assert(policy:refresh()).description, policy.trigger.min_interval_between_runs })
    _, err = plan:apply() -- has been done
    assert.equal("conflict", err.kind)
  end)

  it("is told in paths that quote names as Lua does", function()
    for _, name in ipairs { 'a"b', "a\nb", "a\\b", "ü]", "\27[2Jx" } do
      local plan = assert(deployment:plan { name = name })
      local path = plan.changes[1].path
      assert.equal(name, load("return " .. path:match "^policies%[(.*)%]$")())
      assert.is_nil(tostring(plan):find("\27", 1, true))
    end
  end)

  it("is as it was where a table names nothing", function()
    for _, t in ipairs { {}, { settings = {} }, { policies = {} }, { name = nil, policies = nil, prune = false } } do
      assert.equal(0, #assert(deployment:plan(t)))
    end
  end)

  it("raises for a wrong call", function()
    assert.has_error(function() deployment:plan() end)
    assert.has_error(function() deployment:apply({}, { max_changes = -1 }) end)
    assert.has_error(function() deployment:apply({}, { prune = 1 }) end)
    local plan = assert(deployment:plan {})
    assert.has_error(function() plan.apply(setmetatable({}, getmetatable(plan))) end)
  end)
end)

describe("every field of every schema", function()
  local world
  setup(function() world = worlds.new() end)
  teardown(function()
    world.client:close()
    world.sandbox:stop()
  end)

  -- added (from nothing), changed, unchanged, cleared where null is allowed: by plan and apply.
  local function goes(t, seen, what)
    local plan = assert(world.deployment:plan(t))
    local again = assert(world.deployment:apply(t))
    assert.equal(#plan > 0, again.writes > 0, what)
    local left = assert(world.deployment:plan(t))
    assert.equal(0, #left, what .. "\n" .. tostring(left))
    assert.equal(0, assert(world.deployment:apply(t)).writes, what)
    seen[#seen + 1] = what
  end

  local BESIDE <const> = { -- what a member needs beside it
    ["policy.trigger"] = { type = "schedule", schedule = "@daily" },
    ["policy.time_series_options"] = {
      differencing_method = "auto", periodicities = { { time_steps = 7, time_unit = "DAY" } },
    },
  }

  local function each_value(field, random)
    local list = {}
    for i = 1, 3 do list[i] = random_declaration.value(field, random) end
    if field.nullable then list[#list + 1] = dr.null end
    return list
  end

  local function random(a, b)
    return math.random(b and a or 1, b or a)
  end

  it("of a policy is added, changed, cleared, unchanged", function()
    local seen = {}
    for _, field in ipairs(dr.fields "policy") do
      for _, inner in ipairs(field.type == "object" and field.fields or { false }) do
        for _, value in ipairs(each_value(inner or field, random)) do
          local path = "policy." .. field.name
          local t = { name = "P" }
          if inner then
            t[field.name] = { [inner.name] = value }
            for k, v in pairs(BESIDE[path] or {}) do
              if t[field.name][k] == nil then t[field.name][k] = v end
            end
          elseif field.name ~= "name" then
            t[field.name] = value
          end
          if t.action ~= "model_replacement" and dr.validate("policy", t) then
            goes(t, seen, path .. (inner and "." .. inner.name or "") .. " = " .. tostring(value))
          end
        end
      end
    end
    assert.is_true(#seen > 60, #seen)
  end)

  it("of the settings is changed and unchanged", function()
    local seen = {}
    for _, field in ipairs(dr.fields "settings") do
      for _ = 1, 3 do
        local t = { settings = { [field.name] = random_declaration.value(field, random) } }
        local group = t.settings[field.name]
        if group.enabled ~= nil and field.name == "predictions_data_collection" then group.enabled = true end
        if next(group) and dr.validate("settings", t.settings) then goes(t, seen, "settings." .. field.name) end
      end
    end
    assert.is_true(#seen > 30, #seen)
  end)
end)

describe("a random world made from another", function()
  it("differs in nothing afterwards, and what was not named is as it was", function()
    local world = worlds.new()
    local changes = 0
    for seed = 1, 120 do changes = changes + worlds.pair(world, seed) end
    world.client:close()
    world.sandbox:stop()
    assert.is_true(changes > 1000, changes)
  end)
end)

describe("health settings", function()
  it("are a part: what is named is compared and sent, beside policies", function()
    local world = worlds.new()
    local t = { health_settings = { data_drift = { drift_threshold = 0.25 } }, policies = { { name = "P" } } }
    local plan = assert(world.deployment:plan(t))
    assert.equal("health_settings.data_drift.drift_threshold", plan.changes[1].path)
    assert.equal(2, assert(plan:apply()).writes)
    assert.equal(0.25, assert(world.deployment:get_health_settings()).data_drift.drift_threshold)
    assert.equal(0, assert(world.deployment:apply(t)).writes)
    world.client:close()
    world.sandbox:stop()
  end)
end)

describe("a plan in a file", function()
  it("is the same plan, and is refused when the ground has moved", function()
    local world, folder = worlds.new(), process.folder()
    local t = { name = 'N"\n', trigger = { type = "schedule", schedule = dr.schedule "@daily" }, description = dr.null }
    local plan, path = assert(world.deployment:plan(t)), folder.path .. "/plan.lua"
    assert(plan:save(path))
    local loaded = assert(dr.load_plan(path, world.client))
    assert.equal(tostring(plan), tostring(loaded))
    assert(loaded:apply())
    local _, err = assert(dr.load_plan(path, world.client)):apply()
    assert.equal("conflict", err.kind)
    _, err = dr.load_plan(folder:write("x.lua", "return { changes = {} }"), world.client)
    assert.equal("config", err.kind)
    _, err = plan:save(folder.path .. "/none/x")
    assert.equal("config", err.kind)
    local replacing = assert(world.deployment:plan { name = "R", action = "model_replacement" })
    assert(replacing:save(path))
    _, err = assert(dr.load_plan(path, world.client)):apply()
    assert.equal("validation", err.kind)
    folder:remove()
    world.client:close()
    world.sandbox:stop()
  end)
end)
