-- doc/sandbox.md: its examples run, and what it lists is there.
local process = require "spec.support.process"
local sandboxes = require "datarobot.sandbox"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

-- The blocks of one language, in order.
local function blocks(text, language)
  local list = {}
  for block in text:gmatch("\n```" .. language .. "\n(.-)\n```\n") do list[#list + 1] = block end
  return list
end

-- The names in the first column of a section's first table.
local function names(text, heading)
  local list = {}
  for cell in text:match("\n## " .. heading .. "\n.-(\n|.-)\n\n"):gmatch "\n|([^|]*)|" do
    for name in cell:gmatch "`([^`]+)`" do list[#list + 1] = name end
  end
  return list
end

-- What a path is asked with: monitoring takes no pages, but of features.
local function query_of(path)
  if path:find "OverTime$" then return path:find "feature" and { featureNames = "age" } or {} end
  if path:find "/accuracy$" or path:find "/targetDrift$" or path:find "/serviceStats$" then return {} end
  return { offset = 0, limit = 10 }
end

describe("the sandbox's page", function()
  local page = read "doc/sandbox.md"
  local root = assert(io.popen "pwd"):read "l"

  it("has examples for a shell, curl and Python that run", function()
    local folder <close> = process.folder()
    local shell, python = blocks(page, "sh"), blocks(page, "python")
    assert.equal(3, #shell)
    local start, rest = shell[2]:match "^(.*)\n(kill $pid)$"
    folder:write("python.py", python[1])
    folder:write("all.sh", table.concat({ start, shell[3], "/usr/bin/python3 python.py", rest, "wait $pid" }, "\n"))
    process.run { "ln", "-s", root .. "/examples", folder.path .. "/examples" }
    local status, text = process.run("cd " .. folder.path .. " && sh -e all.sh")
    assert.equal(0, status, text)
    local answers = '"label":"Loan outcome %(multiclass%)".*\n200\n.*\n200\n.*\n422\n'
    assert.matches(answers .. "675f0*2\n%['Manual', 'From Python'%]", text)
  end)

  it("has examples in Lua that run", function()
    local lua = blocks(page, "lua")
    local status, text = process.run { "lua5.4", "-e", lua[1] }
    assert.equal(0, status, text)
    assert.matches("POST\t/api/v2/deployments/%x+/retrainingPolicies/\t200\n$", text)
    local folder <close> = process.folder()
    folder:write("retrain.lua", [[
      return function(client, id)
        local deployment, err = client:deployment(id)
        if not deployment then return nil, err end
        local policy, why = deployment:find_retraining_policy "Weekly"
        if policy or why.kind ~= "not_found" then return policy, why end
        return deployment:create_retraining_policy { name = "Weekly" }
      end]])
    local busted = assert(io.popen "command -v busted"):read "l"
    status, text = process.run({ "lua5.4", busted, "--ignore-lua", "--run=ci", folder:write("a_spec.lua", lua[2]) },
      { LUA_PATH_5_4 = folder.path .. "/?.lua;" .. package.path })
    assert.equal(0, status, text)
    assert.matches("2 successes / 0 failures", text)
    local sandbox <close> = sandboxes.start()
    local client <close> = sandbox:client()
    assert(load(lua[3], "=page", "t", { sandbox = sandbox, print = function() end }))()
    assert.equal("2024-12-22T00:00:00.000000Z", sandbox:now())
    local deployment = assert(client:deployment(sandbox.deployment_id))
    assert(deployment:update_settings { association_id = { column_names = { "id" } } })
    assert(load(lua[4], "=page", "t", { sandbox = sandbox }))()
    assert.equal("failing", assert(deployment:refresh()).model_health.status)
    assert(load(lua[6], "=page", "t", { sandbox = sandbox }))()
    local _, err = client:get("deployments/" .. sandbox.deployment_id .. "/retrainingPolicies/")
    assert.same({ "forbidden", "Not for you." }, { err.kind, err.message })
  end)

  it("lists the options that there are", function()
    local options = {}
    for _, name in ipairs(names(page, "Options")) do
      options[name] = ({ token = "x", create_status = 201, run_status = 201, port = 0, features_differ = true,
        clock = "real", run_word = "x", cancel_word = "x" })[name] or 1
    end
    options.copy_of = nil -- of a client: copy_spec.lua
    local sandbox <close> = assert(sandboxes.start(options))
    assert.equal("x", sandbox.token)
    local all = { status = 404, count = 1, path = "x", retry_after = 1, message = "x" }
    for _, name in ipairs(names(page, "Make it fail")) do sandbox:fail { [name] = assert(all[name], name) } end
  end)

  it("lists paths that there are", function()
    local sandbox <close> = assert(sandboxes.start())
    local client <close> = sandbox:client()
    local deployment = assert(client:deployment(sandbox.deployment_id))
    local policy = assert(deployment:create_retraining_policy { name = "p" })
    local seen = 0
    for _, path in ipairs(names(page, "What it implements")) do
      path = path:gsub("Policies/{id}", "Policies/" .. policy.id)
      path = path:gsub("deployments/{id}", "deployments/" .. deployment.id)
      path = path:gsub("modelPackages/{id}", "modelPackages/" .. deployment.model_package.id)
      local no_get = path:find "/status$" or path:find "/challengerPredictions$"
        or path:find "/model[%w/]*$" and not path:find "modelHistory$"
      if no_get then
        assert.equal(405, select(2, client:get(path .. "/")).status, path) -- asked and changed only
        seen = seen + 1
      elseif not path:find "{id}" and not path:find "…" then -- of a job
        local reply, err = client:get(path .. "/", { query = query_of(path) })
        assert.equal(200, reply and reply.status or err.status, path)
        seen = seen + 1
      end
    end
    assert.equal(33, seen)
  end)
end)
