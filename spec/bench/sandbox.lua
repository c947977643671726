--- Figures of the sandbox: milliseconds of a start, GETs a second on one connection, memory over them.
--
--     lua5.4 spec/bench/sandbox.lua [requests, default 30000]
local http = require "spec.sandbox.http"
local now = require "socket".gettime
local sandboxes = require "datarobot.sandbox"

local requests <const> = math.tointeger(tonumber(arg[1] or 30000))

local times = {}
for i = 1, 100 do
  local before = now()
  local sandbox = assert(sandboxes.start())
  times[i] = (now() - before) * 1000
  sandbox:stop()
end
table.sort(times)
print(("start: median %.1f ms, least %.1f ms"):format(times[50], times[1]))

local function resident()
  for line in io.lines "/proc/self/status" do
    local kilobytes = line:match "VmRSS:%s*(%d+)"
    if kilobytes then return tonumber(kilobytes) end
  end
end

local sandbox <close> = assert(sandboxes.start())
local connection = http.connect(sandbox)
local function ask(count)
  for _ = 1, count do
    assert(connection:request("GET", "deployments/" .. sandbox.deployment_id .. "/").status == 200)
  end
end

ask(15000) -- until the log is full
local memory, before = resident(), now()
ask(requests)
print(("GET: %.0f a second; memory %d KiB before, %d KiB after %d"):format(requests / (now() - before), memory,
  resident(), requests))
connection:close()
