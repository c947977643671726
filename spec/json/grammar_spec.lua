-- The reader of JSON against RFC 8259: what is taken, what is refused, and where. The cases are our own,
-- by the rules that JSONTestSuite names: grammar, numbers, strings, UTF-8, structure, depth.
local dr = require "datarobot"

local function bytes(...) return string.char(...) end

-- { text, value or the function that judges it }
local GOOD <const> = {
  -- structure
  { "[]", "[]" }, { "{}", "{}" }, { " [ ] ", "[]" }, { "[[]]", "[[]]" }, { '{"":0}', '{"":0}' },
  { "[1]\n", "[1]" }, { "\t[\r\n1\t]\n ", "[1]" }, { '{"a":1,"a":2}',
  '{"a":2}' }, { '{"a":1,"a":null}', '{"a":null}' },
  { "0", "0" }, { '"x"', '"x"' }, { "true", "true" }, { "false", "false" }, { "null", "null" }, { " 1 ", "1" },
  { '{"a":{"b":[{}]}}', '{"a":{"b":[{}]}}' }, { "[null,1,\"1\",{}]", '[null,1,"1",{}]' },
  -- numbers
  { "[-0]", "[-0]" }, { "[0]", "[0]" }, { "[-1]", "[-1]" }, { "[123456789012345]", "[123456789012345]" },
  { "[9223372036854775807]", "[9223372036854775807]" }, { "[-9223372036854775808]", "[-9223372036854775808]" },
  { "[9007199254740993]", "[9007199254740993]" }, { "[1.5]", "[1.5]" }, { "[1E3]", "[1000]" }, { "[1e+3]", "[1000]" },
  { "[25e-1]", "[2.5]" }, { "[0.1]", "[0.1]" }, { "[0e1]", "[0]" }, { "[0e-0]", "[0]" }, { "[-0.0]", "[-0]" },
  { "[1.7976931348623157e308]", "[1.7976931348623157e+308]" }, { "[5e-324]", "[5e-324]" }, { "[1e-999]", "[0]" },
  -- strings
  { [=[["\"\\\/\b\f\n\r\t"]]=], [=[["\"\\/\b\f\n\r\t"]]=] }, { [=[["\u0041\u00e9\u20AC"]]=], '["Aé€"]' },
  { [=[["\ud83d\ude00"]]=], '["😀"]' }, { [=[["\uDBFF\uDFFF"]]=], '["\u{10FFFF}"]' },
  { [=[["\u0000"]]=], [=[["\u0000"]]=] },
  { '["\u{7F}"]', [=[["\u007f"]]=] }, { '["é€😀"]', '["é€😀"]' }, { '["\u{2028}"]', '["\u{2028}"]' },
  { '["\u{D7FF}\u{E000}\u{10FFFF}"]', '["\u{D7FF}\u{E000}\u{10FFFF}"]' }, { [=[{"\u0061":1}]=], '{"a":1}' },
  { [=[["\uFFFE\uFFFF\uFDD0"]]=], '["\u{FFFE}\u{FFFF}\u{FDD0}"]' }, { [=[["a\/*b*\/c"]]=], '["a/*b*/c"]' },
}

