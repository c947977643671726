-- Where in the script an error or a wrong call arose: the nearest line that is not ours, whoever called.
local core = require "datarobot.core"
local dr = require "datarobot"
local sandboxes = require "datarobot.sandbox"

local ID <const> = "6759e8aebd38a7fca6ba234a"

-- How a script may call f, always on its third line; returns what f does, or raises.
local FORMS <const> = {
  ["plainly"] = "local a, b = f(...)",
  ["by pcall"] = "local ok, a, b = pcall(f, ...) if not ok then error(a, 0) end",
  ["in a coroutine"] = "local a, b = coroutine.wrap(function(...) local a, b = f(...) return a, b end)(...)",
  ["by pcall in a coroutine"] = "local a, b = coroutine.wrap(function(...) return select(2, pcall(f, ...)) end)(...)",
  ["as the last thing"] = "local a, b = (function(...) return f(...) end)(...)",
  ["in a task"] = "local args = table.pack(...) local a, b = tasks:map({ 1 }, function() "
    .. "return f(table.unpack(args, 1, args.n)) end) a, b = nil, b[1].err",
  ["from a C function"] = "local args, a, b = table.pack(...) string.gsub('x', 'x', function() "
    .. "a, b = f(table.unpack(args, 1, args.n)) end)",
}
local CHUNK <const> = "local f, tasks = ...\nreturn function(...)\n  %s\n  return a, b\nend"

-- Chunk name -> how a place in it is told.
local NAMES <const> = {
  ["=user"] = "user:3", ["@some dir/user.lua"] = "some dir/user.lua:3",
  [CHUNK] = '[string "local f, tasks = ......"]:3',
}

