-- What costs much more than its size: texts of many empty tables, tables that hold one table again and again. There are
-- caps before the cost, and a hook of the host acts meanwhile.
local build = require "spec.support.build"
local core = require "datarobot.core"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"

local SLOWER <const> = build.sanitized() and 10 or 1

-- What it costs: the processor's seconds, the growth of Lua's memory in bytes, results.
local function cost(f, ...)
  collectgarbage()
  local before, started = collectgarbage "count", os.clock()
  local value, err = f(...)
  return os.clock() - started, (collectgarbage "count" - before) * 1024, value, err
end

describe("a text of many values", function()
  local TABLES <const>, VALUES <const> = 1 << 20, 1 << 23

  it("is read up to a number of tables", function()
    assert.equal(TABLES - 1, #assert(dr.decode("[" .. ("{},"):rep(TABLES - 2) .. "{}]")))
    local value, err = dr.decode("[" .. ("{},"):rep(TABLES - 1) .. "{}]")
    assert.is_nil(value)
    assert.equal("limit", err.kind)
    assert.matches("more than 1048576 arrays and objects", err.message)
  end)

  it("is read up to a number of values", function()
    assert.equal(VALUES - 1, #assert(dr.decode("[" .. ("1,"):rep(VALUES - 2) .. "1]")))
    local _, err = dr.decode("[" .. ("1,"):rep(VALUES - 1) .. "1]")
    assert.equal("limit", err.kind)
    assert.matches("more than 8388608 values", err.message)
  end)

  it("is refused before it costs much", function()
    for _, part in ipairs { "{},", "[],", "[[]],", '{"":{}},' } do
      local text = "[" .. part:rep((64 << 20) // #part - 2) .. "1]"
      local seconds, bytes, value, err = cost(dr.decode, text)
      assert.is_nil(value)
      assert.equal("limit", err.kind)
      assert.is_true(seconds < 2 * SLOWER and bytes < 1 << 20, seconds .. " s, " .. bytes .. " bytes")
    end
  end)

  it("is no reply", function()
    local fault <close> = Fault.start()
    local client <close> = fault:client()
    local body = '{"id":"6759e8aebd38a7fca6ba234a","owners":[' .. ("{},"):rep(TABLES) .. "1]}"
    fault:play { replies = { { body = body } } }
    local _, err = client:deployment "6759e8aebd38a7fca6ba234a"
    assert.equal("limit", err.kind)
  end)
end)

describe("a table that holds tables again and again", function()
  local function repeated(what, n)
    local t = {}
    for i = 1, n do t[i] = what end
    return t
  end
  local wide = {}
  for i = 1, 1000 do wide["k" .. i] = 1 end
  local list = repeated(1, 1000)

  for name, what in pairs { ["an empty one"] = {}, ["one with members"] = { a = 1 }, ["a wide one"] = wide,
    ["a list"] = list, ["a list of lists"] = repeated(list, 1000) } do
    it(("a million times %s is refused in little time"):format(name), function()
      local t = repeated(what, 1000000)
      for _, f in ipairs { function() return core.encode_any(t) end,
        function() return dr.encode("settings", { bias_and_fairness = { t = t } }) end,
        function() return dr.validate("settings", { bias_and_fairness = { t = t } }) end,
        function() return dr.normalize("settings", { bias_and_fairness = { t = t } }) end } do
        local seconds, bytes, value, err = cost(f)
        assert.is_nil(value)
        assert.equal("limit", err.kind)
        assert.matches("^[%w_.]*:? ?the table ", err.message)
        assert.is_true(seconds < 3 * SLOWER and bytes < 64 << 20, seconds .. " s, " .. bytes .. " bytes")
      end
    end)
  end

  it("is written up to the caps, and read again", function()
    local t = repeated({}, (1 << 19) - 10)
    assert.is_true(dr.validate("settings", { bias_and_fairness = { t = t } }))
    assert.is_table(dr.normalize("settings", { bias_and_fairness = { t = t } }))
  end)
end)

describe("a hook", function()
  -- Raises in the function after some instructions.
  local function stopped(f, ...)
    local co = coroutine.create(f)
    local started = os.clock()
    debug.sethook(co, function()
      if os.clock() - started > 0.002 then error("stopped", 0) end
    end, "", 100)
    local ok, err = coroutine.resume(co, ...)
    debug.sethook(co)
    assert.is_false(ok)
    assert.equal("stopped", err)
  end

  it("acts while a text is read, and while a table is written", function()
    local text = "[" .. ("{},"):rep(900000) .. "{}]"
    stopped(dr.decode, text)
    stopped(dr.decode, '{"a":' .. ("1,"):rep(900000):gsub("1,", '1,"a":') .. "1}")
    local t, one = {}, {}
    for i = 1, 500000 do t[i] = one end
    stopped(core.encode_any, t)
    stopped(dr.validate, "settings", { bias_and_fairness = { t = t } })
    assert.is_string(core.encode_any(t)) -- nothing is left behind
    assert.is_table(dr.decode(text))
  end)
end)
