-- Sizes: time that grows with the text and no faster, memory that is bounded, and an error of kind `limit` beyond it.
local build = require "spec.support.build"
local core = require "datarobot.core"
local dr = require "datarobot"

local MIB <const> = 1 << 20

-- Sanitizers make everything slower and larger.
local SCALE <const> = build.sanitized() and 8 or 1

local function seconds(f, ...)
  collectgarbage()
  local begin = os.clock()
  f(...)
  return os.clock() - begin
end

-- Fails when ten times the size takes much more than ten times as long.
local function linear(make, f, small)
  local first, second = make(small), make(10 * small)
  local best = math.huge
  for _ = 1, 3 do
    local slow, fast = seconds(f, second), seconds(f, first)
    best = math.min(best, slow / math.max(fast, 1e-3))
  end
  assert.is_true(best < 40, ("ten times the size took %.1f times as long"):format(best))
end

describe("C-38 nesting", function()
  local DEEPEST <const> = 128

  it("is read to its limit and not beyond", function()
    for _, depth in ipairs { 1, 2, 10, 100, DEEPEST } do
      assert.is_table(dr.decode(("["):rep(depth) .. ("]"):rep(depth)))
      assert.is_table(dr.decode(('{"a":'):rep(depth) .. "1" .. ("}"):rep(depth)))
    end
    for _, depth in ipairs { DEEPEST + 1, 1000, 10000, 100000, 1000000 } do
      for _, text in ipairs { ("["):rep(depth) .. ("]"):rep(depth), ("["):rep(depth), ('{"a":'):rep(depth) } do
        local value, err = dr.decode(text)
        assert.is_nil(value)
        assert.equal("limit", err.kind)
      end
    end
  end)

  it("is written to its limit and not beyond", function()
    for _, depth in ipairs { 102, 1000, 100000, 1000000 } do
      local t = {}
      for _ = 2, depth do t = { t } end
      local text, err = core.encode_any(t)
      assert.is_nil(text)
      assert.matches("nested too deeply", err.problems[1].message)
    end
  end)
end)

describe("C-38 many members", function()
  local function object(n)
    local parts = {}
    for i = 1, n do parts[i] = ('"k%d":%d'):format(i, i) end
    return "{" .. table.concat(parts, ",") .. "}"
  end

  local function tableof(n)
    local t = {}
    for i = 1, n do t["k" .. i] = i end
    return t
  end

  it("are read in linear time", function()
    linear(object, function(text) assert.is_table(dr.decode(text)) end, 5000 // SCALE)
    assert.equal(1000000 // SCALE, dr.decode(object(1000000 // SCALE))["k" .. 1000000 // SCALE])
  end)

  it("are written in little more", function()
    linear(tableof, function(t) assert.is_string(core.encode_any(t)) end, 5000 // SCALE)
    local text = assert(core.encode_any(tableof(1000000 // SCALE)))
    assert.equal(select(2, text:gsub(":", "")), 1000000 // SCALE)
  end)

  it("are refused in linear time, and a hundred are told", function()
    linear(tableof, function(t)
      local _, err = dr.validate("policy", t)
      assert.equal(101, #err.problems)
    end, 3000 // SCALE)
  end)
end)

describe("a text", function()
  it("of 64 MiB is read and checked in linear time", function()
    local size = 64 * MIB // SCALE
    linear(function(n) return '"' .. ("x"):rep(n - 2) .. '"' end, function(text)
      assert.equal(#text - 2, #dr.decode(text))
    end, size // 80)
    assert.equal(size - 2, #dr.decode('"' .. ("x"):rep(size - 2) .. '"'))
    assert.is_nil((dr.decode('"' .. ("x"):rep(size))))
    assert.is_nil((dr.decode((" "):rep(size))))
    linear(function(n) return "[" .. ("1,"):rep(n // 2) .. "1]" end, function(text)
      assert.is_table(dr.decode(text))
    end, size // 320)
    linear(function(n) return '"' .. ("\\u00e9"):rep(n // 6) .. '"' end, function(text)
      assert.is_string(dr.decode(text))
    end, size // 160)
  end)

  it("that JSON would need more than 64 MiB for is refused with kind limit", function()
    local function limit(value, err)
      assert.is_nil(value)
      assert.equal("limit", err.kind)
      assert.equal("the table makes more than 64 MiB of JSON", err.message)
    end
    local chunk = ("x"):rep(MIB)
    local most = {}
    for i = 1, 63 do most[i] = chunk end
    assert.is_string(core.encode_any(most))
    for i = 64, 70 do most[i] = chunk end
    limit(core.encode_any(most))
    limit(dr.encode("settings", { bias_and_fairness = { most = most } }))
    limit(dr.validate("settings", { bias_and_fairness = { most = most } }))
    limit(dr.normalize("settings", { bias_and_fairness = { most = most } }))
    local client <close> = assert(dr.client { endpoint = "http://127.0.0.1:9", token = "t" })
    limit(client:post("x/", most))
    limit(client:get("x/", { query = { a = most } }))
  end)

  it("is refused, not grown, where tables hold the same tables again and again", function()
    local t = { "0123456789" }
    for _ = 1, 60 do t = { t, t } end
    local before = collectgarbage "count"
    local _, err
    local time = seconds(function() _, err = core.encode_any(t) end)
    assert.equal("limit", err.kind)
    assert.is_true(time < 20, time .. " seconds")
    assert.is_true(collectgarbage "count" - before < 1024)
    local bad = { print }
    for _ = 1, 60 do bad = { bad, bad } end
    assert.is_true(seconds(function() _, err = core.encode_any(bad) end) < 20)
    assert.equal(101, #err.problems)
  end)
end)
