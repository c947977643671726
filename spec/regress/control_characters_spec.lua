-- Characters that a terminal obeys, or that hide or turn a text, are escaped in every text for a person; fields and the
-- reply's own text are as they came.
local core = require "datarobot.core"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"
local show = require "datarobot.show"

local ID <const> = "6759e8aebd38a7fca6ba234a"

-- What may not be shown, and how it is written.
local HIDDEN <const> = { ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r" }
for byte = 0, 31 do HIDDEN[string.char(byte)] = HIDDEN[string.char(byte)] or ("\\x%02x"):format(byte) end
HIDDEN["\127"] = "\\x7f"
for byte = 128, 255 do HIDDEN[string.char(byte)] = ("\\x%02x"):format(byte) end
for _, range in ipairs {
  { 0x80, 0x9F }, { 0xAD, 0xAD }, { 0x61C, 0x61C }, { 0x180E, 0x180E }, { 0x200B, 0x200F }, { 0x2028, 0x202E },
  { 0x2060, 0x206F }, { 0xFEFF, 0xFEFF }, { 0xFFF9, 0xFFFB }, { 0xE0001, 0xE0001 }, { 0xE0020, 0xE007F },
} do
  for c = range[1], range[2] do HIDDEN[utf8.char(c)] = ("\\u{%x}"):format(c) end
end

local SHOWN <const> = { "a", "~", "é", "ß", "日本語", "😀", "\u{A0}", "\u{2010}", "\u{202F}", "\u{205F}", "\u{FFFD}" }

local function sorted(t)
  local keys = {}
  for k in pairs(t) do keys[#keys + 1] = k end
  table.sort(keys)
  return keys
end

-- Raises when the text holds what may not be shown; lines and tabs of ours may.
local function assert_safe(text)
  local plain = text:gsub("[\n\t]", "")
  assert.is_truthy(utf8.len(plain), "no UTF-8")
  for hidden in pairs(HIDDEN) do
    if plain:find(hidden, 1, true) and (#hidden > 1 or hidden:byte() < 128) then
      error("is shown: " .. HIDDEN[hidden] .. " in " .. core.words(text), 0)
    end
  end
end

describe("a control character", function()
  it("is written as Lua writes it, by one function", function()
    for hidden, escape in pairs(HIDDEN) do
      assert.equal("a" .. escape .. "b", core.words("a" .. hidden .. "b"))
      assert.equal('"a' .. escape .. 'b"', show.quote("a" .. hidden .. "b"))
      assert.equal("a" .. hidden .. "b", load('return "a' .. escape .. 'b"')())
    end
    for _, text in ipairs(SHOWN) do assert.equal("a" .. text .. "b", core.words("a" .. text .. "b")) end
    assert.equal("a\n\tb\\r", core.words("a\n\tb\r", "lines"))
    for hidden, escape in pairs(HIDDEN) do -- a line's end hides nothing behind it
      local shown = (hidden == "\n" or hidden == "\t") and hidden or escape
      assert.equal("\n" .. shown .. "\t" .. shown, core.words("\n" .. hidden .. "\t" .. hidden, "lines"))
    end
    assert.equal([[a\"b\\c]], core.words([[a"b\c]], "quoted"))
    assert.equal([[a"b\c]], core.words [[a"b\c]])
    assert.equal("", core.words "")
    local long = core.words(("é"):rep(70000))
    assert.equal(65536 + 3, #long)
    assert.is_truthy(utf8.len(long))
    assert.equal([[\xe2\x80]], core.words "\xe2\x80")
    assert.equal([[\xed\xa0\x80]], core.words "\xed\xa0\x80")
  end)

  local all = table.concat(sorted(HIDDEN))
  -- Those that are UTF-8, which JSON may hold.
  local valid = {}
  for hidden in pairs(HIDDEN) do
    if utf8.len(hidden) then valid[#valid + 1] = hidden end
  end
  table.sort(valid)
  local utf = table.concat(valid)
  local json = core.encode_any("a" .. utf .. "z")

  local fault, client, events
  setup(function()
    fault = Fault.start()
    events = {}
    client = fault:client { log = function(event) events[#events + 1] = event end }
  end)
  teardown(function()
    client:close()
    fault:stop()
  end)

  local function assert_all_safe(value)
    assert_safe(tostring(value))
    for k, v in next, type(value) == "table" and value or {} do
      assert_all_safe(k)
      assert_all_safe(v)
    end
  end

  it("is in no error and no event", function()
    local replies = {
      { status = 400, body = all }, { status = 400, body = '{"message":' .. json .. "}" },
      { status = 400, body = '{"message":"m","errorName":' .. json .. "}" },
      { status = 400, body = ('{"errors":{%s:{"a":%s}}}'):format(json, json) },
      { status = 400, headers = { "X-Request-Id: \27[2J\155\127\194\155", "Deprecation: \27[2J\155" } },
      { status = 200, headers = { "Deprecation: \27[2J\155", "Content-Type: text/\27\155\226\128\174" }, body = "<" },
    }
    fault:play { replies = replies }
    for _ in ipairs(replies) do
      local _, err = client:version()
      assert_all_safe(err)
    end
    assert.is_true(#events > #replies)
    assert_all_safe(events)
    local started = setmetatable({ status = 202, headers = { location = "status/1/" }, text = "" },
      core.classes.response)
    for _, body in ipairs { '{"status":"ERROR","message":%s,"code":%s}', '{"status":%s}' } do
      fault:play { replies = { { body = body:gsub("%%s", function() return json end) } } }
      local _, err = client:wait(started, { timeout = 0.05 })
      assert_all_safe(err)
    end
  end)

  it("is in no text of objects, tables, lists and responses, nor of dr.help", function()
    local body = ('{"id":"%s","label":%s,"name":%s,"status":%s,"action":%s,"trigger":{"type":%s},"tags":[%s],%s:%s}')
      :format(ID, json, json, json, json, json, json, json, json)
    fault:play { replies = { { body = body } } }
    local deployment = assert(client:deployment(ID))
    local policy = assert(deployment:retraining_policy(ID))
    local reply = assert(client:get "x/")
    for _, value in ipairs { deployment, policy, deployment.tags, deployment:to_table(), policy.trigger, reply,
      reply:json(), deployment:retraining_policies(), client:list("x/?" .. "a") } do
      assert_safe(tostring(value))
      assert_safe(dr.help(value))
    end
    assert_safe(dr.help(utf))
    assert_safe(tostring(select(2, client:deployments():find("label", utf))))
    assert.equal("a" .. utf .. "z", deployment.label) -- as it came
    assert.equal(body, reply.text)
  end)

  it("is in no problem", function()
    local _, err = dr.validate("policy", {
      name = 5, action = utf, [utf] = 1, ["a" .. all] = 2,
      trigger = { type = "schedule", schedule = "* * * * " .. utf },
      project_options = { [utf] = utf, cv_method = all },
    })
    assert.is_true(#err.problems > 3)
    assert_all_safe(err)
  end)
end)
