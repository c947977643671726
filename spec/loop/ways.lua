--- The host loops that the module knows, each as a function that runs coroutines with a ticker beside them.

local core = require "datarobot.core"
local cqueues = require "cqueues"
local socket = require "socket"
local uv = require "luv"

local TICK <const> = 0.01

-- Notes how late each tick is; the next one is due 10 ms after this one was.
local function ticker()
  local self = { late = {}, due = core.now() + TICK }
  function self.tick()
    local now = core.now()
    if now < self.due then return end
    self.late[#self.late + 1] = now - self.due
    self.due = now + TICK
  end
  return self
end

local ways = {}

-- Each takes a client, functions to run at once, and how many ticks to run at least. Returns the latenesses.

function ways.cqueues(client, functions, ticks)
  require "datarobot.loop.cqueues"(client)
  local loop, clock, left = cqueues.new(), ticker(), #functions
  for _, f in ipairs(functions) do
    loop:wrap(function()
      f()
      left = left - 1
    end)
  end
  loop:wrap(function()
    while left > 0 or #clock.late < ticks do
      cqueues.sleep(math.max(clock.due - core.now(), 0))
      clock.tick()
    end
  end)
  assert(loop:loop())
  return clock.late
end

function ways.luv(client, functions, ticks)
  require "datarobot.loop.luv"(client)
  local clock, left, timer = ticker(), #functions, uv.new_timer()
  local failure
  local function tick()
    clock.tick()
    if (left > 0 or #clock.late < ticks) and not failure then return end
    timer:close()
    uv.stop()
  end
  timer:start(1, 1, tick)
  for _, f in ipairs(functions) do
    coroutine.wrap(function()
      local ok, err = pcall(f)
      if not ok then failure = err end
      left = left - 1
    end)()
  end
  uv.run()
  if failure then error(failure, 0) end
  return clock.late
end

function ways.select(client, functions, ticks)
  local waiter = require "datarobot.loop.select"(client)
  local clock, left = ticker(), #functions
  for _, f in ipairs(functions) do
    coroutine.wrap(function()
      f()
      left = left - 1
    end)()
  end
  while left > 0 or #clock.late < ticks do
    socket.select({ waiter }, nil, waiter:timeout(math.max(clock.due - core.now(), 0)))
    clock.tick()
    waiter:resume()
  end
  return clock.late
end

return ways
