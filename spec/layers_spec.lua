-- One table of layers for C and one for Lua: a file includes, calls and requires files of lower layers only, so that
-- nothing goes in a circle. A new file stands here, or this fails.
local build = require "spec.support.build"
local process = require "spec.support.process"

-- From the lowest layer up. "name" is name.c with its header; "name.h" a header that lies lower than its C file, or
-- that has none.
local C <const> = {
  core = {
    "clock error id memory.h name scan.h timestamp utf8 version.h",
    "buffer",
    "address header json_read.h json_write secret",
    "foreign json_token printable",
    "json_read schedule",
    "schedule_json",
  },
  schema = {
    "retry_class.h schema.h",
    "classes.h tables.h",
    "operations.h",
    "enums",
    "query",
    "health policy run settings",
    "deployment",
    "classes operations schema",
  },
  net = {
    "pollset request.h retry url",
    "pool.h wire.h",
    "transfer",
    "multi proxy",
    "outcome pool_private.h",
    "attempt",
    "pool",
    "net",
    "module",
  },
  bind = {
    "cron_advice problem.h util.h",
    "client_value encode.h problem_text validate.h where",
    "encode_advice util",
    "discovery limited safe_point words workspace",
    "document problem",
    "encode_report entity errors",
    "client_check encode_table encode_unknown encode_value file network rules_view terminal times token",
    "call_value client encode_any encode_rules rules_model rules_trigger",
    "deliver encode_object",
    "encode_schedule log",
    "await encode rules",
    "context query schedule_object",
    "call",
    "module",
  },
  sandbox = {
    "delays files request signals",
    "server",
  },
}

-- Each folder lies above those that it may use. The sandbox uses none of the others.
local USES <const> = {
  core = {},
  schema = { core = true },
  net = { core = true, schema = true },
  bind = { core = true, schema = true, net = true },
  sandbox = {},
}

