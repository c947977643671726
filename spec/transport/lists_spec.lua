-- C-33: pages whose `next` leads in circles, elsewhere or nowhere.
local canary = require "spec.support.canary"
local Fault = require "spec.support.fault_server"
local Listener = require "spec.support.listener"

local function id(n) return ("%024x"):format(n) end

local function item(n) return ('{"id":"%s","label":"d%d"}'):format(id(n), n) end

-- A page: its `next` as JSON, then its items.
local function page(next_page, ...)
  local items = {}
  for i, n in ipairs { ... } do items[i] = item(n) end
  return { body = ('{"count":%d,"next":%s,"previous":null,"data":[%s]}'):format(#items, next_page,
    table.concat(items, ",")) }
end

describe("C-33 a list", function()
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)

  -- What both ways to list the deployments return, as two lists of { items, err }, after the same replies.
  local function collect(replies)
    local results = {}
    for i, make in ipairs { function(c) return c:deployments() end, function(c) return c:list "deployments/" end } do
      fault:play { replies = replies }
      local client <close> = fault:client()
      local items, err = make(client):collect()
      results[i] = { items = items, err = err, requests = fault:seen() }
    end
    return results
  end

  local function each_refused(replies, kind, message, requests)
    for _, result in ipairs(collect(replies)) do
      assert.is_nil(result.items)
      assert.equal(kind, result.err.kind)
      assert.matches(message, result.err.message)
      if requests then assert.equal(requests, #result.requests) end
    end
  end

  local function each_labels(replies, ...)
    for _, result in ipairs(collect(replies)) do
      local labels = {}
      for i, d in ipairs(assert(result.items, result.err)) do labels[i] = d.label end
      assert.same({ ... }, labels)
    end
  end

  it("ends at a next that leads to itself", function()
    each_refused({ page('"?offset=1&limit=1"', 1) }, "protocol", "same next page twice", 2)
  end)

  it("ends at a cycle of three pages", function()
    each_refused({ page('"?offset=1"', 1), page('"?offset=2"', 2), page('"?offset=3"', 3), page('"?offset=1"', 1) },
      "protocol", "same next page twice", 4)
  end)

  it("ends with an error in a loop, too", function()
    fault:play { replies = { page('"?offset=1"', 1) } }
    local client <close> = fault:client()
    local labels = {}
    local ok, err = pcall(function()
      for d in client:deployments() do labels[#labels + 1] = d.label end
    end)
    assert.is_false(ok)
    assert.equal("protocol", err.kind)
    assert.same({ "d1", "d1" }, labels)
  end)

  it("takes of a next to another host its query alone (C-20)", function()
    local listener <close> = Listener.start()
    for _, origin in ipairs { listener.url, "https://127.0.0.1:" .. listener.port, "//127.0.0.1:" .. listener.port,
      "http://x:y@127.0.0.1:" .. listener.port, "ftp://127.0.0.1:" .. listener.port } do
      each_labels({ page('"' .. origin .. '/api/v2/deployments/?offset=1"', 1), page("null", 2) }, "d1", "d2")
      for _, request in ipairs(fault:seen()) do assert.matches("^/api/v2/deployments/%?", request.target) end
    end
    assert.equal("", listener:bytes())
  end)

  it("sends of a next no byte that could be a header or another path", function()
    local good = { ["?a=%0d%0aX:y"] = true, ["?../../etc"] = true, ["?a=/../b"] = true }
    for _, query in ipairs { "?a=b\\r\\nX-Evil: y", "?a b", "?a=\\u0000", "?a=\\u007f", "?a=\\u00e9", "?#x", "?a\\\\b",
      "?a=%0d%0aX:y", "?../../etc", "?a=/../b" } do
      for _, result in ipairs(collect { page('"' .. query .. '"', 1), page("null", 2) }) do
        if result.items then
          assert.is_true(good[query], query)
        else
          assert.is_truthy(("protocol validation"):find(result.err.kind, 1, true), query)
          assert.equal(1, #result.requests)
        end
        for _, request in ipairs(result.requests) do
          assert.is_nil(request.head:lower():find("\nx%-evil"))
          assert.is_truthy(request.head:find("Bearer " .. canary, 1, true))
          assert.matches("^/api/v2/deployments/%?", request.target)
        end
      end
    end
  end)

  it("ends where next is null or absent", function()
    each_labels({ page("null", 1) }, "d1")
    each_labels({ { body = '{"data":[' .. item(1) .. "]}" } }, "d1")
  end)

  it("is no whole list where next is no text or without a query", function()
    for _, last in ipairs { "7", "{}", "[]", "true", '""', '"deployments/"', '"http://elsewhere.invalid/"' } do
      each_refused({ page(last, 1) }, "protocol", "'next'", 1)
    end
  end)

  it("that shrinks meanwhile ends", function()
    each_labels({ page('"?offset=2"', 1, 2), page('"?offset=4"'), page("null") }, "d1", "d2")
  end)

  it("gives what the server gives, an id that comes twice as well", function()
    each_labels({ page('"?offset=2"', 1, 2), page("null", 2, 3) }, "d1", "d2", "d2", "d3")
  end)

  it("loses nothing quietly when a page cannot be had", function()
    for _, result in ipairs(collect { page('"?offset=1"', 1), { status = 500, body = '{"message":"no"}' } }) do
      assert.is_nil(result.items)
      assert.equal("server", result.err.kind)
      assert.equal(2, #result.requests)
    end
    local result = collect({ page('"?offset=1"', 1), { body = '{"data":[{"id":7}]}' }, page("null", 1) })[1]
    assert.is_nil(result.items)
    assert.equal("protocol", result.err.kind)
  end)

  it("of 10,000 pages is the longest", function()
    fault:play { replies = { { body = '{"data":[' .. item(1) .. '],"next":"?offset=$m"}' } } }
    local client <close> = fault:client { timeout = 20 }
    local n = 0
    local ok, err = pcall(function()
      for _ in client:list "deployments/" do n = n + 1 end
    end)
    assert.is_false(ok)
    assert.equal("limit", err.kind)
    assert.matches("more than 10000 pages", err.message)
    assert.equal(10000, n)
  end)

  it("asks for no page that nobody needs", function()
    fault:play { replies = { page('"?offset=2"', 1, 2), page("null", 3) } }
    local client <close> = fault:client()
    assert.equal("d1", assert(client:deployments():first()).label)
    assert.equal(1, fault:count())
    fault:play { replies = { page('"?offset=2"', 1, 2), page("null", 3) } }
    assert.equal(2, #assert(client:deployments({ limit = 2 }):collect()))
    assert.equal(1, fault:count())
  end)
end)
