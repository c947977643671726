-- Waiting for runs in the ways that there are: many side by side under client:map and every host loop, beside a clock
-- that jumps, until Ctrl-C.
local build = require "spec.support.build"
local dr = require "datarobot"
local process = require "spec.support.process"
local sandboxes = require "datarobot.sandbox"
local socket = require "socket"
local ways = require "spec.loop.ways"

local POLICIES <const> = 5
local QUICK <const> = { interval = 0.01, max_interval = 0.05 }

-- Runs of several policies of several deployments; those of every other deployment will fail.
local function start_runs(client)
  local runs = {}
  for i, deployment in ipairs(assert(client:deployments():collect())) do
    if i % 2 == 1 then
      assert(deployment:update_retraining_settings { dataset_id = "675c98d9f2e4b4189bff25f5" })
    end
    for n = 1, POLICIES do
      local policy = assert(deployment:create_retraining_policy { name = "p" .. n, action = "create_model_package" })
      runs[#runs + 1] = { run = assert(policy:start_run()), good = i % 2 == 1 }
    end
  end
  return runs
end

local function ended_well(runs)
  for _, case in ipairs(runs) do
    if case.good then
      assert.equal(case.run, case.value)
      assert.equal("succeeded", case.run:state())
      assert.is_string(case.run.model_package_id)
    else
      assert.is_nil(case.value)
      assert.same({ "run_failed", "failed", case.run }, { case.err.kind, case.err.state, case.err.run })
    end
    assert.is_true(case.looks >= 1)
  end
end

describe("runs of many policies are waited for side by side under", function()
  local sandbox, client, runs
  before_each(function()
    sandbox = sandboxes.start { deployments = 4 }
    client = assert(sandbox:client())
    runs = start_runs(client)
  end)
  after_each(function()
    client:close()
    sandbox:stop()
  end)

  -- Time passes once every run has been looked at.
  local function wait(case)
    case.looks = 0
    local function on_progress()
      case.looks = case.looks + 1
      for _, other in ipairs(runs) do
        if not other.looks then return end
      end
      sandbox:advance "10m"
    end
    local options = { on_progress = on_progress }
    for name, value in pairs(QUICK) do options[name] = value end
    case.value, case.err = case.run:wait(options)
    return case.value, case.err
  end

  it("client:map", function()
    local _, failures = client:map(runs, wait, { concurrency = #runs })
    assert.equal(#runs // 2, #failures)
    ended_well(runs)
  end)

  for name, way in pairs(ways) do
    it(name, function()
      local functions = {}
      for i, case in ipairs(runs) do
        functions[i] = function() wait(case) end
      end
      way(client, functions, 5)
      ended_well(runs)
    end)

    it(name .. ", until the client is closed", function()
      local functions = {}
      for i, case in ipairs(runs) do
        functions[i] = function() case.value, case.err = case.run:wait() end
      end
      functions[#functions + 1] = function()
        assert(client:sleep(0.1))
        client:close()
      end
      local started = socket.gettime()
      way(client, functions, 0)
      assert.is_true(socket.gettime() - started < 10)
      for _, case in ipairs(runs) do assert.same({ "closed", case.run }, { case.err.kind, case.err.run }) end
    end)
  end
end)

describe("a program that waits for a run", function()
  local folder
  setup(function() folder = process.folder() end)
  teardown(function() folder:remove() end)

  local SCRIPT <const> = [[
    local core = require "datarobot.core"
    local sandbox <close> = require "datarobot.sandbox".start()
    local tokens = 0
    local client <close> = assert(sandbox:client { retries = 0, token = function()
      tokens = tokens + 1
      return tokens > 6 and tokens % 2 == 1 and "one that has expired" or sandbox.token -- every other is asked for anew
    end })
    local deployment = assert(client:deployment(sandbox.deployment_id))
    local policy = assert(deployment:create_retraining_policy { name = "p" })
    local run = assert(policy:start_run())
    io.stdout:setvbuf "no"
  ]]

  it("has its time on a clock of its own, whatever the wall clock does, and asks for another token", function()
    local text = SCRIPT .. [[
      local started = core.now()
      local looks = 0
      local value, err = run:wait { timeout = 1, interval = 0.02, max_interval = 0.1,
        on_progress = function(_, seconds, failure)
          looks = looks + 1
          assert(not failure and seconds >= 0 and seconds < 3, failure)
        end }
      local seconds = core.now() - started
      print(value, err.kind, looks >= 5, seconds >= 0.95 and seconds < 3, tokens > 16)
    ]]
    local status, said = process.run({ "lua5.4", folder:write("jumps.lua", text) }, { SPEC_CLOCK_JUMPS = "1",
      LD_PRELOAD = build.program "preload.so",
      ASAN_OPTIONS = (os.getenv "ASAN_OPTIONS" or "") .. ":verify_asan_link_order=0:detect_leaks=0" })
    assert.equal("nil\ttimeout\ttrue\ttrue\ttrue\n", said)
    assert.equal(0, status)
  end)

  it("is ended by Ctrl-C at once, and can wait again", function()
    if build.sanitized() then return end -- the interpreter with sanitizers leaves SIGINT alone
    local text = SCRIPT .. [[
      print "waits"
      print(select(2, pcall(run.wait, run)))
      print(run:cancel())
    ]]
    local child <close> = process.start({ "lua5.4", folder:write("interrupted.lua", text) },
      { stderr = folder.path .. "/stderr" })
    assert.equal("waits", child.out:read "l", folder:read "stderr")
    socket.sleep(0.3) -- now it is between two looks
    local started = socket.gettime()
    child:kill "INT"
    assert.equal("interrupted!", child.out:read "l")
    assert.is_true(socket.gettime() - started < 3)
    assert.equal("cancelled", child.out:read "l")
    assert.equal(0, (child:wait()), folder:read "stderr")
  end)
end)

it("a run that vanishes ends its wait, and those of the others go on", function()
  local sandbox <close> = sandboxes.start()
  local client <close> = assert(sandbox:client())
  local deployment = assert(client:deployment(sandbox.deployment_id))
  local policies, runs = {}, {}
  for i = 1, 2 do
    policies[i] = assert(deployment:create_retraining_policy { name = "p" .. i })
    runs[i] = assert(policies[i]:start_run())
  end
  local results, failures = client:map(runs, function(run)
    return run:wait { interval = 0.01, max_interval = 0.05, on_progress = function()
      if run == runs[1] then
        local same = policies[1]:run(run.id) -- the object that waits sees nothing of it
        if same then assert(same:cancel() and policies[1]:delete()) end
      elseif #assert(deployment:retraining_policies():collect()) == 1 then
        sandbox:advance "2m"
      end
    end }
  end)
  assert.same({ n = 2 }, results)
  assert.equal("not_found run_failed", failures[1].err.kind .. " " .. failures[2].err.kind)
  assert.is_true(dr.is_error(failures[1].err))
  assert.equal(runs[1], failures[1].err.run)
end)
