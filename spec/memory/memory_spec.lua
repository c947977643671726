-- Every public function under failing allocators: only "not enough memory", and not a byte is left.
local build = require "spec.support.build"

describe("memory", function()
  it("may be refused at every allocation of every public function", function()
    local host = build.program "memory_host"
    local pipe = assert(io.popen(("'%s' spec/memory/public_functions.lua 2>&1"):format(host)))
    local said = pipe:read "a"
    local ok = pipe:close()
    assert.is_true(ok, said)
    assert.matches("%d+ functions, %d+ calls\n", said)
  end)
end)
