-- C-40, C-41, C-44: objects that are finalized explicitly, twice, early or late, by strangers; and what the
-- process is like afterwards.

local canary = require "spec.support.canary"
local Fault = require "spec.support.fault_server"
local hosts = require "spec.embed.hosts"

local PRELUDE <const> = [[
local dr = require "datarobot"
local endpoint, token, id, slow = ...
local function new_client(o)
  local all = { endpoint = endpoint, token = token, retries = 0, timeout = 20 }
  for k, v in pairs(o or {}) do all[k] = v end
  return assert(dr.client(all))
end
local function raises(what, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok, "no error")
  err = tostring(err)
  assert(err:find(what), err)
end
local classes = {}
for name, class in pairs(debug.getregistry()) do
  if type(name) == "string" and name:find "^datarobot%." and type(class) == "table" then classes[name] = class end
end
]]

local sandbox, fault
setup(function()
  sandbox, fault = hosts.sandbox(), Fault.start()
  fault:play { replies = { { wait = 60 } } }
end)
teardown(function()
  sandbox:stop()
  fault:stop()
end)

local function run(script)
  local status, text = hosts.run("embed_host", PRELUDE .. script, { arguments = {
    sandbox.endpoint, canary, sandbox.deployment_id, ("http://127.0.0.1:%d/api/v2"):format(fault.port),
  } })
  assert.equal("", text)
  assert.equal(0, status)
end

describe("C-41 a finalizer", function()
  it("called explicitly, and twice, closes", function()
    run [[
      local client = new_client()
      local deployment = assert(client:deployment(id))
      local meta = debug.getmetatable(client)
      meta.__gc(client)
      meta.__gc(client)
      meta.__close(client)
      client:close()
      raises("closed client", client.version, client)
      raises("closed client", client.get, client, "x/")
      raises("closed client", client.sleep, client, 1)
      raises("closed client", client.step, client)
      raises("closed client", client.on_wait, client)
      raises("closed client", function() return client:deployments():first() end)
      raises("closed client", deployment.refresh, deployment)
      raises("closed client", deployment.update_retraining_settings, deployment, {})
      assert(tostring(client):find "closed" and deployment.id == id and deployment:to_table())
    ]]
  end)

  it("of the client, called in the middle of a call, ends the call", function()
    run [[
      for _, name in ipairs { "__gc", "__close", "close" } do
        local client = new_client { endpoint = slow }
        local close = name == "close" and client.close or debug.getmetatable(client)[name]
        client:on_wait(function(c)
          close(c)
          close(c)
        end)
        local reply, err = coroutine.wrap(function() return client:version() end)()
        assert(not reply and err.kind == "closed", tostring(err))
      end
    ]]
  end)

  it("of everything that a waiting call holds is harmless", function()
    run [[
      local seen = 0
      for _, name in ipairs { "__gc", "__close" } do
        local client <close> = new_client { endpoint = slow }
        client:on_wait(function()
          for level = 1, 4 do
            local info = debug.getinfo(level, "f")
            for i = 1, info and 60 or 0 do
              local _, value = debug.getlocal(level, i)
              local meta = type(value) == "userdata" and debug.getmetatable(value)
              if meta and meta[name] and value ~= client then
                seen = seen + 1
                meta[name](value)
                meta[name](value)
              end
            end
          end
          client:close()
        end)
        local ok, reply, err = coroutine.wrap(function() return pcall(client.version, client) end)()
        assert(not ok or err.kind == "closed", tostring(err))
      end
      assert(seen >= 2, "the call was not found")
    ]]
  end)

  it("out of order at the end of the state finds closed clients", function()
    run [[
      local client, at_end
      local function finalizer()
        local ok, err = pcall(function() return client:version() end)
        assert(not ok and tostring(err):find "closed client" or ok, tostring(err))
        pcall(client.close, client)
        pcall(coroutine.resume, at_end)
        saved = client -- comes to life again
      end
      before = setmetatable({}, { __gc = finalizer })
      client = new_client { endpoint = slow }
      client:on_wait(coroutine.yield)
      at_end = coroutine.create(function() return client:version() end)
      coroutine.resume(at_end)
      behind = setmetatable({}, { __gc = function()
        assert(client:step() == 1)
        client:on_wait(nil)
      end })
      waiting = { client, at_end }
    ]]
  end)

  it("of a collected client leaves its objects readable", function()
    run [[
      local kept = {}
      for i = 1, 50 do
        local client = new_client()
        local deployment = assert(client:deployment(id))
        kept[i] = { deployment.settings, deployment:to_table(), deployment }
        if i % 2 == 0 then kept[i][3] = nil end
      end
      collectgarbage()
      collectgarbage()
      for i = 1, 50, 2 do assert(kept[i][3].id == id and kept[i][3]:refresh()) end
    ]]
  end)
end)

