-- C-45: a host that forks before, between and in the middle of calls. The server tells which connection a request came
-- on and the how many-eth it was there, so that it shows whether the parent's connection was left alone.

local build = require "spec.support.build"
local canary = require "spec.support.canary"
local Fault = require "spec.support.fault_server"
local hosts = require "spec.embed.hosts"
local tls = require "spec.support.tls"

local LOCATION <const> = [[location /api/v2/version/ {
      default_type application/json;
      return 200 '{"versionString": "$connection", "major": $connection_requests}';
    }
    location / {
      proxy_pass http://127.0.0.1:%d;
    }]]

local PRELUDE <const> = [[
local dr = require "datarobot"
local endpoint, token, ca_file = ...
local function new_client()
  return assert(dr.client { endpoint = endpoint, token = token, ca_file = ca_file, retries = 0, timeout = 20 })
end

-- Runs f in a child, which then ends, with its state closed or not.
local function child(f, close)
  io.stdout:flush()
  local id = host.fork()
  if id ~= 0 then return id end
  local ok, err = pcall(f)
  if not ok then io.stderr:write(tostring(err), "\n") end
  os.exit(ok, close)
end

local function connection(client)
  local v = assert(client:version())
  return v.version_string, v.major
end
]]

local ENDS <const> = { ["closes its state"] = "true", ["just ends"] = "false" }

describe("C-45 fork", function()
  local fault, front
  setup(function()
    fault = Fault.start()
    front = tls.start { location = LOCATION:format(fault.port) }
  end)
  teardown(function()
    front:stop()
    fault:stop()
  end)

  -- What the child has abandoned is lost to it on purpose.
  local function run(name, script)
    local o = { arguments = { front.endpoints[name], canary, front.ca_file }, env = {
      ASAN_OPTIONS = (os.getenv "ASAN_OPTIONS" or "") .. ":detect_leaks=0",
    } }
    if name == "plain" then o.arguments[3] = nil end
    local status, text = hosts.run("embed_host", PRELUDE .. script, o)
    assert.equal("", text)
    assert.equal(0, status)
  end

  for _, name in ipairs { "plain", "good", "http2" } do
    for how, close in pairs(ENDS) do
      it(("%s, a child that %s: before the first call"):format(name, how), function()
        run(name, ([[
          local client = new_client()
          local id = child(function() assert(connection(client)) end, %s)
          local own = connection(client)
          assert(host.wait(id) == 0)
          local again, n = connection(client)
          assert(again == own and n == 2, n)
        ]]):format(close))
      end)

      it(("%s, a child that %s: between calls"):format(name, how), function()
        run(name, ([[
          local client = new_client()
          local own = connection(client)
          local uses = child(function()
            local other, n = connection(client)
            assert(other ~= own and n == 1)
            assert(select(2, connection(client)) == 2)
          end, %s)
          assert(host.wait(uses) == 0)
          assert(host.wait(child(function() client:close() end, %s)) == 0)
          assert(host.wait(child(function() end, %s)) == 0)
          for n = 2, 4 do
            local again, count = connection(client)
            assert(again == own and count == n, ("connection %%s, then %%s: %%d"):format(own, again, count))
          end
        ]]):format(close, close, close))
      end)

      it(("%s, a child that %s: in the middle of a call"):format(name, how), function()
        fault:play { replies = { { body = '{"slow": true}', wait = 0.3 } } }
        run(name, ([[
          local client = new_client()
          local own = connection(client)
          client:on_wait(coroutine.yield)
          local reply, err
          local call = coroutine.create(function() reply, err = client:get("slow/") end)
          assert(coroutine.resume(call))
          local started = dr.decode and require "datarobot.core".now()
          while require "datarobot.core".now() - started < 0.1 do client:step() end
          assert(client:step() == 1)
          local uses = child(function()
            assert(coroutine.resume(call))
            assert(not reply and err.kind == "closed" and err.message:find "fork", tostring(err))
            local other = connection(client)
            assert(other ~= own)
          end, %s)
          local ends = child(function() end, %s)
          local closes = child(function() client:close() end, %s)
          for _, id in ipairs { uses, ends, closes } do assert(host.wait(id) == 0) end
          while coroutine.status(call) == "suspended" do assert(coroutine.resume(call)) end
          assert(reply and reply:json().slow, tostring(err))
          local again, n = connection(client)
          assert(again == own and n == 3, n)
        ]]):format(close, close, close))
      end)
    end
  end

  it("with exec leaves no connection to the other program", function()
    run("good", [[
      -- The local ends of TCP connections that a program started now would have.
      local function inherited()
        local found, pipe = {}, io.popen "ls -l /proc/self/fd"
        for inode in pipe:read "a":gmatch "socket:%[(%d+)%]" do found[inode] = true end
        pipe:close()
        local count = 0
        for line in io.lines "/proc/self/net/tcp" do
          local inode = line:match("^%s*%d+:" .. (" %S+"):rep(8):gsub(" ", "%%s+") .. "%s+(%d+)")
          if found[inode] then count = count + 1 end
        end
        return count
      end
      local before = inherited()
      local client <close> = new_client()
      connection(client)
      assert(inherited() == before, inherited() .. " instead of " .. before)
    ]])
  end)

  it("gives each process random delays of its own", function()
    assert.equal(0, (require "spec.support.process".run { build.program "fork_test" }))
  end)
end)
