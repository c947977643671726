--- A proxy in a process of its own that loses answers. It stands before a sandbox and passes everything, except for
-- the requests of a case that is armed: those whose User-Agent ends in "cut/SEED". What becomes of the n-th of them
-- depends on the seed and n alone:
--
--     pass      the answer comes
--     before    the connection ends behind the request, or, where that is larger than SOCKETS, in its midst; the
--               sandbox never sees it
--     after     the sandbox acts; the connection ends behind a byte of the answer
--     late      the connection ends; the sandbox acts a little later
--     gateway   502 or 504, whether the sandbox acts or not
--     refuse    429, 500 or 503, and the sandbox never sees it
--     silent    no answer comes, whether the sandbox acts or not; for cases with little time
--
-- POST …/cut/SEED arms a case, PUT …/cut/SEED waits until nothing of it is under way, GET …/cut/SEED tells what
-- happened to it and lets no more of its requests through. What arms a case may name a sandbox of its own: `port`.

local cjson = require "cjson"
local cqueues = require "cqueues"
local socket = require "socket"

local HERE <const> = debug.getinfo(1, "S").source:match "^@(.*)$"
local SOCKETS <const> = 1 << 20 -- bytes of a request that is left unread; far more are needed to fill the sockets
local LATE <const> = 60 -- ms

--- Random numbers that are the same in every run.
-- @param a, b integers: where they begin
-- @return function pick(n): a number from 1 to n
local function generator(a, b)
  local state = (a * 2654435761 + b * 40503) % 4294967296
  local function pick(n)
    state = (state * 1664525 + 1013904223) % 4294967296
    return (state >> 8) % n + 1
  end
  pick(1)
  return pick
end

