--- Compares one GET, one create and a cold start with a bare libcurl program and with lua-socket and
-- lua-cjson, against nginx on loopback. Started by run.sh with the build folder as argument.

local cjson = require "cjson"
local socket = require "socket"
local process = require "spec.support.process"
local tls = require "spec.support.tls"

local build <const> = arg[1]
local ROUNDS <const> = math.tointeger(os.getenv "BENCH_ROUNDS" or "21")
local MOST <const> = tonumber(os.getenv "BENCH_MOST")
local CALLS <const> = 300      -- of a process on a kept connection
local NEW_CALLS <const> = 30   -- of a process that connects for each
local STARTS <const> = 10      -- of a process, timed together

local ID <const> = "6759e8aebd38a7fca6ba234a"
local POLICY <const> = "spec/contract/seed-drift-policy.json"

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

-- A static reply of nginx.
local function reply(path, status, file)
  local text = cjson.encode(cjson.decode(read(file))):gsub("\\/", "/")
  assert(not text:find "[$'\\]" and #text < 4000, file .. " does not fit into nginx's configuration")
  return ("location = /api/v2/%s { default_type application/json; return %d '%s'; }\n"):format(path, status, text)
end

local front <close> = tls.start {
  location = reply("deployments/" .. ID .. "/", 200, "spec/contract/response-deployment.json")
    .. reply("deployments/" .. ID .. "/retrainingPolicies/", 201, "spec/contract/response-policy.json"),
}

local PATHS <const> = { get = "/deployments/" .. ID .. "/", create = "/deployments/" .. ID .. "/retrainingPolicies/" }

local METHODS <const> = { get = "GET", create = "POST" }

local function bare(what, endpoint, ca_file, count)
  local body = what == "create" and POLICY or "-"
  return {
    build .. "/spec/bare", METHODS[what], endpoint .. PATHS[what], count, body, "token-of-the-benchmark", ca_file,
  }
end

local function lua(column)
  return function(what, endpoint, ca_file, count)
    return { "lua5.4", "spec/bench/calls.lua", column, what, endpoint, ca_file, count, POLICY }
  end
end

local COLUMNS <const> = {
  { title = "bare libcurl", command = bare, calls = CALLS },
  { title = "lua-datarobot", command = lua "datarobot", calls = CALLS },
  { title = "lua-socket, kept", command = lua "kept", calls = CALLS },
  { title = "lua-socket", command = lua "new", calls = NEW_CALLS },
}

local function warm(column, what, endpoint, ca_file)
  local status, text = process.run(column.command(what, endpoint, ca_file, column.calls))
  assert(status == 0, column.title .. ": " .. text)
  return (assert(tonumber(text), text))
end

-- One process, one call, from start to end; several times, as the shell between costs too.
local function cold(column, what, endpoint, ca_file)
  local words = {}
  for i, word in ipairs(column.command(what, endpoint, ca_file, 1)) do words[i] = process.quote(word) end
  local line = ("i=0; while [ $i -lt %d ]; do %s || exit 1; i=$((i + 1)); done"):format(
    STARTS, table.concat(words, " "))
  local begin = socket.gettime()
  local status, text = process.run(line)
  local seconds = socket.gettime() - begin
  assert(status == 0, column.title .. ": " .. text)
  return seconds / STARTS * 1e6
end

local ROWS <const> = {
  { title = "GET a deployment", measure = warm, what = "get", endpoint = "plain", bounded = true },
  { title = "GET a deployment, TLS", measure = warm, what = "get", endpoint = "good", bounded = true },
  { title = "create a policy", measure = warm, what = "create", endpoint = "plain", bounded = true },
  { title = "create a policy, TLS", measure = warm, what = "create", endpoint = "good", bounded = true },
  { title = "cold start and GET", measure = cold, what = "get", endpoint = "plain" },
  { title = "cold start and GET, TLS", measure = cold, what = "get", endpoint = "good" },
}

local function median(list)
  table.sort(list)
  return list[#list // 2 + 1]
end

-- Interleaved, so that what else the machine does meets all columns alike.
local function run_row(row)
  local times = {}
  for _ = 1, ROUNDS do
    for i, column in ipairs(COLUMNS) do
      times[i] = times[i] or {}
      local ca_file = row.endpoint == "good" and front.ca_file or ""
      table.insert(times[i], row.measure(column, row.what, front.endpoints[row.endpoint], ca_file))
    end
  end
  local medians = {}
  for i, list in ipairs(times) do medians[i] = median(list) end
  return medians
end

io.write(("%-24s"):format "us a call (x bare)")
for _, column in ipairs(COLUMNS) do io.write((" %18s"):format(column.title)) end
io.write "\n"
local slow = false
for _, row in ipairs(ROWS) do
  local medians = run_row(row)
  io.write(("%-24s"):format(row.title))
  for i = 1, #COLUMNS do
    io.write((" %18s"):format(("%.0f (%.2f)"):format(medians[i], medians[i] / medians[1])))
  end
  io.write "\n"
  io.stdout:flush()
  slow = slow or MOST ~= nil and row.bounded and medians[2] / medians[1] > MOST
end
io.write(("Medians of %d rounds; client and server on one CPU; TLS and plain connections are kept but in the\n"
  .. "last column and in a cold start (process start, one call, process end).\n"):format(ROUNDS))
if slow then
  io.write(("lua-datarobot takes more than %g times the bare program\n"):format(MOST))
  front:stop()
  os.exit(1, true)
end
