-- Commands over many deployments.
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
end)
