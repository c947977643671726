-- Functions under failing allocators, ours and libcurl's; each script says what must hold.
local build = require "spec.support.build"

-- What a script prints under a host whose allocator fails on command; the host fails when a byte is left.
local function run(host, script)
  local pipe = assert(io.popen(("'%s' spec/memory/%s 2>&1"):format(build.program(host), script)))
  local said = pipe:read "a"
  assert.is_true(pipe:close(), said)
  return said
end

describe("memory", function()
  it("may be refused at every allocation of every public function", function()
    assert.matches("%d+ functions, %d+ calls\n", run("memory_host", "public_functions.lua"))
  end)

  it("is refused in a call of every public function", function()
    local file <close> = assert(io.open "spec/memory/public_functions.lua")
    local text, count = file:read "a", 0
    for _, class in ipairs(require "datarobot.help.data".classes) do
      for _, f in ipairs(class.functions or {}) do
        assert.is_truthy(text:find("[:.]" .. f.name .. "%f[^%w_]"), class.name .. "." .. f.name)
        count = count + 1
      end
    end
    assert.is_true(count > 90, count)
  end)

  it("of libcurl may be refused at every allocation of every kind of call", function()
    assert.matches("%d+ functions\n", run("curl_host", "curl_allocations.lua"))
  end)
end)
