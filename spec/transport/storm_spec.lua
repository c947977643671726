-- C-30: a server that answers 503 to everything, then is well again, and 50 clients with 20 callers each in one
-- process. STORM_SECONDS: how long the storm lasts at least, default 3 (60 is the whole campaign, and prints what it
-- counted); it ends when all quotas are used up, and a second later. The oracle of what was sent is the server's log.
local canary = require "spec.support.canary"
local dr = require "datarobot"
local process = require "spec.support.process"
local socket = require "socket"
local tls = require "spec.support.tls"

local SECONDS <const> = tonumber(os.getenv "STORM_SECONDS") or 3
local CLIENTS <const>, CALLERS <const>, RETRIES <const> = 50, 20, 2
local PAUSE <const> = 0.2 -- of a caller after each call, at most

-- A quota is 500 and a retry costs 5; in a storm nothing is paid back.
local RETRIES_OF_A_QUOTA <const> = 500 // 5

-- Looks until a condition holds, for at most five seconds.
local function within(condition)
  local ends = socket.gettime() + 5
  while not condition() and socket.gettime() < ends do socket.sleep(0.01) end
end

-- The longest delay of all: 0.5 s, doubled for every retry after the first.
local LONGEST <const> = 0.5 * 2 ^ (RETRIES - 1)

-- Recovery takes less than twice of that, but for a machine that is busy otherwise.
local RECOVERY <const> = 2 * LONGEST + (os.getenv "STORM_SECONDS" and 0 or 1)

