-- Every public function (those of spec/memory/public_functions.lua, of which spec/memory/memory_spec.lua says that none
-- is missing) in states of several threads at the same time, and under hooks that raise in its midst.
local hosts = require "spec.embed.hosts"
local process = require "spec.support.process"

-- In place of refusing memory, `sweep` is what a spec says.
local START <const> = [[
local sweep = %s
package.preload["spec.support.sweep"] = function() return sweep end
print = function() end
arg = {}
assert(loadfile "spec/memory/public_functions.lua")()
]]

local ONCE <const> = [[function(f)
  f()
  return 1
end]]

-- Raises at the 1st, 2nd, 3rd … time that a hook is called, until it is not called so often. What the function was
-- doing
-- must have been given back: it succeeds when it is called without a hook.
local INTERRUPTED <const> = [[function(f)
  f()
  local calls, nth = 1, 1
  repeat
    local left, hit = nth, false
    local function hook()
      left = left - 1
      if left > 0 or hit then return end
      hit = true
      debug.sethook()
      error("time is up", 0)
    end
    local ok, err = pcall(function()
      debug.sethook(hook, "", 10)
      f()
      debug.sethook()
    end)
    debug.sethook()
    if not ok and not (hit and tostring(err):find "time is up") then error(err, 0) end
    calls, nth = calls + 1, nth + 1 + nth // 4
  until not hit
  f()
  return calls + 1
end]]

describe("every public function", function()
  it("may be called in several threads at the same time", function()
    local folder <close> = process.folder()
    local ignored = folder:write("ignored", "called_from_lib:libcrypto\n")
    local status, text = hosts.run("threads_host", [[
      local script, path, cpath = ...
      assert(host.threads(3, 4096, script, path, cpath))
    ]], {
      env = { TSAN_OPTIONS = "exitcode=66 suppressions=" .. ignored },
      arguments = { START:format(ONCE), package.path, package.cpath },
    })
    assert.equal("", text)
    assert.equal(0, status)
  end)

  it("may be interrupted by a hook wherever it is, and leaves nothing behind", function()
    local status, text = hosts.run("embed_host", START:format(INTERRUPTED))
    assert.equal("", text)
    assert.equal(0, status)
  end)
end)
