--- Random programs over clients and a sandbox, against crashes, hangs, leaks and results that are none.
--
--     lua5.4 spec/tasks/interleavings.lua [how many, default 10000 [first seed, default 1]]
--
-- A program has one or two clients, and bodies that call bodies: in coroutines that anybody resumes and closes, in
-- loops of `each` and lists that are left, in to-be-closed variables, finalizers, comparisons of table.sort, and in
-- every function that the module calls: of on_wait, log, token, on_progress and iterators. What calls give must be
-- values, nil and an error object, or a raise by a string that is not about a line of this module, an error object,
-- or what a body itself raised.
--
-- A slice of programs runs in a process of its own; behind it nothing may be left open. The decisions of a body come
-- from a sequence of its own, so a seed plays the same program again; how the network answers is not part of it.

local SLICE <const> = 250
local SLICE_SECONDS <const> = 240 -- of which it needs 3, with sanitizers 7, on a machine that does nothing else
local LANES <const> = 3 -- slices at a time: most of what they do is to wait
local PROGRAM_SECONDS <const> = 30

-- {=== The parent

-- Starts a slice; returns a function that waits for its end and returns whether it was good.
local function start_slice(first, n)
  local again = ("lua5.4 %s slice %d %d"):format(arg[0], n, first)
  local pipe = assert(io.popen(("exec timeout %d %s 2>&1"):format(SLICE_SECONDS, again), "r"))
  return function()
    local said = pipe:read "a"
    local good, how, status = pipe:close()
    if good and said:find "good\n$" then return true end
    local at = said:match ".*@(%d+)\n" or "?"
    local text = said:gsub("@%d+\n", "")
    print(("seed %s: %s %d\n%s\nagain: %s"):format(at, how, status, text, again))
    return false
  end
end

local function parent(count, seed)
  local last, running = seed + count - 1, {}
  for first = seed, last, SLICE do
    if #running == LANES and not table.remove(running, 1)() then return false end
    running[#running + 1] = start_slice(first, math.min(SLICE, last - first + 1))
  end
  for _, ended in ipairs(running) do
    if not ended() then return false end
  end
  print(("%d programs from seed %d: good"):format(count, seed))
  return true
end

if arg[1] ~= "slice" then
  os.exit(parent(math.tointeger(arg[1] or 10000), math.tointeger(arg[2] or 1)) and 0 or 1)
end

-- }===

local core = require "datarobot.core"
local dr = require "datarobot"
local guard = require "datarobot.call.guard"
local sandboxes = require "datarobot.sandbox"

local COUNT <const>, FIRST <const> = math.tointeger(arg[2]), math.tointeger(arg[3])
local DEPTH <const> = 7

local sandbox = assert(sandboxes.start { deployments = 12, page_limit = 3 })

-- A sequence of its own for each body: random(n) is 1 to n.
local function sequence(seed)
  local state = (seed * 0x9E3779B97F4A7C15) ~ 0x5851F42D4C957F2D
  return function(n)
    state = state * 6364136223846793005 + 1442695040888963407
    return ((state >> 33) % n) + 1
  end
end

-- {=== What calls may give

local KINDS <const> = {}
for kind in ([[validation auth forbidden not_found conflict rate_limited server api transport tls timeout limit protocol
  config read_only ambiguous run_failed closed memory]]):gmatch "%S+" do KINDS[kind] = true end

local RAISED <const> = setmetatable({}, { __name = "raised" }) -- what a body raises

local faults = {}

local function fault(name, text)
  faults[#faults + 1] = ("%s: %s"):format(name, text)
end

local function good_error(err)
  return guard.is(err, "error") and KINDS[err.kind] and type(tostring(err)) == "string"
end

local function good_raise(err)
  if type(err) == "string" then return not err:find "^[^\n]*/lua/datarobot/[^\n]*:%d+: " end
  return err == RAISED or good_error(err)
end

-- Judges what pcall gave of a call of the module.
local function judged(name, ok, first, second, ...)
  if not ok then
    if not good_raise(first) then fault(name, "raised " .. tostring(first)) end
  elseif first == nil and second ~= nil and not good_error(second) then
    fault(name, "returned nil and " .. tostring(second))
  end
  return ok, first, second, ...
end

local function try(name, f, ...)
  return judged(name, pcall(f, ...))
end

-- }===
-- {=== Programs

-- w: { clients, tasks, objects, lists, calls, left = actions to come, ends = when it is to be over }
local body

local function pick(random, list)
  return list[random(math.max(#list, 1))]
end

-- A function that goes through a body when it is called, in the depth of whoever made it.
local function callback(w, random, depth)
  local seed = random(1 << 30)
  return function(...)
    seed = seed + 1
    body(w, sequence(seed), depth + 1)
    return ...
  end
end

local function seconds(random)
  return random(4) == 1 and 0.001 or 2
end

local function keep(w, list, x)
  if x ~= nil then w[list][#w[list] + 1] = x end
  if #w[list] > 12 then table.remove(w[list], 1) end
end

local function tell_token(w, random, depth)
  local inner = callback(w, random, depth)
  return function()
    inner()
    local n = random(12)
    if n == 1 then return nil, "no token today" end
    return n == 2 and "another" or sandbox.token
  end
end

local function new_client(w, random, depth)
  local o = { timeout = 2, retries = random(8) // 8, settle_pause = 0.001 }
  if random(4) == 1 then o.log = callback(w, random, depth) end
  if random(4) == 1 then o.token = tell_token(w, random, depth) end
  local _, client = try("client", sandbox.client, sandbox, o)
  keep(w, "clients", client)
end

local CALLS <const> = {
  function(c, _, o) return c:version(o) end,
  function(c, _, o) return c:whoami(o) end,
  function(c, _, o) return c:deployment(sandbox.deployment_id, o) end,
  function(c, _, o) return c:deployment(("f"):rep(24), o) end,
  function(c, _, o) return c:get("version/", o) end,
  function(c, _, o) return c:post("nowhere/", { a = 1 }, o) end,
  function(c, r) return c:sleep(r(20) / 10000) end,
  function(c) return c:find_deployment "nothing" end,
  function(c) return c:step() end,
  function(c) return c:pollfd() end,
  function(c) return c:timeout() end,
}

local METHODS <const> = {
  function(x, _, o) return x:refresh(o) end,
  function(x, r) return x:create_retraining_policy { name = "p" .. r(1 << 30) } end,
  function(x, r, o) return x:update({ name = "n" .. r(1 << 30) }, o) end,
  function(x) return x:start_run { timeout = 0.005 } end,
  function(x, _, o) return x:delete(o) end,
  function(x) return x:cancel { timeout = 0.005 } end,
  function(x) return x:settings() end,
  function(x) return tostring(x) end,
  function(x) return x:definition() end,
}

local function call(w, random)
  local client = pick(random, w.clients)
  local ok, x = try("call", pick(random, CALLS), client, random, { timeout = seconds(random) })
  if ok and type(x) == "userdata" then keep(w, "objects", x) end
end

local function method(w, random)
  local ok, x = try("method", pick(random, METHODS), pick(random, w.objects), random, { timeout = seconds(random) })
  if ok and type(x) == "userdata" then keep(w, "objects", x) end
end

local function wait_for_run(w, random, depth)
  try("wait", function()
    pick(random, w.objects):wait {
      timeout = 0.005, interval = 0.001, on_progress = callback(w, random, depth),
    }
  end)
end

local function begin(w, random)
  local ok, _, begun = try("begin", function()
    return true, core.calls.begin.get(pick(random, w.clients), "version/", { timeout = seconds(random) })
  end)
  if ok then keep(w, "calls", begun) end
end

local function end_begun(w, random)
  local begun, n = pick(random, w.calls), random(5)
  if n == 1 then try("drop", core.drop, begun) end
  if n == 2 then try("finish", core.finish, pick(random, w.clients), begun) end
  if n == 3 then try("done", core.done, begun) end
  if n >= 4 then keep(w, "calls", table.remove(w.calls, random(math.max(#w.calls, 1)))) end
end

-- Any finalizer by hand.
local function finalize(w, random)
  local x = pick(random, w[pick(random, { "calls", "objects", "clients" })])
  local meta = debug.getmetatable(x)
  if meta and (type(x) == "userdata") and meta.__gc then try("__gc", meta.__gc, x) end
end

local function some_list(w, random, depth)
  local n, client = random(5), pick(random, w.clients)
  if n == 1 then return client:deployments() end
  if n == 2 then return pick(random, w.objects):retraining_policies() end
  if n == 3 then return client:list "modelPackages/" end
  if n == 4 then
    local i, inner = 0, callback(w, random, depth)
    return function()
      i = i + 1
      if random(3) == 1 then inner() end
      return i < 5 and i or nil
    end
  end
  return { 1, 2, 3, nil, 5, n = 5 }
end

local function read_list(w, random, depth)
  try("list", function()
    local n = random(4)
    local list = n <= 2 and pick(random, w.lists) or pick(random, w.clients):deployments()
    keep(w, "lists", list)
    if n == 1 then return list:collect(random(12)) end
    if n == 3 then return list:first() end
    for item in list do
      keep(w, "objects", item)
      if random(4) == 1 then body(w, random, depth + 1) end
      if random(5) == 1 then break end
    end
  end)
end

local function each(w, random, depth)
  try("each", function()
    local inner, o = callback(w, random, depth), { concurrency = random(5) }
    local function fn(item)
      inner()
      keep(w, "tasks", coroutine.running())
      if random(3) == 1 then assert(pick(random, w.clients):sleep(0.001)) end
      return item
    end
    local client = pick(random, w.clients)
    if random(3) == 1 then return client:map(some_list(w, random, depth), fn, o) end
    for _, _, err in client:each(some_list(w, random, depth), fn, o) do
      if err ~= nil and not good_raise(err) then fault("each", "gave " .. tostring(err)) end
      if random(3) == 1 then body(w, random, depth + 1) end
      if random(6) == 1 then break end
    end
    return true
  end)
end

local function resumed(w, ok, x, ...)
  if not ok then
    if not good_raise(x) then fault("task", "raised " .. tostring(x)) end
    return
  end
  for _, y in ipairs { x, ... } do
    if type(y) == "userdata" then keep(w, "calls", y) end -- what a task waits for
    if type(y) == "thread" then keep(w, "tasks", y) end
  end
end

local function spawn(w, random, depth)
  local co = coroutine.create(callback(w, random, depth))
  keep(w, "tasks", co)
  resumed(w, coroutine.resume(co))
end

local function resume(w, random)
  local co = pick(random, w.tasks)
  if co then resumed(w, coroutine.resume(co, pick(random, w.objects))) end
end

local function close_task(w, random)
  local co = pick(random, w.tasks)
  if co then pcall(coroutine.close, co) end
end

local function set_wait(w, random, depth)
  local f = pick(random, {
    coroutine.yield, callback(w, random, depth), false, false,
    function(client)
      client:step()
      if coroutine.isyieldable() then coroutine.yield(coroutine.running()) end
    end,
  })
  try("on_wait", function() pick(random, w.clients):on_wait(f or nil) end)
end

local function collect(_, random)
  local n = random(6)
  if n == 1 then collectgarbage() end
  if n == 2 then collectgarbage "generational" end
  if n == 3 then collectgarbage "incremental" end
  if n >= 4 then collectgarbage("step", random(64)) end
end

-- A body where no coroutine can yield.
local function confined(w, random, depth)
  local inner = callback(w, random, depth)
  try("sort", table.sort, { 1, 2, 3 }, function(a, b)
    inner()
    return a < b
  end)
end

local function finalizer(w, random, depth)
  local inner = callback(w, random, depth)
  setmetatable({}, { __gc = function() pcall(inner) end })
end

local function closing(w, random, depth)
  local inner = callback(w, random, depth)
  local guarded <close> = setmetatable({}, { __close = inner }) -- luacheck: ignore 211
  body(w, random, depth + 1)
end

local function offline(w, random)
  local n = random(5)
  if n == 1 then try("validate", dr.validate, { name = 1, trigger = { type = "x" } }) end
  if n == 2 then try("encode", dr.encode, { name = "p", action = "create_challenger" }) end
  if n == 3 then try("decode", dr.decode, '[{"a":[1,{}]}]') end
  if n == 4 then try("schedule", function() return dr.schedule "*/5 * * * *":describe() end) end
  if n == 5 then try("tostring", tostring, pick(random, w.objects)) end
end

local function control(_, random)
  local n = random(3)
  if n == 1 then sandbox:fail { status = pick(random, { 401, 403, 429, 500, 503 }), count = random(2) } end
  if n == 2 then sandbox:advance "10m" end
end

local function close_client(w, random)
  try("close", function() pick(random, w.clients):close() end)
end

local function raise(_, random)
  error(random(2) == 1 and RAISED or "raised", 0)
end

local function yield(w, random)
  if coroutine.isyieldable() then resumed(w, true, coroutine.yield(pick(random, w.objects))) end
end

-- Action, and how often it comes.
local ACTIONS <const> = {}
for _, a in ipairs { { call, 10 }, { method, 8 }, { each, 7 }, { read_list, 5 }, { spawn, 6 }, { resume, 10 },
  { close_task, 4 }, { set_wait, 4 }, { collect, 6 }, { begin, 4 }, { end_begun, 5 }, { finalize, 2 }, { confined, 1 },
  { finalizer, 3 }, { closing, 3 }, { offline, 2 }, { control, 2 }, { close_client, 1 }, { raise, 2 }, { yield, 3 },
  { new_client, 1 }, { wait_for_run, 2 } } do
  for _ = 1, a[2] do ACTIONS[#ACTIONS + 1] = a[1] end
end

function body(w, random, depth)
  for _ = 1, random(5) do
    w.left = w.left - 1
    if w.left < 0 or depth > DEPTH then return end
    pick(random, ACTIONS)(w, random, depth)
  end
end

local function program(seed)
  local random = sequence(seed)
  local w = { clients = {}, tasks = {}, objects = {}, lists = {}, calls = {}, left = 20 + random(60) }
  for _ = 1, random(2) do new_client(w, random, 0) end
  local _, deployment = try("deployment", function() return w.clients[1]:deployment(sandbox.deployment_id) end)
  keep(w, "objects", deployment)
  if deployment then keep(w, "objects", (deployment:retraining_policies():first())) end
  local main = coroutine.create(callback(w, random, 0))
  for _ = 1, 100 do
    if w.left < 0 or coroutine.status(main) ~= "suspended" then break end
    resumed(w, coroutine.resume(main))
    if random(4) == 1 then resume(w, random) end
  end
  try("body", body, w, random, 0) -- in no coroutine
  for _, co in ipairs(w.tasks) do pcall(coroutine.close, co) end
  if random(2) == 1 then
    for _, client in ipairs(w.clients) do client:close() end
  end
end

-- }===

local function open_files()
  local pipe <close> = assert(io.popen "ls /proc/$PPID/fd | wc -l")
  return pipe:read "n"
end

local function clean()
  collectgarbage "incremental"
  for _ = 1, 4 do collectgarbage() end
  return collectgarbage "count"
end

io.stdout:setvbuf "no"
local files, size
for seed = FIRST, FIRST + COUNT - 1 do
  io.write("@", seed, "\n")
  local started = core.now()
  try("program", program, seed)
  if core.now() - started > PROGRAM_SECONDS then fault("program", "took too long") end
  if faults[1] then
    print(table.concat(faults, "\n"))
    os.exit(1)
  end
  if seed == FIRST + math.min(20, COUNT - 1) then
    size = clean()
    files = open_files()
  end
end
local grown, left = clean() - size, nil
for _ = 1, 100 do -- the sandbox closes its ends when it hears of ours
  left = open_files() - files
  if left <= 0 then break end
  collectgarbage()
end
sandbox:stop()
if grown > 256 or left > 0 then
  print(("left behind: %.0f kB, %d descriptors"):format(grown, left))
  os.exit(1)
end
print "good"
