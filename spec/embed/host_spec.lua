-- A host written in C: memory, signals, the end of a state, ways to find the module, and stacks. C-43.

local build = require "spec.support.build"
local canary = require "spec.support.canary"
local Fault = require "spec.support.fault_server"
local hosts = require "spec.embed.hosts"
local process = require "spec.support.process"
local socket = require "socket"
local tls = require "spec.support.tls"

local CLIENT <const> = [[
local dr = require "datarobot"
local endpoint, token, id = ...
local function new_client(o)
  local all = { endpoint = endpoint, token = token, allow_http = true, retries = 0, timeout = 20 }
  for k, v in pairs(o or {}) do all[k] = v end
  return assert(dr.client(all))
end
]]

local sandbox, fault
setup(function() sandbox, fault = hosts.sandbox(), Fault.start() end)
teardown(function()
  sandbox:stop()
  fault:stop()
end)

-- Runs a script with the arguments endpoint, token, id; it must end well.
local function run(script, o)
  o = o or {}
  o.arguments = o.arguments or { sandbox.endpoint, canary, sandbox.deployment_id }
  local status, text = hosts.run(o.program or "embed_host", CLIENT .. script, o)
  assert.equal(0, status, text)
  return text
end

local function run_stalled(script, o)
  fault:play { replies = { { wait = 60 } }, routes = { ["GET /api/v2/version/"] = {
    { body = '{"versionString": "2.40.0", "major": 2}' } } } }
  o = o or {}
  o.arguments = { ("http://127.0.0.1:%d/api/v2"):format(fault.port), canary, sandbox.deployment_id }
  return run(script, o)
end

describe("the example of a host", function()
  local SCRIPT <const> = [[
    local dr = require "datarobot"
    local client <close> = assert(dr.client { endpoint = os.getenv "SANDBOX", token = os.getenv "SANDBOX_TOKEN" })
    client:on_wait(coroutine.yield)
    package.path, package.cpath = "", ""
    local deployment = assert(client:deployment(os.getenv "DEPLOYMENT"))
    assert(coroutine.isyieldable())
    print(deployment)
  ]]

  local function example(script)
    return hosts.run("example_host", script, {
      env = { SANDBOX = sandbox.endpoint, SANDBOX_TOKEN = canary, DEPLOYMENT = sandbox.deployment_id },
    })
  end

  it("is short enough to be copied", function()
    local lines = 0
    for line in io.lines "examples/host.c" do lines = lines + (line and 1) end
    assert.is_true(lines <= 80, lines .. " lines")
  end)

  it("runs a script frame by frame, with the core linked in", function()
    local status, text = example(SCRIPT)
    assert.equal(0, status, text)
    assert.matches("^Deployment " .. sandbox.deployment_id, text)
  end)

  it("ends a script that runs too long, takes too much memory, or fails", function()
    assert.same({ 1, "the script runs too long\n" }, { example "while true do end" })
    local status, text = example "local s = ('x'):rep(2 ^ 20) while true do s = s .. s end"
    assert.equal(1, status)
    assert.equal("not enough memory\n", text)
    status, text = example(SCRIPT:gsub("os.getenv \"DEPLOYMENT\"", "('0'):rep(24)"))
    assert.equal(1, status)
    assert.matches("script.lua:%d+: not_found: ", text)
  end)
end)

