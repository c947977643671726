-- Exports: text that, applied to its source, changes nothing, whatever the texts of the server hold. Definitions: files
-- that reach nothing and cost little.
local core = require "datarobot.core"
local definition = require "datarobot.declare.definition"
local dr = require "datarobot"
local process = require "spec.support.process"
local random_declaration = require "spec.declare.random_declaration"
local worlds = require "spec.declare.worlds"

local CONSENT <const> = { allow_replacement = true, prune = true }

local HOSTILE <const> = {
  "--[[", '"', "]]", "\\", "\n", "\r\n", "\0", "\27[31m", "\u{202e}", "]=]", "' .. os.exit() .. '",
  '"] = os.exit(), ["', "%q", "%s%n", "\\\n", "\u{2028}", "\u{85}", "\127", "return {}", "a\\", "\\x00",
  "\\u{41}", "\u{10ffff}",
}

describe("an export", function()
  local world, folder
  before_each(function() world, folder = worlds.new(), process.folder() end)
  after_each(function()
    world.client:close()
    world.sandbox:stop()
    folder:remove()
  end)

  local function unchanged(text, format)
    local path = folder:write("definition." .. format, text)
    local t = assert(dr.load_definition(path))
    local plan = assert(world.deployment:plan(t))
    assert.equal(0, #plan, tostring(plan) .. "\n" .. text)
    assert.equal(0, assert(world.deployment:apply(t)).writes)
    return t
  end

  it("of random worlds is unchanged when it is applied to its source", function()
    math.randomseed(1)
    local function random(a, b) return math.random(b and a or 1, b or a) end
    for _ = 1, 25 do
      world.deployment:apply(random_declaration.whole(random, { "A", "B", "C" }), CONSENT)
      for _, format in ipairs { "lua", "json" } do
        unchanged(assert(world.deployment:export { format = format }), format)
        for _, policy in ipairs(world.deployment:retraining_policies():collect()) do
          unchanged(policy:export { format = format }, format)
        end
      end
    end
  end)

  it("holds texts of the server as quoted literals only", function()
    for i = 1, #HOSTILE, 4 do
      local t = { prune = true, policies = {} }
      for j = i, math.min(i + 3, #HOSTILE) do
        t.policies[#t.policies + 1] = { name = HOSTILE[j], description = HOSTILE[#HOSTILE - j + 1] }
      end
      assert(world.deployment:apply(t, CONSENT))
      for _, format in ipairs { "lua", "json" } do
        local text = assert(world.deployment:export { format = format })
        local loaded = unchanged(text, format)
        for k, policy in ipairs(t.policies) do assert.equal(policy.name, loaded.policies[k].name) end
        if format == "lua" then assert.is_nil(text:find "[\0-\9\11-\31\127]") end
      end
    end
  end)

  it("makes the same elsewhere", function()
    local t = { settings = { humility = { enabled = true } }, policies = { { name = "P", description = "d",
      trigger = { type = "schedule", schedule = "@daily" } } } }
    assert(world.deployment:apply(t))
    local other = worlds.new()
    local text = assert(world.deployment:export())
    assert(other.deployment:apply(assert(definition.read(text, "text"))))
    assert.equal(text, assert(other.deployment:export()))
    other.client:close()
    other.sandbox:stop()
  end)

  it("is a wrong call with another format", function()
    assert.has_error(function() world.deployment:export { format = "yaml" } end)
    local twice = { name = "T" }
    assert(world.deployment:create_retraining_policy(twice))
    assert(world.deployment:create_retraining_policy(twice))
    local _, err = world.deployment:export()
    assert.equal("conflict", err.kind)
  end)
end)

describe("a definition", function()
  -- text -> kind of its error, nil for none
  local TEXTS <const> = {
    ["return { name = ('x'):rep(3) }"] = false, ['{"name": "x"}'] = false,
    ["local t = {} for i = 1, 3 do t[i] = i end return { a = table.concat(t, ',') }"] = false,
    ["return { name = 'x', description = dr.null, n = math.floor(1.5), s = ('a,b'):gsub(',', ';') }"] = false,
    ["x = = 1"] = "validation", ["return 1"] = "validation", ["[1]"] = "validation", ["{"] = "validation",
    ["\27Lua"] = "validation", ["os.exit()"] = "validation", ["io.open 'x'"] = "validation",
    ["return require 'os'"] = "validation", ["return load 'x'"] = "validation",
    ["return { ('').dump() }"] = "validation",
    ["return { string.dump(function() end) }"] = "validation", ["error {}"] = "validation",
    ["getmetatable('').__index.rep = 1"] = "validation", ["coroutine.yield()"] = "validation",
    ["return setmetatable({}, {})"] = "validation", ["math.randomseed(1)"] = "validation",
    ["while true do end"] = "limit", ["local t = {} while true do t[#t + 1] = {} end"] = "limit",
    ["return { ('a'):rep(1e10) }"] = "limit", ["local s = 'x' while true do s = s .. s end"] = "limit",
    ["local function f() return f() end f()"] = "limit", ["return { ('a'):rep(60000):find '.-.-.-b' }"] = "limit",
    ["return { ('a'):rep(60000):match '(.*)(.*)(.*)b' }"] = "limit",
    ["return { table.move({}, 1, 2^53, 2) }"] = "limit",
    ["return { ('a'):rep(30000):gsub('', ('x'):rep(9999)) }"] = "limit",
    ["local t = {} for i = 1, 20000 do t[i] = -i end table.sort(t)"] = "limit",
    ["for _ = 1, 1e5 do local _ = ('a'):rep(6000):find '.-b' end"] = "limit",
  }

  it("reaches nothing, and costs little", function()
    for text, kind in pairs(TEXTS) do
      local started = core.now()
      local t, err = definition.read(text, "name")
      assert.equal(kind or nil, err and err.kind, text .. "\n" .. tostring(err))
      assert.is_true((t ~= nil) == (kind == false), text)
      assert.is_true(core.now() - started < 10, text)
      if err then assert.matches("name: ", err.message, 1, true) end
      assert.is_nil(err and err.message:find "lua/datarobot", text)
    end
    assert.equal("function", type(("").dump)) -- strings have their methods again
    assert.equal("aab", (("b"):gsub("^", "aa")))
  end)

  it("is a file", function()
    local _, err = dr.load_definition "/nowhere/at/all"
    assert.equal("config", err.kind)
    assert.matches("/nowhere/at/all: No such file", err.message, 1, true)
    assert.has_error(function() dr.load_definition {} end)
  end)

  it("leaves collector, hooks and methods of strings as they were, also when it fails", function()
    local seen = 0
    debug.sethook(function() seen = seen + 1 end, "", 1000)
    definition.read("local t = {} while true do t[#t + 1] = {} end", "x")
    for i = 1, 10000 do seen = seen + i * 0 end
    debug.sethook()
    assert.is_true(seen > 3)
    assert.is_true(collectgarbage "isrunning")
    collectgarbage "stop"
    definition.read("return {}", "x")
    assert.is_false(collectgarbage "isrunning")
    collectgarbage "restart"
  end)
end)