describe("C-30 a storm of 503", function()
  local folder, front, clients, callers, state
  setup(function()
    folder = process.folder()
    front = tls.start {
      location = ('location / { access_log requests.log; if (-f %s/storm) { return 503; } return 200 "{}"; }'):format(
        folder.path),
    }
  end)
  teardown(function()
    front:stop()
    folder:remove()
  end)

  -- What a client is told: its requests and retries, in all and since its quota was used up; who waits for a retry.
  local function watch(client_state)
    return function(event)
      if event.event == "retry" then
        state.waiting[event.path] = event.attempt
      elseif event.event == "request" then
        state.waiting[event.path] = nil
        local what = event.attempt == 1 and "offered" or "repeated"
        client_state[what] = client_state[what] + 1
        if state.over then return end
        if client_state.repeated >= RETRIES_OF_A_QUOTA then
          local late = what .. "_late"
          client_state[late] = (client_state[late] or -1) + 1 -- without the one that used it up
        end
      end
    end
  end

  -- Calls until one that began behind the storm was good.
  local function call_on(client, id)
    local n, good = 0, nil
    repeat
      n = n + 1
      local path, over = ("call/%s/%d/"):format(id, n), state.over
      local value, err = client:get(path)
      state.results[path] = value and "good" or err.kind
      if over then
        good = socket.gettime()
        assert.is_truthy(value, tostring(err))
      end
      if not good then client:sleep(PAUSE * math.random()) end
    until good
    state.last = math.max(state.last, good)
    state.alive = state.alive - 1
  end

  local function begin(number, f)
    state = { waiting = {}, results = {}, last = 0, alive = CLIENTS * number, rounds = 0, begun = socket.gettime() }
    os.remove(front.folder.path .. "/requests.log")
    front.child:kill "USR1" -- a new log
    within(function() return (io.open(front.folder.path .. "/requests.log")) end)
    folder:write("storm", "")
    clients, callers = {}, {}
    for i = 1, CLIENTS do
      local mine = { offered = 0, repeated = 0 }
      local client = assert(dr.client { endpoint = front.endpoints.plain, token = canary, retries = RETRIES,
        max_connections = 4, log = watch(mine) })
      client:on_wait(coroutine.yield)
      mine.client, mine.getfd, mine.dirty = client, function() return (client:pollfd()) end, function() return false end
      clients[i], callers[mine] = mine, {}
      for k = 1, number do
        callers[mine][k] = coroutine.create(function() f(client, i .. "/" .. k) end)
      end
    end
  end

  -- Lets the callers of a client go on.
  local function resume(mine)
    local list = callers[mine]
    for k = #list, 1, -1 do
      assert(coroutine.resume(list[k]))
      if coroutine.status(list[k]) == "dead" then table.remove(list, k) end
    end
  end

  -- Waits for all clients as a host's loop does, until a condition holds.
  local function turn(condition)
    for _, mine in ipairs(clients) do resume(mine) end
    while not condition() do
      local least = 0.1
      for _, mine in ipairs(clients) do least = math.min(least, mine.client:timeout() or least) end
      local ready = socket.select(clients, nil, least)
      state.rounds = state.rounds + 1
      for _, mine in ipairs(clients) do
        if ready[mine] or (mine.client:timeout() or 1) <= 0 then resume(mine) end
      end
    end
  end

  local function sum(what)
    local n = 0
    for _, mine in ipairs(clients) do n = n + (mine[what] or 0) end
    return n
  end

  local function used_up()
    for _, mine in ipairs(clients) do
      if mine.repeated < RETRIES_OF_A_QUOTA then return false end
    end
    return true
  end

  -- Ends the storm and lets every caller have a good call; the seconds until the last one had it, who had waited.
  local function recover()
    os.remove(folder.path .. "/storm")
    state.over = socket.gettime()
    local waiting = {}
    for path, attempt in pairs(state.waiting) do waiting[path] = attempt end
    turn(function() return state.alive == 0 end)
    for _, mine in ipairs(clients) do mine.client:close() end
    return state.last - state.over, waiting
  end

  -- The requests that the server saw, by status, when so many are in its log: it writes a line behind the reply.
  local function logged(expected)
    local counts
    within(function()
      counts = { ["200"] = 0, ["503"] = 0 }
      for line in io.lines(front.folder.path .. "/requests.log") do
        local status = line:match '" (%d+) '
        counts[status] = counts[status] + 1
      end
      return counts["200"] + counts["503"] >= expected
    end)
    return counts
  end

  it("is waited for without a busy loop", function()
    begin(1, function(client, id)
      assert.equal(RETRIES + 1, select(2, client:get("call/" .. id)).attempts)
      state.alive = state.alive - 1
    end)
    turn(function() return state.alive == 0 end)
    recover()
    local sent = CLIENTS * (RETRIES + 1)
    assert.equal(sent, logged(sent)["503"])
    assert.is_true(state.rounds < 8 * sent, ("%d rounds for %d requests"):format(state.rounds, sent))
  end)

  it("of half a second is over for all within twice the longest pause", function()
    begin(CALLERS, call_on)
    turn(function() return socket.gettime() - state.begun > 0.5 end)
    local seconds, waiting = recover()
    assert.is_true(seconds < RECOVERY, seconds .. " s")
    local waited = 0
    for path, attempt in pairs(waiting) do
      if attempt == 1 then -- at the latest its second retry is one behind the storm
        waited = waited + 1
        assert.equal("good", state.results[path], path)
      end
    end
    assert.is_true(waited > 100, waited .. " waited for their first retry")
  end)

  it("costs each client what its quota has, and no more for however long", function()
    begin(CALLERS, call_on)
    local ends
    turn(function()
      local now = socket.gettime()
      if not ends and used_up() then ends = math.max(now + 1, state.begun + SECONDS) end
      return ends and now > ends or now > state.begun + SECONDS + 30
    end)
    assert.is_truthy(ends, "the quotas are not used up")
    for _, mine in ipairs(clients) do assert.equal(RETRIES_OF_A_QUOTA, mine.repeated) end
    local offered, repeated = sum "offered_late", sum "repeated_late"
    assert.is_true(offered > CLIENTS * CALLERS, offered .. " calls with a quota used up")
    assert.is_true(repeated <= offered // 10, ("%d retries of %d calls"):format(repeated, offered))
    local seconds = recover()
    assert.is_true(seconds < RECOVERY, seconds .. " s")
    local sent = sum "offered" + sum "repeated"
    local seen = logged(sent)
    assert.equal(sent, seen["200"] + seen["503"])
    assert.is_true(seen["503"] >= CLIENTS * RETRIES_OF_A_QUOTA)
    if not os.getenv "STORM_SECONDS" then return end
    print(("%.1f s: %d calls, %d retries; %d and %d with quotas used up; over in %.2f s"):format(
      state.over - state.begun, sum "offered", sum "repeated", offered, repeated, seconds))
  end)
end)