describe("a capped allocator", function()
  it("refuses the call that does not fit, and nothing else", function()
    fault:play { replies = { { body = '{"data": "' .. ("x"):rep(300000) .. '"}' } },
      routes = { ["GET /api/v2/version/"] = { { body = '{"versionString": "2.40.0", "major": 2}' } } } }
    run([[
      local client <close> = new_client()
      assert(client:version())
      collectgarbage()
      for room = 0, 1000000, 9973 do
        host.cap(room)
        local ok, reply = pcall(client.get, client, "big/")
        host.cap()
        assert(ok and #reply.text > 300000 or reply == "not enough memory", tostring(reply))
        reply = nil
        assert(client:version().major == 2)
        collectgarbage()
      end
    ]], { arguments = { ("http://127.0.0.1:%d/api/v2"):format(fault.port), canary } })
  end)

  it("holds for loading the module, too", function()
    run [[
      local function forget() -- a state keeps its core for who loads it again
        local core = package.loaded["datarobot.core"]
        for key, value in pairs(debug.getregistry()) do
          if value == core and type(key) == "userdata" then debug.getregistry()[key] = nil end
        end
        for name in pairs(package.loaded) do
          if name:find "^datarobot" then package.loaded[name] = nil end
        end
      end
      local refused = 0
      for room = 0, 100000, 997 do
        forget()
        collectgarbage()
        host.cap(room)
        local ok, what = pcall(require, "datarobot")
        host.cap()
        assert(ok or tostring(what):find("not enough memory", 1, true), tostring(what))
        refused = refused + (ok and 0 or 1)
      end
      assert(refused > 10 and refused < 90, refused)
      assert(require "datarobot".validate("policy", { name = "x", action = "create_challenger" }))
    ]]
  end)
end)

describe("a broken connection", function()
  local SCRIPT <const> = [[
    local secure, ca_file = select(4, ...)
    local text = ("x"):rep(1000000)
    for _ = 1, 2 do
      for _, e in ipairs { endpoint, secure } do
        local client <close> = new_client { endpoint = e, ca_file = e == secure and ca_file or nil }
        local reply, err = client:put("x/", { text = text })
        assert(not reply and err.kind ~= "timeout", tostring(reply or err)) -- the last cut may let a 404 pass
      end
    end
  ]]

  it("ends no host by SIGPIPE", function()
    local front <close> = tls.start { upstream = sandbox.endpoint }
    local relayed <close> = Fault.start()
    for _, how in ipairs { "fin", "rst" } do
      for cut = 0, 6000, 2000 do
        fault:play { replies = { { cut = 0, how = how } }, early = 10000 + cut * 50 }
        relayed:play { relay = { port = front.ports.good, cut = cut, how = how } }
        run(SCRIPT, { arguments = {
          ("http://127.0.0.1:%d/api/v2"):format(fault.port), canary, sandbox.deployment_id,
          ("https://127.0.0.1:%d/api/v2"):format(relayed.port), front.ca_file,
        } })
      end
    end
  end)
end)

describe("the end of a state", function()
  it("with calls under way is quiet", function()
    run_stalled [[
      local client = new_client()
      client:on_wait(coroutine.yield)
      calls = {}
      for i = 1, 20 do
        calls[i] = coroutine.create(function() return client:deployment(id) end)
        assert(coroutine.resume(calls[i]))
      end
      calls[21] = coroutine.create(function() return client:sleep(1000) end)
      assert(coroutine.resume(calls[21]))
      for _ = 1, 50 do client:step() end
      assert(client:step() == 21)
    ]]
  end)

  local function preloaded(script, host)
    return run(script, {
      arguments = { ("http://%s:1/api/v2"):format(host), canary, sandbox.deployment_id },
      env = {
        LD_PRELOAD = build.program "preload.so",
        ASAN_OPTIONS = (os.getenv "ASAN_OPTIONS" or "") .. ":verify_asan_link_order=0:detect_leaks=0",
      },
    })
  end

  it("does not wait for a look-up that hangs", function()
    local started = socket.gettime()
    preloaded([[
      local client = new_client { timeout = 0.2 }
      local _, err = client:version()
      assert(err.kind == "timeout", tostring(err))
      client:on_wait(coroutine.yield)
      call = coroutine.create(function() return client:version { timeout = 100 } end)
      assert(coroutine.resume(call))
      client:step()
    ]], "hang.test")
    assert.is_true(socket.gettime() - started < 10)
  end)

  it("leaves the code of a look-up mapped that comes back later", function()
    preloaded([[
      local path, cpath = package.path, package.cpath
      assert(host.threads(1, 1024, [=[
        local _, endpoint, token = ...
        local client = assert(require "datarobot".client { endpoint = endpoint, token = token, allow_http = true,
          retries = 0 })
        local _, err = client:version { timeout = 0.1 }
        assert(err.kind == "timeout", tostring(err))
      ]=], path, cpath, endpoint, token)) -- its state is closed now
      local client = new_client()
      assert(client:sleep(1.5))
    ]], "slow.test")
  end)
end)

describe("the module is found", function()
  it("by a library that was loaded for all", function()
    run([[
      assert(package.loadlib(package.searchpath("datarobot.core", package.cpath), "*") == true)
      assert(new_client():version())
    ]])
  end)

  it("with -E, by the host's paths alone", function()
    local status, text = hosts.run("embed_host", [[
      local path, cpath, endpoint, token = ...
      assert(not package.path:find("nowhere", 1, true))
      package.path, package.cpath = path, cpath
      assert(require "datarobot".client { endpoint = endpoint, token = token }:version())
    ]], {
      options = { "-E" }, arguments = { package.path, package.cpath, sandbox.endpoint, canary },
      env = { LUA_PATH_5_4 = "/nowhere/?.lua", LUA_CPATH_5_4 = "/nowhere/?.so" },
    })
    assert.equal(0, status, text)
  end)

  it("preloaded, with package.path for its Lua files only", function()
    local status, text = hosts.run("threads_host", [[
      local path, endpoint, token = ...
      package.path, package.cpath = path, ""
      local client <close> = assert(require "datarobot".client { endpoint = endpoint, token = token })
      assert(client:version())
      assert(not package.searchpath("datarobot.core", package.cpath))
    ]], { arguments = { "./lua/?.lua;./lua/?/init.lua", sandbox.endpoint, canary } })
    assert.equal(0, status, text)
  end)

  it("preloaded, its Lua files as well", function()
    local status, text = hosts.run("threads_host", [[
      local endpoint, token, id = ...
      local pipe = io.popen "cd lua && find datarobot -name '*.lua' ! -path '*/sandbox/*'"
      for path in pipe:lines() do
        local name = path:gsub("/init%.lua$", ""):gsub("%.lua$", ""):gsub("/", ".")
        package.preload[name] = assert(loadfile("lua/" .. path))
      end
      package.path, package.cpath = "", ""
      local dr = require "datarobot"
      local client <close> = assert(dr.client { endpoint = endpoint, token = token })
      assert(client:deployment(id):update_challenger_models_settings { enabled = true })
      assert(dr.help "policy" and dr.schedule "@daily")
    ]], { arguments = { sandbox.endpoint, canary, sandbox.deployment_id } })
    assert.equal(0, status, text)
  end)

  it("with all its Lua files in one, from the target `bundle`", function()
    local status, text = process.run { "cmake", "--build", build.folder, "--target", "bundle" }
    assert.equal(0, status, text)
    status, text = hosts.run("threads_host", [[
      local bundle, endpoint, token, id = ...
      package.path, package.cpath = "", ""
      dofile(bundle)
      local dr = require "datarobot"
      local client <close> = assert(dr.client { endpoint = endpoint, token = token })
      assert(client:deployment(id):update_challenger_models_settings { enabled = true })
      assert(dr.help "policy" and dr.schedule "@daily" and require "datarobot.loop.select")
      local _, err = client:deployment(("0"):rep(24))
      assert(err.where:find "^/" and not err.where:find "datarobot/", err.where) -- the script's line, not ours
      local ok, message = pcall(dr.schedule)
      assert(not ok and not message:find "datarobot/", message)
    ]], { arguments = { build.folder .. "/datarobot_bundle.lua", sandbox.endpoint, canary, sandbox.deployment_id } })
    assert.equal("", text)
    assert.equal(0, status)
  end)

  it("without the libraries io, os and debug", function()
    run [[
      for _, name in ipairs { "io", "os", "debug", "utf8" } do _G[name], package.loaded[name] = nil, nil end
      for name in pairs(package.loaded) do
        if name:find "^datarobot" then package.loaded[name] = nil end
      end
      dr = require "datarobot"
      local deployment = assert(new_client():deployment(id))
      local policy = assert(deployment:create_retraining_policy { name = "Weekly", action = "create_challenger" })
      assert(policy:update { name = "Daily" } and tostring(policy) and policy:delete())
      local _, err = dr.validate("policy", { nme = 1 })
      assert(#tostring(err) > 0 and dr.schedule "@daily":describe())
      local none, why = dr.client()
      assert(not none and why.kind == "config", tostring(why))
    ]]
  end)

  it("only where the host shows the symbols of liblua", function()
    local function plugin(how)
      return process.run({ build.program "plugin_host", how, build.program "plugin.so", package.path, package.cpath },
        { ASAN_OPTIONS = (os.getenv "ASAN_OPTIONS" or "") .. ":detect_leaks=0" })
    end
    local status, text = plugin "local"
    assert.equal(1, status, text)
    assert.matches("undefined symbol: luaL?_%w+", text)
    assert.same({ 0, "" }, { plugin "global" })
    assert.same({ 0, "" }, { plugin "raised" })
  end)

  it("twice, and again when package.loaded has forgotten it", function()
    run [[
      assert(require "datarobot" == dr)
      local client = new_client()
      local deployment = assert(client:deployment(id))
      local old = dr
      for _ = 1, 3 do
        for name in pairs(package.loaded) do
          if name:find "^datarobot" then package.loaded[name] = nil end
        end
        dr = require "datarobot"
        assert(dr ~= old)
        collectgarbage()
        -- Objects of before and after know each other.
        assert(deployment:refresh() == deployment and deployment.id == id)
        local _, err = client:deployment(("0"):rep(24))
        assert(dr.is_error(err) and old.is_error(err) and err.kind == "not_found")
        local other <close> = new_client()
        assert(tostring(other:deployment(id)) == tostring(deployment))
        assert(#assert(deployment:retraining_policies():collect()) == 0)
      end
    ]]
  end)
end)

describe("C-43 a stack", function()
  it("with few free slots ends in an error of Lua", function()
    run [[
      local client <close> = new_client()
      local deployment = assert(client:deployment(id))
      local policy = { name = "x", action = "create_challenger", trigger = { type = "schedule", schedule = "@daily" } }
      local calls = {
        function() return client:deployment(id).label end,
        function() return select(2, client:deployment(("0"):rep(24))).message end,
        function() return deployment:to_table() end,
        function() return #deployment:to_json() end,
        function() return dr.validate("policy", policy) end,
        function() return dr.encode("policy", policy) end,
        function() return client:post("x/", { a = { b = { c = {} } } }) or true end,
        function() return select(2, dr.validate("policy", { nme = 1, trigger = { type = "x", schedule = "y" } })) end,
        function() return dr.normalize("policy", policy) end,
        function() return dr.decode '{"a":[1,{"b":"c"}]}' end,
        function() return tostring(deployment) end,
        function() return client:get("deployments/", { query = { limit = 2 } }).headers end,
        function() return dr.schedule "0 9 * * MON":next_runs { count = 3 } end,
        function() return new_client() end,
        function() return client:list("deployments/"):collect() end,
      }
      local failed, succeeded = 0, 0
      collectgarbage "stop" -- Lua itself cannot call a finalizer when its stack is full
      for i, call in ipairs(calls) do
        for _, n in ipairs { 3, 5, 12, 19, 22, 25, 28, 40, 60, 90, 150, 1000 } do
          local ok, what = host.slots(n, call)
          if ok then
            succeeded = succeeded + 1
          else
            failed = failed + 1
            assert(tostring(what):find "stack overflow" or tostring(what):find "error in error handling",
              i .. " " .. n .. " " .. tostring(what))
          end
        end
        assert(call())
        collectgarbage()
      end
      assert(failed > 20 and succeeded > 20, failed .. " " .. succeeded)
      -- No room is no mistake in a table.
      for n = 1, 200 do
        for _, f in ipairs { dr.validate, dr.encode } do
          local ok, what = host.slots(n, function() return f("policy", policy) end)
          assert(ok and what or not ok and type(what) == "string", n .. " " .. tostring(what))
        end
      end
    ]]
  end)

  it("of C calls that is almost full does, too", function()
    run [[
      local client <close> = new_client()
      local function nest(depth)
        if depth > 0 then return select(2, pcall(nest, depth - 1)) end
        local deployment, err = client:deployment(id)
        if not deployment then return err end
        return deployment:to_table().id
      end
      local failed = 0
      for depth = 150, 210 do
        local what = nest(depth)
        if what ~= id then
          failed = failed + 1
          assert(tostring(what):find "stack overflow" or tostring(what):find "error in error handling", tostring(what))
        end
      end
      assert(failed > 5, failed)
      assert(client:step() == 0 and client:deployment(id).id == id)
    ]]
  end)

  it("of a thread with 128 kB is enough", function()
    -- Sanitizers make each frame larger.
    run(([[
      local path, cpath = package.path, package.cpath
      assert(host.threads(2, %d, [=[
        local number, endpoint, token, id = ...
        local dr = require "datarobot"
        local client <close> = assert(dr.client { endpoint = endpoint, token = token, retries = 0 })
        for _ = 1, 5 do
          local deployment = assert(client:deployment(id))
          assert(deployment:to_table() and deployment:get_settings())
          assert(#deployment:retraining_policies():collect() == 0)
        end
        local deep = ("["):rep(128) .. ("]"):rep(128)
        assert(type(assert(dr.decode(deep))) == "table")
        assert(select(2, dr.decode("[" .. deep .. "]")).kind == "limit")
        local nested = {}
        local at = nested
        for i = 1, 1000 do
          at.x = {}
          at = at.x
        end
        local ok, err = client:post("x/", nested)
        assert(not ok and err.kind == "validation", tostring(err))
        local ok, err = dr.validate("policy", nested)
        assert(not ok and err.kind == "validation")
        assert(tostring(err) and dr.help "policy")
      ]=], path, cpath, endpoint, token, id))
    ]]):format(build.sanitized() and 1024 or 128))
  end)
end)
