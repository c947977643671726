-- What completion at a prompt does with our values: lua-repl follows __index while it is a table and walks
-- with pairs; luaprompt, also in croissant, tries pairs on the value, too. Neither may send a request.
local dr = require "datarobot"
local sandboxes = require "datarobot.sandbox"

local function collect(names, t)
  for k in pairs(t) do
    if type(k) == "string" then names[k] = true end
  end
end

-- lua-repl: the value if it is a table, then each __index that is a table.
local function lua_repl(value)
  local names = {}
  if type(value) == "table" then collect(names, value) end
  local meta = getmetatable(value)
  local index = type(meta) == "table" and meta.__index
  while type(index) == "table" do
    collect(names, index)
    meta = getmetatable(index)
    index = type(meta) == "table" and meta.__index
  end
  return names
end

-- luaprompt: pairs on tables and userdata, then next on an __index that is a table; every step protected.
local function luaprompt(value)
  local names = {}
  local function steps(step, state, key)
    while true do
      local ok, k = pcall(step, state, key)
      if not ok or k == nil then return end
      key = k
      if type(k) == "string" then names[k] = true end
    end
  end
  local ok, step, state, first = pcall(pairs, value)
  if ok then steps(step, state, first) end
  local meta = getmetatable(value)
  local index = type(meta) == "table" and rawget(meta, "__index")
  if type(index) == "table" then steps(next, index) end
  return names
end

local function has(names, ...)
  for _, name in ipairs { ... } do assert.is_true(names[name], name) end
end

describe("completion", function()
  local sandbox, client, deployment, policy
  setup(function()
    sandbox = assert(sandboxes.start())
    client = assert(sandbox:client())
    deployment = assert(client:deployment(sandbox.deployment_id))
    policy = assert(deployment:create_retraining_policy { name = "p" })
  end)
  teardown(function()
    client:close()
    sandbox:stop()
  end)
  before_each(function() sandbox:requests { clear = true } end)
  after_each(function() assert.same({}, sandbox:requests()) end)

  for name, walk in pairs { ["lua-repl"] = lua_repl, luaprompt = luaprompt } do
    describe("of " .. name, function()
      it("finds the module's functions and enumerations", function()
        has(walk(dr), "client", "validate", "encode", "normalize", "schedule", "enums", "fields", "help", "null")
        has(walk(dr.enums), "action", "trigger_type", "metric")
        has(walk(dr.fields "policy"[1]), "name", "type", "expected", "min_length")
      end)

      it("finds a client's methods", function()
        has(walk(client), "deployment", "deployments", "find_deployment", "whoami", "get", "post", "sleep", "close")
      end)

      it("finds a list's methods, or is told what to do instead of pairs", function()
        for _, list in ipairs { deployment:retraining_policies(), client:deployments() } do
          if name == "luaprompt" then
            has(walk(list), "collect", "first", "find")
          else
            assert.matches("list:collect%(%)", select(2, pcall(walk, list)))
          end
        end
      end)

      it("finds what a response has", function()
        local response = assert(client:get "version/")
        sandbox:requests { clear = true }
        has(walk(response), "status", "headers", "text", "json")
      end)

      it("finds what an error has", function()
        local _, err = client:deployment "x"
        has(walk(err), "kind", "message")
      end)

      it("finds a schedule's methods", function()
        has(walk(dr.schedule "@daily"), "to_table", "describe", "next_runs")
      end)

      it("does no harm to objects", function()
        assert.is_table(walk(deployment))
        assert.is_table(walk(policy))
        has(walk(deployment.owners), "count", "preview")
      end)
    end)
  end

  it("finds an object's fields through __pairs", function()
    has(luaprompt(deployment), "id", "label", "status", "owners", "model")
    has(luaprompt(policy), "id", "name", "action", "autopilot_options")
  end)

  it("hides no metatable and has names that are strings only where names are completed", function()
    for _, value in ipairs { client, deployment, policy, deployment:retraining_policies() } do
      local meta = getmetatable(value)
      assert.is_table(meta)
      if type(meta.__index) == "table" then
        for k in pairs(meta.__index) do assert.is_string(k) end
      end
    end
    for k in pairs(dr) do assert.is_string(k) end
  end)
end)
