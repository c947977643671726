-- Lists ask for the pages behind the first at the same time, and for no page that they do not need.
local canary = require "spec.support.canary"
local core = require "datarobot.core"
local cqueues = require "cqueues"
local Fault = require "spec.support.fault_server"
local sandboxes = require "datarobot.sandbox"

describe("a list", function()
  local sandbox, client
  before_each(function()
    sandbox = sandboxes.start { deployments = 100, page_limit = 10, token = canary }
    client = assert(sandbox:client())
  end)
  after_each(function()
    client:close()
    sandbox:stop()
  end)

  -- The offsets that were asked for.
  local function offsets()
    local seen = {}
    for i, request in ipairs(sandbox:requests { clear = true }) do
      seen[i] = tonumber(request.query:match "offset=(%d+)" or 0)
    end
    return seen
  end

  local function sorted(list)
    table.sort(list)
    return list
  end

  local function labels(items)
    local list = {}
    for i, item in ipairs(items) do list[i] = item.label end
    return list
  end

  it("asks for each page once and keeps the order", function()
    local collected = labels(assert(client:deployments():collect()))
    assert.same({ 0, 10, 20, 30, 40, 50, 60, 70, 80, 90 }, sorted(offsets()))
    assert.equal(100, #collected)
    assert.same(collected, sorted { table.unpack(collected) })
    local looped = {}
    for deployment in client:deployments() do looped[#looped + 1] = deployment.label end
    assert.same(collected, looped)
    assert.equal(10, #offsets())
    local raw = {}
    for deployment in client:list("deployments/", { orderBy = "label" }) do raw[#raw + 1] = deployment.label end
    assert.same(collected, raw)
    assert.equal(10, #offsets())
  end)

  it("never reads past what is needed", function()
    assert(client:deployments():first())
    assert.same({ 0 }, offsets())
    assert.equal(10, #client:deployments():collect(10))
    assert.same({ 0 }, offsets())
    assert.equal(25, #client:deployments():collect(25))
    assert.same({ 0, 10, 20 }, sorted(offsets()))
    assert.equal(31, #client:deployments { limit = 31 }:collect())
    assert.same({ 0, 10, 20, 30 }, sorted(offsets()))
    assert.equal(15, #client:deployments { offset = 85 }:collect())
    assert.same({ 85, 95 }, sorted(offsets()))
    assert.equal(0, #client:deployments():collect(0))
    assert.same({}, offsets())
    for _ in client:deployments { limit = 10 } do break end -- luacheck: ignore 512
    assert.same({ 0 }, offsets())
  end)

  it("has at most nine pages under way or unread", function()
    local big <close> = sandboxes.start { deployments = 100, page_limit = 3, token = canary }
    local other <close> = assert(big:client())
    local most, n = 0, 0
    for _ in other:deployments() do
      n = n + 1
      repeat until other:step() == 0
      most = math.max(most, #big:requests() - math.ceil(n / 3))
    end
    assert.equal(100, n)
    assert.equal(9, most)
    assert.equal(34, #big:requests())
  end)

  it("reads ahead inside each, under a loop, and in several coroutines at once", function()
    require "datarobot.loop.cqueues"(client)
    local loop, counts = cqueues.new(), {}
    for i = 1, 5 do
      loop:wrap(function()
        for _ in client:deployments() do counts[i] = (counts[i] or 0) + 1 end
      end)
    end
    assert(loop:loop())
    assert.same({ 100, 100, 100, 100, 100 }, counts)
    client:on_wait(nil)
    local results = client:map({ 1, 2, 3 }, function() return #assert(client:deployments():collect()) end)
    assert.same({ 100, 100, 100, n = 3 }, results)
  end)

  it("gives its requests back when it is dropped in the middle", function()
    for _ in client:deployments() do break end -- luacheck: ignore 512
    collectgarbage()
    collectgarbage()
    assert.equal(0, client:step())
    local co = coroutine.create(function() for _ in client:deployments() do coroutine.yield() end end)
    coroutine.resume(co)
    coroutine.close(co)
    co = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.equal(0, client:step())
  end)

  it("ends with the error of a page at its turn, and closes with its client", function()
    local n = 0
    local ok, err = pcall(function()
      for _ in client:deployments() do
        n = n + 1
        if n == 15 then client:close() end
      end
    end)
    assert.is_false(ok)
    assert.equal("closed", err.kind)
    assert.is_true(n >= 20 and n % 10 == 0, "whole pages, those that had come") -- how many is up to the network
  end)

  describe("against a scripted server", function()
    local fault
    before_each(function() fault = Fault.start() end)
    after_each(function() fault:stop() end)

    local function page(items, next_query, total)
      local data = {}
      for i, id in ipairs(items) do data[i] = ('{"id":"%s"}'):format(id) end
      return { body = ('{"data":[%s],"next":%s,"totalCount":%s}'):format(table.concat(data, ","),
        next_query and '"https://elsewhere/x?' .. next_query .. '"' or "null", total or "null") }
    end

    -- The ids that a raw list gives when the server plays these pages, and how many requests came.
    local function read(pages)
      fault:play { replies = pages }
      local other <close> = fault:client()
      local ids = {}
      local items, err = other:list("things/"):collect()
      for i, item in ipairs(items or {}) do ids[i] = item.id end
      return table.concat(ids), fault:count(), err
    end

    it("goes page by page without totalCount or a usable offset", function()
      local text, count = read { page({ "a", "b" }, "offset=2&limit=2"), page({ "c" }) }
      assert.same({ "abc", 2 }, { text, count })
      text, count = read { page({ "a", "b" }, "page=2", 5), page({ "c", "d" }, "page=3", 5), page({ "e" }, nil, 5) }
      assert.same({ "abcde", 3 }, { text, count })
      text, count = read { page({ "a", "b" }, "offset=0&limit=2", 5), page({ "c" }, nil, 5) }
      assert.same({ "abc", 2 }, { text, count })
    end)

    it("follows the server where next is another than expected", function()
      -- Replies come in the order of requests, so only pages one at a time can be told apart here.
      local text = read { page({ "a", "b" }, "offset=2&limit=2", 4), page({ "c", "d" }, "cursor=x", 4), page({ "e" }) }
      assert.equal("abcde", text)
    end)

    it("goes page by page from there on", function()
      -- To offset=5 and offset=8, which are asked for at the same time; the server has read both by then.
      local third = page({ "e", "f" }, "offset=7&limit=2", 8)
      third.wait = 0.2
      local text, count = read { page({ "a", "b" }, "offset=2&limit=2", 4), page({ "c", "d" }, "offset=5&limit=2", 11),
        third, third, page({ "g", "h" }, "offset=9&limit=2", 40), page({ "i" }, nil, 40) }
      assert.same({ "abcdefghi", 6 }, { text, count })
    end)

    it("ends when the collection shrinks, and goes on when it grows", function()
      assert.equal("ab", (read { page({ "a", "b" }, "offset=2&limit=2", 4), page({}, nil, 2) }))
      assert.equal("abcd", (read { page({ "a", "b" }, "offset=2&limit=2", 3), page({ "c" }, "offset=3&limit=2", 4),
        page({ "d" }, nil, 4) }))
    end)

    it("stops at a next that was seen before", function()
      local _, _, err = read { page({ "a", "b" }, "offset=2&limit=2", 4), page({ "c", "d" }, "offset=2&limit=2", 4) }
      assert.equal("protocol", err.kind)
    end)

    it("asks anew for a page that was lost while nobody attended to it", function()
      -- libcurl itself asks again where a kept connection ends before a whole line.
      for _, lost in ipairs { { cut = 5 }, { cut = 30 }, { cut = 70, how = "rst" } } do
        fault:play { routes = { ["GET /api/v2/things/"] = { page({ "a", "b" }, "offset=2&limit=2", 4), lost,
          page({ "c", "d" }, nil, 4) } } }
        local other <close> = fault:client()
        assert.equal(4, #assert(other:list("things/"):collect()))
        assert.equal(3, fault:count())
      end
    end)

    it("gives the pages behind a bad one back at once", function()
      local stalled = { cut = 0, how = "hang" }
      fault:play { routes = { ["GET /api/v2/things/"] = { page({ "a", "b" }, "offset=2&limit=2", 20),
        { status = 500 }, stalled } } }
      local other <close> = fault:client { max_connections = 1 } -- so that they come in order
      collectgarbage "stop"
      local items, err = other:list("things/"):collect()
      local pending = other:step()
      collectgarbage "restart"
      assert.is_nil(items)
      assert.equal("server", err.kind)
      assert.equal(0, pending)
    end)

    it("takes two latencies for ten pages", function()
      local LATENCY <const> = 0.3
      fault:play { replies = { { upstream = sandbox.port, wait = LATENCY } } }
      local other <close> = fault:client()
      local cpu, started = os.clock(), core.now()
      assert.equal(100, #assert(other:deployments():collect()))
      local wall = core.now() - started
      assert.is_true(wall <= 2.5 * LATENCY + (os.clock() - cpu), wall .. " s")
      assert.equal(10, fault:count())
    end)
  end)
end)
