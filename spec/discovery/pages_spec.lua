-- Every code block of README.md and doc/*.md runs as it is pasted, on a fresh sandbox. A block says by its language
-- how: lua and python as programs, sh in a shell, console line by line at the REPL with what is printed, c is compiled;
-- text is output or a drawing.
local process = require "spec.support.process"
local sandboxes = require "datarobot.sandbox"

-- What stands around a block that is a part of something: in which page, words of the block, the code before it.
local PARTS <const> = {
  { "README.md", "endpoint = url, token = token", [[
    local url, token = os.getenv "DATAROBOT_ENDPOINT", os.getenv "DATAROBOT_API_TOKEN"
    local id, log = os.getenv "DEPLOYMENT_ID", print ]] },
  { "README.md", "policy:start_run()", [[
    local dr, sandbox = require "datarobot", require "datarobot.sandbox".start()
    local deployment = sandbox:client():deployment(sandbox.deployment_id)
    local policy = deployment:create_retraining_policy { name = "p" }
    function dr.progress() return function() sandbox:advance "2h" end end
  ]] },
  { "doc/declared_state.md", "local plan =", [[
    local dr, sandbox = require "datarobot", require "datarobot.sandbox".start()
    local client = sandbox:client()
    local deployment = client:deployment(sandbox.deployment_id)
    assert(client:datasets():first().name == "training.csv", client:datasets():first().name)
  ]] },
  { "doc/sandbox.md", "sandbox:fail { status = 503 } ",
    'local sandbox <close> = require "datarobot.sandbox".start() ' },
  { "doc/sandbox.md", "print(sandbox:now())",
    'local sandbox <close> = require "datarobot.sandbox".start() ' },
  { "doc/sandbox.md", "copy_of = client", 'local sandbox <close> = require "datarobot.sandbox".start() '
    .. "local id, client <close> = sandbox.deployment_id, assert(sandbox:client()) " },
  { "doc/sandbox.md", 'sandbox:drift(id, "failing")', 'local sandbox <close> = require "datarobot.sandbox".start() '
    .. 'assert(sandbox:client():deployment(sandbox.deployment_id)):update_settings { '
    .. 'association_id = { column_names = { "id" } } } ' },
  { "doc/design.md", "holdoutPct",
    '#include "src/schema/schema.h"\nstatic const dr_field fields[] = {\n', "};\n" },
  { "doc/embedding.md", "luaL_getsubtable", "#include <lua.h>\n#include <lauxlib.h>\n"
    .. "int luaopen_datarobot_core(lua_State *L), luaopen_datarobot_net(lua_State *L);\n"
    .. "void preload(lua_State *L);\nvoid preload(lua_State *L) {\n",
    "}\n" },
}

-- What `describe("retrain", …)` in doc/sandbox.md tests.
local RETRAIN <const> = [[
return function(client, id)
  local deployment, err = client:deployment(id)
  if not deployment then return nil, err end
  local policy
  policy, err = deployment:find_retraining_policy "Weekly"
  if policy or err.kind ~= "not_found" then return policy, err end
  return deployment:create_retraining_policy { name = "Weekly" }
end
]]

-- Reads lines as lua5.4 does at its prompt; a mark stands behind what each prints.
local REPL <const> = [[
for line in io.lines(arg[1]) do
  local f = assert(load("return " .. line, "=stdin") or load(line, "=stdin"))
  local values = table.pack(coroutine.wrap(f)())
  if values.n > 0 then print(table.unpack(values, 1, values.n)) end
  io.write "\1\n"
end
]]

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

-- The blocks of a page: language, text, line.
local function blocks(path)
  local list, block, number = {}, nil, 0
  for line in io.lines(path) do
    number = number + 1
    local language = line:match "^%s*```(%S*)"
    if block and language then
      list[#list + 1] = block
      block.text = table.concat(block, "\n") .. "\n"
      block = nil
    elseif language then
      block = { language = language, line = number, path = path }
    elseif block then
      block[#block + 1] = line
    end
  end
  assert.is_nil(block, path .. ": a block without an end")
  return list
end

local function pages()
  local list = { "README.md", "CONTRIBUTING.md" }
  local pipe <close> = assert(io.popen "ls doc/*.md")
  for path in pipe:lines() do list[#list + 1] = path end
  return list
end

local function busted()
  local _, path = process.run "command -v busted"
  return path:match "%S+"
end

local function whole(block)
  for _, part in ipairs(PARTS) do
    if part[1] == block.path and block.text:find(part[2], 1, true) then
      return part[3] .. block.text .. (part[4] or "")
    end
  end
  return block.text
end

describe("a page's code", function()
  local sandbox, folder
  before_each(function()
    sandbox = assert(sandboxes.start())
    folder = process.folder()
    assert(os.execute(("for f in bin examples lua src build; do ln -s \"$PWD/$f\" %s/$f; done"):format(folder.path)))
  end)
  after_each(function()
    folder:remove()
    sandbox:stop()
  end)

  local function environment()
    return {
      DATAROBOT_ENDPOINT = sandbox.endpoint, DATAROBOT_API_TOKEN = sandbox.token, HOME = folder.path,
      DATAROBOT_CONFIG_FILE = false, DEPLOYMENT_ID = sandbox.deployment_id, DATASET_ID = sandbox.dataset_id,
      PREDICTION_ENVIRONMENT_ID = sandbox.prediction_environment_id,
      LUA_PATH_5_4 = folder.path .. "/?.lua;" .. package.path, PATH = folder.path .. "/bin:" .. os.getenv "PATH",
    }
  end

  local run = {}

  function run.lua(block)
    local file = folder:write("page.lua", whole(block))
    local program = { "timeout", "60", "lua5.4", file }
    if block.text:find('describe("', 1, true) then
      folder:write("retrain.lua", RETRAIN)
      program = ("cd %s && exec timeout 60 lua5.4 %s --ignore-lua --output=plainTerminal page.lua"):format(folder.path,
        busted())
    end
    return process.run(program, environment())
  end

  function run.python(block)
    return process.run({ "timeout", "60", "python3", folder:write("page.py", whole(block)) }, environment())
  end

  function run.sh(block)
    local serves = block.text:find "^lua5.4 examples/sandbox.lua"
    local file = folder:write("page.sh", "cd " .. folder.path .. "\n" .. (serves and "exec " or "") .. whole(block))
    if not serves then
      return process.run({ "timeout", "60", "sh", "-eu", file }, environment())
    end
    local serving <close> = process.start({ "sh", file }, { env = environment() }) -- until it is ended
    local said = serving.out:read "l"
    return said and said:find "^DATAROBOT_ENDPOINT=http://127" and 0 or 1, said
  end

  function run.c(block)
    return process.run("cc -std=c11 -Wall -Werror -Wno-unused -fsyntax-only -I. $(pkg-config --cflags lua5.4) "
      .. folder:write("page.c", whole(block)))
  end

  function run.console(block)
    local inputs, wanted = {}, ""
    for line in block.text:gmatch "(.-)\n" do
      local input = line:match "^> (.*)"
      if input then
        if #inputs > 0 then wanted = wanted .. "\1\n" end
        inputs[#inputs + 1] = input
      elseif #inputs > 0 then
        wanted = wanted .. line .. "\n"
      end
    end
    wanted = wanted .. "\1\n"
    local repl, lines = folder:write("repl.lua", REPL), folder:write("lines", table.concat(inputs, "\n"))
    local status, said = process.run({ "timeout", "60", "lua5.4", repl, lines }, environment())
    assert.equal(wanted, said)
    return status, said
  end

  function run.text() return 0 end

  -- A crontab's line: five fields and a command whose script is one of the examples.
  function run.cron(block)
    local times, script = block.text:match "^(%S+ %S+ %S+ %S+ %S+)%s+lua5.4 /%S+/(%S+)\n$"
    assert(require "datarobot".schedule(times))
    local first, said = process.run({ "lua5.4", "examples/" .. script }, environment())
    assert.equal(0, first, said)
    return process.run({ "lua5.4", "examples/" .. script }, environment()) -- again: nothing more to do
  end

  it("in examples/nightly.lua ends with a status that tells", function()
    local env = environment()
    env.DATAROBOT_API_TOKEN = "wrong"
    local status, said = process.run({ "lua5.4", "examples/nightly.lua" }, env)
    assert.equal(2, status)
    assert.matches("^examples/nightly.lua:%d+: auth: ", said)
    sandbox:fail { status = 403, path = "retrainingPolicies" }
    status, said = process.run({ "lua5.4", "examples/nightly.lua" }, environment())
    assert.equal(1, status)
    assert.matches("forbidden: .*\n1 deployments, 1 failures\n$", said)
  end)

  for _, path in ipairs(pages()) do
    for _, block in ipairs(blocks(path)) do
      it(("at %s:%d (%s) runs"):format(path, block.line, block.language), function()
        assert.is_function(run[block.language], "a block without a language that is known")
        local status, said = run[block.language](block)
        assert.equal(0, status, said)
      end)
    end
  end

  it("names no document that is not here", function()
    local findings = {}
    local pipe <close> = assert(io.popen("find *.md doc lua/datarobot src -name '*.md' -o -name '*.lua' "
      .. "-o -name '*.[ch]'"))
    for path in pipe:lines() do
      local text = read(path)
      for words in text:gmatch "%(contract[, ][^)]*%)" do findings[#findings + 1] = path .. ": " .. words end
      for words in text:gmatch "%(design, [^)]*%)" do findings[#findings + 1] = path .. ": " .. words end
      for link in (path:find "%.md$" and text or ""):gmatch "%]%(([^)#%s]+)[^)]*%)" do
        local file = not link:find "^%a+:" and path:match "^(.-)[^/]*$" .. link
        if file and not io.open(file) then findings[#findings + 1] = path .. ": " .. link end
      end
    end
    assert.equal("", table.concat(findings, "\n"))
  end)
end)
