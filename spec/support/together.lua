--- Many functions at once, each in a coroutine, for specs that would wait too long one after the other.

local socket = require "socket"

--- Runs functions, at most `most` at a time. Each gets `wait`, for client:on_wait; an error in one is raised.
-- @param functions list
-- @param most how many at a time, default 50
return function(functions, most)
  local alive, next_one = {}, 1
  local function wait() coroutine.yield() end
  repeat
    while #alive < (most or 50) and functions[next_one] do
      alive[#alive + 1] = coroutine.create(functions[next_one])
      next_one = next_one + 1
    end
    for i = #alive, 1, -1 do
      local ok, err = coroutine.resume(alive[i], wait)
      if not ok then error(err, 0) end
      if coroutine.status(alive[i]) == "dead" then table.remove(alive, i) end
    end
    socket.sleep(0.001)
  until #alive == 0 and not functions[next_one]
end
