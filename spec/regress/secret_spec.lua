-- Nothing of a token stays in the process's memory: of a file when it could not be handed over, of a header when its
-- client is closed.
local build = require "spec.support.build"
local process = require "spec.support.process"

-- Looks for a pattern in all that the process has written to.
local HELD <const> = [[
local function held(needle)
  local maps <close> = assert(io.open "/proc/self/maps")
  local memory <close> = assert(io.open("/proc/self/mem", "rb"))
  for line in maps:lines() do
    local from, to = line:match "^(%x+)%-(%x+) rw.p "
    from, to = from and tonumber(from, 16), to and tonumber(to, 16)
    if from and to - from < 1 << 28 then
      for at = from, to - 1, 1 << 20 do
        memory:seek("set", at)
        local bytes = memory:read(math.min(1 << 20, to - at))
        if bytes and bytes:find(needle) then return true end
      end
    end
  end
  return false
end
]]

-- Refuses the allocations of core.read_file in turn. The text is made of two halves here, lest it be found in this
-- script.
local FILE <const> = HELD .. [[
local core = require "datarobot.core"
local path, needle = arg[1], "first%-half%-of%-a%-secret%.second"
assert(not held(needle), "found before it was read")
for n = 1, 2 do -- the buffer, the Lua string
  alloc.fail(n, true) -- also when Lua asks again behind a collection
  local ok, err = pcall(core.read_file, path, 1000)
  alloc.stop()
  assert(not ok and err == "not enough memory", err)
  assert(not held(needle), "the secret stays after refusal " .. n)
end
print "wiped"
]]

-- The token is a string of Lua's, which may stay; the word before it is put there by the core alone.
local HEADER <const> = HELD .. [[
local dr = require "datarobot"
local token, needle = arg[1], "Bearer first%-half%-of%-a%-secret"
assert(not held(needle), "found before it was made")
for length = #token, #token + 70, 5 do
  local longer = token .. ("x"):rep(length - #token)
  for _, given in ipairs { longer, function() return longer end } do
    local client = dr.client { endpoint = "http://127.0.0.1:9", token = given, retries = 0 }
    assert(not client:version())
    client:close()
  end
end
assert(not held(needle), "the header stays")
local open <close> = dr.client { endpoint = "http://127.0.0.1:9", token = token }
assert(held(needle), "an open client's header is nowhere to be found")
print "wiped"
]]

it("a header that has been sent, or not, is wiped", function()
  local folder <close> = process.folder()
  local status, text = process.run { build.program "memory_host", folder:write("script.lua", HEADER),
    "first-half-of-a-" .. "secret" }
  assert.equal(0, status, text)
  assert.equal("wiped\n", text)
end)

it("a file that cannot be handed over is wiped", function()
  local folder <close> = process.folder()
  local secret = folder:write("token", "first-half-of-a-secret" .. ".second-half-of-it")
  local status, text = process.run { build.program "memory_host", folder:write("script.lua", FILE), secret }
  assert.equal(0, status, text)
  assert.equal("wiped\n", text)
end)
