-- Calls given up while their connection is made: libcurl 7.88 may still know the easy handle by the number of that
-- socket, and touch it when the number comes again. Freed memory is overwritten, so that it shows.
local process = require "spec.support.process"

describe("a call that is given up at once", function()
  it("leaves nothing that libcurl touches later", function()
    local status, text = process.run({ "timeout", "60", "lua5.4", "-e", [[
      local sandbox = require "datarobot.sandbox".start()
      local client = assert(sandbox:client { timeout = 5, retries = 0 })
      for round = 1, 5 do
        client:on_wait(coroutine.yield)
        for _ = 1, round do
          local co = coroutine.create(client.version)
          assert(coroutine.resume(co, client))
          coroutine.close(co)
        end
        client:on_wait(nil)
        for _ = 1, 5 do assert(client:version()) end
      end
      print "good"
    ]] }, { MALLOC_PERTURB_ = "165" })
    assert.equal("0 good\n", status .. " " .. text)
  end)
end)
