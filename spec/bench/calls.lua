--- One column of the benchmark: COLUMN get|create|list|fleet ENDPOINT CA-FILE COUNT [BODY-FILE|IN-FLIGHT].
-- Prints the median time of a call behind the first in microseconds; with a COUNT of 1 makes one call in silence.
-- A fleet prints wall and CPU time of all its calls behind a first one. With BENCH_MEMORY in the environment: the
-- most memory that the process took, in KiB.

local column <const>, what <const>, endpoint <const>, ca_file <const> = arg[1], arg[2], arg[3], arg[4]
local count <const> = math.tointeger(arg[5])

local TOKEN <const> = "token-of-the-benchmark"
local ID <const> = "6759e8aebd38a7fca6ba234a"

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local columns = {}

local function check_list(n)
  assert(n == 1000, n)
  return true
end

local function fleet(client)
  local ids, now = {}, require "socket".gettime
  assert(client:deployment(ID))
  for i = 1, count do ids[i] = ID end
  local wall, cpu, done = now(), os.clock(), 0
  for _, label, err in client:each(ids, function(id)
    local deployment, why = client:deployment(id)
    return deployment and deployment.label, why
  end, { concurrency = math.tointeger(arg[6]) }) do
    assert(label, err)
    done = done + 1
  end
  assert(done == count)
  return (now() - wall) * 1e6, (os.clock() - cpu) * 1e6
end

-- This module.
function columns.datarobot()
  local dr = require "datarobot"
  local client = assert(dr.client {
    endpoint = endpoint, token = TOKEN, ssl_verify = ca_file ~= "" and ca_file or nil,
  })
  if what == "get" then
    return function() return assert(client:deployment(ID)).label end
  elseif what == "fleet" then
    return function() return fleet(client) end
  elseif what == "list" then
    return function()
      local n = 0
      for deployment in client:deployments() do
        if deployment.id and deployment.label then n = n + 1 end
      end
      return check_list(n)
    end
  end
  local deployment = assert(client:deployment(ID))
  local policy = assert(dr.decode(read(arg[6])))
  return function() return assert(deployment:create_retraining_policy(policy)).name end
end

-- A connection that http.request cannot close; `again` when it is already open.
local function keep(connection)
  local kept = { connected = false }
  function kept.connect(_, host, port)
    if kept.connected then return 1 end
    kept.connected = true
    return connection:connect(host, port)
  end
  function kept.close() return 1 end
  return setmetatable(kept, {
    __index = function(_, name)
      return function(_, ...) return connection[name](connection, ...) end
    end,
  })
end

-- A connection that speaks TLS once it is connected.
local function secure(connection)
  local proxy = {}
  function proxy.connect(_, host, port)
    local ok, err = connection:connect(host, port)
    if not ok then return nil, err end
    connection = assert(require "ssl".wrap(connection, {
      mode = "client", protocol = "any", options = { "all", "no_sslv2", "no_sslv3" }, verify = "peer",
      cafile = ca_file,
    }))
    assert(connection:dohandshake())
    return 1
  end
  return setmetatable(proxy, {
    __index = function(_, name)
      return function(_, ...) return connection[name](connection, ...) end
    end,
  })
end

-- lua-socket's http with lua-cjson; `connection` makes what it talks through.
local function lua_socket(connection, header)
  local http, ltn12, cjson = require "socket.http", require "ltn12", require "cjson"
  local body = what == "create" and cjson.decode(read(arg[6]))
  local function request(path)
    local text = body and cjson.encode(body)
    local parts = {}
    local ok, status = http.request {
      method = text and "POST" or "GET", url = endpoint .. path, create = connection,
      source = text and ltn12.source.string(text), sink = ltn12.sink.table(parts),
      headers = {
        Authorization = "Bearer " .. TOKEN, Accept = "application/json", Connection = header,
        ["Content-Type"] = text and "application/json" or nil, ["Content-Length"] = text and #text or nil,
      },
    }
    assert(ok and (status == 200 or status == 201), status)
    return cjson.decode(table.concat(parts))
  end
  if what == "get" then
    return function() return request("/deployments/" .. ID .. "/").label end
  elseif what == "create" then
    return function() return request("/deployments/" .. ID .. "/retrainingPolicies/").name end
  end
  return function()
    local n, query = 0, "?offset=0&limit=100"
    repeat
      local page = request("/deployments/" .. query)
      for _, deployment in ipairs(page.data) do
        if deployment.id and deployment.label then n = n + 1 end
      end
      query = page.next ~= cjson.null and page.next:match "%?.*$"
    until not query
    return check_list(n)
  end
end

-- Its http module knows no https by itself: the scheme is taken away, the connection speaks TLS.
local function connect_new()
  local tcp = assert(require "socket".tcp4())
  tcp:settimeout(60)
  assert(tcp:setoption("tcp-nodelay", true))
  return ca_file ~= "" and secure(tcp) or tcp
end

-- One connection for all calls.
function columns.kept()
  local connection = keep(connect_new())
  return lua_socket(function() return connection end, "keep-alive, TE")
end

-- A connection for each call, as the module does by itself.
function columns.new()
  return lua_socket(connect_new, "close, TE")
end

local function print_memory()
  print(assert(read "/proc/self/status":match "VmHWM:%s*(%d+)"))
end

local call = columns[column]()
local times = {}
if what == "fleet" then
  local wall, cpu = call()
  if not os.getenv "BENCH_MEMORY" then print(("%.0f %.0f"):format(wall, cpu)) end
else
  assert(call(), "no label, no name")
  for i = 1, count - 1 do
    local now = require "socket".gettime
    local begin = now()
    call()
    times[i] = now() - begin
  end
end
if os.getenv "BENCH_MEMORY" then
  print_memory()
elseif #times > 0 then
  table.sort(times)
  print(("%.2f"):format(times[#times // 2 + 1] * 1e6))
end
