--- socket.select, and every other loop that a program writes itself:
--
--     local waiter = require "datarobot.loop.select"(client)
--     coroutine.wrap(function() print(client:whoami().email) end)()
--     while true do
--       socket.select({ waiter }, nil, waiter:timeout(1))
--       waiter:resume()
--     end
local waiting = require "datarobot.loop.waiting"

---@param client datarobot.Client
---@return table waiter getfd and dirty, for socket.select; timeout(most): seconds that it may wait; resume()
return function(client)
  local set, fd = {}, assert(client:pollfd())
  client:on_wait(function() waiting.wait(set) end)
  return {
    getfd = function() return next(set) and fd or -1 end, -- -1: nobody waits
    dirty = function() return false end,
    timeout = function(_, most)
      local open, seconds = pcall(client.timeout, client) -- who waits for a closed client goes on at once
      return not next(set) and most or open and math.min(seconds or most, most) or 0
    end,
    resume = function() waiting.resume(set) end,
  }
end