describe("C-41 a method", function()
  it("refuses objects that are not its own", function()
    run [[
      local strangers = { false, 0, 1.5, "", {}, print, io.stdout, coroutine.create(print), dr.null,
        setmetatable({}, { __name = "datarobot.client" }), new_client(), assert(new_client():deployment(id)),
        dr.schedule "@daily" }
      local tried = 0
      local function try(f, own)
        for i = 1, #strangers do
          local meta = debug.getmetatable(strangers[i])
          if meta ~= own and not (type(own.__index) == "table" and meta == own) then
            tried = tried + 1
            pcall(f, strangers[i])
            pcall(f, strangers[i], strangers[i], {})
          end
        end
        pcall(f)
      end
      for name, class in pairs(classes) do
        for key, f in pairs(class) do
          if type(f) == "function" and key ~= "__tostring" then try(f, class) end
        end
        if type(class.__index) == "table" then
          for _, f in pairs(class.__index) do
            if type(f) == "function" then try(f, class) end
          end
        end
      end
      for _, f in pairs(require "datarobot.core".calls) do
        if type(f) == "function" then try(f, {}) end
      end
      assert(tried > 300, tried)
      assert(io.stdout and io.write "")
      assert(strangers[12]:refresh().id == id)
    ]]
  end)

  it("of a closed client raises, with the caller's line", function()
    run [[
      local client
      do
        local c <close> = new_client()
        client = c
        assert(c:version())
      end
      raises("script.lua:%d+: closed: attempt to use a closed client", function() client:version() end)
    ]]
  end)
end)

describe("C-40 a coroutine", function()
  it("that is collected or closed in the middle of a call gives the call back", function()
    run [[
      local client <close> = new_client { endpoint = slow }
      client:on_wait(coroutine.yield)
      for i = 1, 40 do
        local co = coroutine.create(function()
          if i % 4 < 2 then return client:version() end
          return client:sleep(1000)
        end)
        assert(coroutine.resume(co))
        assert(client:step() >= 1)
        if i % 2 == 0 then assert(coroutine.close(co)) end
      end
      collectgarbage()
      collectgarbage()
      assert(client:step() == 0)
    ]]
  end)

  it("may share its objects with others", function()
    run [[
      local client <close> = new_client()
      client:on_wait(coroutine.yield)
      local deployment
      local all = {}
      for i = 1, 30 do
        all[i] = coroutine.create(function()
          deployment = deployment or assert(client:deployment(id))
          assert(deployment:refresh() and deployment:refresh())
          return deployment.id
        end)
      end
      local done = 0
      while done < 30 do
        for _, co in ipairs(all) do
          if coroutine.status(co) == "suspended" then
            local ok, value = coroutine.resume(co)
            assert(ok, value)
            if value == id then done = done + 1 end
          end
        end
      end
    ]]
  end)

  it("that another one resumes from within its wait is refused by Lua alone", function()
    run [[
      local client <close> = new_client()
      local co, said
      client:on_wait(function()
        said = said or select(2, coroutine.resume(co))
        coroutine.yield()
      end)
      co = coroutine.create(function() return assert(client:version()).major end)
      local value
      repeat value = select(2, assert(coroutine.resume(co))) until coroutine.status(co) == "dead"
      assert(value == 2 and said:find "non%-suspended", said)
    ]]
  end)
end)

describe("C-44 the process", function()
  it("is as it was: locale, signals, floating point, random numbers, folder, variables, files", function()
    run [[
      local function status()
        local found = {}
        for line in io.lines "/proc/self/status" do
          local name, value = line:match "^(%w+):%s*(.*)$"
          if name and (name:find "^Sig[BIC]" or name == "Threads" or name == "Umask") then
            found[#found + 1] = name .. " " .. value
          end
        end
        return table.concat(found, "\n")
      end
      local function descriptors()
        local pipe <close> = io.popen "ls -l /proc/$PPID/fd | grep -vc pipe:" -- its own comes and goes
        return pipe:read "n"
      end
      local function folder()
        local pipe <close> = io.popen "pwd"
        return pipe:read "a"
      end
      local function footprint()
        collectgarbage()
        return {
          os.setlocale(nil, "all"), status(), host.floating_point(), folder(), host.environment(), descriptors(),
        }
      end
      local function use()
        local client <close> = new_client { timeout = 5 }
        local deployment = assert(client:deployment(id))
        assert(select(2, client:deployment(("0"):rep(24))).kind == "not_found")
        assert(select(2, new_client { endpoint = slow }:version { timeout = 0.1 }).kind == "timeout")
        assert(select(2, new_client { endpoint = "https://127.0.0.1:9/api/v2" }:version()).kind == "transport")
        assert(deployment:to_table() and deployment:to_json() and dr.schedule "@daily":next_runs { count = 3 })
        assert(not dr.validate("policy", { name = 1 }))
        assert(client:sleep(0.01))
      end
      assert(os.setlocale "C.UTF-8")
      use() -- what is set up once in a process
      local before = footprint()
      math.randomseed(42)
      local expected = { math.random(0), math.random(0) }
      math.randomseed(42)
      assert(math.random(0) == expected[1])
      for _ = 1, 3 do use() end
      assert(math.random(0) == expected[2], "another sequence of math.random")
      local after = footprint()
      for i = 1, #before do
        assert(before[i] == after[i], tostring(before[i]) .. "\nbecame\n" .. tostring(after[i]))
      end
      -- And the first use of all changed nothing of these either.
      assert(os.setlocale "C")
    ]]
  end)

  it("has its signals and its mode as before from the first use on", function()
    run [[
      local function signals()
        local text = io.open "/proc/self/status":read "a"
        return text:match "SigBlk.-\n" .. text:match "SigIgn.-\n" .. text:match "SigCgt.-\n"
          .. host.floating_point() .. host.environment()
      end
      local before = signals()
      assert(new_client():deployment(id))
      assert(new_client { endpoint = "https://127.0.0.1:9/api/v2" }:version() == nil)
      assert(signals() == before)
    ]]
  end)
end)
