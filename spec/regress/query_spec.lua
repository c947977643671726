-- Option `query` of the raw layer: what can stand in an address, and what is refused before it is sent.
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"

describe("option query", function()
  local fault, client
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)
  before_each(function()
    fault:play { replies = { { body = "{}" } } }
    client = fault:client()
  end)
  after_each(function() client:close() end)

  local function refused(query, text)
    local ok, err = pcall(function() return client:get("x/", { query = query }) end)
    assert.is_false(ok)
    assert.equal("bad argument #2 to 'get' (option 'query': " .. text .. ")", err:match "bad argument.*")
    ok, err = pcall(function() return client:post("x/", {}, { query = query }) end)
    assert.is_false(ok)
    assert.equal("bad argument #3 to 'post' (option 'query': " .. text .. ")", err:match "bad argument.*")
    assert.equal(0, fault:count())
  end

  it("is no list", function()
    for _, query in ipairs { { "a" }, { "a", "b", "c" }, dr.array {}, dr.array { 1 } } do
      refused(query, "a table of names and values expected, got a list")
    end
  end)

  it("has no tables in it but lists of plain values", function()
    for _, value in ipairs { { b = 1 }, {}, { { 1 } }, { { b = 1 } }, { 1, dr.array {} }, { "x", dr.null } } do
      refused({ limit = 1, a = value }, "'a' must be a string, a number, a boolean or a list of these")
    end
  end)

  local function sent(query)
    assert(client:get("x/", { query = query }))
    local seen = fault:seen()
    return seen[#seen].target
  end

  it("may be empty, and repeats a name for each element of a list", function()
    assert.equal("/api/v2/x/", sent {})
    assert.equal("/api/v2/x/", sent { a = dr.null, b = dr.array {} })
    assert.equal("/api/v2/x/?a=1&a=b%26c&a=true", sent { a = { 1, "b&c", true } })
  end)
end)