local BAD <const> = {
  -- structure
  "", " ", "[", "]", "{", "}", "[1", "[1,", "[1,]", "[,1]", "[1,,2]", "[,]", "[1 2]", "[1]]", "[1]x", "[1][2]", "[1}",
  "{1}", '{"a"}', '{"a":}', '{"a":1,}', '{,"a":1}', '{"a":1 "b":2}', '{"a" 1}', '{"a"::1}', '{"a":1,,"b":2}', "{a:1}",
  "{'a':1}", '{"a":1}}', '{"a":1', "[1,2", '["a"', '["a', '["a]',
  "['a']", '[a"]', "{[]:1}", "{null:1}", "{1:1}", "[*]", "[\\]",
  "[1] // x", "/* x */ [1]", "[1]/**/", "#[1]", "<null>", "[<null>]", "[\v1]", "[\f]", "[\u{A0}]", "[\u{2060}]",
  bytes(0xEF, 0xBB, 0xBF) .. "[]", bytes(0xEF), bytes(0xFF, 0xFE) .. "[\0]\0", "[\0]", "[1\0]", "\0", "[]\0",
  -- words
  "[tru]", "[True]", "[truth]", "[nul]", "[nulll]", "[fals]",
  "[false", "nan", "NaN", "[NaN]", "[Infinity]", "[-Infinity]",
  "[undefined]", "[nil]", "[TRUE]",
  -- numbers
  "[01]", "[-01]", "[00]", "[-]", "[+1]", "[--1]", "[.5]", "[-.5]",
  "[1.]", "[1.e1]", "[1e]", "[1e+]", "[1E-]", "[1ee2]", "[1e1.5]",
  "[0x1F]", "[0b1]", "[1_000]", "[1,000.]", "[1a]", "[1.2.3]", "[- 1]",
  "[1 .5]", "[1e 5]", "[\u{FF11}]", "[1+2]", "[0.e1]", "[2.]",
  "[-2.]", "[0e]", "[0e+]", "[0.3e]", "[9.e+]", "[Inf]", "[-1x]", "[-123.123foo]", "-", "1.", "1e",
  -- strings
  '["\\"]', '["\\x41"]', '["\\a"]', '["\\0"]', '["\\u"]', '["\\u1"]',
  '["\\u12"]', '["\\u123"]', '["\\u00G0"]', '["\\U0041"]', '["\\u{41}"]',
  '["\\ud800"]', '["\\udc00"]', '["\\ud800\\u0041"]', '["\\ud800x"]',
  '["\\ud800\\n"]', '["\\udc00\\ud800"]', '["\\ud800\\ud800"]',
  '["\\', '["\\u00A', '["\n"]', '["\t"]', '["\r"]', '["\0"]', '["\31"]', '["\\\n"]', '["\\\u{1F600}"]', '"', '["',
  -- UTF-8
  '["' .. bytes(0x80) .. '"]', '["' .. bytes(0xBF) .. '"]',
  '["' .. bytes(0xC0, 0x80) .. '"]', '["' .. bytes(0xC1, 0xBF) .. '"]',
  '["' .. bytes(0xC3) .. '"]', '["' .. bytes(0xC3, 0x28) .. '"]', '["' .. bytes(0xE0, 0x80, 0x80) .. '"]',
  '["' .. bytes(0xE2, 0x82) .. '"]', '["' .. bytes(0xED, 0xA0, 0x80) .. '"]', '["' .. bytes(0xED, 0xBF, 0xBF) .. '"]',
  '["' .. bytes(0xF0, 0x80, 0x80, 0x80) .. '"]', '["' .. bytes(0xF0, 0x9F, 0x98) .. '"]',
  '["' .. bytes(0xF4, 0x90, 0x80, 0x80) .. '"]',
  '["' .. bytes(0xF5, 0x80, 0x80, 0x80) .. '"]', '["' .. bytes(0xF8) .. '"]',
  '["' .. bytes(0xFE) .. '"]', '["' .. bytes(0xFF) .. '"]', '{"' .. bytes(0xE9) .. '":1}', "[" .. bytes(0xE9) .. "]",
  '["' .. bytes(0xFC, 0x83, 0xBF, 0xBF, 0xBF, 0xBF) .. '"]',
}

describe("the JSON reader", function()
  -- What came out, written again by the core; its numbers and escapes are checked by themselves elsewhere.
  local encode = require("datarobot.core").encode_any

  for _, case in ipairs(GOOD) do
    it("takes " .. case[1]:gsub("%c", "."), function()
      local value, err = dr.decode(case[1])
      assert.is_nil(err)
      assert.equal(case[2], encode(value))
    end)
  end

  for i, text in ipairs(BAD) do
    it(("refuses %d: %s"):format(i, text:gsub("[^ -~]", ".")), function()
      local value, err = dr.decode(text)
      assert.is_nil(value)
      assert.equal("protocol", err.kind)
      assert.matches("^byte %d+: ", err.message)
      local at = tonumber(err.message:match "%d+")
      assert.is_true(at >= 0 and at <= #text)
    end)
  end

  it("takes 128 levels and refuses more", function()
    for _, pair in ipairs { { "[", "]" }, { '{"a":', "}" } } do
      local function nest(n) return pair[1]:rep(n) .. "0" .. pair[2]:rep(n) end
      assert(dr.decode(nest(128)))
      for _, n in ipairs { 129, 1000, 1000000 } do
        local _, err = dr.decode(nest(n))
        assert.equal("limit", err.kind)
      end
      local _, err = dr.decode(pair[1]:rep(100000))
      assert.equal("limit", err.kind)
    end
  end)

  it("reads a number beyond the doubles as infinite, its digits stay in the text", function()
    assert.same({ math.huge, -math.huge }, assert(dr.decode "[1e999,-1e999]"))
    assert.equal("float", math.type(assert(dr.decode "[18446744073709551616]")[1]))
    assert.equal(1, assert(dr.decode("[1" .. ("0"):rep(0) .. "]"))[1])
  end)

  it("gives a number that Lua does not convert as its digits", function()
    for _, digits in ipairs { ("1"):rep(300), "0." .. ("3"):rep(300), "-1" .. ("0"):rep(300) .. "e-300" } do
      assert.equal(digits, assert(dr.decode("[" .. digits .. "]"))[1])
    end
    assert.equal(0.3, assert(dr.decode("[0.3" .. ("0"):rep(196) .. "]"))[1])
  end)

  it("cuts every good text at every byte and finds it broken", function()
    for _, case in ipairs(GOOD) do
      local text = case[1]:match "^%s*(.-)%s*$"
      if text:find "^[%[{\"]" then
        for n = 0, #text - 1 do assert.is_nil((dr.decode(text:sub(1, n)))) end
      end
    end
  end)
end)
