--- Child processes, ports and temporary folders for the specs, with io.popen and lua-socket.

local socket = require "socket"

local process = {}

--- A word for the shell.
-- @param s any value
-- @return its text in single quotes
function process.quote(s)
  return "'" .. tostring(s):gsub("'", [['\'']]) .. "'"
end

local function words(command)
  if type(command) == "string" then return command end
  local out = {}
  for i, word in ipairs(command) do out[i] = process.quote(word) end
  return table.concat(out, " ")
end

-- "VAR=value " for each; false takes the variable away. A Lua child finds the modules that we find.
local function environment(env)
  local keep, drop = {}, {}
  local all = { LUA_PATH_5_4 = package.path, LUA_CPATH_5_4 = package.cpath }
  for name, value in pairs(env or {}) do all[name] = value end
  for name, value in pairs(all) do
    if value == false then
      drop[#drop + 1] = "-u " .. name
    else
      keep[#keep + 1] = name .. "=" .. process.quote(value)
    end
  end
  table.sort(keep)
  return table.concat(drop, " ") .. " " .. table.concat(keep, " ")
end

--- Runs a command to its end.
-- @param command list of words, or a line for the shell
-- @param env table of variables to set (false: unset), or nil
-- @return exit status (128 + signal when a signal ended it), stdout and stderr together
function process.run(command, env)
  local line = "exec env " .. environment(env) .. " " .. words(command) .. " 2>&1"
  if type(command) == "string" then
    line = "exec env " .. environment(env) .. " sh -c " .. process.quote(command) .. " 2>&1"
  end
  local pipe = assert(io.popen(line, "r"))
  local text = pipe:read "a"
  local _, how, code = pipe:close()
  return how == "signal" and 128 + code or code, text
end

local Child = {}
Child.__index = Child

--- Starts a command that goes on by itself; it ends with this process at the latest.
-- @param command list of words
-- @param o nil or { env = variables to set (false: unset), stderr = file for its stderr }
-- @return child: `.pid`, `.out` (its stdout, a Lua file)
function process.start(command, o)
  o = o or {}
  local line = ("echo $$; exec env %s setpriv --pdeathsig TERM %s %s"):format(
    environment(o.env), words(command), o.stderr and "2>" .. process.quote(o.stderr) or "")
  local out = assert(io.popen(line, "r"))
  local pid = tonumber(out:read "l")
  return setmetatable({ out = out, pid = assert(pid, "no process id") }, Child)
end

--- Whether the process is still running.
function Child:alive()
  if not self.out then return false end
  local file = io.open("/proc/" .. self.pid .. "/stat")
  if not file then return false end
  local state = file:read "a":match "^.*%) (%u)"
  file:close()
  return state ~= nil and state ~= "Z" and state ~= "X"
end

--- Sends a signal.
-- @param name "TERM", "INT", …
function Child:kill(name)
  os.execute("kill -" .. name .. " " .. self.pid .. " 2>/dev/null")
end

--- Waits for its end.
-- @return exit status (128 + signal when a signal ended it), the rest of its stdout
function Child:wait()
  if not self.out then return self.status, "" end
  local out = self.out
  self.out = nil
  local rest = out:read "a"
  local _, how, code = out:close()
  self.status = how == "signal" and 128 + code or code
  return self.status, rest
end

--- Ends it: TERM, and KILL when it has not ended after five seconds. May be called twice.
-- @return as `wait`
function Child:stop()
  if not self.out then return self.status, "" end
  self:kill "TERM"
  if not process.wait_for(function() return not self:alive() end, 5) then self:kill "KILL" end
  return self:wait()
end

Child.__close = Child.stop
Child.__gc = Child.stop

--- Waits until a condition holds.
-- @param condition function
-- @param timeout seconds, default 10
-- @return what the condition returned, or nil when the time is over
function process.wait_for(condition, timeout)
  local deadline = socket.gettime() + (timeout or 10)
  repeat
    local value = condition()
    if value then return value end
    socket.sleep(0.01)
  until socket.gettime() > deadline
  return nil
end

--- A TCP port of 127.0.0.1 that nobody listens on.
function process.free_port()
  local server = assert(socket.bind("127.0.0.1", 0))
  local _, port = server:getsockname()
  server:close()
  return tonumber(port)
end

--- Waits until somebody accepts connections.
-- @param port TCP port of 127.0.0.1
-- @param timeout seconds, default 10
-- @return true, or nil when the time is over
function process.wait_listening(port, timeout)
  return process.wait_for(function()
    local client = socket.connect("127.0.0.1", port)
    if not client then return nil end
    client:close()
    return true
  end, timeout)
end

-- Why a program did not start: what its files call fatal or an error, else their last lines.
local function reason(files)
  local all, bad = {}, {}
  for _, path in ipairs(files) do
    local file <close> = io.open(path, "rb")
    for line in file and file:lines() or function() end do
      all[#all + 1] = line
      local word = line:lower()
      if word:find "fatal" or word:find "emerg" or word:find "error" then bad[#bad + 1] = line end
    end
  end
  if #bad > 0 then return table.concat(bad, "\n", 1, math.min(#bad, 10)) end
  return table.concat(all, "\n", math.max(1, #all - 19))
end

--- Waits until a program listens on a port; raises why it does not, at once when it has ended.
-- @param name of the program, for people
-- @param child what `process.start` returned
-- @param port TCP port of 127.0.0.1
-- @param ... paths of the files where it writes what is wrong; they need not exist
function process.expect_listening(name, child, port, ...)
  local listens
  process.wait_for(function()
    listens = process.wait_listening(port, 0)
    return listens or not child:alive()
  end)
  if listens then return end
  local how = child:alive() and "is not heard" or "ended with status " .. child:wait()
  error(("%s did not start, it %s: %s"):format(name, how, reason { ... }), 0)
end

local Folder = {}
Folder.__index = Folder

--- Makes a temporary folder.
-- @return folder: `.path`, `:remove()`
function process.folder()
  local status, text = process.run "mktemp -d"
  assert(status == 0, text)
  return setmetatable({ path = text:match "%S+" }, Folder)
end

--- Takes the folder away with all that is in it. May be called twice.
function Folder:remove()
  if not self.path then return end
  process.run { "rm", "-rf", self.path }
  self.path = nil
end

--- Writes a file into the folder.
-- @param name without folders
-- @param text its content
-- @return the file's path
function Folder:write(name, text)
  local path = self.path .. "/" .. name
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

--- Reads a file of the folder.
-- @param name without folders
-- @return its content, or nil when there is none
function Folder:read(name)
  local file = io.open(self.path .. "/" .. name, "rb")
  if not file then return nil end
  local text = file:read "a"
  file:close()
  return text
end

Folder.__close = Folder.remove
Folder.__gc = Folder.remove

return process
