--- Many calls at once: a function called for each element of a list, a bounded number at a time, each in a
-- coroutine of its own. Results come in the order in which they are there.
--
-- A task (coroutine) that waits for the client yields what it waits for to its `each`: a call, or the waiting tasks
-- of an `each` inside it. `each` waits once for all of them (core.wait: as any call waits, so also under a host loop
-- or inside another `each`) and resumes those that can go on.
local core = require "datarobot.core"
local guard = require "datarobot.call.guard"

local tasks = {}

local CONCURRENCY <const> = 16

-- First values of the yields of a task; any other yield is the function's own.
local WAITS <const> = core.tasks
local ITEM <const> = {}
local ENDED <const> = {}

-- Whether what a task waits for has come. A task that somebody else has resumed may wait for something new; what it
-- left is over, or tasks of which there are none any more.
local function ready(task)
  local what = task.what
  if what == nil then return true end
  if type(what) ~= "table" then return core.done(what) end
  for _, inner in ipairs(what) do
    if ready(inner) then return true end
  end
  return what[1] == nil
end

local Each = { __name = "datarobot.each" }

-- A task of an `each`.
local function new_task(self, body)
  local task = { co = coroutine.create(body) }
  core.tasks[task.co] = self.client
  core.places[task.co] = self.where
  return task
end

-- A task that calls the function for one element after another: a coroutine costs more than a call of it.
local function new_worker(self)
  local fn = self.fn
  return new_task(self, function(item, index)
    while true do item, index = coroutine.yield(ENDED, fn(item, index)) end
  end)
end

-- A list, which may have to wait for its pages, and an iterator, which may do anything, have a task to read them.
local function new_source(self, list)
  if type(list) ~= "table" or guard.is(list, "list") then
    self.feeder = new_task(self, function()
      for item in list do coroutine.yield(ITEM, item) end
    end)
    return
  end
  self.list, self.count = list, math.type(list.n) == "integer" and list.n or 0
end

-- The next element of a table, and its index; what `map` and table.pack give has holes, and says its length.
local function element(self)
  local i = self.index + 1
  while self.list[i] == nil and i < self.count do i = i + 1 end
  return self.list[i], i
end

-- Closes a coroutine, as coroutine.close. One that is under way, as somebody else has resumed it, cannot be closed.
local function close(co)
  local status = coroutine.status(co)
  if status == "suspended" or status == "dead" then return coroutine.close(co) end
  return true
end

-- What a task did when it was resumed: "waits", "item", x, or "ended", ok, value or error, err. It is `current` until
-- then, also while a yield of its own is with whoever resumed us.
local function outcome(self, task, ok, mark, what, ...)
  self.current = nil
  if not ok then
    local closed, err = close(task.co) -- what the function left open; that may fail in turn
    return "ended", false, closed and mark or err
  elseif mark == WAITS then
    task.what = what
    return "waits"
  elseif mark == ENDED then
    return "ended", true, what, (...)
  elseif mark == ITEM then
    return "item", what
  elseif coroutine.status(task.co) == "dead" then
    return "ended", true
  elseif not coroutine.isyieldable() then
    local closed, err = close(task.co)
    return "ended", false, not closed and err or "attempt to yield from outside a coroutine"
  end
  self.current = task
  return outcome(self, task, coroutine.resume(task.co, coroutine.yield(mark, what, ...))) -- to whoever resumed us
end

local function resume(self, task, item, index)
  self.current = task
  return outcome(self, task, coroutine.resume(task.co, item, index))
end

