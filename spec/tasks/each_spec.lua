-- client:each and client:map: many calls at once, each waiting in a coroutine of its own.
local cqueues = require "cqueues"
local sandboxes = require "datarobot.sandbox"

describe("each", function()
  local sandbox, client
  before_each(function()
    sandbox = sandboxes.start { deployments = 30, page_limit = 7 }
    client = assert(sandbox:client())
  end)
  after_each(function()
    client:close()
    sandbox:stop()
  end)

  local function range(n)
    local list = {}
    for i = 1, n do list[i] = i end
    return list
  end

  it("gives results as they come, with index and element", function()
    local order = {}
    for i, value, err, item in client:each({ 0.12, 0.01, 0.06 }, function(s, i)
      assert(client:sleep(s))
      return ("%d after %s"):format(i, s)
    end) do
      assert.is_nil(err)
      assert.equal(({ 0.12, 0.01, 0.06 })[i], item)
      assert.equal(("%d after %s"):format(i, item), value)
      order[#order + 1] = i
    end
    assert.same({ 2, 3, 1 }, order)
  end)

  it("calls no more at a time than it may, and begins no element before there is room", function()
    for _, concurrency in ipairs { false, 1, 3, 16, 100 } do
      local o = concurrency and { concurrency = concurrency } or nil
      concurrency = concurrency or 16
      local now, most, begun, given = 0, 0, 0, 0
      for _, _, err in client:each(range(50), function()
        now, begun = now + 1, begun + 1
        most = math.max(most, now)
        assert(client:sleep(0.03))
        now = now - 1
      end, o) do
        assert.is_nil(err)
        given = given + 1
        assert.is_true(begun - given <= concurrency)
      end
      assert.equal(50, given)
      assert.equal(math.min(concurrency, 50), most)
    end
  end)

  it("goes over lists of this module, tables and iterators", function()
    local ids = {}
    for _, deployment, err, item in client:each(client:deployments(), function(d) return d:refresh() end) do
      assert.is_nil(err)
      assert.equal(item, deployment)
      ids[deployment.id] = true
    end
    local n = 0
    for _ in pairs(ids) do n = n + 1 end
    assert.equal(30, n)
    local function count(_, i) return i and i < 5 and i + 1 or not i and 1 or nil end
    assert.equal(5, client:map(function(_, i) return count(_, i) end, function(i) return i end).n)
    assert.equal(0, client:map({}, print).n)
  end)

  it("keeps what a function raises as the error of its element", function()
    local raised = { "text", { "table" }, false }
    local results, failures = client:map(range(4), function(i)
      assert(client:sleep(0.001))
      if i == 4 then return nil, "returned" end
      error(raised[i] or nil, 0)
    end)
    assert.equal(4, results.n)
    assert.equal(4, #failures)
    assert.equal("text", failures[1].err)
    assert.equal(raised[2], failures[2].err)
    assert.equal("nil", failures[3].err)
    assert.same({ index = 4, item = 4, err = "returned" }, failures[4])
  end)

  it("gives the errors of calls, in the order of the list", function()
    local missing = ("f"):rep(24)
    local results, failures = client:map({ sandbox.deployment_id, missing, sandbox.deployment_id, "x" },
      function(id) return client:deployment(id) end)
    assert.equal(sandbox.deployment_id, results[1].id)
    assert.equal(sandbox.deployment_id, results[3].id)
    assert.equal("not_found", failures[1].err.kind)
    assert.equal(missing, failures[1].item)
    assert.equal("validation", failures[2].err.kind)
    assert.equal(4, failures[2].index)
  end)

  -- Iterators that give so many elements and then fail by this error.
  local function failing(n, err)
    local i = 0
    return function()
      i = i + 1
      if i > n then error(err, 0) end
      return i
    end
  end

  it("raises what ended its list, behind the last result", function()
    for n = 0, 20, 5 do
      local marked, seen = setmetatable({}, {}), 0
      local ok, raised = pcall(function()
        for _ in client:each(failing(n, marked), function(i) return client:version() and i end) do seen = seen + 1 end
      end)
      assert.is_true(not ok and raised == marked)
      assert.equal(n, seen)
    end
  end)

  it("map returns what was done and a list of failures, also when its list cannot be read to its end", function()
    for n = 0, 20, 5 do
      for _, err in ipairs { "of the iterator", setmetatable({}, {}), false } do
        local results, failures = client:map(failing(n, err), function(i)
          if i % 5 == 0 then return nil, "every fifth" end
          return client:version() and i
        end)
        assert.equal(n, results.n)
        assert.equal(n // 5 + 1, #failures)
        for i = 1, n do assert.equal(i % 5 ~= 0 and i or nil, results[i]) end
        if n > 0 then assert.same({ index = 5, item = 5, err = "every fifth" }, failures[1]) end
        assert.is_true(rawequal(err, failures[#failures].err))
        assert.same({ err = err }, failures[#failures])
      end
    end
    local results, failures = client:map(function() error() end, print)
    assert.same({ { n = 0 }, { { err = "nil" } } }, { results, failures })
    sandbox:fail { status = 403, count = 1, path = "deployments" }
    results, failures = client:map(client:deployments(), print)
    assert.same({ n = 0 }, results)
    assert.equal(1, #failures)
    assert.same({ "forbidden" }, { failures[1].err.kind, failures[1].index, failures[1].item })
    results, failures = client:map(client:list "nowhere/", print)
    assert.same({ 0, 1, "not_found" }, { results.n, #failures, failures[1].err.kind })
  end)

  it("goes over the holes of a table that says its length, as map's own results do", function()
    local results = client:map(range(9), function(i) return i % 2 == 0 and i or nil end)
    assert.same({ n = 9, [2] = 2, [4] = 4, [6] = 6, [8] = 8 }, results)
    local again, failures = client:map(results, function(x, i) return x == i and x * 10 end)
    assert.same({ n = 9, [2] = 20, [4] = 40, [6] = 60, [8] = 80 }, again)
    assert.same({}, failures)
    assert.equal(2, client:map({ 1, 2, nil, 4 }, function(i) return i end).n)
  end)

  it("nests", function()
    local started, total = os.time(), 0
    for _, sum, err in client:each(range(6), function(x)
      local part = 0
      for _, value, problem in client:each(range(4), function(y)
        assert(client:sleep(0.05))
        return 10 * x + y
      end) do
        assert(not problem, problem)
        part = part + value
      end
      assert(client:whoami())
      return part
    end) do
      assert.is_nil(err)
      total = total + sum
    end
    assert.equal(10 * 21 * 4 + 10 * 6, total)
    assert.is_true(os.time() - started < 10)
  end)

  it("gives up what is under way when its loop ends", function()
    local closed, begun = 0, 0
    for _ in client:each(range(40), function(i) -- luacheck: ignore 512
      local guard <close> = setmetatable({}, { __close = function() closed = closed + 1 end }) -- luacheck: ignore
      begun = begun + 1
      assert(client:sleep(i == 5 and 0.01 or 60))
    end, { concurrency = 10 }) do
      break
    end
    assert.equal(10, begun)
    assert.equal(10, closed)
    assert.equal(0, client:step())
    assert.is_false((pcall(function()
      for _ in client:each(range(3), function() return client:sleep(60 * (begun - 10)) end) do error "left" end
    end)))
    assert.equal(0, client:step())
  end)

  it("ends with kind closed what is under way when the client is closed, and what comes later", function()
    local kinds = {}
    for i, _, err in client:each(range(6), function(i)
      if i == 2 then
        assert(client:sleep(0.02))
        client:close()
        return true
      end
      return client:sleep(60)
    end, { concurrency = 4 }) do
      kinds[i] = err and err.kind or "none"
    end
    assert.same({ "closed", "none", "closed", "closed", "closed", "closed" }, kinds)
    local ok, err = pcall(client.each, client, {}, print)
    assert.is_false(ok)
    assert.equal("closed", err.kind)
  end)

  it("waits as any call does under a host's loop, and lets it run", function()
    local turns, done = 0, nil
    client:on_wait(function() coroutine.yield "waiting" end)
    local co = coroutine.create(function()
      local results = client:map(range(8), function(i)
        assert(client:sleep(0.02))
        return select(2, client:map({ i, i }, function(x) return client:sleep(x / 1000) and x end)) and i
      end)
      done = #results
    end)
    repeat
      local ok, what = coroutine.resume(co)
      assert(ok, what)
      assert.is_true(what == "waiting" or what == nil)
      turns = turns + 1
    until coroutine.status(co) == "dead"
    assert.equal(8, done)
    assert.is_true(turns > 2)
  end)

  it("passes yields of its functions to whoever resumed it", function()
    local co = coroutine.wrap(function()
      local sum = 0
      for _, value, err in client:each({ 1, 2 }, function(x)
        assert(client:sleep(0.001))
        return x * coroutine.yield("foreign", x)
      end) do
        assert(not err, err)
        sum = sum + value
      end
      return "sum", sum
    end)
    local what, x = co()
    while what == "foreign" do what, x = co(x * 10) end
    assert.same({ "sum", 50 }, { what, x })
    local _, failures = client:map({ 1 }, function() coroutine.yield() end)
    assert.matches("outside a coroutine", failures[1].err)
  end)

  it("closes a function that is left in a yield of its own", function()
    local closed = 0
    local co = coroutine.create(function()
      client:map({ 1, 2 }, function()
        local guard <close> = setmetatable({}, { __close = function() closed = closed + 1 end }) -- luacheck: ignore
        coroutine.yield()
      end)
    end)
    assert(coroutine.resume(co))
    assert(coroutine.close(co))
    assert.equal(1, closed)
    assert.same({ false, "in close" }, { pcall(function()
      for _ in client:each({ 0, 60 }, function(s) -- luacheck: ignore 512
        local guard <close> = setmetatable({}, { __close = function() error("in close", 0) end }) -- luacheck: ignore
        return client:sleep(s)
      end) do break end
    end) })
  end)

  it("goes on where somebody else has gone through the loop that one of its tasks waits for", function()
    local task, gone
    local results = client:map({ 1, 2 }, function(i)
      if i == 1 then
        task = coroutine.running()
        client:map({ 0.01, 0.02 }, function(s) return client:sleep(s) end)
        gone = true
        return client:sleep(0.01)
      end
      while not gone do
        client:step()
        coroutine.resume(task)
      end
      return "by hand"
    end)
    assert.same({ true, "by hand", n = 2 }, results)
  end)

  it("takes a task that is under way when its loop comes to it for ended by an error", function()
    local task, main
    main = coroutine.create(function()
      local _, failures = client:map({ 1, 2 }, function(i)
        if i == 2 then return coroutine.yield "away" end
        task = coroutine.running()
        assert(client:sleep(0.001))
        return coroutine.resume(main) -- goes on with the loop of this task
      end)
      return failures
    end)
    assert.same({ true, "away" }, { coroutine.resume(main) })
    local failures
    while not failures do
      client:step()
      failures = select(4, assert(coroutine.resume(task)))
    end
    assert.equal(1, #failures)
    assert.matches("^cannot resume non%-suspended coroutine", failures[1].err)
  end)

  it("in cqueues lets cqueues sleep inside it", function()
    require "datarobot.loop.cqueues"(client)
    local loop, ticks, n = cqueues.new(), 0, nil
    loop:wrap(function()
      while not n do
        cqueues.sleep(0.005)
        ticks = ticks + 1
      end
    end)
    loop:wrap(function()
      local results, failures = client:map(range(10), function(i)
        assert(client:sleep(0.02))
        cqueues.sleep(0.005)
        return client:whoami() and i
      end)
      assert(#failures == 0, failures[1] and failures[1].err)
      n = #results
    end)
    assert(loop:loop())
    assert.equal(10, n)
    assert.is_true(ticks > 3)
  end)

  it("waits for another client as that one waits", function()
    local other <close> = assert(sandbox:client())
    local results = client:map(range(3), function() return other:whoami() and client:whoami() end)
    assert.equal(3, #results)
  end)

  it("lets a call wait inside pcall, an iterator, a metamethod and a coroutine of its own", function()
    local odd = setmetatable({}, { __index = function(_, id) return (assert(client:deployment(id))) end })
    local results, failures = client:map(range(4), function()
      local ok, deployment = pcall(client.deployment, client, sandbox.deployment_id)
      assert(ok and deployment.id == odd[sandbox.deployment_id].id)
      local n = 0
      for _ in client:deployments() do n = n + 1 end
      local wrapped = coroutine.wrap(function() coroutine.yield(assert(client:version())) end)
      assert(wrapped().version_string)
      return n
    end)
    assert.equal(0, #failures, failures[1] and tostring(failures[1].err))
    assert.same({ 30, 30, 30, 30 }, { results[1], results[2], results[3], results[4] })
  end)

  it("needs no more memory for many elements", function()
    local function peak(n)
      local most = 0
      collectgarbage()
      for i in client:each(function(_, i) return (i or 0) < n and (i or 0) + 1 or nil end,
        function() return ("x"):rep(1000) end, { concurrency = 4 }) do
        if i % 100 == 0 then
          collectgarbage()
          most = math.max(most, collectgarbage "count")
        end
      end
      return most
    end
    assert.is_true(peak(4000) < peak(400) + 100)
  end)

  it("reports wrong calls at their line", function()
    local function text(...)
      local _, err = pcall(client.each, client, ...)
      return tostring(err)
    end
    assert.matches("bad argument #1 to 'each' %(a table, a list or an iterator expected, got nil%)", text())
    assert.matches("bad argument #2 to 'each' %(function expected, got nil%)", text {})
    assert.matches("bad argument #3 to 'each' %(unknown option 'concurency'%)", text({}, print, { concurency = 1 }))
    assert.matches("option 'concurrency': an integer >= 1 expected, got 0", text({}, print, { concurrency = 0 }))
    local _, err = pcall(function() client:map(5, print) end)
    assert.matches("^%./spec/tasks/each_spec.lua:%d+: bad argument #1 to 'map'", (err:gsub("^spec", "./spec")))
  end)
end)