-- {=== Sockets

local function wait(sock, events)
  cqueues.poll { pollfd = sock:getfd(), events = events }
end

local function close(sock, how)
  if how == "rst" then sock:setoption("linger", { on = true, timeout = 0 }) end
  cqueues.cancel(sock:getfd())
  sock:close()
end

-- Reads until done(buffer) is true; nil when the connection ends before.
local function read_until(sock, buffer, done)
  while not done(buffer) do
    local data, err, part = sock:receive(65536)
    data = data or part
    buffer = #buffer > 0 and buffer .. data or data
    if data == "" then
      if err ~= "timeout" then return nil end
      wait(sock, "r")
    end
  end
  return buffer
end

-- The head of a message with what came behind it, and the size of the message.
local function read_head(sock, buffer)
  buffer = read_until(sock, buffer, function(s) return s:find("\r\n\r\n", 1, true) end)
  if not buffer then return nil end
  local _, stop = buffer:find("\r\n\r\n", 1, true)
  return buffer, stop + (tonumber(buffer:sub(1, stop):lower():match "\ncontent%-length: *(%d+)") or 0)
end

local function read_message(sock, buffer)
  local size
  buffer, size = read_head(sock, buffer)
  return buffer and read_until(sock, buffer, function(s) return #s >= size end), size
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

-- The sandbox's reply.
local function ask(port, message)
  local sock = assert(socket.connect("127.0.0.1", port))
  sock:settimeout(0)
  write(sock, message)
  local reply = read_message(sock, "")
  close(sock)
  return reply or ""
end

local function status_of(reply)
  return tonumber(reply:match "^HTTP/1.1 (%d+)")
end

-- }===

-- {=== Fates

local REPLY <const> = "HTTP/1.1 %d Said by the proxy\r\nContent-Length: 0\r\n%s\r\n"
local REFUSALS <const> = { 429, 429, 500, 503 }

-- What the client sees. Each takes the connection, the entry of the log, `pick`, the sandbox's reply (nil when it has
-- not acted) and, for `late`, what makes it act. True: the connection goes on.
local shows = {}

function shows.pass(sock, entry, _, reply)
  entry.reply = status_of(reply)
  return write(sock, reply)
end

function shows.after(sock, entry, pick, reply)
  entry.cut = pick(#reply) - 1
  write(sock, reply:sub(1, entry.cut))
  close(sock, pick(2) == 1 and "rst" or "fin")
end

function shows.before(sock, _, pick)
  close(sock, pick(2) == 1 and "rst" or "fin")
end

function shows.late(sock, _, pick, _, act)
  local seconds = pick(LATE) / 1000
  close(sock, pick(2) == 1 and "rst" or "fin")
  cqueues.sleep(seconds)
  act()
end

function shows.gateway(sock, entry, pick)
  entry.reply = pick(2) == 1 and 502 or 504
  return write(sock, REPLY:format(entry.reply, ""))
end

function shows.refuse(sock, entry, pick)
  entry.reply = REFUSALS[pick(#REFUSALS)]
  return write(sock, REPLY:format(entry.reply, pick(3) == 1 and "Retry-After: 0\r\n" or ""))
end

function shows.silent(sock, _, _, _, _, case)
  case.busy = case.busy - 1
  read_until(sock, "", function() return false end)
  case.busy = case.busy + 1
  close(sock)
end

local WRITES <const> = { "pass", "pass", "before", "before", "after", "after", "after", "after", "late", "gateway",
  "refuse", "silent" }
local READS <const> = { "pass", "pass", "pass", "pass", "pass", "pass", "after", "refuse" }

local cases = {} -- seed -> case

local function fate_of(case, method)
  if case.over then return "before" end
  local words = method == "GET" and READS or WRITES
  local fate = words[case.pick(#words)]
  if method ~= "GET" then
    if case.tried and case.pick(2) == 1 then fate = "pass" end
    case.tried = true
  end
  if fate == "silent" and not case.hasty then fate = "late" end
  return fate
end

local function acts_now(fate, pick)
  if fate == "gateway" or fate == "silent" then return pick(2) == 1 end
  return fate == "pass" or fate == "after"
end

-- Somebody else's write, between the first answer that is lost and the next try.
local function play_rival(case, port)
  case.log[#case.log + 1] = { rival = true, status = status_of(ask(port, case.rival)) }
  case.rival = nil
end

-- One request of an armed case, of which at least the head is in the buffer. Returns what is behind it; nil when the
-- connection has ended.
local function play(sock, port, case, buffer, size)
  local method, path = buffer:match "^(%u+) (%S+)"
  local fate, entry = fate_of(case, method), { method = method, path = path }
  port = math.tointeger(case.port) or port
  case.log[#case.log + 1], entry.fate, case.busy = entry, fate, case.busy + 1
  entry.whole = not (fate == "before" and size > SOCKETS)
  if entry.whole then buffer = read_until(sock, buffer, function(s) return #s >= size end) end
  if not buffer then
    case.busy, entry.whole = case.busy - 1, false
    return close(sock)
  end
  local reply
  local function act()
    reply = ask(port, buffer:sub(1, size))
    entry.status = status_of(reply)
  end
  if acts_now(fate, case.pick) then act() end
  if case.rival and fate ~= "pass" and method ~= "GET" then play_rival(case, port) end
  local on = shows[fate](sock, entry, case.pick, reply, act, case)
  case.busy = case.busy - 1
  return on and buffer:sub(size + 1)
end

-- }===

-- {=== The process

-- Arms a case, waits for it, or tells what became of it.
local function control(message, seed)
  local body = ""
  if message:find "^POST" then
    local case = cjson.decode(message:match "\r\n\r\n(.*)$")
    case.pick, case.log, case.busy = generator(tonumber(seed), 1), {}, 0
    cases[seed] = case
  else
    while cases[seed].busy > 0 do cqueues.sleep(0.005) end
    if message:find "^GET" then
      cases[seed].over = true
      body = cjson.encode { log = cases[seed].log }
    end
  end
  return ("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"):format(#body, body)
end

-- A request that belongs to no armed case. After every third of the seeds no connection is left for the case.
local function pass(sock, port, message, seed)
  local control_seed = message:match "^%u+ /api/v2/cut/(%d+)"
  local reply = control_seed and control(message, control_seed) or ask(port, message)
  if seed and tonumber(seed) % 3 == 0 then reply = reply:gsub("\r\n", "\r\nConnection: close\r\n", 1) end
  return write(sock, reply)
end

local function converse(sock, port)
  local rest = ""
  while rest do
    local buffer, size = read_head(sock, rest)
    if not buffer then return close(sock) end
    local seed = buffer:match "\n[Uu]ser%-[Aa]gent: [^\r]* cut/(%d+)\r"
    if seed and cases[seed] then
      rest = play(sock, port, cases[seed], buffer, size)
    else
      buffer = read_until(sock, buffer, function(s) return #s >= size end)
      if not buffer or not pass(sock, port, buffer:sub(1, size), seed) then return close(sock) end
      rest = buffer:sub(size + 1)
    end
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

local proxy = { generator = generator }

--- Starts a proxy before a port of 127.0.0.1.
-- @return the child process, its port
function proxy.start(port)
  local child = process.start { "lua5.4", HERE, "serve", tostring(port) }
  return child, assert(tonumber(child.out:read "l"), "the proxy did not start")
end

return proxy
