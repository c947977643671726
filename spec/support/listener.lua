--- A TCP listener in a process of its own that keeps every byte it is sent; for what must see nothing.

local socket = require "socket"

local HERE <const> = debug.getinfo(1, "S").source:match "^@(.*)$"

-- The process: accepts, keeps what comes, answers the first bytes of a connection with 502.
local function serve(server, path)
  local file = assert(io.open(path, "ab"))
  file:setvbuf "no"
  local open = { server }
  while true do
    for _, ready in ipairs((socket.select(open))) do
      if ready == server then
        local client = server:accept()
        client:settimeout(0)
        open[#open + 1] = client
        file:write "[connection]\n"
      else
        local data, err, part = ready:receive(65536)
        file:write(data or part or "")
        if (data or part or "") ~= "" then
          ready:send "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        end
        if err == "closed" or (data or part or "") ~= "" then
          for i, s in ipairs(open) do
            if s == ready then table.remove(open, i) end
          end
          ready:close()
        end
      end
    end
  end
end

if arg and arg[0] == HERE and arg[1] == "serve" then
  local server = assert(socket.bind("127.0.0.1", 0))
  print((select(2, server:getsockname())))
  io.stdout:flush()
  serve(server, arg[2])
end

local process = require "spec.support.process"

local Listener = {}
Listener.__index = Listener

--- Starts a listener on a free port of 127.0.0.1.
-- @return listener: `.port`, `.url` ("http://127.0.0.1:PORT")
function Listener.start()
  local folder = process.folder()
  local path = folder:write("seen", "")
  local child = process.start { "lua5.4", HERE, "serve", path }
  local port = assert(tonumber(child.out:read "l"), "the listener did not start")
  return setmetatable({
    port = port, url = "http://127.0.0.1:" .. port, folder = folder, child = child,
  }, Listener)
end

--- All that came until now: "[connection]\n" for each connection, then its bytes.
function Listener:bytes()
  return self.folder:read "seen"
end

--- Ends it. May be called twice.
-- @return all that came
function Listener:stop()
  if not self.child then return nil end
  self.child:stop()
  local seen = self:bytes()
  self.folder:remove()
  self.child = nil
  return seen
end

Listener.__close = Listener.stop

return Listener
