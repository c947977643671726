-- Prosody: a daemon with an event loop of its own, into which a client is hung by its descriptor and its time.

local canary = require "spec.support.canary"
local hosts = require "spec.embed.hosts"
local process = require "spec.support.process"

-- The module of Prosody: 20 calls in coroutines, while a ticker of the daemon goes on.
local MODULE <const> = [[
local server = require "net.server"
local timer = require "util.timer"
local time = require "util.time"
local dr = require "datarobot"

local client = assert(dr.client { endpoint = os.getenv "SANDBOX", token = os.getenv "SANDBOX_TOKEN", timeout = 20 })
local results, waiting, ticks, done = {}, {}, 0, 0
local pump

client:on_wait(function()
  waiting[#waiting + 1] = coroutine.running()
  coroutine.yield()
end)

local function finish()
  results.ticks = ticks
  local file = assert(io.open(os.getenv "RESULTS", "w"))
  for i = 1, 20 do file:write(results[i], "\n") end
  file:write("ticks ", ticks, "\nseconds ", time.monotonic() - results.started, "\n")
  file:close()
  os.rename(os.getenv "RESULTS", os.getenv "RESULTS" .. ".done")
end

local function call(i)
  local deployment = assert(client:deployment(os.getenv "DEPLOYMENT"))
  local slow = assert(client:sleep(0.2))
  results[i] = tostring(slow) .. " " .. deployment.id
  done = done + 1
  if done == 20 then finish() end
end

local function resume(co, ...)
  local ok, err = coroutine.resume(co, ...)
  if not ok then module:log("error", "%s", tostring(err)) end
end

local armed
function pump()
  client:step()
  local now = waiting
  waiting = {}
  for _, co in ipairs(now) do resume(co) end
  local left = client:timeout()
  if left and done < 20 and not armed then
    armed = true
    timer.add_task(left, function() armed = nil; pump() end)
  end
end

timer.add_task(0.01, function()
  ticks = ticks + 1
  return done < 20 and 0.01 or nil
end)
timer.add_task(0.1, function()
  results.started = time.monotonic()
  server.watchfd(client:pollfd(), pump)
  for i = 1, 20 do resume(coroutine.create(call), i) end
  pump()
end)

function module.unload() client:close() end
]]

local CONFIG <const> = [[
run_as_root = true
plugin_paths = { "%s" }
modules_enabled = { "retraining" }
modules_disabled = { "c2s", "s2s", "http", "https", "tls", "offline", "presence", "message", "iq",
  "saslauth", "s2s_auth_certs" }
interfaces = { "127.0.0.1" }
c2s_ports = {}
s2s_ports = {}
http_ports = {}
https_ports = {}
data_path = "%s"
pidfile = "%s/pid"
certificates = "%s"
log = { debug = "%s/log" }
VirtualHost "localhost"
]]

describe("Prosody", function()
  it("turns 20 calls in its own loop", function()
    local sandbox <close> = hosts.sandbox()
    local folder <close> = process.folder()
    local path = folder.path
    folder:write("mod_retraining.lua", MODULE)
    local config = folder:write("prosody.cfg.lua", (CONFIG:gsub("%%s", path)))
    local child <close> = process.start({ "/usr/bin/lua5.4", "/usr/bin/prosody", "-F", "--root", "--config", config }, {
      env = hosts.environment {
        SANDBOX = sandbox.endpoint, SANDBOX_TOKEN = canary, DEPLOYMENT = sandbox.deployment_id,
        RESULTS = path .. "/results",
      },
      stderr = path .. "/stderr",
    })
    local text = process.wait_for(function() return folder:read "results.done" end, 30)
    local log = (folder:read "log" or "") .. (folder:read "stderr" or "")
    assert.is_truthy(text, log)
    local _, calls = text:gsub("true " .. sandbox.deployment_id .. "\n", "")
    assert.equal(20, calls, text)
    local ticks, seconds = tonumber(text:match "ticks (%d+)"), tonumber(text:match "seconds ([%d.]+)")
    assert.is_true(seconds < 2, text) -- one after the other: 4 s
    assert.is_true(ticks >= 10, text)
    assert.is_true(child:alive())
    assert.equal(0, (child:stop()), log)
    assert.is_nil(log:find(canary, 1, true))
  end)
end)
