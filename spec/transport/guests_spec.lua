-- C-37 and C-39: tables with metamethods, and functions of the host's, that raise, yield, call again, close the client
-- or collect, in every place where the module meets one.
local canary = require "spec.support.canary"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"
local guest = require "spec.support.guest"
local together = require "spec.support.together"

local ID <const> = ("a"):rep(24)
local BODY <const> = '{"major":2}'

describe("a table with metamethods (C-37)", function()
  local fault, client, deployment
  setup(function()
    fault = Fault.start()
    fault:play { replies = { { body = ('{"id":"%s"}'):format(ID) } } }
    client = fault:client()
    deployment = assert(client:deployment(ID))
  end)
  teardown(function()
    client:close()
    fault:stop()
  end)

  -- What a metamethod does when it is called.
  local DEEDS <const> = {
    raises = function() error("hostile", 0) end,
    yields = function() return coroutine.yield "hostile" end,
    calls = function() return client:version() end,
    collects = function() collectgarbage() end,
    answers = function() return "x" end,
    changes = function(t)
      for i = 1, 50 do rawset(t, i, {}) end
      rawset(t, "name", nil)
    end,
  }
  local EVENTS <const> = { "__index", "__newindex", "__pairs", "__len", "__tostring", "__call", "__close", "__gc",
    "__eq", "__lt", "__concat", "__unm", "__name", "__metatable", "__mode" }

  -- What it does else.
  local GOOD <const> = { __index = function() end, __newindex = rawset, __pairs = function(t) return next, t end,
    __len = rawlen, __tostring = function() return "a table" end }

  -- A table whose metamethod misbehaves when it is called for the k-th time (nil: each time).
  local function hostile(t, event, deed, met, k)
    return setmetatable(t, { [event] = function(...)
      met.n = met.n + 1
      if not k or met.n == k then return deed(...) end
      if GOOD[event] then return GOOD[event](...) end
    end })
  end

  -- Each call with a table in each of its places; its results must be a value, an error of ours, or a raised text.
  local CALLS <const> = {
    ["dr.client"] = function(t)
      t.endpoint, t.token = fault.endpoint, canary
      local c, err = dr.client(t)
      if c then c:close() end
      return c, err
    end,
    ["dr.validate"] = function(t) return dr.validate("policy", t) end,
    ["dr.validate nested"] = function(t) return dr.validate("policy", { name = "n", trigger = t }) end,
    ["dr.validate name"] = function(t) return dr.validate("policy", { name = t }) end,
    ["dr.validate list"] = function(t)
      return dr.validate("policy", { trigger = { type = "schedule", schedule = { hour = t } } })
    end,
    ["dr.validate context"] = function(t) return dr.validate("policy", { name = "n" }, t) end,
    ["dr.encode"] = function(t) return dr.encode("policy", t) end,
    ["dr.normalize"] = function(t) return dr.normalize("policy", t) end,
    ["create"] = function(t) return deployment:create_retraining_policy(t) end,
    ["create options"] = function(t) return deployment:create_retraining_policy({ name = "n" }, t) end,
    ["update settings"] = function(t) return deployment:update_settings(t, { wait = false }) end,
    ["retraining settings"] = function(t) return deployment:update_retraining_settings(t) end,
    ["raw body"] = function(t) return client:post("x/", t) end,
    ["raw nested"] = function(t) return client:post("x/", { a = { t } }) end,
    ["raw options"] = function(t) return client:get("x/", t) end,
    ["raw query"] = function(t) return client:get("x/", { query = t }) end,
    ["raw query value"] = function(t) return client:get("x/", { query = { a = t } }) end,
    ["call options"] = function(t) return client:version(t) end,
    ["list query"] = function(t) return client:deployments(t):first() end,
    ["list raw query"] = function(t) return client:list("x/", t):first() end,
    ["to_table"] = function(t) return deployment:to_table(t) end,
    ["wrong place"] = function(t) return client:deployment(t) end,
    ["wrong option"] = function(t) return client:get("x/", { timeout = t }) end,
    ["wrong key"] = function(t) return client:get("x/", { [t] = 1 }) end,
    ["wrong key of a body"] = function(t) return client:post("x/", { [t] = 1 }) end,
    ["wrong key of a policy"] = function(t) return dr.validate("policy", { [t] = 1 }) end,
  }

  -- Calls with such a table in a coroutine that is resumed until its end; how often the metamethod was called.
  local function meet(call, what, event, deed, k)
    local met = { n = 0 }
    local t = hostile({}, event, deed, met, k)
    local function run()
      local ok, value, err = pcall(call, t)
      debug.setmetatable(t, nil) -- no finalizer of ours may come later
      if not ok then
        assert.is_true(type(value) == "string" or dr.is_error(value), what)
      elseif value == nil then
        assert.is_true(dr.is_error(err), what .. ": " .. tostring(err))
        assert.is_string(tostring(err), what)
      end
    end
    local co = coroutine.create(run)
    local ok, err = coroutine.resume(co)
    while ok and coroutine.status(co) == "suspended" do ok, err = coroutine.resume(co, "x") end
    assert.is_true(ok, what .. ": " .. tostring(err))
    return met.n
  end

  for name, call in pairs(CALLS) do
    it("is harmless in " .. name .. ", at whichever call it misbehaves", function()
      fault:play { replies = { { body = '{"id":"' .. ID .. '","data":[]}' } } }
      for _, event in ipairs(EVENTS) do
        for deed_name, deed in pairs(DEEDS) do
          local what = ("%s, %s that %s"):format(name, event, deed_name)
          meet(call, what, event, deed)
          local k = 0
          repeat
            k = k + 1
          until meet(call, what .. " at call " .. k, event, deed, k) < k or k == 20
        end
      end
      assert(client:version())
      assert.equal(0, client:step())
    end)
  end

  -- Calls whose every reply is good.
  local PLAIN <const> = {
    function() return assert(client:version()) end,
    function() return assert(deployment:refresh()) end,
    function() return assert(client:list("x/"):collect()) end,
    function() return assert(dr.encode("policy", { name = "n", description = ("x"):rep(99) })) end,
    function() return assert(client:post("x/", { a = { 1, 2, { b = dr.null } } })) end,
  }

  -- In a state of its own, which is small: the collector runs all the time.
  it("is collected in the middle of a call, and the k-th of them misbehaves (__gc)", function()
    fault:play { replies = { { body = '{"id":"' .. ID .. '","data":[],"a":[[1],{"b":null}]}' } } }
    guest.good(fault.endpoint, [[
      local client = new()
      local deployment = assert(client:deployment(("a"):rep(24)))
      local deeds = {
        raises = function() error("hostile", 0) end,
        yields = function() return coroutine.yield "hostile" end,
        calls = function() return client:version() end,
        collects = function() collectgarbage() end,
        closes = function() new():close() end,
      }
      local calls = {
        function() return assert(client:version()) end,
        function() return assert(deployment:refresh()) end,
        function() return assert(client:list("x/"):collect()) end,
        function() return assert(dr.encode("policy", { name = "n", description = ("x"):rep(99) })) end,
        function() return assert(client:post("x/", { a = { 1, 2, { b = dr.null } } })) end,
      }
      collectgarbage("setpause", 10)
      collectgarbage("setstepmul", 1000)
      for name, deed in pairs(deeds) do
        for k = 1, 10 do
          local n, rounds = 0, 0
          local meta = { __gc = function()
            n = n + 1
            if n == k then deed() end
          end }
          while n < k and rounds < 2000 do
            setmetatable({}, meta)
            rounds = rounds + 1
            local co = coroutine.create(calls[rounds % #calls + 1])
            assert(coroutine.resume(co))
            assert(coroutine.status(co) == "dead") -- a finalizer cannot yield
          end
          assert(n >= k, name)
        end
      end
      assert(client:step() == 0)
      print "good"
    ]])
  end)

  it("is closed around a call, and the k-th of them misbehaves (__close)", function()
    for name, deed in pairs(DEEDS) do
      for k = 1, 3 do
        for _, call in ipairs(PLAIN) do
          local met = { n = 0 }
          local function closes() return hostile({}, "__close", deed, met, k) end
          local function run()
            local first <close> = closes()
            do
              local inner <close> = closes()
              assert(inner and call())
            end
            local last <close> = closes()
            return first and last and call()
          end
          local results
          local co = coroutine.create(function() results = table.pack(pcall(run)) end)
          repeat assert(coroutine.resume(co)) until coroutine.status(co) == "dead"
          assert.equal(name ~= "raises", results[1])
          assert.is_truthy(name == "raises" and results[2] == "hostile" or results[2], name)
          assert.equal((name == "raises" and k == 1) and 2 or 3, met.n)
        end
      end
    end
    assert.equal(0, client:step())
  end)

  it("is a problem of a body, with its place, and is never asked", function()
    local met = { n = 0 }
    local function bad(event) return hostile({ name = "n" }, event, DEEDS.raises, met) end
    for _, event in ipairs { "__index", "__pairs" } do
      local value, err = dr.validate("policy", bad(event))
      assert.is_nil(value)
      assert.equal("validation", err.kind)
      value, err = dr.validate("policy", { name = "n", trigger = bad(event) })
      assert.is_nil(value)
      assert.equal("trigger", err.problems[1].path)
      value, err = client:post("x/", { a = bad(event) })
      assert.is_nil(value)
      assert.equal("a", err.problems[1].path)
    end
    assert.equal(0, met.n)
  end)
end)

describe("a function of the host (C-39)", function()
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)
  before_each(function() fault:play { replies = { { body = BODY, wait = 0.02 } } } end)

  -- Runs client:version() in a coroutine to its end; what it gave or raised.
  local function run(client, f)
    local results
    local co = coroutine.create(function() results = table.pack(pcall(f or client.version, client)) end)
    repeat assert(coroutine.resume(co)) until coroutine.status(co) == "dead"
    return table.unpack(results, 1, results.n)
  end

  it("that waits and raises ends the call, and the next one is as good", function()
    local client <close> = fault:client()
    client:on_wait(function() error("from the host", 0) end)
    local ok, err = run(client)
    assert.is_false(ok)
    assert.equal("from the host", err)
    assert.equal(0, client:step())
    client:on_wait(function() error({ table = true }) end)
    ok, err = run(client)
    assert.is_false(ok)
    assert.is_true(err.table)
    client:on_wait(nil)
    assert.equal(2, assert(client:version()).major)
  end)

  it("that waits may call, on the same client as well", function()
    local client <close> = fault:client()
    local inner = 0
    client:on_wait(function(c)
      if inner < 3 then
        inner = inner + 1
        assert.equal(2, assert(c:version()).major)
      end
      coroutine.yield()
    end)
    local ok, value = run(client)
    assert.is_true(ok)
    assert.equal(2, value.major)
    assert.equal(3, inner)
  end)

  it("that waits may close the client", function()
    local client = fault:client()
    client:on_wait(client.close)
    local ok, value, err = run(client)
    assert.is_true(ok)
    assert.is_nil(value)
    assert.equal("closed", err.kind)
  end)

  it("that waits may collect, take itself away, or finish the metatable", function()
    local client <close> = fault:client()
    client:on_wait(function()
      collectgarbage()
      client:on_wait(nil)
    end)
    local ok, value = run(client)
    assert.is_true(ok)
    assert.equal(2, value.major)
  end)

  it("that waits is given the client alone, and what it returns is nothing", function()
    local client <close> = fault:client()
    local got
    client:on_wait(function(...)
      got = table.pack(...)
      coroutine.yield()
      return nil, "x", error
    end)
    local ok, value = run(client)
    assert.is_true(ok)
    assert.equal(2, value.major)
    assert.same({ n = 1, client }, got)
  end)

  it("is not asked where nobody can yield", function()
    local client <close> = fault:client()
    client:on_wait(function() error "not here" end)
    local value = table.pack(pcall(string.gsub, "x", "x", function() return tostring(client:version().major) end))
    assert.same({ true, "2", 1, n = 3 }, value)
  end)

  it("works in a for iterator, a metamethod, pcall and a coroutine in a coroutine", function()
    fault:play { replies = { { body = '{"data":[{"a":1}],"next":null,"major":2}', wait = 0.02 } } }
    local client <close> = fault:client()
    local ways = {
      function()
        local n = 1
        for _ in client:list "x/" do n = n + 1 end
        return n
      end,
      function() return (setmetatable({}, { __index = function() return client:version().major end })).x end,
      function() return select(2, pcall(function() return client:version().major end)) end,
      function()
        local inner = coroutine.wrap(function() return client:version().major end)
        local value
        repeat
          value = inner()
          if not value then coroutine.yield() end
        until value
        return value
      end,
      function()
        local item <close> = setmetatable({}, { __close = function() assert(client:version()) end })
        return item and 2
      end,
    }
    local done, functions = {}, {}
    for i, f in ipairs(ways) do
      functions[i] = function(wait)
        client:on_wait(wait)
        done[i] = f()
      end
    end
    together(functions)
    assert.same({ 2, 2, 2, 2, 2 }, done)
  end)

  -- What it does; what the call then gives (nil: its value; "raises"; or a kind of error).
  local DEEDS <const> = {
    raises = { function() error("from the host", 0) end, "raises" },
    yields = { function() coroutine.yield() end },
    collects = { function() collectgarbage() end },
    calls = { function(client) assert.equal(2, assert(client:version()).major) end },
    ["calls in many ways"] = { function(client)
      assert.equal(3, #client:map({ 1, 2, 3 }, function() return client:version() end))
      assert(client:sleep(0.001))
      assert(client:list("x/"):collect())
      coroutine.wrap(function() assert(client:version()) end)()
    end },
    closes = { function(client) client:close() end, "closed" },
    ["calls and closes"] = { function(client)
      assert(client:version())
      client:close()
    end, "closed" },
    ["calls and raises"] = { function(client)
      assert(client:version())
      error("from the host", 0)
    end, "raises" },
  }
  local CALLS <const> = {
    function(client) return client:version() end,
    function(client) return client:post("x/", { a = 1 }) end,
    function(client) return client:list("x/"):collect() end,
  }

  -- A client whose function of this name does the deed when it is called for the k-th time, and not within itself.
  local function guest_of(role, deed, k)
    local client, met, inside, tokens = nil, { n = 0 }, false, 0
    local function token()
      tokens = tokens + 1
      return canary .. tokens
    end
    local function act()
      if inside or met.over then return token() end
      met.n = met.n + 1
      if met.n == k then
        inside = true
        deed(client)
        inside = false
      end
      return token()
    end
    client = fault:client { token = role == "token" and act or token, log = role == "log" and act or nil }
    return client, met
  end

  for _, role in ipairs { "log", "token" } do
    it("that is asked for by " .. role .. " may do anything, at whichever call", function()
      local replies = { { status = 401 }, { body = '{"data":[],"major":2}' } }
      for name, what in pairs(DEEDS) do
        for _, call in ipairs(CALLS) do
          for k = 1, 4 do
            fault:play { replies = { replies[2] }, routes = { ["GET /api/v2/x/"] = replies,
              ["POST /api/v2/x/"] = replies } }
            local client, met = guest_of(role, what[1], k)
            local ok, value, err = run(client, call)
            met.over = true
            local told = ("%s %s at call %d: %s"):format(role, name, k, tostring(err or value))
            if met.n < k then
              assert.is_true(ok and value ~= nil, told)
            elseif what[2] == "raises" then
              assert.same({ false, "from the host" }, { ok, value }, told)
            elseif what[2] and not (ok and value) then -- a call whose reply is there has it, also a 401
              local kind = ok and err.kind or value.kind
              assert.is_true(kind == what[2] or kind == "auth", told)
            else
              assert.is_true(ok and value ~= nil, told)
            end
            if what[2] ~= "closed" or met.n < k then
              assert.equal(0, client:step(), told)
              assert.equal(2, assert(client:version()).major, told)
            end
            client:close()
          end
        end
      end
    end)

    it("that calls without end, asked for by " .. role .. ", is Lua's error, and the next call is as good", function()
      local client, ends
      client = fault:client { [role] = function()
        if not ends then assert(client:version()) end
        return canary
      end }
      local ok, err = pcall(client.version, client)
      assert.is_false(ok)
      assert.matches("stack overflow", tostring(err))
      ends = true
      assert.equal(0, client:step())
      assert.equal(2, assert(client:version()).major)
      client:close()
    end)
  end

  it("that is a progress of nothing: an error is never carried through libcurl", function()
    fault:play { replies = { { body = ("x"):rep(2000000) } } }
    local client <close> = fault:client()
    local n = 0
    client:on_wait(function()
      n = n + 1
      if n == 2 then error("halfway", 0) end
      coroutine.yield()
    end)
    for _ = 1, 20 do
      n = 0
      run(client, function(c) return c:get "x/" end)
    end
    client:on_wait(nil)
    fault:play { replies = { { body = BODY } } }
    assert.equal(2, assert(client:version()).major)
  end)
end)
