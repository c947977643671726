--- One column of the benchmark: COLUMN get|create ENDPOINT CA-FILE COUNT [BODY-FILE].
-- Prints the median time of a call in microseconds; with a COUNT of 1 makes one call in silence.

local column <const>, what <const>, endpoint <const>, ca_file <const> = arg[1], arg[2], arg[3], arg[4]
local count <const> = math.tointeger(arg[5])

local TOKEN <const> = "token-of-the-benchmark"
local ID <const> = "6759e8aebd38a7fca6ba234a"

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local columns = {}

-- This module.
function columns.datarobot()
  local dr = require "datarobot"
  local client = assert(dr.client {
    endpoint = endpoint, token = TOKEN, ssl_verify = ca_file ~= "" and ca_file or nil,
  })
  if what == "get" then
    return function() return assert(client:deployment(ID)).label end
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
  local url = endpoint .. "/deployments/" .. ID .. "/"
  local body = what == "create" and cjson.decode(read(arg[6]))
  if body then url = url .. "retrainingPolicies/" end
  return function()
    local text = body and cjson.encode(body)
    local parts = {}
    local ok, status = http.request {
      method = text and "POST" or "GET", url = url, create = connection,
      source = text and ltn12.source.string(text), sink = ltn12.sink.table(parts),
      headers = {
        Authorization = "Bearer " .. TOKEN, Accept = "application/json", Connection = header,
        ["Content-Type"] = text and "application/json" or nil, ["Content-Length"] = text and #text or nil,
      },
    }
    assert(ok and (status == 200 or status == 201), status)
    local reply = cjson.decode(table.concat(parts))
    return reply.label or reply.name
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

local call = columns[column]()
assert(call(), "no label, no name")
if count > 1 then
  local now = require "socket".gettime
  local times = {}
  for i = 1, count do
    local begin = now()
    call()
    times[i] = now() - begin
  end
  table.sort(times)
  print(("%.2f"):format(times[count // 2 + 1] * 1e6))
end
