--- The process of fault_server.lua: plays what it is told on its control connection.

local cjson = require "cjson".new()
local socket = require "socket"

local play = { replies = { {} } }
local counts, seen, connections = {}, {}, {}
local tasks = {} -- coroutine -> { socket = , wants = "read" | "write" } or { at = time }

local function step(task)
  local ok, wants, what = coroutine.resume(task)
  if not ok then io.stderr:write(tostring(wants), "\n") end
  if coroutine.status(task) == "dead" then
    tasks[task] = nil
  elseif wants == "sleep" then
    tasks[task] = { at = socket.gettime() + what }
  else
    tasks[task] = { socket = what, wants = wants }
  end
end

local function start(f, ...)
  local arguments = table.pack(...)
  step(coroutine.create(function() f(table.unpack(arguments, 1, arguments.n)) end))
end

-- One round: everybody whose socket is ready or whose time has come.
local function round()
  local sets, least = { read = {}, write = {} }, nil
  for _, w in pairs(tasks) do
    if w.socket then table.insert(sets[w.wants], w.socket) end
    if w.at and (not least or w.at < least) then least = w.at end
  end
  local readable, writable = socket.select(sets.read, sets.write, least and math.max(least - socket.gettime(), 0))
  local now, due = socket.gettime(), {}
  for task, w in pairs(tasks) do
    local ready = w.wants == "read" and readable or writable
    if w.at and w.at <= now or w.socket and ready[w.socket] then due[#due + 1] = task end
  end
  for _, task in ipairs(due) do step(task) end
end

-- The next bytes; nil at the end.
local function read_some(sock)
  while true do
    local data, err, part = sock:receive(65536)
    data = data or part
    if data ~= "" then return data end
    if err ~= "timeout" then return nil end
    coroutine.yield("read", sock)
  end
end

local function write_all(sock, data)
  local from = 1
  while from <= #data do
    local last, err, partial = sock:send(data, from)
    if not last and err ~= "timeout" then return nil end
    from = (last or partial) + 1
    if not last then coroutine.yield("write", sock) end
  end
  return true
end

local function write_slowly(sock, data, pace)
  if not pace then return write_all(sock, data) end
  for i = 1, #data do
    if not write_all(sock, data:sub(i, i)) then return nil end
    coroutine.yield("sleep", pace)
  end
  return true
end

local function finish(conn, how)
  if how == "rst" then
    conn.socket:setoption("linger", { on = true, timeout = 0 })
  elseif how == "fin" then
    conn.socket:shutdown "send"
  end
  while how ~= "rst" do
    local more = read_some(conn.socket)
    if not more then break end
    conn.bytes[#conn.bytes + 1] = more
  end
  conn.socket:close()
end

-- The bytes until a message with a Content-Length, or none, is whole, or `enough` have come; what is behind them.
local function read_message(sock, buffer, got, enough)
  while true do
    local _, stop = buffer:find("\r\n\r\n", 1, true)
    local length = stop and tonumber(buffer:sub(1, stop):lower():match "\ncontent%-length: *(%d+)" or 0)
    local size = enough or (stop and stop + length)
    if size and #buffer >= size then return buffer:sub(1, size), buffer:sub(size + 1), stop or size end
    local more = read_some(sock)
    if not more then return nil, buffer end
    if got then got[#got + 1] = more end
    buffer = buffer .. more
  end
end

local function ask_upstream(port, message)
  local sock = assert(socket.tcp())
  sock:settimeout(5)
  assert(sock:connect("127.0.0.1", port // 1 | 0))
  sock:settimeout(0)
  write_all(sock, message)
  local reply = read_message(sock, "")
  sock:close()
  return reply or ""
end

local function render(reply, message, n)
  if reply.raw then return reply.raw end
  if reply.upstream then return ask_upstream(reply.upstream, message) end
  local body = (reply.body or "{}"):gsub("%$([nm])", { n = tostring(n), m = tostring(n + 1) })
  local lines = { ("HTTP/1.1 %d Status"):format(reply.status or 200), table.unpack(reply.headers or {}) }
  local head = ("\n" .. table.concat(lines, "\n")):lower()
  if not head:find "\ncontent%-type:" then lines[#lines + 1] = "Content-Type: application/json" end
  if not head:find "\ncontent%-length:" and not head:find "\ntransfer%-encoding:" and not reply.tail then
    lines[#lines + 1] = "Content-Length: " .. #body
  end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. body
end

local function pick(message)
  local method, target = message:match "^(%S+) (%S+)"
  local key = method and method .. " " .. target:match "^[^?]*"
  local replies = play.routes and play.routes[key]
  if not replies then key, replies = "", play.replies end
  counts[key] = (counts[key] or 0) + 1
  return replies[math.min(counts[key], #replies)], counts[key]
end

-- Sends a reply; how the connection ends behind it, or nil when it goes on.
local function answer(conn, reply, message, n, request)
  if reply.wait then coroutine.yield("sleep", reply.wait) end
  local data, cut = (reply.interim or "") .. render(reply, message, n), reply.cut
  if reply.upstream then request.reply = data end
  if cut then data = data:sub(1, cut) end
  if not write_slowly(conn.socket, data, reply.pace) then return "fin" end
  local times = not cut and reply.tail and reply.tail[2] or 0
  while times ~= 0 do
    if not write_slowly(conn.socket, reply.tail[1], reply.pace) then return "fin" end
    times = times - 1
  end
  return (cut or reply.how) and (reply.how or "fin") or reply.close and "fin" or nil
end

local function pass_bytes(from, to, o, got)
  local left = o.cut or math.huge
  while left > 0 do
    local data = read_some(from)
    if not data then break end
    if got then got[#got + 1] = data end
    if not write_slowly(to, data:sub(1, math.min(#data, left)), o.pace) then break end
    left = left - #data
  end
  if o.how == "hang" then return end
  if o.how == "rst" then to:setoption("linger", { on = true, timeout = 0 }) end
  if o.how == "rst" then to:close() else to:shutdown "send" end
end

local function relay(conn, o)
  local other = assert(socket.connect("127.0.0.1", o.port // 1 | 0))
  other:settimeout(0)
  start(pass_bytes, conn.socket, other, {}, conn.bytes)
  pass_bytes(other, conn.socket, o)
end

local function converse(conn)
  local buffer = ""
  while true do
    local message, rest, head = read_message(conn.socket, buffer, conn.bytes, play.early)
    if not message then return finish(conn) end
    buffer = rest
    local reply, n = pick(message)
    local request = {
      connection = conn.number, at = socket.gettime(), head = message:sub(1, head), body = message:sub(head + 1),
      method = message:match "^%S+", target = message:match "^%S+ (%S+)",
    }
    seen[#seen + 1] = request
    local how = answer(conn, reply, message, n, request)
    if how then return finish(conn, how) end
    if reply.tunnel then return relay(conn, { port = reply.tunnel }) end
  end
end

-- The words of SOCKS 5, each behind so many bytes of the client's; then the bytes pass to the port, if there is one.
local function socks(conn, port, words)
  for _, word in ipairs(words or { { 3, "\5\0" }, { 4, "\5\0\0\1\127\0\0\1\0\0" } }) do
    local bytes = ""
    while #bytes < word[1] do
      local more = read_some(conn.socket)
      if not more then return finish(conn) end
      conn.bytes[#conn.bytes + 1], bytes = more, bytes .. more
    end
    write_all(conn.socket, word[2])
  end
  if words then return finish(conn) end
  relay(conn, { port = port })
end

-- A mistake in a play ends its connection.
local function guarded(f, conn, ...)
  local ok, err = pcall(f, conn, ...)
  if ok then return end
  io.stderr:write("fault_server: ", tostring(err), "\n")
  conn.socket:close()
end

local function accept_all(server)
  while true do
    local sock = server:accept()
    if sock then
      sock:settimeout(0)
      sock:setoption("tcp-nodelay", true)
      local conn = { socket = sock, bytes = {}, number = #connections + 1 }
      connections[conn.number] = conn
      if play.accept then start(guarded, finish, conn, play.accept ~= "hang" and play.accept)
      elseif play.relay then start(guarded, relay, conn, play.relay)
      elseif play.socks then start(guarded, socks, conn, play.socks, play.socks_words)
      else start(guarded, converse, conn) end
    else
      coroutine.yield("read", server)
    end
  end
end

local commands = {
  play = function(new)
    play, counts, seen, connections = new, {}, {}, {}
    return true
  end,
  seen = function() return seen end,
  bytes = function()
    local all = {}
    for i, conn in ipairs(connections) do all[i] = table.concat(conn.bytes) end
    return all
  end,
}

local function control(sock)
  local buffer = ""
  while true do
    local size = buffer:match "^(%d+)\n"
    if size and #buffer >= #size + 1 + size then
      local command = cjson.decode(buffer:sub(#size + 2, #size + 1 + size))
      buffer = buffer:sub(#size + 2 + size)
      local text = cjson.encode { commands[command[1]](command[2]) }
      write_all(sock, #text .. "\n" .. text)
    else
      local more = read_some(sock)
      if not more then os.exit(0) end
      buffer = buffer .. more
    end
  end
end

local function listen()
  local server = assert(socket.bind("127.0.0.1", 0, 256))
  server:settimeout(0)
  return server, (select(2, server:getsockname()))
end

local server, port = listen()
local controller, control_port = listen()
print(port, control_port)
io.stdout:flush()
start(accept_all, server)
controller:settimeout(10)
local sock = assert(controller:accept())
sock:settimeout(0)
start(control, sock)
while true do round() end