local LUA <const> = {
  "call/guard declare/sandboxed call/run_state config/value error help/data help/topics loop/cqueues loop/waiting show",
  "help/discovery",
  "call/options declare/definition call/poll call/progress call/settle call/tasks challenger config/file list loop/luv "
    .. "loop/select response schedule",
  "call/job call/list_method call/start_run config/sources help/text",
  "call/compare call/create_challenger call/deployment_status call/replace config/init",
  "deployment_settings retraining_run",
  "declare/fields declare/literal declare/names declare/parts declare/problems declare/render",
  "declare/compare declare/declaration declare/state",
  "declare/export",
  "declare/diff",
  "advise/distance advise/words",
  "advise/explain",
  "retraining_policy",
  "declare/carry_out declare/saved declare/steps",
  "declare/draft",
  "declare/plan",
  "deployment",
  "client",
  "help/init",
  "init",
  -- The sandbox: JSON and what is like it; the world; what of HTTP resources may use; resources; HTTP.
  "sandbox/check sandbox/json sandbox/world/copy sandbox/world/cron sandbox/world/duration sandbox/world/find "
    .. "sandbox/world/kinds sandbox/world/usage",
  "sandbox/contract sandbox/copier sandbox/http/log sandbox/world/health_settings sandbox/world/jobs "
    .. "sandbox/world/policies sandbox/world/seed",
  "sandbox/world/replay sandbox/world/settings",
  "sandbox/world/timeline",
  "sandbox/world/accuracy sandbox/world/deployments sandbox/world/drift sandbox/world/models",
  "sandbox/world/health sandbox/world/retraining_settings sandbox/world/runs",
  "sandbox/world/time",
  "sandbox/world/import",
  "sandbox/control sandbox/world/users sandbox/world/init sandbox/http/refuse",
  "sandbox/http/listing sandbox/state",
  "sandbox/api/lookup sandbox/http/filter sandbox/http/window",
  "sandbox/api/deployment_filters",
  "sandbox/api/accuracy sandbox/api/catalog sandbox/api/challengers sandbox/api/deployments sandbox/api/drift "
    .. "sandbox/api/events sandbox/api/health_settings sandbox/api/jobs sandbox/api/models sandbox/api/policies "
    .. "sandbox/api/replay sandbox/api/retraining_settings sandbox/api/runs sandbox/api/server sandbox/api/service "
    .. "sandbox/api/settings sandbox/api/time",
  "sandbox/http/faults sandbox/http/peer sandbox/http/request sandbox/http/router",
  "sandbox/http/init",
  "sandbox/init",
  -- The command line: what commands share; the commands; their list.
  "cli/columns cli/failure cli/options cli/overview",
  "cli/connection cli/definition cli/files cli/find cli/fleet cli/output cli/parse cli/problems "
    .. "cli/replacement cli/runs",
  "cli/consent cli/declared",
  "cli/commands/apply cli/commands/cancel cli/commands/completion cli/commands/diff cli/commands/explain "
    .. "cli/commands/export cli/commands/help cli/commands/list cli/commands/pause cli/commands/plan "
    .. "cli/commands/promote cli/commands/resume cli/commands/rollback cli/commands/run cli/commands/sandbox "
    .. "cli/commands/schedule cli/commands/show cli/commands/validate cli/commands/version cli/commands/watch "
    .. "cli/commands/whoami",
  "cli/commands",
  "cli/init",
}

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function files_in(folder, pattern)
  local _, text = process.run { "find", folder, "-name", pattern, "-type", "f" }
  local list = {}
  for path in text:gmatch "[^\n]+" do list[#list + 1] = path:sub(#folder + 2) end
  table.sort(list)
  assert.is_true(#list > 0, folder)
  return list
end

local function nothing(findings)
  table.sort(findings)
  assert.equal("", table.concat(findings, "\n"))
end

-- name -> number of its layer, of a list of layers
local function numbered(layers)
  local of = {}
  for number, names in ipairs(layers) do
    for name in names:gmatch "%S+" do
      assert.is_nil(of[name], name .. " stands in two layers")
      of[name] = number
    end
  end
  return of
end

-- Files that have no layer, and names in the table that no file has.
local function strangers(findings, folder, of, names)
  for _, name in ipairs(names) do
    if not of[name] then
      findings[#findings + 1] = ("%s/%s is in no layer; add it to spec/layers_spec.lua"):format(folder, name)
    end
  end
  local there = {}
  for _, name in ipairs(names) do there[name] = true end
  for name in pairs(of) do
    if not there[name] then findings[#findings + 1] = folder .. "/" .. name .. " is in a layer, not in the folder" end
  end
end

describe("a file in C", function()
  local layer = {} -- folder -> name -> layer
  for folder, layers in pairs(C) do layer[folder] = numbered(layers) end

  -- The name in the table of a file such as bind/util.h: "util.h" where that is listed, else "util".
  local function place(path)
    local folder, file = path:match "^(%w+)/(.+)$"
    local of = layer[folder]
    if of and of[file] then return folder, file end
    return folder, (file:gsub("%.[ch]$", ""))
  end

  -- What is wrong with a file of src/ that uses another, or nil.
  local function wrong(from, to, how)
    local folder, name = place(from)
    local other, used = place(to)
    if from == to or folder == other and name == used then return nil end
    local own, below = layer[folder][name], layer[other] and layer[other][used]
    local fits
    if folder == other then
      fits = own and below and below < own
    else
      fits = USES[folder][other] and below
    end
    if not fits then return ("%s %s %s, which is not below it"):format(from, how, to) end
  end

  it("has a layer", function()
    local findings = {}
    local _, text = process.run { "find", "src", "-mindepth", "1", "-maxdepth", "1" }
    for path in text:gmatch "[^\n]+" do
      if not C[path:match "[^/]+$"] then findings[#findings + 1] = path .. " is no folder of the table" end
    end
    for folder in pairs(C) do
      local seen, names = {}, {}
      for _, file in ipairs(files_in("src/" .. folder, "*.[ch]")) do
        local _, name = place(folder .. "/" .. file)
        if not seen[name] then names[#names + 1] = name end
        seen[name] = true
      end
      strangers(findings, "src/" .. folder, layer[folder], names)
    end
    nothing(findings)
  end)

  it("includes what lies below it", function()
    local findings, count = {}, 0
    for _, path in ipairs(files_in("src", "*.[ch]")) do
      local folder = path:match "^%w+"
      for name in read("src/" .. path):gmatch '#include "([^"]+)"' do
        local to = name:match "^%.%./(.+)$" or folder .. "/" .. name
        findings[#findings + 1] = wrong(path, to, "includes")
        count = count + 1
      end
    end
    assert.is_true(count > 200)
    nothing(findings)
  end)

  -- The object file of a source, whichever part of the build it belongs to.
  local function object_of(path)
    for _, part in ipairs { "shared", "core", "net" } do
      local object = ("%s/CMakeFiles/%s_objects.dir/src/%s.o"):format(build.folder, part, path)
      local file <close> = io.open(object, "rb")
      if file then return object end
    end
    error(path .. " was not built")
  end

  -- By the symbols of the object files: a header may declare what a file above it defines.
  it("calls and reads what lies below it", function()
    local findings, home, uses = {}, {}, {}
    for _, path in ipairs(files_in("src", "*.c")) do
      if not path:find "^sandbox/" then
        local status, text = process.run { "nm", "--format=posix", "--extern-only", object_of(path) }
        assert.equal(0, status, text)
        for symbol, kind in text:gmatch "(drl?_%S+) (%u)[^\n]*" do
          if kind == "U" then
            uses[#uses + 1] = { path, symbol }
          elseif not symbol:find "^dr_asan%." then -- a mark that the sanitizer sets beside each
            home[symbol] = path
          end
        end
      end
    end
    assert.is_true(#uses > 500)
    local used = {}
    for _, use in ipairs(uses) do used[use[2]] = true end
    for symbol, path in pairs(home) do
      if not used[symbol] then findings[#findings + 1] = path .. " alone uses " .. symbol .. "; make it static" end
    end
    for _, use in ipairs(uses) do
      local to = assert(home[use[2]], use[2])
      local found = wrong(use[1], to, "uses " .. use[2] .. " of")
      if found then findings[#findings + 1] = found end
    end
    nothing(findings)
  end)

  it("of the core and the schema knows neither Lua nor libcurl, bind no libcurl, net no Lua", function()
    local findings = {}
    local never = { core = { "^lua", "^curl/" }, schema = { "^lua", "^curl/" }, bind = { "^curl/" },
      sandbox = { "^curl/" }, net = { "^lua", "^lauxlib" } }
    for folder, patterns in pairs(never) do
      for _, file in ipairs(files_in("src/" .. folder, "*.[ch]")) do
        for name in read("src/" .. folder .. "/" .. file):gmatch "#include <([^>]+)>" do
          for _, pattern in ipairs(patterns) do
            if name:find(pattern) and file ~= "module.c" then -- which has luaopen_datarobot_net
              findings[#findings + 1] = folder .. "/" .. file .. " includes " .. name
            end
          end
        end
      end
    end
    nothing(findings)
  end)
end)

describe("a file in Lua", function()
  local ROOT <const> = "lua/datarobot"
  local layer = numbered(LUA)
  local names = {}
  for _, file in ipairs(files_in(ROOT, "*.lua")) do names[#names + 1] = file:gsub("%.lua$", "") end

  local function code_of(name)
    return (read(ROOT .. "/" .. name .. ".lua"):gsub("%[%[.-%]%]", ""):gsub("%-%-[^\n]*", ""))
  end

  -- The files that a name in `require` means; all of a folder where the rest is put together: "…api." .. name
  local function meant(name)
    local path, list = name:gsub("%.", "/"), {}
    for _, other in ipairs(names) do
      if other == path or other == path .. "/init" or name == "" and other == "init"
        or path:find "/$" and other:sub(1, #path) == path then
        list[#list + 1] = other
      end
    end
    return list
  end

  local function each_use(visit)
    for _, name in ipairs(names) do
      for used in code_of(name):gmatch 'require[%s,(]*"datarobot%.?([%w_.]*)"' do
        for _, other in ipairs(meant(used)) do visit(name, other) end
      end
    end
  end

  it("has a layer", function()
    local findings = {}
    strangers(findings, ROOT, layer, names)
    nothing(findings)
  end)

  it("requires what lies below it", function()
    local findings, count = {}, 0
    each_use(function(name, other)
      count = count + 1
      if not (layer[name] and layer[other] and layer[other] < layer[name]) then
        findings[#findings + 1] = name .. " requires " .. other .. ", which is not below it"
      end
    end)
    assert.is_true(count > 100)
    nothing(findings)
  end)

  -- The object that starts it is made by the user's own state, and is a guest there; a command starts it.
  it("of the sandbox knows nothing of the client, nor the reverse", function()
    local findings = {}
    each_use(function(name, other)
      local crossing = (name:find "^sandbox/" ~= nil) ~= (other:find "^sandbox/" ~= nil)
      if crossing and name ~= "sandbox/init" and name ~= "cli/commands/sandbox" then
        findings[#findings + 1] = name .. " requires " .. other
      end
    end)
    nothing(findings)
  end)
end)
