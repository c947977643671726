-- What the command line does on a terminal, and not elsewhere: colours, cut tables, progress.
local process = require "spec.support.process"
local sandboxes = require "datarobot.sandbox"

local ID <const> = "6759e8aebd38a7fca6ba234a"

describe("on a terminal", function()
  local sandbox, env
  setup(function()
    sandbox = assert(sandboxes.start { deployments = 3 })
    env = { DATAROBOT_ENDPOINT = sandbox.endpoint, DATAROBOT_API_TOKEN = sandbox.token, DATAROBOT_CONFIG_FILE = false,
      NO_COLOR = false, TERM = "xterm", SHELL = "/bin/sh", LC_ALL = "C.UTF-8" }
    local client <close> = sandbox:client()
    local d = assert(client:deployment(sandbox.deployment_id))
    assert(d:update_retraining_settings {
      dataset_id = sandbox.dataset_id, retraining_user_id = d.owners.preview[1].id,
    })
    assert(d:create_retraining_policy { name = "p", action = "create_model_package" })
  end)
  teardown(function() sandbox:stop() end)

  -- What a command writes to a terminal of 80 columns, or as many.
  local function shown(command, columns, more)
    local all = {}
    for name, value in pairs(env) do all[name] = value end
    for name, value in pairs(more or {}) do all[name] = value end
    local line = ("stty cols %d; bin/datarobot %s"):format(columns or 80, command)
    local status, text = process.run({ "timeout", "20", "script", "-qefc", line, "/dev/null" }, all)
    return status, (text:gsub("\r\n", "\n"))
  end

  it("tables fit its width, and ids are never cut", function()
    for _, columns in ipairs { 60, 85, 200 } do
      local status, text = shown("list --color never", columns)
      assert.equal(0, status)
      local widest = 0
      for line in text:gmatch "[^\n]+" do widest = math.max(widest, utf8.len(line)) end
      assert.is_true(widest <= math.max(columns, 80), columns .. " " .. widest)
      assert.is_truthy(text:find(ID .. "  Loan ", 1, true), text)
      assert.equal(columns < 100, text:find("…", 1, true) ~= nil)
    end
  end)

  it("there are colours, unless NO_COLOR, TERM or --color say otherwise", function()
    local function coloured(...) return select(2, shown(...)):find "\27%[%d+m" ~= nil end
    assert.is_true(coloured "list")
    assert.is_true(coloured("list --color always", 80, { NO_COLOR = "1" }))
    assert.is_true(coloured("list", 80, { NO_COLOR = "" }))
    assert.is_false(coloured("list", 80, { NO_COLOR = "1" }))
    assert.is_false(coloured("list", 80, { TERM = "dumb" }))
    assert.is_false(coloured "list --color never")
    assert.is_false(coloured "list --json")
    assert.is_false(coloured "list | cat")
    assert.is_true(coloured "list --color always | cat")
    assert.is_true(coloured "show nonsense >/dev/null")
    assert.is_false(coloured "show nonsense 2>&1 | cat")
  end)

  it("the number of deployments is counted on stderr where stdout goes elsewhere", function()
    local _, text = shown "list >/dev/null"
    assert.matches("\r3 deployments, 0 failed\27%[K\n$", text)
    assert.is_nil((select(2, shown "list")):find("deployments, 0", 1, true))
  end)

  it("a run that is waited for has a line of its own on stderr", function()
    local status, text = shown(("run %s p --wait --deadline 0.1 --color never"):format(ID))
    assert.equal(2, status)
    assert.matches("^\r?RetrainingRun %x+ %(scheduled%), 0 s\27%[K\nRetrainingRun %x+ %(scheduled%)\n"
      .. "datarobot run: the run is not over", text)
    status, text = shown(("watch %s p --deadline 0.1 2>&1 >/dev/null | cat"):format(ID))
    assert.equal(0, status) -- of cat
    assert.matches("^datarobot watch: the run is not over[^\r]*$", text)
    status, text = shown(("cancel %s p 2>/dev/null"):format(ID))
    assert.same({ 0, "cancelled" }, { status, text:match "^%a+" })
  end)
end)
