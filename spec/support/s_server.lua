--- `openssl s_server`, for what nginx does not do: old protocols, certificates of clients, handshakes in the middle of
-- a connection. It serves one connection at a time. What it is sent is in its output, among its own words; what it is
-- told goes to the peer, or is one of its commands ("r": renegotiate).

local process = require "spec.support.process"

local COMMAND <const> = "cd %s && mkfifo in && exec openssl s_server -accept 127.0.0.1:0 -state -msg"
  .. " -cert %s.pem -key %s.key %s <>in >out 2>&1"

local Server = {}
Server.__index = Server

local s_server = {}

--- Starts a server on a free port of 127.0.0.1.
-- @param certificate path of the certificate without ".pem"; the key is beside it, as ".key"
-- @param options text of more options
-- @return server: `.port`, `.endpoint` ("https://127.0.0.1:PORT/api/v2")
function s_server.start(certificate, options)
  local folder = process.folder()
  local line = COMMAND:format(process.quote(folder.path), certificate, certificate, options)
  local server = setmetatable({ folder = folder, child = process.start { "sh", "-c", line } }, Server)
  server.port = process.wait_for(function() return server:output():match "\nACCEPT 127%.0%.0%.1:(%d+)\n" end)
  if not server.port then
    local text = server:output()
    server:stop()
    error("s_server did not start: " .. text, 2)
  end
  server.endpoint = "https://127.0.0.1:" .. server.port .. "/api/v2"
  server.input = assert(io.open(folder.path .. "/in", "w"))
  return server
end

--- All that it has printed.
function Server:output()
  return self.folder:read "out" or ""
end

--- Waits until it has printed a text, so many times.
-- @param text without patterns
-- @param times default 1
-- @param meanwhile function called while it has not, or nil
function Server:expect(text, times, meanwhile)
  local found = process.wait_for(function()
    local count = select(2, self:output():gsub(text:gsub("%p", "%%%0"), ""))
    if count >= (times or 1) then return true end
    if meanwhile then meanwhile() end
  end)
  if found then return end
  local steps = {}
  for line in self:output():gmatch "SSL[^\n]*" do steps[#steps + 1] = line end
  error(("s_server does not say %q:\n%s"):format(text, table.concat(steps, "\n")), 2)
end

--- Tells it something, and waits until it has sent what follows from it; so the next that it is told is read by itself.
function Server:say(text)
  local before = #self:output()
  self.input:write(text)
  self.input:flush()
  process.wait_for(function() return #self:output() > before end)
end

--- Stops it where it is: its connections stay open, and nothing comes from it.
function Server:freeze()
  self.child:kill "STOP"
end

--- Ends it. May be called twice.
function Server:stop()
  if not self.child then return end
  if self.input then self.input:close() end
  self.child:kill "CONT" -- else it would not see that it is to end
  self.child:stop()
  self.folder:remove()
  self.child = nil
end

Server.__close = Server.stop

return s_server
