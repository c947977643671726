-- Calls while libcurl's own allocations are refused: an error or a whole result, and not a block left.
local build = require "spec.support.build"

describe("memory of libcurl", function()
  it("may be refused at every allocation of every kind of call", function()
    local host = build.program "curl_host"
    local pipe = assert(io.popen(("'%s' spec/memory/curl_allocations.lua 2>&1"):format(host)))
    local said = pipe:read "a"
    local ok = pipe:close()
    assert.is_true(ok, said)
    assert.matches("%d+ functions\n", said)
  end)
end)
