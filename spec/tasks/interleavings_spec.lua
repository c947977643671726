-- A short run of the random programs of interleavings.lua; the seeds are other ones with sanitizers.
local process = require "spec.support.process"

describe("random programs of coroutines, loops, finalizers and callbacks", function()
  it("end, leave nothing, and get from every call what calls may give", function()
    local sanitized = os.getenv "ASAN_OPTIONS" and package.cpath:find("build/asan", 1, true)
    local status, said = process.run { "lua5.4", "spec/tasks/interleavings.lua", sanitized and "500" or "2000",
      sanitized and "2001" or "1" }
    assert(status == 0, said)
    assert.matches("good\n$", said)
  end)
end)
