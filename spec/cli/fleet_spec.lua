-- Commands over many deployments.
local process = require "spec.support.process"
local program = require "spec.cli.program"
local sandboxes = require "datarobot.sandbox"

local run, objects = program.run, program.objects

describe("many deployments", function()
  local COUNT <const> = 30
  local sandbox, env, ids
  setup(function()
    sandbox = assert(sandboxes.start { deployments = COUNT })
    env = { DATAROBOT_ENDPOINT = sandbox.endpoint, DATAROBOT_API_TOKEN = sandbox.token, DATAROBOT_MAX_RETRIES = "0" }
    ids = {}
    local client <close> = sandbox:client()
    for deployment in client:deployments() do ids[#ids + 1] = deployment.id end
    assert.equal(COUNT, #ids)
  end)
  teardown(function() sandbox:stop() end)

  local function list(words, stdin)
    local all = table.move(words, 1, #words, 3, { "list", "--json" })
    local status, out, err = run(all, { env = env, stdin = stdin })
    return status, objects(out), err
  end

  it("are in one shard each, whatever names them", function()
    local seen, total = {}, 0
    for i = 1, 4 do
      local _, found = list { "--shard", i .. "/4" }
      local _, named = list({ "-", "--shard", i .. "/4" }, table.concat(ids, "\n"))
      assert.equal(#found, #named)
      assert.is_true(#found >= 2, "the hash spreads them badly")
      for _, d in ipairs(found) do
        assert.is_nil(seen[d.id])
        seen[d.id], total = i, total + 1
      end
      for _, d in ipairs(named) do assert.equal(i, seen[d.id]) end
    end
    assert.equal(COUNT, total)
  end)

  it("are named by words and by stdin, each once", function()
    local status, found = list({ ids[1], "-", ids[2] }, ids[2] .. "\n\n  " .. ids[3] .. "  more\n" .. ids[1] .. "\n")
    assert.same({ 0, 3 }, { status, #found })
    assert.same({ 0, {}, "" }, { list({ "-" }, "") })
  end)

  it("end with the first failure, or with --keep-going go on", function()
    local absent = "6759e8aebd38a7fca6ba2340"
    local status, found, err = list { ids[1], absent, "--concurrency", "1", ids[2] }
    assert.same({ 2, 2, absent }, { status, #found, found[2].deployment_id })
    assert.equal("not_found", found[2].error.kind)
    assert.matches("^datarobot list: " .. absent .. ": Not Found", err)
    status, found = list { ids[1], absent, "--keep-going", ids[2] }
    assert.same({ 2, 3 }, { status, #found })
  end)

  it("are refused where the words contradict each other", function()
    for words, why in pairs {
      [{ ids[1], "--search", "x" }] = "exclude each other", [{ "--shard", "5/4" }] = "I from 1 to N",
      [{ "--shard", "0/4" }] = "I from 1 to N", [{ "--shard", "half" }] = "2/5",
      [{ "--concurrency", "0" }] = "from 1 to 64",
    } do
      local status, found, err = list(words)
      assert.same({ 2, "usage" }, { status, found[1].error.kind })
      assert.is_truthy(err:find(why, 1, true), err)
    end
  end)

  -- Two shards at work, with faults on the way, killed in the middle, begun again.
  it("that are changed end as declared, nothing twice, whenever the work is killed", function()
    local own <close> = assert(sandboxes.start { deployments = 40 })
    local there = { DATAROBOT_ENDPOINT = own.endpoint, DATAROBOT_API_TOKEN = own.token, DATAROBOT_CONFIG_FILE = false }
    own:fail { status = 503, count = 3, path = "retrainingPolicies" }
    local words = { "bin/datarobot", "apply", "spec/cli/weekly.lua", "--all", "--keep-going", "--shard" }
    local children = {}
    for i = 1, 2 do
      local all = table.move(words, 1, #words, 1, {})
      all[#all + 1] = i .. "/2"
      children[i] = process.start(all, { env = there, stderr = "/dev/null" })
    end
    local function created()
      local n = 0
      for _, r in ipairs(own:requests()) do
        if r.method == "POST" and r.path:find "retrainingPolicies" and r.status < 300 then n = n + 1 end
      end
      return n
    end
    assert.is_truthy(process.wait_for(function() return created() >= 5 end))
    for _, child in ipairs(children) do
      child:kill "KILL"
      child:wait()
    end
    local before = created()
    assert.is_true(before < 40)
    local changed = 0
    for i = 1, 2 do
      local status, out, err = run({ "apply", "spec/cli/weekly.lua", "--all", "--shard", i .. "/2", "--json" },
        { env = there })
      assert.equal(0, status, err)
      local found = objects(out)
      changed = changed + (found[#found].summary.changed or 0)
    end
    -- A request of those that were killed may have been acted on later.
    assert.is_true(changed > 0 and changed <= 40 - before)
    assert.equal(40, created())
    local client <close> = own:client()
    for deployment in client:deployments() do
      assert.equal(1, #assert(deployment:retraining_policies():collect()))
    end
  end)
end)
