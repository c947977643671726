--- Scripts in a process of their own, for what would end, fork or change the process of the specs.

local build = require "spec.support.build"
local canary = require "spec.support.canary"
local process = require "spec.support.process"

local guest = {}

--- The first lines of a script: `dr`, `system` (spec/support/system.c) and `new(options)`, which makes a client. Its
-- arguments: endpoint, token, the path of the system module, then the rest.
guest.HEAD = [[
  local dr = require "datarobot"
  local system = package.loadlib(arg[3], "luaopen_system")()
  local function new(o)
    local all = { endpoint = arg[1], token = arg[2], retries = 0, timeout = 10 }
    for k, v in pairs(o or {}) do all[k] = v end
    return assert(dr.client(all))
  end
]]

-- A child of a fork leaves the parent's handles as they are, which is a leak to the sanitizer.
local function leaks_of_forks(text)
  local options = os.getenv "ASAN_OPTIONS"
  return options and text:find "fork" and options .. ":detect_leaks=0" or options
end

--- Runs a script that is to print "good" and to end with status 0; raises what it printed else.
-- @param endpoint first argument
-- @param text the script, without the first lines
-- @param ... more arguments, from the fourth
function guest.good(endpoint, text, ...)
  local folder <close> = process.folder()
  local status, said = process.run({ "timeout", "60", "lua5.4", folder:write("script.lua", guest.HEAD .. text),
    endpoint, canary, build.program "system.so", ... }, { ASAN_OPTIONS = leaks_of_forks(text) })
  if status ~= 0 or said ~= "good\n" then error(("status %d: %s"):format(status, said), 2) end
end

return guest
