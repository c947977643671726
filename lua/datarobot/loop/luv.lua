--- libuv: calls in a coroutine let libuv's loop run.
--
--     require "datarobot.loop.luv"(client)
--     coroutine.wrap(function() print(client:whoami().email) end)()
--     uv.run()
local uv = require "luv"
local waiting = require "datarobot.loop.waiting"

---@param client datarobot.Client
return function(client)
  local set, timer, poll = {}, uv.new_timer(), uv.new_poll(assert(client:pollfd()))
  local function wake()
    poll:stop()
    timer:stop()
    waiting.resume(set)
  end
  client:on_wait(function()
    poll:start("r", wake)
    timer:start(math.ceil((client:timeout() or 60) * 1000), 0, wake)
    waiting.wait(set)
  end)
end