describe("an error's place", function()
  local sandbox, objects, tasks
  setup(function()
    sandbox = sandboxes.start()
    local client = assert(sandbox:client { retries = 0 })
    tasks = assert(sandbox:client())
    local deployment = assert(client:deployment(sandbox.deployment_id))
    local response = assert(client:get "version/")
    response.text = "["
    objects = {
      client = client, deployment = deployment, list = client:deployments(), response = response,
      retraining_policy = assert(deployment:create_retraining_policy { name = "p" }),
      schedule = dr.schedule "@daily", job = assert(deployment:update_settings({ humility = { enabled = true } },
        { wait = false })),
    }
    objects.retraining_run = assert(objects.retraining_policy:start_run())
    assert(deployment:update_challenger_models_settings { enabled = true })
    assert(deployment:update_retraining_settings { dataset_id = sandbox.dataset_id })
    assert(sandbox:advance "2h")
    assert(objects.retraining_run:refresh():state() == "succeeded")
    objects.challenger = assert(deployment:challengers())[1]
    objects.plan = assert(deployment:plan { name = "planned" })
    sandbox:stop() -- from now on nothing answers
  end)
  teardown(function()
    objects.client:close()
    tasks:close()
  end)

  -- Calls f in every form under every name; `judge` gets the place and what came of it.
  local function every_form(f, judge, ...)
    for form, line in pairs(FORMS) do
      for chunk_name, place in pairs(NAMES) do
        local call = assert(load(CHUNK:format(line), chunk_name))(f, tasks)
        judge(place, form, pcall(call, ...))
      end
    end
  end

  -- All public functions: name ("client.get"), the description, the function, its object or nil.
  local function every_function()
    return coroutine.wrap(function()
      for _, class in ipairs(require "datarobot.help.data".classes) do
        for _, f in ipairs(class.functions or {}) do
          local object = class.name ~= "dr" and (objects[class.name] or error(class.name)) or nil
          coroutine.yield(class.name .. "." .. f.name, f, (object or dr)[f.name], object)
        end
      end
    end)
  end

  -- What each is called with so that it fails: nothing answers, or the data are wrong.
  local FAILING <const> = {
    ["dr.client"] = { { config_path = "/nowhere" } }, ["dr.decode"] = { "[" }, ["dr.encode"] = { "policy", {} },
    ["dr.normalize"] = { "policy", {} }, ["dr.validate"] = { "policy", {} }, ["dr.schedule"] = { "x" },
    ["client.delete"] = { "x/" }, ["client.deployment"] = { ID }, ["client.find_deployment"] = { "x" },
    ["client.get"] = { "x/" }, ["client.patch"] = { "x/", {} }, ["client.post"] = { "x/", {} },
    ["client.put"] = { "x/", {} }, ["client.version"] = {}, ["client.whoami"] = {},
    ["client.wait"] = { "job", { timeout = 0.001 } },
    ["deployment.create_retraining_policy"] = { { name = "x" } }, ["deployment.find_retraining_policy"] = { "x" },
    ["deployment.get_retraining_settings"] = {}, ["deployment.get_settings"] = {}, ["deployment.refresh"] = {},
    ["deployment.retraining_policy"] = { ID }, ["deployment.update_settings"] = { { humility = { enabled = true } } },
    ["deployment.update_challenger_models_settings"] = { { enabled = true } },
    ["deployment.update_retraining_settings"] = { { dataset_id = ID } },
    ["retraining_policy.delete"] = {}, ["retraining_policy.refresh"] = {},
    ["retraining_policy.update"] = { { name = "x" } }, ["retraining_policy.run"] = { ID },
    ["retraining_policy.start_run"] = {}, ["retraining_run.refresh"] = {}, ["retraining_policy.explain"] = {},
    ["deployment.challenger"] = { ID }, ["deployment.challengers"] = {}, ["deployment.capabilities"] = {},
    ["deployment.create_challenger"] = { { name = "n", model_package_id = ID } },
    ["deployment.plan"] = { { x = 1 } }, ["deployment.export"] = {}, ["dr.load_definition"] = { "/nowhere" },
    ["plan.save"] = { "/nowhere/x" },
    ["dr.diff"] = { { x = 1 }, {} },
    ["deployment.apply"] = { { x = 1 } }, ["plan.apply"] = {},
    ["deployment.champion_model_package"] = {}, ["deployment.rollback"] = {},
    ["deployment.validate_replacement_model"] = { { model_package_id = ID } },
    ["deployment.replace_model"] = { { model_package_id = ID } },
    ["challenger.refresh"] = {}, ["challenger.update"] = { { name = "n" } }, ["challenger.delete"] = {},
    ["retraining_run.promote"] = {}, ["deployment.update"] = { { label = "x" } },
    ["deployment.replay_challengers"] = {}, ["deployment.compare"] = { { challenger = ID, metric = "AUC" } },
    ["deployment.get_health_settings"] = {},
    ["deployment.update_health_settings"] = { { service = { batch_count = 5 } } },
    ["deployment.get_challenger_replay_settings"] = {},
    ["deployment.update_challenger_replay_settings"] = { { enabled = true } },
    ["deployment.update_drift_tracking_settings"] = { { target_drift = { enabled = true } } },
    ["deployment.update_association_id_settings"] = { { column_names = { "id" } } },
    ["deployment.update_predictions_data_collection_settings"] = { { enabled = true } },
    ["deployment.activate"] = { { timeout = 0.01 } }, ["deployment.deactivate"] = { { timeout = 0.01 } },
    ["retraining_run.cancel"] = { { timeout = 0.01 } },
    ["list.collect"] = {}, ["list.find"] = { "label", "x" }, ["list.first"] = {}, ["response.json"] = {},
  }

  -- Their errors need more than an argument: a client closed in the middle, no descriptor left, a run
  -- that goes on.
  local ELSEWHERE <const> = { ["client.sleep"] = true, ["dr.load_plan"] = true,
    ["client.pollfd"] = true, ["retraining_run.wait"] = true }

  local function returns_error(f)
    for _, value in ipairs(f.returns or {}) do
      if value.type:find("datarobot.Error", 1, true) then return true end
    end
    return false
  end

  it("is the script's line for each public function that can fail", function()
    local seen = 0
    for name, f, fn, object in every_function() do
      local args = FAILING[name]
      assert.equal(returns_error(f), args ~= nil or ELSEWHERE[name] ~= nil, name)
      local function judge(place, form, ok, value, err)
        err = err or value -- pcall in a coroutine gives the object's nil, then it
        assert.is_true(ok, name .. ": " .. tostring(value))
        assert.is_true(dr.is_error(err), name)
        assert.equal(place, err.where, name .. " " .. form)
        assert.equal(place .. ": " .. err.kind .. ": ", tostring(err):sub(1, #place + #err.kind + 4))
        if err.kind == "validation" then
          assert.equal(f.name .. ": ", err.message:sub(1, #f.name + 2), name .. " " .. form)
        end
        assert.is_nil(tostring(err):find("lua/datarobot/", 1, true), tostring(err))
        seen = seen + 1
      end
      if args and object then
        every_form(fn, judge, object, args[1] == "job" and objects.job or args[1], table.unpack(args, 2))
      elseif args then
        every_form(fn, judge, table.unpack(args))
      end
    end
    assert.is_true(seen > 600, seen)
  end)

  -- What module functions and methods are called with so that they raise; methods also without their object.
  local WRONG <const> = {
    ["dr.array"] = { 1 }, ["dr.client"] = { { tokn = 1, token = "t", endpoint = "https://x/" } },
    ["dr.decode"] = { {} },
    ["dr.encode"] = { "x", {} },
    ["dr.fields"] = { "x" }, ["dr.normalize"] = { "policy", 1 }, ["dr.schedule"] = { 1 }, ["dr.validate"] = { "x", {} },
    ["client.deployment"] = { ID, { x = 1 } }, ["client.deployments"] = { 1 }, ["client.each"] = { 1 },
    ["client.map"] = { {}, 1 }, ["client.find_deployment"] = { {} }, ["client.get"] = { "x/", { query = 1 } },
    ["client.list"] = { {} }, ["client.on_wait"] = { 1 }, ["client.post"] = { "x/", {}, { query = { x = { {} } } } },
    ["client.sleep"] = { -1 }, ["client.wait"] = { {} }, ["client.whoami"] = { 1 },
    ["deployment.create_retraining_policy"] = { 1 }, ["deployment.update_settings"] = { {}, 1 },
    ["deployment.update_challenger_models_settings"] = { 1 }, ["deployment.retraining_policies"] = { 1 },
    ["deployment.find_retraining_policy"] = { 1, {} }, ["deployment.to_table"] = { 1 },
    ["retraining_policy.update"] = { { name = "x" }, { timeout = -1 } }, ["retraining_policy.refresh"] = { { x = 1 } },
    ["deployment.model_history"] = { 1 }, ["deployment.shared_roles"] = { 1 }, ["deployment.challengers"] = { 1 },
    ["deployment.create_challenger"] = { 1 }, ["deployment.replace_model"] = { 1 }, ["deployment.rollback"] = { 1 },
    ["challenger.update"] = { 1 }, ["retraining_run.promote"] = { 1 }, ["deployment.update"] = { 1 },
    ["deployment.compare"] = { { challenger = ID } },
    ["deployment.replay_challengers"] = { {}, { wiat = true } }, ["deployment.update_health_settings"] = { 1 },
    ["deployment.update_drift_tracking_settings"] = { { humility = { enabled = true } } },
    ["deployment.update_association_id_settings"] = { { column_names = { "id" } }, { column_names = { "id" } } },
    ["deployment.update_predictions_data_collection_settings"] = { { enabled = true }, { enabled = true } },
    ["deployment.update_challenger_replay_settings"] = { { enabled = true }, { schedule = "@daily" } },
    ["deployment.plan"] = { 1 }, ["deployment.export"] = { 1 }, ["dr.load_definition"] = { {} },
    ["dr.load_plan"] = { "x", 1 },
    ["plan.save"] = { {} }, ["dr.diff"] = { 1 },
    ["retraining_policy.export"] = { { format = "x" } }, ["deployment.apply"] = { {}, { prun = true } },
    ["deployment.activate"] = { 1 }, ["deployment.deactivate"] = { { wiat = true } },
    ["retraining_policy.runs"] = { 1 }, ["retraining_policy.explain"] = { { cuont = 1 } },
    ["retraining_policy.start_run"] = { { jion = true } },
    ["retraining_run.wait"] = { { interval = 0 } }, ["retraining_run.cancel"] = { 1 }, ["dr.progress"] = { 1 },
    ["list.collect"] = { -1 }, ["list.find"] = { "label" }, ["schedule.next_runs"] = { { count = 0 } },
  }
  local NEVER_RAISES <const> = { ["dr.help"] = true, ["dr.is_error"] = true }

  local function raised_at(name, f)
    return function(place, form, ok, value, err)
      local text = not ok and value or err or value -- a task or pcall gave it back
      assert.is_string(text, name .. " " .. form)
      assert.equal(place .. ": ", text:sub(1, #place + 2), name .. " " .. form)
      assert.matches(("'%s' "):format(f.name), text, 1, true)
      assert.is_nil(text:find("datarobot/%w+%.lua"), text)
    end
  end

  it("is the script's line for each wrong call of a public function", function()
    local seen = 0
    for name, f, fn, object in every_function() do
      local args = WRONG[name]
      if object then every_form(fn, raised_at(name, f), {}) end
      if args and object then every_form(fn, raised_at(name, f), object, table.unpack(args)) end
      if args and not object then every_form(fn, raised_at(name, f), table.unpack(args)) end
      assert.is_true(object ~= nil or args ~= nil or NEVER_RAISES[name], name)
      seen = seen + (args and 1 or 0)
    end
    for _ in pairs(WRONG) do seen = seen - 1 end
    assert.equal(0, seen)
  end)

  it("is the script's line where a value is used wrongly", function()
    local uses = {
      "value.label = 1", "for i in ipairs(list) do print(i) end", "local x = list[1] return x",
      "local x = #list return x", "local x = dr.enums.actoin return x", "local x = list(nil, {}) return x",
      "for x in client:list('x/', { a = { {} } }) do print(x) end",
      "for x in client:deployments { order_by = 'x' } do print(x) end", "for x in list do print(x) end",
      "for x in client:each(list, print) do print(x) end",
      "local x = sandboxes.start { port = 1 << 20 } return x", "local x = sandboxes.start { prot = 1 } return x",
      "sandbox:fail { status = 'x' } return 1", "sandbox:fail {} return 1", "local x = sandbox:requests() return x",
      "local c = sandbox:client() c:close() return c:whoami()",
    }
    for _, code in ipairs(uses) do
      local chunk = assert(load("local value, list, client, sandboxes, sandbox, dr = ...\n\n" .. code, "=user"))
      local ok, err = pcall(chunk, objects.deployment, objects.list, objects.client, sandboxes, sandbox, dr)
      assert.is_false(ok, code)
      assert.equal("user:3: ", tostring(err):sub(1, 8), code .. ": " .. tostring(err))
      assert.is_nil(tostring(err):find("datarobot/", 1, true), tostring(err))
    end
  end)

  it("names the method that was given a wrong table, in every validation message", function()
    local calls = {
      deployment = { "create_retraining_policy", "update_settings", "update_retraining_settings", "update",
        "update_health_settings", "update_challenger_replay_settings", "replay_challengers" },
      retraining_policy = { "update" },
    }
    for class, names in pairs(calls) do
      for _, name in ipairs(names) do
        local object = objects[class]
        every_form(object[name], function(place, form, _, value, err)
          err = err or value
          assert.equal("validation", err.kind, name .. " " .. form)
          assert.equal(place, err.where)
          assert.equal(name .. ": ", err.message:sub(1, #name + 2))
        end, object, { nmae = 1, actoin = 2 })
      end
    end
    local lists = { client = { "deployments", "datasets", "prediction_environments", "credentials" },
      deployment = { "retraining_policies" } }
    for class, names in pairs(lists) do
      for _, name in ipairs(names) do
        local _, err = objects[class][name](objects[class], { ofset = 1 }):collect()
        assert.equal(name .. ": ", err.message:sub(1, #name + 2))
      end
    end
  end)

  it("of a task that is a method itself is the line that began it", function()
    local client = objects.client
    local line = debug.getinfo(1, "l").currentline + 1
    local _, failures = tasks:map({ client }, client.deployment)
    assert.equal("spec/objects/where_spec.lua:" .. line, (failures[1].err.where:gsub("^%./", "")))
    for _, _, err in tasks:each({ client }, client.deployment) do
      assert.equal("spec/objects/where_spec.lua:" .. line + 2, (err.where:gsub("^%./", "")))
    end
    for _, list in ipairs { client:deployments { ofset = 1 }, client:deployments() } do
      local ok, err = pcall(function()
        for _ in tasks:each(list, print) do error "an item" end
      end)
      assert.is_false(ok)
      assert.equal("spec/objects/where_spec.lua:" .. line + 7, (err.where:gsub("^%./", "")))
    end
  end)

  it("is nil where no Lua code called", function()
    local _, err = coroutine.wrap(objects.client.deployment)(objects.client, "x")
    assert.is_nil(err.where)
    assert.equal('validation: deployment: deployment id: 24 hexadecimal digits expected, got "x"', tostring(err))
    assert.is_nil(coroutine.wrap(core.where)())
  end)

  it("is nil for a chunk without its lines", function()
    local function stripped(text) return load(string.dump(load(text), true)) end
    local value, err = stripped "return (...):deployment 'x'" (objects.client)
    assert.is_nil(value)
    assert.is_nil(err.where)
    assert.equal("validation", err.kind)
    assert.is_nil(stripped "return (...).where()" (core))
  end)

  it("shows no literal of a chunk that was loaded from a text", function()
    for text, place in pairs {
      ["local c, token = ..., 'secret' return c:deployment 'x'"] = '[string "local c, token = ..., ..."]:1',
      ['local c, token = ..., "secret" return c:deployment "x"'] = '[string "local c, token = ..., ..."]:1',
      ["local c, token = ..., [[secret]] return c:deployment [[x]]"] = '[string "local c, token = ..., ..."]:1',
      ["local c = ... return c:deployment(c and\n1)"] = '[string "local c = ... return c:deployment(c and..."]:1',
    } do
      local _, err = load(text)(objects.client)
      assert.equal(place, err.where)
      local ok, raised = pcall(load((text:gsub("return.*", "return c.deployment()"))), objects.client)
      assert.is_false(ok)
      assert.is_nil(raised:find "secret", raised)
    end
  end)

  it("is made in one file: no other raises by Lua's own functions, or counts levels", function()
    local findings = {}
    local function search(pattern, forbidden, allowed)
      local pipe <close> = assert(io.popen("find " .. pattern))
      for path in pipe:lines() do
        local number = 0
        for line in io.lines(path) do
          number = number + 1
          for _, words in ipairs(forbidden) do
            if path ~= allowed and line:find(words) and not line:find "^%s*%-%-" then
              findings[#findings + 1] = ("%s:%d: %s"):format(path, number, line)
            end
          end
        end
      end
    end
    search("src/bind -name '*.c'", {
      "luaL_error", "luaL_arg", "luaL_typeerror", "luaL_checktype", "luaL_check%l*string", "luaL_checknumber",
      "luaL_where",
    }, "src/bind/where.c")
    search("lua/datarobot -name '*.lua' -not -path '*/sandbox/*'", {
      "error%(.*, [1-9]%)$", "^%s*error [\"'%[]",
    })
    assert.equal("", table.concat(findings, "\n"))
  end)

  it("costs nothing while there is no error, and little with one", function()
    local client = objects.client
    local function seconds(f)
      local best = math.huge
      for _ = 1, 5 do
        local started = os.clock()
        for _ = 1, 2000 do f() end
        best = math.min(best, os.clock() - started)
      end
      return best / 2000
    end
    local shallow = seconds(function() return client:deployment "x" end)
    assert.is_true(shallow < 50e-6, shallow)
  end)
end)
