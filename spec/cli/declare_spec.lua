-- Files that say how deployments are to be.
local process = require "spec.support.process"
local program = require "spec.cli.program"
local sandboxes = require "datarobot.sandbox"

local run, objects = program.run, program.objects

local ID <const> = "6759e8aebd38a7fca6ba234a"
local WEEKLY <const> = [[return {
  settings = { challenger_models = { enabled = true } },
  retraining_settings = { dataset = "training.csv", retraining_user = "me" },
  policies = { { name = "Weekly", action = "create_challenger",
    trigger = { type = "schedule", schedule = "0 9 * * MON" } } },
}]]
local REPLACES <const> = [[return { policies = { { name = "Weekly", action = "model_replacement",
  trigger = { type = "schedule", schedule = "0 9 * * MON" } } } }]]

describe("datarobot", function()
  local sandbox, folder, weekly, replaces
  before_each(function()
    sandbox = assert(sandboxes.start { deployments = 4 })
    folder = process.folder()
    weekly, replaces = folder:write("weekly.lua", WEEKLY), folder:write("replaces.lua", REPLACES)
  end)
  after_each(function()
    folder:remove()
    sandbox:stop()
  end)

  local function env() return { DATAROBOT_ENDPOINT = sandbox.endpoint, DATAROBOT_API_TOKEN = sandbox.token } end

  local function plain(...) return run({ ... }, { env = env() }) end

  local function json(...)
    local words = table.pack(...)
    words[#words + 1] = "--json"
    local status, out, err = run(words, { env = env() })
    return status, objects(out), err
  end

  local function writes()
    local n = 0
    for _, r in ipairs(sandbox:requests()) do n = n + (r.method == "GET" and 0 or 1) end
    return n
  end

  it("plan shows what differs and changes nothing, apply does it once", function()
    local status, out, err = plain("plan", weekly, ID)
    assert.same({ 1, "", 0 }, { status, err, writes() })
    assert.matches("^Plan for deployment " .. ID .. ": 1 added, 3 changed\n", out)
    local list
    status, list = json("plan", weekly, ID)
    assert.same({ 1, 1, 4, ID }, { status, #list, #list[1].changes, list[1].deployment_id })
    status, list = json("apply", weekly, ID)
    assert.same({ 0, 1, 3 }, { status, #list, list[1].writes })
    local before = writes()
    status, out = plain("apply", weekly, ID)
    assert.same({ 0, ID .. ": nothing to do\n" }, { status, out })
    status, list = json("plan", weekly, ID)
    assert.same({ 0, 0 }, { status, #list[1].changes })
    assert.equal(before, writes())
  end)

  it("a file that cannot be a definition is refused by both", function()
    for _, command in ipairs { "plan", "apply" } do
      local status, list, err = json(command, folder:write("x.lua", "return {"), ID)
      assert.same({ 2, "file" }, { status, list[1].error.kind })
      assert.matches("line 1: .*\n  datarobot validate", err)
      status, list, err = json(command, folder:write("x.lua", "return { polices = {} }"), ID)
      assert.same({ 2, "validation" }, { status, list[#list].error.kind })
      assert.matches("polices: no such member; did you mean policies", err)
      status, list, err = json(command, weekly)
      assert.same({ 2, "usage" }, { status, list[1].error.kind })
      assert.matches("name a deployment\n  give ids, %-%-search TEXT or %-%-all\n$", err)
      status = json(command, "/nonexistent.lua", ID)
      assert.equal(2, status)
    end
    assert.equal(0, writes())
  end)

  it("what replaces a model needs its flag", function()
    assert.equal(0, (plain("apply", weekly, ID)))
    local before = writes()
    local status, list, err = json("apply", replaces, ID)
    assert.same({ 2, "validation", before }, { status, list[#list].error.kind, writes() })
    assert.matches("replaces the deployment's model.*\n  %-%-allow%-replacement and %-%-prune", err)
    local out
    status, out = plain("plan", replaces, ID)
    assert.equal(1, status)
    assert.matches("cannot be applied: ", out)
    status = plain("apply", replaces, ID, "--allow-replacement")
    assert.same({ 0, before + 1 }, { status, writes() })
  end)

  it("what removes a policy needs its flag, and what the file says", function()
    assert.equal(0, (plain("apply", weekly, ID)))
    local empty = folder:write("empty.lua", "return { policies = {}, prune = true }")
    local status, list = json("apply", empty, ID)
    assert.same({ 2, "validation" }, { status, list[#list].error.kind })
    status, list = json("apply", empty, ID, "--prune")
    assert.same({ 0, "removed" }, { status, list[1].parts[1].outcome })
  end)

  it("on a terminal a yes is the consent", function()
    assert.equal(0, (plain("apply", weekly, ID)))
    local line = "stty -echo; bin/datarobot apply " .. replaces .. " " .. ID
    local all = env()
    all.SHELL, all.DATAROBOT_CONFIG_FILE = "/bin/sh", false
    for _, answer in ipairs { "no", "yes" } do
      local typed = ("printf '%s\\n' | timeout 20 script -qefc %s /dev/null; echo status $?"):format(answer,
        process.quote(line))
      local _, text = process.run(typed, all)
      assert.matches("Do this to 1 deployment%? Only yes will do: ", text)
      if answer == "no" then
        assert.matches("not confirmed: nothing was done.*status 2\n$", text)
      else
        assert.matches("1 write.*status 0\n$", text)
      end
    end
  end)

  it("many deployments are planned before one is changed", function()
    local status, list, err = json("apply", weekly, "--all", "--max-changes", "15")
    assert.same({ 2, "limit", 0 }, { status, list[#list].error.kind, writes() })
    assert.matches("16 changes, more than %-%-max%-changes 15: nothing was done\n  datarobot plan", err)
    local absent = "6759e8aebd38a7fca6ba2340"
    status, list = json("apply", weekly, ID, absent)
    assert.same({ 2, absent, 0 }, { status, list[#list].deployment_id, writes() })
    status = json("apply", weekly, ID, absent, "--keep-going")
    assert.same({ 2, 3 }, { status, writes() })
    status, list = json("apply", weekly, "--all", "--max-changes", "16")
    assert.same({ 0, { deployments = 4, failed = 0, changed = 3, unchanged = 1 } }, { status, list[#list].summary })
    assert.same({ 0, 12 }, { (json("plan", weekly, "--all")), writes() })
  end)

  it("a file may name the deployments", function()
    local file = folder:write("named.lua", WEEKLY:gsub("return {", 'return { deployments = { "' .. ID .. '" },', 1))
    local status, list = json("apply", file)
    assert.same({ 0, 1, ID }, { status, #list, list[1].deployment_id })
    file = folder:write("search.lua", (WEEKLY:gsub("return {", 'return { search = "Deployment 00",', 1)))
    status, list = json("plan", file)
    assert.same({ 1, 3 }, { status, list[#list].summary.deployments })
    status, list = json("plan", folder:write("x.lua", "return { deployments = { 1 }, policies = {} }"))
    assert.same({ 2, "file" }, { status, list[1].error.kind })
  end)

  it("export gives what apply takes", function()
    assert.equal(0, (plain("apply", weekly, ID)))
    local before = writes()
    for _, format in ipairs { "lua", "json" } do
      local status, out, err
      if format == "lua" then status, out, err = plain("export", ID) else
        status, out, err = plain("export", ID, "--json")
        assert.equal("Weekly", objects(out)[1].policies[1].name)
      end
      assert.same({ 0, "" }, { status, err })
      local file = folder:write("exported." .. format, out)
      assert.equal(0, (plain("validate", file)))
      local list
      status, list = json("plan", file, ID)
      assert.same({ 0, 0, before }, { status, #list[1].changes, writes() })
      status, out = run({ "plan", "-", ID }, { env = env(), stdin = out })
      assert.equal(0, status, out)
    end
    local status, out = plain("export", ID, "--policy", "Weekly", "--json")
    assert.same({ 0, "Weekly" }, { status, objects(out)[1].name })
    local list, err
    status, list, err = json("export")
    assert.same({ 2, "usage" }, { status, list[1].error.kind })
    assert.matches("%-%-into FOLDER", err)
  end)

  it("diff shows what differs between deployments and files", function()
    assert.equal(0, (plain("apply", weekly, ID)))
    local _, text = plain("export", ID)
    local same = folder:write("same.lua", text)
    assert.same({ 0, "", "" }, { plain("diff", same, ID) })
    assert.same({ 0, "", "" }, { run { "diff", weekly, weekly } })
    local status, list = json("diff", weekly, replaces)
    assert.equal(1, status)
    local paths = {}
    for _, change in ipairs(list) do paths[change.path] = change.kind end
    assert.equal("changed", paths['policies["Weekly"].action'])
    local out
    status, out = plain("diff", weekly, replaces)
    assert.equal(1, status)
    assert.is_truthy(out:find('~ policies["Weekly"].action: "create_challenger" -> "model_replacement"', 1, true), out)
  end)

  it("export --into writes a file for each, whole or not at all", function()
    local status, list = json("export", "--into", folder.path)
    assert.same({ 0, 5, 4 }, { status, #list, list[5].summary.deployments })
    for i = 1, 4 do assert.equal(0, (plain("validate", list[i].file))) end
    assert.is_nil(folder:read(ID .. ".json.part"))
    status, list = json("export", ID, "--into", "/dev/full")
    assert.same({ 2, "file" }, { status, list[1].error.kind })
  end)

  it("a failure in the middle says what was done, and what is left is done the next time", function()
    assert.equal(0, (plain("apply", weekly, ID)))
    local policies = {}
    for i = 1, 5 do policies[i] = ("{ name = 'P%d' }"):format(i) end -- with Weekly one more than a deployment may have
    local six = folder:write("six.lua", "return { policies = { " .. table.concat(policies, ", ") .. " } }")
    local status, list, err = json("apply", six, ID)
    local failed = list[#list].error
    assert.same({ 2, 5 }, { status, failed.writes })
    assert.same({ path = 'policies["P5"]', outcome = "failed" }, failed.parts[#failed.parts])
    assert.matches('\n  created   policies%["P1"%]\n.*\n  failed    policies%["P5"%]\n$', err)
    local out
    status, out = plain("plan", six, ID)
    assert.equal(1, status)
    assert.matches("1 added\n", out)
    local empty = folder:write("four.lua", 'return { prune = true, policies = { '
      .. table.concat(policies, ", ") .. " } }")
    status, list = json("apply", empty, ID, "--prune")
    assert.same({ 0, 2 }, { status, list[1].writes })
  end)
end)
