--- A scripted HTTP server in a process of its own that answers as no good server does, for the specs of the
-- transport. What it does is a *play*, a table:
--
--     { replies = { reply, … }, routes = { ["GET /path"] = { reply, … } }, accept = "hang" | "fin" | "rst",
--       early = bytes, relay = { port =, cut =, how =, pace = } }
--
-- The n-th request gets the n-th reply, those behind the last one get the last; `routes` (without the query) go
-- before, each with a count of its own. With `accept` no request is read; with `early` it is answered when so many of
-- its bytes have come; with `relay` the bytes of each connection are passed to and from another port, whatever they
-- are (TLS).
--
-- A reply: `status`, `headers` (list of lines), `body`, or `raw` (all its bytes), or `upstream` (a port that is asked
-- for it). `$n` in `body` is the number of the request, `$m` the next one's. `interim`: bytes before all else.
-- `tail = { text, times }` stands behind it (times < 0: for ever). `wait`: seconds before it. `pace`: seconds after
-- each byte. `cut`: how many bytes are sent before the connection ends by `how`: "fin" (default), "rst", or "hang"
-- (silence). `close`: the connection ends by FIN behind it. `tunnel`: a port that the connection leads to from then on,
-- as behind a CONNECT; the play's `socks = port` does so for every connection after the words of SOCKS 5; with
-- `socks_words`, a list of { bytes to wait for, answer }, these are said instead, and the connection ends.

local cjson = require "cjson".new()
local process = require "spec.support.process"
local socket = require "socket"

local PROCESS <const> = debug.getinfo(1, "S").source:match "^@(.*)fault_server%.lua$" .. "fault_process.lua"

local Fault = {}
Fault.__index = Fault

--- Starts a server on a free port of 127.0.0.1; its first play answers everything with {}.
-- @return server: `.port`, `.url` ("http://127.0.0.1:PORT"), `.endpoint` (with /api/v2)
function Fault.start()
  local child = process.start { "lua5.4", PROCESS }
  local port, control_port = (child.out:read "l" or ""):match "^(%d+)%s+(%d+)"
  local sock = assert(socket.connect("127.0.0.1", tonumber(control_port)), "the fault server did not start")
  sock:setoption("tcp-nodelay", true)
  local url = "http://127.0.0.1:" .. port
  return setmetatable({
    port = tonumber(port), url = url, endpoint = url .. "/api/v2", child = child, control = sock,
  }, Fault)
end

function Fault:command(...)
  local text = cjson.encode { ... }
  assert(self.control:send(#text .. "\n" .. text))
  local size = assert(self.control:receive "*l")
  return cjson.decode((assert(self.control:receive(tonumber(size)))))[1]
end

--- Begins a play (see above); what was seen is forgotten.
function Fault:play(what)
  return self:command("play", what)
end

--- A client of this server, with the canary as its token and no retries.
-- @param options more options of dr.client
function Fault:client(options)
  local all = { endpoint = self.endpoint, token = require "spec.support.canary", retries = 0 }
  for name, value in pairs(options or {}) do all[name] = value end
  return assert(require "datarobot".client(all))
end

--- The requests since the play began: list of { connection =, at =, method =, target =, head =, body =, reply = };
-- the reply's bytes only when they came from upstream.
function Fault:seen()
  return self:command "seen"
end

--- How often a method was seen.
function Fault:count(method)
  local n = 0
  for _, request in ipairs(self:seen()) do
    if not method or request.method == method then n = n + 1 end
  end
  return n
end

--- The bytes that came since the play began, one text a connection.
function Fault:bytes()
  return self:command "bytes"
end

--- Ends it. May be called twice.
function Fault:stop()
  if not self.child then return end
  self.control:close()
  self.child:stop()
  self.child = nil
end

Fault.__close = Fault.stop

--- A port of 127.0.0.1 that no connection can be made to: the system drops what asks for one.
-- @return port, a function that ends it
function Fault.black_hole()
  local server = assert(socket.tcp())
  assert(server:bind("127.0.0.1", 0))
  assert(server:listen(0))
  local _, port = server:getsockname()
  local open = { server }
  for _ = 1, 4 do
    local client = socket.tcp()
    client:settimeout(0)
    client:connect("127.0.0.1", port)
    open[#open + 1] = client
  end
  return tonumber(port), function()
    for _, s in ipairs(open) do s:close() end
  end
end

return Fault
