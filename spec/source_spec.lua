-- Rules for all source files: what is never called, sizes, symbols, texts. Who may use whom: spec/layers_spec.lua.

local build = require "spec.support.build"
local process = require "spec.support.process"

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function files(pattern, ...)
  local status, text = process.run { "find", ..., "-name", pattern, "-type", "f" }
  assert.equal(0, status, text)
  local list = {}
  for path in text:gmatch "[^\n]+" do list[#list + 1] = path end
  table.sort(list)
  assert.is_true(#list > 0, "no " .. pattern)
  return list
end

local function sources(...)
  return files("*.[ch]", ...)
end

-- All findings at once, since a rule is seldom broken in one place.
local function nothing(findings)
  assert.equal("", table.concat(findings, "\n"))
end

-- C without comments; strings are emptied unless they are kept. Lines stay where they are.
local function code_of(text, keep_strings)
  local function newlines(s) return " " .. s:gsub("[^\n]", "") end
  text = text:gsub("/%*.-%*/", newlines):gsub("//[^\n]*", "")
  if keep_strings then return text end
  return (text:gsub([[\\]], ""):gsub([[\"]], ""):gsub("'\"'", "' '"):gsub('"[^"\n]*"', '""'))
end

local function line_of(text, position)
  return select(2, text:sub(1, position):gsub("\n", "")) + 1
end

describe("forbidden", function()
  local CALLS <const> = {
    "exit", "_exit", "abort", "atexit", "on_exit", "setlocale", "strtok", "sprintf", "vsprintf",
    "strcpy", "strcat", "gets", "atof", "strtod", "strtof", "curl_easy_perform",
    "curl_global_cleanup", "printf", "puts",
  }
  -- strtod: reads back what snprintf wrote in the same locale.
  local ALLOWED <const> = { ["src/core/json_write.c strtod"] = true }

  it("calls are not made", function()
    local findings = {}
    for _, path in ipairs(sources "src") do
      local text = code_of(read(path))
      for _, name in ipairs(CALLS) do
        local at = text:find("%f[%w_]" .. name .. "%s*%(")
        if at and not ALLOWED[path .. " " .. name] then
          findings[#findings + 1] = ("%s:%d: %s"):format(path, line_of(text, at), name)
        end
      end
    end
    nothing(findings)
  end)

  -- But those of what a script must not finalize: a call, its slot, a workspace (util.c, drl_hidden_class).
  it("metatables are not hidden", function()
    local hidden = {}
    for _, path in ipairs(sources "src") do
      local text = code_of(read(path), true)
      if path ~= "src/bind/util.c" then assert.is_nil(text:find("__metatable", 1, true), path) end
      for class in text:gmatch "drl_hidden_class%(L, ([%w_]+)," do hidden[#hidden + 1] = class end
    end
    table.sort(hidden)
    assert.same({ "DRL_CALL", "DRL_SLOT", "DRL_WORKSPACE" }, hidden)
  end)

  -- A table can carry any metatable, and with the debug library a userdata can: drl_test looks at what it is, too.
  it("a userdata of ours is not known by its metatable alone", function()
    local findings = {}
    local own = { ["src/bind/util.c"] = true, ["src/bind/workspace.c"] = true }
    for _, path in ipairs(sources "src/bind") do
      for call, class in code_of(read(path), true):gmatch "(luaL_[%w]+udata)%(L, %w+, ([%w_]+)%)" do
        local lua_own = class == "LUA_FILEHANDLE"
        if not own[path] and not lua_own then findings[#findings + 1] = ("%s: %s %s"):format(path, call, class) end
      end
    end
    nothing(findings)
  end)

  -- The name of a metatable says nothing about what carries it.
  it("a class is known by guard.is alone in Lua", function()
    local findings = {}
    for _, path in ipairs(files("*.lua", "lua")) do
      local text = read(path)
      local own = path == "lua/datarobot/call/guard.lua" or path:find "/sandbox/"
      if not own and text:find "getmetatable%([%w_]+%) [~=]= [%w_.]*class" then
        findings[#findings + 1] = path
      end
    end
    nothing(findings)
  end)

  -- Lua 5.4.4 as Debian 12 has it goes on with a stack that is gone when a __concat lets it grow.
  it("no object is joined by ..", function()
    local findings = {}
    for _, path in ipairs(files("*.[chl]*", "src", "lua", "examples")) do
      if code_of(read(path), true):find("__concat", 1, true) then findings[#findings + 1] = path end
    end
    nothing(findings)
  end)

  -- Lua up to 5.4.3 loses its place there.
  it("luaL_tolstring is not given a negative index", function()
    local findings = {}
    for _, path in ipairs(sources "src") do
      local text = code_of(read(path))
      local at = text:find "luaL_tolstring%(%s*%w+%s*,%s*%-"
      if at then findings[#findings + 1] = ("%s:%d"):format(path, line_of(text, at)) end
    end
    nothing(findings)
  end)

  it("no struct holds a lua_State", function()
    local findings = {}
    for _, path in ipairs(sources "src/core", "src/schema", "src/bind") do
      for body in code_of(read(path)):gmatch "%f[%w_]struct%s+[%w_]*%s*(%b{})" do
        if body:find "lua_State%s*%*" then findings[#findings + 1] = path end
      end
    end
    nothing(findings)
  end)

  it("marks of unfinished work and paths of a machine are nowhere", function()
    local findings = {}
    local words = { "TO" .. "DO", "FIX" .. "ME", "XX" .. "X", "/wo" .. "rk/", "/ho" .. "me/", "/ro" .. "ot/" }
    local _, list = process.run("find . -type f -not -path './build/*' -not -path './.git*' "
      .. "-not -path './spec/fuzz/corpus/*'")
    for path in list:gmatch "[^\n]+" do
      local text = read(path)
      for _, word in ipairs(words) do
        local at = text:find(word, 1, true)
        if at then findings[#findings + 1] = ("%s:%d: %s"):format(path, line_of(text, at), word) end
      end
    end
    nothing(findings)
  end)
end)

describe("a file", function()
  it("begins with one sentence about its room", function()
    local findings = {}
    for _, path in ipairs(sources("src", "spec/support")) do
      local name = path:match "[^/]+$"
      local head = read(path):match "^/%* (.-)%*/"
      if not head or head:sub(1, #name + 2) ~= name .. ": " then findings[#findings + 1] = path end
    end
    for _, path in ipairs(files("*.lua", "lua/datarobot", "spec/support")) do
      if not read(path):find "^%-%-" then findings[#findings + 1] = path end
    end
    nothing(findings)
  end)

  it("has sections of one form", function()
    local findings = {}
    for _, path in ipairs(files("*.[chl]*", "src", "lua", "examples")) do
      for line in read(path):gmatch "[^\n]+" do
        local fits = line:find "^%-%- {=== .+ ===}$" or line:find "^/%* {=== .+ ===} %*/$"
        if line:find("===", 1, true) and not fits then findings[#findings + 1] = path .. ": " .. line end
      end
    end
    nothing(findings)
  end)

  it("that is a header holds no code", function()
    local findings = {}
    for _, path in ipairs(files("*.h", "src")) do
      local text = code_of(read(path))
      local at = text:find "%)%s*{"
      if at then findings[#findings + 1] = path .. ":" .. line_of(text, at) end
    end
    nothing(findings)
  end)

  local MOST_LINES <const> = 420
  local MOST_LINES_OF_A_FUNCTION <const> = 60

  local function measure(list, opens, closes, findings)
    for _, path in ipairs(list) do
      local number, start = 0, nil
      for line in (read(path) .. "\n"):gmatch "(.-)\n" do
        number = number + 1
        if opens(line) then start = number end
        if closes(line) and start then
          if number - start + 1 > MOST_LINES_OF_A_FUNCTION then
            findings[#findings + 1] = ("%s:%d: %d lines"):format(path, start, number - start + 1)
          end
          start = nil
        end
      end
      if number - 1 > MOST_LINES then
        findings[#findings + 1] = ("%s: %d lines"):format(path, number - 1)
      end
    end
  end

  it("and its functions stay short", function()
    local findings = {}
    measure(sources "src", function(line)
      return line:find "^[%a_]" and not line:find "^[%w_]+:$"
    end, function(line) return line == "}" end, findings)
    local written = {}
    for _, path in ipairs(files("*.lua", "lua/datarobot", "doc")) do
      if not read(path):sub(1, 200):find("generated by", 1, true) then written[#written + 1] = path end
    end
    measure(written, function(line)
      return line:find "^local function" or line:find "^function" or line:find "^return function"
    end, function(line) return line:find "^end" ~= nil end, findings)
    nothing(findings)
  end)

  it("for the shell parses", function()
    for _, path in ipairs { ".ci/run", table.unpack(files("*.sh", "examples", "spec")) } do
      assert.equal(0, (process.run { "sh", "-n", path }), path)
    end
  end)
end)

describe("a C module", function()
  local function modules()
    return { build.core, build.net, build.server }
  end

  it("exports only luaopen_…", function()
    for _, path in ipairs(modules()) do
      local status, text = process.run { "nm", "-D", "--defined-only", "--format=posix", path }
      assert.equal(0, status, text)
      local seen = 0
      for symbol in text:gmatch "(%S+) %u [^\n]*" do
        -- The sanitizers add marks of their own.
        if not symbol:find "^__odr_asan" then
          assert.is_truthy(symbol:find "^luaopen_datarobot_", path .. ": " .. symbol)
          seen = seen + 1
        end
      end
      assert.equal(1, seen, path)
    end
  end)

  it("links no liblua", function()
    for _, path in ipairs(modules()) do
      local status, text = process.run { "ldd", path }
      assert.equal(0, status, text)
      assert.is_nil(text:find("liblua", 1, true), text)
    end
  end)

  it("stays mapped when Lua unloads it", function()
    for _, path in ipairs(modules()) do
      local _, text = process.run { "readelf", "-d", path }
      assert.is_truthy(text:find "NODELETE", path)
    end
  end)

  it("has no state of its own beside what is done once in a process", function()
    if build.sanitized() then return end
    local known = {
      -- the compiler's
      ["completed.0"] = true, ["__dso_handle"] = true, ["__TMC_END__"] = true,
      -- what libcurl said when it was set up, once in the process
      global_code = true, version_text = true,
    }
    local findings = {}
    for _, path in ipairs(modules()) do
      local _, text = process.run { "objdump", "-t", path }
      for section, name in text:gmatch "%s(%.%w+)%s+%x+%s+(%S+)\n" do
        if (section == ".data" or section == ".bss") and name ~= section and not known[name]
          and not name:find "once" then
          findings[#findings + 1] = path .. ": " .. name
        end
      end
    end
    nothing(findings)
  end)
end)

describe("a text", function()
  it("README names the two commands", function()
    local text = read "README.md"
    assert.is_truthy(text:find("sh examples/quickstart.sh", 1, true))
    assert.is_truthy(text:find("sh spec/run.sh", 1, true))
  end)

  it("the changelog knows the version", function()
    local version = read "CMakeLists.txt":match "VERSION (%d+%.%d+%.%d+)"
    local text = read "CHANGELOG.md"
    assert.is_truthy(text:find "\n## %[")
    assert.is_truthy(text:find(version, 1, true))
    local rock = {}
    assert(loadfile("datarobot-" .. version .. "-1.rockspec", "t", rock))()
    assert.equal(version .. "-1", rock.version)
    assert.is_truthy(rock.source.url:find("lua-datarobot-" .. version .. ".tar.gz", 1, true))
    assert.is_truthy(require "datarobot"._VERSION:find(version, 1, true))
  end)

  it("the licence is there", function()
    assert.is_truthy(read "LICENSE":find("MIT License", 1, true))
  end)
end)

describe("a method", function()
  local CLASSES <const> = {
    deployment = "deployment", retraining_policy = "retraining-policy", retraining_run = "retraining-run",
  }

  local function lua_name(wire)
    return (wire:gsub("(%l)(%u)", "%1_%2"):gsub("(%d)(%u)", "%1_%2"):lower())
  end

  it("never bears the name of a field", function()
    require "datarobot"
    local classes = require "datarobot.core".classes
    local findings = {}
    for class, schema in pairs(CLASSES) do
      local methods = classes[class]
      local contract = require "cjson".decode(read("lua/datarobot/sandbox/contract/" .. schema .. ".json"))
      for wire in pairs(contract.properties) do
        -- capabilities of a deployment: deprecated by DataRobot for what the method reads.
        local deprecated = class == "deployment" and wire == "capabilities"
        if methods and methods[lua_name(wire)] ~= nil and not deprecated then
          findings[#findings + 1] = class .. "." .. lua_name(wire)
        end
      end
    end
    assert.is_table(classes.deployment)
    assert.is_table(classes.retraining_policy)
    nothing(findings)
  end)
end)

describe("a package", function()
  local README <const> = read "README.md"

  -- "a|b": the first is the one that people are told.
  local function needed()
    local list = read "spec/support/setup.sh":match 'BUILD_PACKAGES="(.-)"'
    local found = {}
    for word in list:gmatch "%S+" do found[word:match "^[^|]+"] = true end
    return found
  end

  local function told(row)
    local text = README:match("\n(| " .. row .. "[^\n]*)")
    local found = {}
    for quoted in text:gmatch "`([^`]+)`" do
      for word in quoted:gmatch "%S+" do found[word] = not word:find "^%-%-" or nil end
    end
    return found
  end

  it("that README names is what the two commands install, and the reverse", function()
    local all = told "Debian packages at run time"
    for name in pairs(told "Debian packages it is built with") do all[name] = true end
    all["ca-certificates"] = nil -- the sandbox speaks http
    assert.same(needed(), all)
  end)

  it("of LuaRocks is what the installed files require", function()
    local rocks <const> = { argparse = "argparse", cjson = "lua-cjson", rex_pcre2 = "lrexlib-pcre2", yaml = "lyaml" }
    local wanted, named = { lua = true }, {}
    for _, path in ipairs(files("*.lua", "lua/datarobot")) do
      for name in read(path):gmatch 'require, "([%w_]+)"' do wanted[assert(rocks[name], name)] = true end
    end
    local spec = {}
    assert(loadfile("datarobot-0.1.0-1.rockspec", "t", spec))()
    for _, dependency in ipairs(spec.dependencies) do named[dependency:match "^%S+"] = true end
    assert.same(wanted, named)
  end)
end)
