--- The benchmark's table: what lua-datarobot takes, as ratios to a bare libcurl program (the floor), side by side
-- with lua-socket + lua-cjson and python3-requests, against nginx on loopback. Started by run.sh with the build folder
-- as argument. A row is measured in rounds that run each column once, so that what else the machine does meets all
-- alike; ratios are medians of the rounds' ratios, times are medians.

local cjson = require "cjson"
local socket = require "socket"
local process = require "spec.support.process"
local tls = require "spec.support.tls"

local build <const> = arg[1]
local MOST <const> = tonumber(os.getenv "BENCH_MOST")
local WANTED <const> = os.getenv "BENCH_ROWS" or ""
local TRUST <const> = os.getenv "BENCH_TRUST"
local ROUNDS <const> = math.tointeger(os.getenv "BENCH_ROUNDS" or "21")
local TRIES <const> = 3
local STARTS <const> = 5 -- of a process, timed together
local LATENCY <const> = 0.02

local ID <const> = "6759e8aebd38a7fca6ba234a"
local TOKEN <const> = "token-of-the-benchmark"
local POLICY <const> = "spec/contract/seed-drift-policy.json"

-- {=== the servers ===}

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function decoded(file)
  return cjson.decode((read("spec/contract/" .. file):gsub("\\/", "/")))
end

local function encoded(value)
  return (cjson.encode(value):gsub("\\/", "/"))
end

local files <close> = process.folder()

-- Ten pages of a hundred deployments.
local function write_pages()
  local deployment = decoded "response-deployment.json"
  for page = 0, 9 do
    local data = {}
    for i = 1, 100 do
      deployment.id, deployment.label = ("%024x"):format(page * 100 + i), ("Deployment %d"):format(page * 100 + i)
      data[i] = cjson.decode(encoded(deployment))
    end
    local next_page = "http://localhost/api/v2/deployments/?limit=100&offset=" .. page * 100 + 100
    files:write(("page-%d.json"):format(page * 100), encoded {
      count = 100, totalCount = 1000, next = page < 9 and next_page or cjson.null, previous = cjson.null, data = data,
    })
  end
end

