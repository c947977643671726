--- Progress for people: what `on_progress` of `run:wait` prints.
local core = require "datarobot.core"
local guard = require "datarobot.call.guard"
local show = require "datarobot.show"

-- 3725 -> "1 h 2 min"; 65 -> "1 min 5 s"
local function duration(seconds)
  local s = math.floor(seconds)
  if s >= 3600 then return ("%d h %d min"):format(s // 3600, s % 3600 // 60) end
  if s >= 60 then return ("%d min %d s"):format(s // 60, s % 60) end
  return ("%d s"):format(s)
end

local function silent() end

-- One line, written over by the next one.
local function terminal(file)
  return function(run, seconds, err)
    local text = ("%s, %s%s"):format(tostring(run), duration(seconds), err and ", could not be read" or "")
    file:write("\r", text, "\27[K", run:state() ~= "active" and "\n" or "")
    file:flush()
  end
end

-- A line for each change.
local function plain(file)
  local last
  return function(run, seconds, err)
    local now = err and "could not be read: " .. err.kind or show.word(run.status, "status unknown")
    if now == last then return end
    last = now
    file:write(("RetrainingRun %s: %s after %s\n"):format(show.word(run.id), now, duration(seconds)))
    file:flush()
  end
end

--- `dr.progress`.
---@param file? file*|false
---@return fun(run: datarobot.RetrainingRun, seconds: number, err: datarobot.Error?)
return function(file)
  if file == nil then file = type(io) == "table" and io.stderr or false end
  if file == false then return silent end
  if (io and io.type and io.type(file)) ~= "file" then
    guard.argument(1, "progress", "an open file, false or nothing expected, got " .. type(file))
  end
  return core.is_terminal(file) and terminal(file) or plain(file)
end
