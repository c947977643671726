--- A proxy in a process of its own that loses answers: it stands before a sandbox, passes everything, and cuts the
-- POSTs whose body holds "cut SEED" (and a few of the other requests). What it does to the n-th POST of a seed depends
-- on seed and n alone:
--
--     pass      the answer comes
--     before    the connection ends behind a byte of the request; the sandbox never sees it
--     after     the sandbox acts; the connection ends behind a byte of the answer
--     late      the connection ends; the sandbox acts a little later
--     gateway   502 or 504, whether the sandbox acts or not

local cqueues = require "cqueues"
local socket = require "socket"

local HERE <const> = debug.getinfo(1, "S").source:match "^@(.*)$"

-- {=== The process

local function wait(sock, events)
  cqueues.poll { pollfd = sock:getfd(), events = events }
end

local function close(sock, how)
  if how == "rst" then sock:setoption("linger", { on = true, timeout = 0 }) end
  cqueues.cancel(sock:getfd())
  sock:close()
end

-- A message with Content-Length, or none; and what is behind it. `most`: no more bytes than that.
local function read_message(sock, buffer, most)
  while true do
    local _, stop = buffer:find("\r\n\r\n", 1, true)
    local size = stop and stop + (tonumber(buffer:sub(1, stop):lower():match "\ncontent%-length: *(%d+)") or 0)
    if size and #buffer >= size then return buffer:sub(1, size), buffer:sub(size + 1) end
    if most and #buffer >= most then return buffer, "" end
    local data, err, part = sock:receive(65536)
    data = data or part
    buffer = buffer .. data
    if data == "" then
      if err ~= "timeout" then return nil end
      wait(sock, "r")
    end
  end
end

local function write(sock, data)
  local from = 1
  while from <= #data do
    local last, err, partial = sock:send(data, from)
    if not last and err ~= "timeout" then return nil end
    from = (last or partial) + 1
    if not last then wait(sock, "w") end
  end
  return true
end

local function ask(port, message)
  local sock = assert(socket.connect("127.0.0.1", port))
  sock:settimeout(0)
  write(sock, message)
  local reply = read_message(sock, "")
  close(sock)
  return reply or ""
end

local GATEWAY <const> = "HTTP/1.1 %d Gateway\r\nContent-Length: 0\r\n\r\n"

-- Each takes the connection, the port, the request and `pick(n)`, a number from 1 to n; true: the connection goes on.
local fates = {}

function fates.pass(sock, port, message)
  return write(sock, ask(port, message))
end

function fates.after(sock, port, message, pick)
  local reply = ask(port, message)
  write(sock, reply:sub(1, pick(#reply) - 1))
  close(sock, pick(2) == 1 and "rst" or "fin")
end

function fates.before(sock, _, _, pick)
  close(sock, pick(2) == 1 and "rst" or "fin")
end

function fates.late(sock, port, message, pick)
  local seconds = pick(60) / 1000
  close(sock, pick(2) == 1 and "rst" or "fin")
  cqueues.sleep(seconds)
  ask(port, message)
end

function fates.gateway(sock, port, message, pick)
  if pick(2) == 1 then ask(port, message) end
  return write(sock, GATEWAY:format(pick(2) == 1 and 502 or 504))
end

local WORDS <const> = { "pass", "before", "before", "after", "after", "after", "late", "gateway" }

local posts = {}

-- What becomes of a message; a generator for its details.
local function fate_of(message, count)
  local seed = message:match "cut (%d+)"
  local post = seed and message:match "^POST "
  if not post then
    return count % 40 == 0 and message:match "^GET " and "after" or "pass", function(n) return count // 40 % n + 1 end
  end
  posts[seed] = (posts[seed] or 0) + 1
  local state = (tonumber(seed) * 2654435761 + posts[seed] * 40503) % 4294967296
  local function pick(n)
    state = (state * 1664525 + 1013904223) % 4294967296
    return (state >> 8) % n + 1
  end
  pick(1)
  return WORDS[pick(#WORDS)], pick
end

local count = 0

local function converse(sock, port)
  local buffer = ""
  while true do
    local message, rest = read_message(sock, buffer)
    if not message then return close(sock) end
    buffer, count = rest, count + 1
    local fate, pick = fate_of(message, count)
    if not fates[fate](sock, port, message, pick) then return end
  end
end

if arg and arg[0] == HERE and arg[1] == "serve" then
  local server = assert(socket.bind("127.0.0.1", 0, 256))
  server:settimeout(0)
  print((select(2, server:getsockname())))
  io.stdout:flush()
  local loop = cqueues.new()
  loop:wrap(function()
    while true do
      wait(server, "r")
      local sock = server:accept()
      if sock then
        sock:settimeout(0)
        sock:setoption("tcp-nodelay", true)
        loop:wrap(converse, sock, math.tointeger(tonumber(arg[2])))
      end
    end
  end)
  while true do
    local ok, err = loop:step()
    if not ok then io.stderr:write("cutting_proxy: ", tostring(err), "\n") end
  end
end

-- }===

local process = require "spec.support.process"

local proxy = {}

--- Starts a proxy before a port of 127.0.0.1.
-- @return the child process, its port
function proxy.start(port)
  local child = process.start { "lua5.4", HERE, "serve", tostring(port) }
  return child, assert(tonumber(child.out:read "l"), "the proxy did not start")
end

return proxy
