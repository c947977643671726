-- A file that may hold a token: nothing of it stays in the process's memory when it could not be handed over.
local build = require "spec.support.build"
local process = require "spec.support.process"

-- Refuses the allocations of core.read_file in turn, and looks for the file's text in all that the process has written
-- to. The text is made of two halves here, lest it be found in this script.
local SCRIPT <const> = [[
local core = require "datarobot.core"
local path, needle = arg[1], "first%-half%-of%-a%-secret%.second"

local function held()
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

assert(not held(), "found before it was read")
for n = 1, 2 do -- the buffer, the Lua string
  alloc.fail(n, true) -- also when Lua asks again behind a collection
  local ok, err = pcall(core.read_file, path, 1000)
  alloc.stop()
  assert(not ok and err == "not enough memory", err)
  assert(not held(), "the secret stays after refusal " .. n)
end
print "wiped"
]]

it("a file that cannot be handed over is wiped", function()
  local folder <close> = process.folder()
  local secret = folder:write("token", "first-half-of-a-secret" .. ".second-half-of-it")
  local status, text = process.run { build.program "memory_host", folder:write("script.lua", SCRIPT), secret }
  assert.equal(0, status, text)
  assert.equal("wiped\n", text)
end)