local function location()
  write_pages()
  files:write("get.json", encoded(decoded "response-deployment.json"))
  local policy = encoded(decoded "response-policy.json")
  assert(not policy:find "[$'\\]" and #policy < 4000, "the reply does not fit into nginx's configuration")
  return ([[
    default_type application/json;
    root %s;
    location ~ ^/far/(.*)$ { echo_sleep %g; echo_exec /$1 $query_string; }
    location = /api/v2/deployments/ { try_files /page-$arg_offset.json =500; }
    location = /api/v2/deployments/%s/ { try_files /get.json =500; }
    location = /api/v2/deployments/%s/retrainingPolicies/ { return 201 '%s'; }
  ]]):format(files.path, LATENCY, ID, ID, policy)
end

process.run { "chmod", "755", files.path }
local front <close> = tls.start { location = location(), module = "ngx_http_echo_module" }

-- The authority of nginx's certificate among those that the system trusts: in a copy that run.sh put in its place.
local function trust_authority()
  if not TRUST then return end
  read(TRUST .. "/copy-of-the-benchmark")
  local status, text = process.run(([[
    cd %s && cp %s bench.pem && ln -sf bench.pem "$(openssl x509 -noout -hash -in bench.pem).0" &&
    cat bench.pem >>ca-certificates.crt]]):format(TRUST, front.ca_file))
  assert(status == 0, text)
end
trust_authority()

-- {=== the programs ===}

local PATHS <const> = {
  get = "/deployments/" .. ID .. "/", create = "/deployments/" .. ID .. "/retrainingPolicies/", list = "/deployments/",
}
PATHS.fleet = PATHS.get
local METHODS <const> = { get = "GET", create = "POST", list = "LIST" }

local function endpoint(row)
  if row.where == "far" then return (front.endpoints.plain:gsub("/api/", "/far%0")) end
  return front.endpoints[row.where == "plain" and "plain" or "good"]
end

local function ca_file(row)
  return row.where == "tls" and front.ca_file or ""
end

local columns = {}

function columns.bare(row, count)
  local url, ca = endpoint(row) .. PATHS[row.what], ca_file(row)
  if row.what == "fleet" then return { build .. "/spec/fleet", url, count, row.in_flight, TOKEN, ca } end
  return { build .. "/spec/bare", METHODS[row.what], url, count, row.what == "create" and POLICY or "-", TOKEN, ca }
end

local function lua(column)
  return function(row, count)
    return { "lua5.4", "spec/bench/calls.lua", column, row.what, endpoint(row), ca_file(row), count,
      row.in_flight or POLICY }
  end
end

columns.ours = lua "datarobot"
columns.socket = lua "kept"

function columns.requests(row, count)
  return { "/usr/bin/python3", "spec/bench/calls.py", row.what, endpoint(row), ca_file(row), count, POLICY }
end

local SOURCES <const> = {
  bare = [[assert(package.loadlib("libcurl.so.4", "*"))]], ours = [[require "datarobot"]],
  socket = [[require "socket.http"; require "ssl"; require "cjson"]],
}
local function require_command(column)
  if column == "requests" then return { "/usr/bin/python3", "-c", "import requests" } end
  return { "lua5.4", "-e", SOURCES[column] }
end

-- {=== measuring ===}

local function output(words, env)
  local status, text = process.run(words, env)
  assert(status == 0, text)
  return text
end

-- Microseconds of a call in a process that makes many.
local function warm(column, row)
  return (assert(tonumber(output(columns[column](row, row.calls)))))
end

-- Microseconds of a process; several, as the shell between costs too.
local function starts(command)
  local words = {}
  for i, word in ipairs(command) do words[i] = process.quote(word) end
  local line = ("i=0; while [ $i -lt %d ]; do %s || exit 1; i=$((i + 1)); done"):format(
    STARTS, table.concat(words, " "))
  local begin = socket.gettime()
  output(line)
  return (socket.gettime() - begin) / STARTS * 1e6
end

local function cold(column, row) return starts(columns[column](row, 1)) end

local function requiring(column) return starts(require_command(column)) end

-- Microseconds of wall and of CPU time.
local function wall(column, row)
  return (assert(tonumber((output(columns[column](row, row.calls)):match "%S+"))))
end

local function cpu(column, row)
  return (assert(tonumber((output(columns[column](row, row.calls)):match "%S+ (%S+)"))))
end

-- How many latencies longer it takes when the server is far away.
local function latencies(column, row)
  local far, near = row, { what = row.what, where = "plain", calls = row.calls }
  return (warm(column, far) - warm(column, near)) / (LATENCY * 1e6)
end

-- KiB.
local function memory(column, row)
  return (assert(tonumber(output(columns[column](row, row.calls), { BENCH_MEMORY = "1" }):match "%d+")))
end

-- Instructions of a call in a process that makes many: what a machine's noise does not reach.
local function instructions(column, row)
  local function collected(calls)
    local text = output { "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
      table.unpack(columns[column](row, calls)) }
    return (assert(tonumber(text:match "Collected : (%d+)"), text))
  end
  local few = math.max(row.calls // 10, 1)
  return (collected(row.calls) - collected(few)) / (row.calls - few)
end

-- {=== the table ===}

-- A row: `by` measures `what` of calls.lua; `budget`: the most that ours may take, as a ratio to the floor, or as it
-- stands (`judged = "alone"`), or beyond the floor ("beyond").
local ROWS <const> = {
  { title = "GET a deployment", by = warm, what = "get", where = "plain", calls = 300, budget = 1.35, short = true },
  { title = "GET a deployment, TLS", by = warm, what = "get", where = "tls", calls = 300, budget = 1.3, short = true },
  { title = "create a policy", by = warm, what = "create", where = "plain", calls = 300, budget = 1.35, short = true },
  { title = "create a policy, TLS", by = warm, what = "create", where = "tls", calls = 300, budget = 1.35,
    short = true },
  { title = "process with one GET", by = cold, what = "get", where = "plain", budget = 1.15, rounds = 15 },
  { title = "process with one GET, TLS, system's trust", by = cold, what = "get", where = "trust", budget = 0.35,
    rounds = 9 },
  { title = "require", by = requiring, budget = 1.15, rounds = 15 },
  { title = "1000 deployments, id and label read", by = warm, what = "list", where = "plain", calls = 8, budget = 2.4 },
  { title = "the same at 20 ms: latencies", by = latencies, what = "list", where = "far", calls = 4, budget = 2.5,
    judged = "alone", rounds = 5 },
  { title = "200 GETs, 32 at once, TLS, system's trust", by = wall, what = "fleet", where = "trust", calls = 200,
    in_flight = 32, budget = 0.11, rounds = 9 },
}

for _, row in ipairs {
  { title = "GET a deployment: instructions", what = "get", calls = 200, budget = 1.4 },
  { title = "create a policy: instructions", what = "create", calls = 200, budget = 1.6 },
  { title = "1000 deployments: instructions", what = "list", calls = 4, budget = 2.8 },
} do
  row.by, row.where, row.rounds = instructions, "plain", 1
  ROWS[#ROWS + 1] = row
end

-- Fleets against a distant server: as many rounds of calls for each.
for _, n in ipairs { 1, 8, 32 } do
  for name, by in pairs { wall = wall, CPU = cpu } do
    ROWS[#ROWS + 1] = {
      title = ("%d GETs at 20 ms, %d at once: %s"):format(31 * n, n, name), by = by, what = "fleet", where = "far",
      calls = 31 * n, in_flight = n, budget = by == wall and 1.02 or 1.4, rounds = 5,
    }
  end
end

for _, row in ipairs {
  { title = "peak memory, one GET: KiB", what = "get", calls = 1, budget = 1024 },
  { title = "peak memory, 1000 deployments: KiB", what = "list", calls = 1, budget = 7 * 1024 },
  { title = "peak memory, 992 GETs, 32 at once: KiB", what = "fleet", calls = 992, in_flight = 32, budget = 8 * 1024 },
} do
  row.by, row.where, row.judged, row.rounds = memory, "plain", "beyond", 3
  ROWS[#ROWS + 1] = row
end

local function median(list)
  local sorted = table.move(list, 1, #list, 1, {})
  table.sort(sorted)
  return sorted[#sorted // 2 + 1]
end

-- The columns that can play a row; a fleet of others would be another program.
local function columns_of(row)
  if MOST or row.what == "fleet" or row.where == "trust" or row.by == instructions then return { "bare", "ours" } end
  local all = { "bare", "ours", "socket" }
  if process.run { "/usr/bin/python3", "-c", "import requests" } == 0 then all[4] = "requests" end
  return all
end

-- What each column takes, and the ratio to the floor: medians.
local function measure(row)
  local times, ratios = {}, {}
  for _, column in ipairs(columns_of(row)) do times[column], ratios[column] = {}, {} end
  for round = 1, math.min(row.rounds or ROUNDS, ROUNDS) do
    for _, column in ipairs(columns_of(row)) do
      times[column][round] = row.by(column, row)
      ratios[column][round] = times[column][round] / times.bare[round]
    end
  end
  local result = {}
  for column, list in pairs(times) do
    local ratio = median(ratios[column])
    result[column] = { takes = median(list), ratio = ratio }
  end
  local ours = result.ours
  ours.judged = row.judged == "alone" and ours.takes or row.judged == "beyond" and ours.takes - result.bare.takes
    or ours.ratio
  return result
end

local function best_of_tries(row, budget)
  local best
  for _ = 1, TRIES do
    local result = measure(row)
    if not best or result.ours.judged < best.ours.judged then best = result end
    if best.ours.judged <= budget then break end
  end
  return best
end

local function number(x)
  return (x < 100 and "%.2f" or "%.0f"):format(x)
end

local function cell(x)
  return x and ("%s (%.2f)"):format(number(x.takes), x.ratio) or "-"
end

local LINE <const> = "%-42s %9s %9s %7s %7s %-6s %17s %17s\n"

-- Returns whether the budget is met.
local function show(row, budget)
  if row.where == "trust" and not TRUST then
    io.write(("%-42s not measured: no mount namespace\n"):format(row.title))
    return true
  end
  local r = best_of_tries(row, budget)
  local good, shown = r.ours.judged <= budget, row.judged == "beyond" and "%+.0f" or "%.2f"
  io.write(LINE:format(row.title, number(r.bare.takes), number(r.ours.takes), shown:format(r.ours.judged),
    shown:format(budget), good and "" or "MISSED", cell(r.socket), cell(r.requests)))
  io.stdout:flush()
  return good
end

io.write(LINE:format("us a call (x the floor)", "bare", "us", "ratio", "budget", "", "lua-socket, cjson",
  "python3-requests"))
local missed = 0
for _, row in ipairs(ROWS) do
  local wanted = (row.short or not MOST) and row.title:find(WANTED)
  if wanted and not show(row, MOST or row.budget) then missed = missed + 1 end
end
io.write(("Medians of up to %d rounds; client and server on one CPU; one connection for all calls, but in a\n"
  .. "process with one GET (start, connection, call, end). %d missed.\n"):format(ROUNDS, missed))
if missed > 0 then
  front:stop()
  files:remove()
  os.exit(1, true)
end
