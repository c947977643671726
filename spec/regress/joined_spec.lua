-- Objects next to `..`: refused in the words of Lua, never taken apart by a metamethod, since Lua 5.4.4 as Debian 12
-- has it goes on with a stack that is gone when a __concat lets the stack of a coroutine grow.
local dr = require "datarobot"
local process = require "spec.support.process"

describe("an object that is joined by ..", function()
  it("is refused in a coroutine, which goes on", function()
    local status, text = process.run { "lua5.4", "-e", [[
      local dr = require "datarobot"
      local _, err = dr.schedule "0 25 * * *"
      for _ = 1, 100 do
        local joined, said, told
        coroutine.wrap(function()
          joined, said = pcall(function() return "could not: " .. err .. "!" end)
          told = "could not: " .. tostring(err) .. "!"
        end)()
        assert(not joined and said:find "attempt to concatenate", said)
        assert(told:find "^could not: .*validation: .*!$", told)
      end
      print "good"
    ]] }
    assert.equal("0 good\n", status .. " " .. text)
  end)

  it("has no __concat, of whatever class", function()
    local _, err = dr.schedule "0 25 * * *"
    local client <close> = assert(dr.client { endpoint = "http://127.0.0.1:9", token = "t" })
    for _, x in ipairs { err, client, dr.schedule "@daily", dr.array {}, dr.enums, client:deployments(),
      dr.fields "policy", dr.decode "{}" } do
      assert.is_nil(rawget(debug.getmetatable(x), "__concat"), tostring(x))
    end
  end)
end)
