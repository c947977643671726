--- A small HTTP/1.1 client over LuaSocket for the sandbox's specs, so that nothing of ours judges itself.

local cjson = require "cjson"
local socket = require "socket"

local http = {}

local Connection = {}
Connection.__index = Connection

--- Opens one connection to a sandbox.
function http.connect(sandbox)
  local tcp = assert(socket.connect("127.0.0.1", sandbox.port))
  tcp:settimeout(10)
  tcp:setoption("tcp-nodelay", true)
  return setmetatable({ tcp = tcp, token = sandbox.token }, Connection)
end

--- Sends a request and does not wait for the answer.
-- @param options table: headers, body (text or a table), token (false: none), scheme, host, target (a
-- whole request target)
function Connection:send(method, path, options)
  options = options or {}
  local body = options.body
  if type(body) == "table" then body = cjson.encode(body) end
  local lines = { ("%s %s HTTP/1.1"):format(method, options.target or "/api/v2/" .. path) }
  lines[#lines + 1] = "Host: " .. (options.host or "127.0.0.1:" .. select(2, self.tcp:getpeername()))
  if options.token ~= false then
    lines[#lines + 1] = ("Authorization: %s %s"):format(options.scheme or "Bearer", options.token or self.token)
  end
  for _, line in ipairs(options.headers or {}) do lines[#lines + 1] = line end
  if body then lines[#lines + 1] = "Content-Length: " .. #body end
  assert(self.tcp:send(table.concat(lines, "\r\n") .. "\r\n\r\n" .. (body or "")))
end

--- Reads one answer.
-- @return table: status, headers (names in lower case), text, json (decoded by lua-cjson when it is JSON)
function Connection:receive()
  local line = assert(self.tcp:receive "*l")
  local reply = { status = assert(math.tointeger(tonumber(line:match "^HTTP/1.1 (%d%d%d)"))), headers = {} }
  for header in function() return assert(self.tcp:receive "*l") end do
    if header == "" then break end
    local name, value = header:match "^([^:]+):%s*(.-)%s*$"
    reply.headers[name:lower()] = value
  end
  local length = tonumber(reply.headers["content-length"] or 0)
  reply.text = length > 0 and assert(self.tcp:receive(length)) or ""
  if reply.headers["content-type"] == "application/json" then reply.json = cjson.decode(reply.text) end
  return reply
end

function Connection:request(method, path, options)
  self:send(method, path, options)
  return self:receive()
end

function Connection:close()
  self.tcp:close()
end

--- One request on a connection of its own.
function http.request(sandbox, method, path, options)
  local connection = http.connect(sandbox)
  local reply = connection:request(method, path, options)
  connection:close()
  return reply
end

--- The text of a file of the contract's examples.
function http.example(name)
  local file = assert(io.open("spec/contract/" .. name, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

return http
