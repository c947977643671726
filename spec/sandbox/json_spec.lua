local json = require "datarobot.sandbox.json"

local function again(text)
  return json.encode(assert(json.decode(text)))
end

describe("json", function()
  it("keeps empty lists, empty objects and nulls apart", function()
    assert.equal('{"a":[],"b":{},"c":null,"d":[[],{}]}', again '{"d": [ [ ] , { } ], "c": null, "b": {}, "a": []}')
  end)

  it("keeps integers of 64 bits", function()
    assert.equal("[9223372036854775807,-9223372036854775808,0]", again "[9223372036854775807,-9223372036854775808,-0]")
    assert.equal("integer", math.type(json.decode("[3.0]")[1]))
    assert.equal("float", math.type(json.decode("[9223372036854775808]")[1]))
  end)

  it("writes floats so that they read back as they were", function()
    for _, number in ipairs { 0.1, 1 / 3, 1e300, -2.5e-10, 0.1 + 0.2 } do
      assert.equal(number, json.decode(json.encode { number })[1])
    end
  end)

  it("leaves what stands in strings alone", function()
    local text = [=[["[] 12 \" \\","\u00e9\n","",{"1":"0x1F"}]]=]
    local value = json.decode(text)
    assert.equal('[] 12 " \\', value[1])
    assert.equal("é\n", value[2])
    assert.equal("0x1F", value[4]["1"])
  end)

  it("refuses what is not JSON", function()
    for _, text in ipairs {
      "", "[01]", "[0x1F]", "[nan]", "[-Infinity]", "[1 2]", "[1,]", "{1:2}", "[1.]", "[.5]", "[+1]", "[1e]", "[-]",
      '"a', '["\1"]', "\xFF", "[1e999]", '{"a":1,}', '["\\ud800"]', "tru", "[1] x", "[", '["\xFF[]"]',
    } do
      local value, problem = json.decode(text)
      assert.is_nil(value, text)
      assert.is_string(problem)
      assert.is_nil(problem:find("%.lua"))
    end
  end)

  it("writes a fixed object once", function()
    local fixed = json.fixed { a = 1 }
    assert.equal('{"a":1}', json.encode(fixed))
    assert.equal('[{"a":1},{"a":1}]', json.encode { fixed, fixed })
  end)

  it("raises for what JSON cannot hold", function()
    for _, value in ipairs { 0 / 0, math.huge, print } do
      assert.has_error(function() json.encode { value } end)
    end
  end)
end)
