-- Commands that need no server.
local process = require "spec.support.process"
local program = require "spec.cli.program"

local run, objects = program.run, program.objects

describe("datarobot", function()
  it("says what there is, and how a command is called", function()
    for _, words in ipairs { { "--help" }, { "help" } } do
      local status, out, err = run(words)
      assert.same({ 0, "" }, { status, err })
      assert.matches("^Usage: datarobot COMMAND", out)
      assert.matches("\n   schedule +what a schedule means", out)
    end
    for i, name in ipairs(require "datarobot.cli.commands".names()) do
      local status, out, err = run(i % 2 == 0 and { name, "--help" } or { "help", name })
      assert.same({ 0, "" }, { status, err }, name)
      assert.matches("^Usage: datarobot " .. name, out)
      for line in out:gmatch "[^\n]+" do assert.is_true(#line <= 80, line) end
    end
  end)

  it("has the library's version", function()
    local version = require "datarobot"._VERSION
    for _, words in ipairs { { "version" }, { "--version" }, { "schedule", "--version" } } do
      assert.same({ 0, version .. "\n", "" }, { run(words) })
    end
    assert.same({ { version = version:match "%S+$" } }, objects(select(2, run { "version", "--json" })))
  end)

  local MISTAKES <const> = {
    { {}, "a command is missing", "datarobot help" },
    { { "schdule" }, "did you mean 'schedule'?", "datarobot help" },
    { { "--nonsense", "version" }, "unknown option '--nonsense' before the command", "--help" },
    { { "--config", "x", "--json", "versoin" }, "there is no command 'versoin'", "datarobot help" },
    { { "version", "--nonsense" }, "unknown option '--nonsense'", "datarobot version --help" },
    { { "version", "more" }, "too many arguments", "datarobot version --help" },
    { { "schedule" }, "missing argument 'text'", "datarobot schedule --help" },
    { { "schedule", "0", "9", "*", "*", "*" }, "too many arguments", 'datarobot schedule "0 9 * * MON"' },
    { { "schedule", "@daily", "--count", "x" }, "whole number from 0 to 10000 expected, got 'x'", "--help" },
    { { "schedule", "@daily", "--color", "red" }, "must be one of 'auto', 'always', 'never'", "--help" },
    { { "--token", "sandbox-token", "version" }, "no option '--token'", "DATAROBOT_API_TOKEN" },
    { { "version", "--token=sandbox-token" }, "no option '--token'", "--config FILE" },
    { { "help", "nonsuch" }, 'nothing is named "nonsuch"', "datarobot help" },
    { { "validate", "/nonexistent/x.lua" }, "/nonexistent/x.lua: No such file", "is the path right?" },
    { { "completion", "fish" }, "must be one of 'bash', 'zsh'", "--help" },
    { { "sandbox", "--port", "65536" }, "from 0 to 65535 expected", "--help" },
  }
  for _, row in ipairs(MISTAKES) do
    it("refuses: " .. table.concat(row[1], " "), function()
      local status, out, err = run(row[1])
      assert.equal(2, status, err)
      assert.matches("^datarobot[ %a]*: ", err)
      assert.is_truthy(err:find(row[2], 1, true), err)
      assert.is_truthy(err:match "\n  (.*)$":find(row[3], 1, true), err)
      local json = table.move(row[1], 1, #row[1], 1, {})
      table.insert(json, 1, "--json")
      assert.equal("", table.concat(row[1]):find "--json" and "" or out)
      status, out = run(json)
      local list = objects(out)
      assert.same({ 2, 1 }, { status, #list })
      assert.is_string(list[1].error.kind)
      assert.is_truthy(list[1].error.message:find(row[2], 1, true), list[1].error.message)
    end)
  end

  it("ends with 2 where the answer cannot be written, and says so", function()
    for stdout, why in pairs { full = "No space left", closed = "No space left", broken = "Broken pipe" } do
      for _, words in ipairs { { "schedule", "@daily" }, { "help" }, { "version", "--json" } } do
        local status, _, err = run(words, { stdout = stdout })
        assert.equal(2, status, err)
        assert.matches("^datarobot[ %a]*: the answer could not be written to stdout: " .. why .. "[^\n]*\n$", err)
      end
    end
  end)

  it("loads no libcurl for what needs no server", function()
    local status, said = process.run { "lua5.4", "-e", [[
      local cli = require "datarobot.cli"
      for _, words in ipairs { { "schedule", "@daily" }, { "validate", "spec/cli/weekly.lua" }, { "help" },
        { "help", "list" }, { "help", "cron" }, { "completion", "bash" }, { "version" }, { "nonsense" } } do
        cli(words)
        for line in io.lines "/proc/self/maps" do assert(not line:find "libcurl", words[1]) end
      end
      io.stderr:write "none"]] }
    assert.equal(0, status, said)
    assert.matches("none", said)
  end)

  it("loads argparse for no script", function()
    local status, said = process.run { "lua5.4", "-e", [[
      local dr = require "datarobot"
      assert(dr.client { endpoint = "http://127.0.0.1:1", token = "x" }, "client")
      dr.help()
      assert(not package.loaded.argparse and not package.loaded["datarobot.cli"])]] }
    assert.equal(0, status, said)
  end)
end)

describe("datarobot schedule", function()
  it("tells what a schedule means", function()
    local status, out, err = run { "schedule", "0 9 * * MON", "--count", "2" }
    assert.same({ 0, "" }, { status, err })
    assert.matches("^At 09:00 UTC on Mondays\nUTC +local time\nMon .- 09:00 [^\n]*\nMon .- 09:00 [^\n]*\n$", out)
    local list = objects(select(2, run { "schedule", "@daily", "--json" }))
    assert.equal(1, #list)
    assert.same({ "0 0 * * *", "Every day at 00:00 UTC", 10 },
      { list[1].schedule, list[1].description, #list[1].next_runs })
  end)

  it("says no to what is none", function()
    local status, out, err = run { "schedule", "0 25 * * *" }
    assert.same({ 1, 'hour 25 is too large (0 to 23) in "0 25 * * *"\n', "" }, { status, out, err })
    status, out = run { "schedule", "0 25 * * *", "--json" }
    assert.same({ 1, "error" }, { status, objects(out)[1].level })
  end)
end)

describe("datarobot validate", function()
  local folder
  setup(function() folder = process.folder() end)
  teardown(function() folder:remove() end)

  local GOOD <const> = [[return { policies = { { name = "Weekly",
    trigger = { type = "schedule", schedule = "0 9 * * MON" } } } }]]
  local BAD <const> = [[return { policies = { { name = "x", triger = {} } }, settings = { } }]]

  it("takes definitions and policies, Lua and JSON, also from stdin", function()
    local good = folder:write("good.lua", GOOD)
    local json = folder:write("good.json", '{"name": "Weekly"}')
    local status, out, err = run { "validate", good, json }
    assert.same({ 0, good .. ": ok\n" .. json .. ": ok\n", "" }, { status, out, err })
    status, out = run({ "validate", "-" }, { stdin = GOOD })
    assert.same({ 0, "-: ok\n" }, { status, out })
    status, out = run({ "validate", "-", "--json" }, { stdin = '{"name": "Weekly"}' })
    assert.same({ 0, { { file = "-", ok = true } } }, { status, objects(out) })
  end)

  it("shows mistakes with their places, and notes", function()
    local bad = folder:write("bad.lua", BAD)
    local status, out, err = run { "validate", bad }
    assert.same({ 1, "" }, { status, err })
    assert.is_truthy(out:find(bad .. ': policies["x"].triger: no such member; did you mean trigger?\n', 1, true), out)
    status, out = run { "validate", "--json", bad }
    assert.equal(1, status)
    assert.equal('policies["x"].triger', objects(out)[1].path)
    status, out = run({ "validate", "-" }, { stdin = [[return { polices = {}, retraining_settings = { dataset = 1 },
      policies = { { name = "x", paused = true }, { name = "x" }, {} }, settings = { challenger_models = 1 } }]] })
    assert.equal(1, status)
    for _, wrong in ipairs {
      "polices: no such member; did you mean policies?", "retraining_settings.dataset: a name expected",
      'policies["x"].paused: a paused policy states', 'policies["x"]: two policies', "policies[3].name: missing",
      "settings.challenger_models: ",
    } do
      assert.is_truthy(out:find("-: " .. wrong, 1, true), out)
    end
    local seven = folder:write("seven.json",
      '{"name": "x", "trigger": {"type": "schedule", "schedule": "*/7 * * * *"}}')
    status, out = run { "validate", seven }
    assert.equal(0, status)
    assert.matches("note: trigger.schedule.minute: steps of 7[^\n]*\n[^\n]*: ok\n$", out)
  end)

  it("says no to what is no table, and to Lua that reaches for anything", function()
    for text, why in pairs {
      ["{"] = "byte 1: ", ["return 1"] = "returns a number, not a table", ["os.exit(0)"] = "line 1: ",
      ["return {"] = "line 1: ", ["error {}"] = "nil value", ['require "os"'] = "line 1: ", ["\27Lua"] = "binary",
      ['{"a": }'] = ".",
    } do
      local status, out, err = run { "validate", folder:write("x.lua", text) }
      assert.same({ 1, "" }, { status, err }, text)
      assert.matches(why, out)
    end
  end)
end)

describe("datarobot completion", function()
  it("is accepted by bash, and completes commands and options", function()
    local status, out = run { "completion", "bash" }
    assert.equal(0, status)
    local folder <close> = process.folder()
    local file = folder:write("completion", out)
    local script = [[. "$0"; COMP_WORDS=(datarobot %s); COMP_CWORD=%d; _datarobot; echo "${COMPREPLY[@]}"]]
    local cases = { ["sche"] = "schedule", ["schedule --cou"] = "--count", ["completion --js"] = "--json --json" }
    for words, wanted in pairs(cases) do
      local cword = select(2, words:gsub(" ", "")) + 1
      local _, said = process.run { "bash", "-c", script:format(words, cword), file }
      assert.equal(wanted .. "\n", said, words)
    end
    status, out = run { "completion", "zsh" }
    assert.equal(0, status)
    assert.matches("^#compdef datarobot\n", out)
    for _, name in ipairs(require "datarobot.cli.commands".names()) do
      assert.is_truthy(out:find("\n    " .. name .. ")", 1, true), name)
    end
  end)
end)

describe("datarobot sandbox", function()
  it("serves until it is interrupted", function()
    for signal, wanted in pairs { INT = 130, TERM = 0 } do
      local child <close> = process.start { "bin/datarobot", "sandbox", "--json" }
      local line = child.out:read "l"
      local started = require "cjson".decode(line)
      local client <close> = require "datarobot".client { endpoint = started.endpoint, token = started.token }
      assert(client:deployment(started.deployment_id))
      child:kill(signal)
      assert.equal(wanted, (child:wait()))
    end
  end)
end)
