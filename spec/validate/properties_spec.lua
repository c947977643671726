-- Properties of validation, on bodies made at random; and that the sandbox agrees about them.
local agreement = require "spec.validate.agreement"
local bodies = require "spec.support.bodies"
local cjson = require "cjson"
local dr = require "datarobot"

local COUNT <const> = 3000

-- Calls fn(kind, body, number) for bodies of which about one value in `breaks` is wrong.
local function each_body(seed, breaks, fn)
  math.randomseed(seed)
  for i = 1, COUNT do
    local kind = bodies.kinds[i % #bodies.kinds + 1]
    fn(kind, bodies.make(kind, breaks), ("seed %d, body %d"):format(seed, i))
  end
end

local function problems(_, err)
  local list = {}
  for i, p in ipairs(err.problems) do list[i] = p.pointer .. " " .. p.message end
  return list
end

describe("a body that is legal", function()
  it("has one normal form, which says the same", function()
    local legal = 0
    each_body(11, 60, function(kind, body, where)
      local ok, notes = dr.validate(kind, body)
      if not ok then return end
      legal = legal + 1
      local normal, bytes = assert(dr.normalize(kind, body)), assert(dr.encode(kind, body))
      assert.same(normal, dr.normalize(kind, normal), where)
      assert.same(notes, select(2, dr.validate(kind, normal)), where)
      assert.equal(bytes, dr.encode(kind, normal), where)
      assert.same(normal, dr.normalize(kind, assert(dr.decode(bytes))), where)
    end)
    assert.is_true(legal > COUNT / 4, legal .. " bodies were legal")
  end)

  -- lua-cjson has no integers and marks no lists; names are the wire's.
  local function same(ours, theirs)
    if type(ours) ~= "table" then return ours == theirs or math.type(ours) ~= nil and ours + 0.0 == theirs end
    if type(theirs) ~= "table" then return false end
    for k, v in pairs(ours) do
      if not same(v, theirs[k]) then return false end
    end
    for k in pairs(theirs) do
      if ours[k] == nil then return false end
    end
    return true
  end

  it("goes out as bytes in which lua-cjson reads the same table", function()
    each_body(12, 60, function(kind, body, where)
      local bytes = dr.encode(kind, body)
      if bytes then assert.is_true(same(dr.decode(bytes), cjson.decode(bytes)), where .. ": " .. bytes) end
    end)
  end)

  it("is legal as lua-cjson reads it, too, but for whole numbers of more than 53 bits", function()
    each_body(13, 1 << 40, function(kind, body, where)
      local bytes = dr.encode(kind, body)
      if not bytes or bytes:find "%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d" then return end
      local ok, err = dr.validate(kind, cjson.decode(bytes))
      assert.is_true(ok, where .. ": " .. bytes .. " " .. tostring(err))
    end)
  end)
end)

describe("a finalizer", function()
  it("may do in the middle of a function what the function does", function()
    local t = { name = "p", trigger = { type = "schedule", schedule = "*/5 * * * *" }, description = ("x"):rep(300) }
    local other = { name = ("q"):rep(500), autopilot_options = { mode = "auto" } }
    local bytes, normal, others, ran = dr.encode("policy", t), dr.normalize("policy", t), dr.encode("policy", other), 0
    local function finalize()
      ran = ran + 1
      assert.equal(others, dr.encode("policy", other))
      assert.is_nil((dr.validate("policy", {})))
    end
    for _ = 1, 3000 do
      for _ = 1, 3 do setmetatable({}, { __gc = finalize }) end
      assert.same(normal.trigger, dr.normalize("policy", t).trigger)
      assert.equal(bytes, dr.encode("policy", t))
    end
    collectgarbage()
    assert.is_true(ran > 1000)
  end)
end)

describe("a body that is not legal", function()
  it("has the same problems for every function", function()
    local refused = 0
    each_body(14, 6, function(kind, body, where)
      local ok, err = dr.validate(kind, body)
      if ok then return end
      refused = refused + 1
      local list = problems(ok, err)
      assert.is_true(#list > 0, where)
      assert.same(list, problems(dr.normalize(kind, body)), where)
      assert.same(list, problems(dr.encode(kind, body)), where)
    end)
    assert.is_true(refused > COUNT / 4, refused .. " bodies were refused")
  end)

  it("is told in lines that a person can read", function()
    each_body(15, 4, function(kind, body, where)
      local ok, err = dr.validate(kind, body)
      if ok then return end
      for _, p in ipairs(err.problems) do
        assert.is_truthy(utf8.len(p.message), where)
        assert.is_true(#p.message > 5 and utf8.len(p.message) <= 200, p.message)
        assert.is_nil(p.message:find "[%c]", p.message)
        assert.is_nil(p.message:find "%(%)", p.message)
      end
    end)
  end)
end)

describe("core and sandbox", function()
  it("agree", function()
    local result = agreement.run(9000, 21)
    assert.equal("", table.concat(result.differing, "\n"))
    assert.is_true(result.accepted > 3000 and result.refused > 3000)
  end)
end)