-- Resumes a task of the function; what it returned or raised is a result.
local function run(self, task, item, index)
  local what, ok, value, err = resume(self, task, item, index)
  if what == "waits" then
    self.waiting[#self.waiting + 1] = task
    return
  end
  if ok then
    self.idle[#self.idle + 1] = task
  else
    value, err = nil, value
    if err == nil then err = "nil" end -- error(nil)
  end
  self.results[#self.results + 1] = { task.index, value, err, task.item }
end

-- Resumes the coroutine that reads the list. Returns an item, or nil.
local function feed(self)
  if not self.feeder or self.feeder.what then return nil end
  local what, x, why = resume(self, self.feeder)
  if what == "item" then return x end
  if what == "waits" then
    table.insert(self.waiting, self.feeder)
  else
    self.feeder = nil
    if not x then self.failure = { why == nil and "nil" or why } end -- error(nil)
  end
  return nil
end

local function fill(self)
  while self.running < self.concurrency do
    local item, index
    if self.list then item, index = element(self) else item, index = feed(self), self.index + 1 end
    if item == nil then return end
    self.index, self.running = index, self.running + 1
    local task = table.remove(self.idle) or new_worker(self)
    task.index, task.item = self.index, item
    run(self, task, item, task.index)
  end
end

-- Goes on with the tasks that can; returns whether there were any.
local function go_on(self)
  local i, found = 1, false
  while self.waiting[i] do
    local waiting, task = self.waiting, self.waiting[i]
    if ready(task) then
      found = true
      local last = #waiting
      waiting[i] = waiting[last]
      waiting[last] = nil
      task.what = nil
      if task ~= self.feeder then run(self, task) end
    else
      i = i + 1
    end
  end
  return found
end

-- The next result, or nil at the end.
local function next_result(self)
  while not self.closed do
    if self.running < self.concurrency then fill(self) end
    local result = table.remove(self.results, 1)
    if result then
      self.running = self.running - 1
      return result
    end
    if not go_on(self) then
      if #self.waiting == 0 then return nil end
      core.wait(self.client, self.waiting)
    end
  end
end

-- Ends what is under way: each coroutine gives its request back.
function Each:__close()
  local failure
  self.closed = true
  local open = self.waiting
  open[#open + 1] = self.feeder
  open[#open + 1] = self.current
  for _, task in ipairs(open) do
    local ok, err = true, nil
    if coroutine.status(task.co) == "suspended" then ok, err = coroutine.close(task.co) end
    if not ok then failure = failure or { err } end
  end
  self.waiting, self.feeder, self.current = {}, nil, nil
  if failure then error(failure[1], 0) end
end

local options = { concurrency = true }

-- `name` is the public function, for its messages.
local function new_each(name, client, list, fn, o)
  if type(list) ~= "table" and type(list) ~= "function" then
    guard.argument(1, name, "a table, a list or an iterator expected, got " .. guard.type_of(list))
  end
  guard.check(fn, "function", 2, name)
  guard.check(o, "table", 3, name, true)
  for key in next, o or {} do
    if not options[key] then guard.argument(3, name, ("unknown option '%s'"):format(tostring(key))) end
  end
  local concurrency = o and o.concurrency or CONCURRENCY
  if math.type(concurrency) ~= "integer" or concurrency < 1 then
    guard.argument(3, name, "option 'concurrency': an integer >= 1 expected, got " .. tostring(concurrency))
  end
  core.calls.client_of(client) -- raises for what is no client, and for a closed one
  local self = setmetatable({
    client = client, fn = fn, concurrency = concurrency, where = core.where(),
    index = 0,    -- of the last element that was begun
    running = 0,  -- elements begun whose result was not yet taken
    waiting = {}, -- tasks
    idle = {}, -- tasks that have ended an element
    results = {},
  }, Each)
  new_source(self, list)
  return self
end

local function step(self)
  local result = next_result(self)
  if result then return table.unpack(result, 1, 4) end
  if self.failure then error(self.failure[1], 0) end
end

--- `client:each`, documented in init.lua.
function tasks.each(client, list, fn, o)
  local self = new_each("each", client, list, fn, o)
  return step, self, nil, self
end

--- `client:map`, documented in init.lua.
function tasks.map(client, list, fn, o)
  local self <close> = new_each("map", client, list, fn, o)
  local results, failures = {}, {}
  for result in next_result, self do
    local index, value, err, item = table.unpack(result, 1, 4)
    results[index] = value
    if err ~= nil then failures[#failures + 1] = { index = index, item = item, err = err } end
  end
  results.n = math.max(self.index, self.count or 0)
  table.sort(failures, function(a, b) return a.index < b.index end)
  if self.failure then failures[#failures + 1] = { err = self.failure[1] } end
  return results, failures
end

return tasks
