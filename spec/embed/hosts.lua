--- What the specs of hosts share: a sandbox in a process of its own, and the environment in which programs of others
-- find the module under test.

local build = require "spec.support.build"
local canary = require "spec.support.canary"
local process = require "spec.support.process"

local hosts = {}

local SERVE <const> = [[
local sandboxes, server = require "datarobot.sandbox", require "datarobot.sandbox.server"
local running <close> = assert(sandboxes.start { token = arg[1] })
server.wait_signal(function()
  print(running.endpoint)
  print(running.deployment_id)
  io.stdout:flush()
end)
]]

local Sandbox = {}
Sandbox.__index = Sandbox

--- Starts a sandbox as its own process, as examples/sandbox.lua does.
-- @return sandbox: `.endpoint`, `.token`, `.deployment_id`, `:stop()`
function hosts.sandbox()
  local folder = process.folder()
  local child = process.start { "lua5.4", folder:write("sandbox.lua", SERVE), canary }
  local endpoint, id = child.out:read "l", child.out:read "l"
  assert(endpoint and id, "the sandbox did not start")
  return setmetatable({
    endpoint = endpoint, deployment_id = id, token = canary, child = child, folder = folder,
  }, Sandbox)
end

--- Ends it. May be called twice.
function Sandbox:stop()
  local status = self.child:stop()
  self.folder:remove()
  return status
end

Sandbox.__close = Sandbox.stop

-- A program that was built without sanitizers loads their libraries before all others.
local function sanitizers()
  local _, text = process.run { "ldd", build.core }
  local found = {}
  for path in text:gmatch "=> (%S*lib[au]b?san%S*)" do found[#found + 1] = path end
  return table.concat(found, ":")
end

--- Variables for a program that embeds Lua and was not built here.
-- @param env table of further ones
-- @return table for process.run and process.start
function hosts.environment(env)
  local all = { PATH = os.getenv "PATH" .. ":/usr/sbin:/sbin" }
  for name, value in pairs(env or {}) do all[name] = value end
  if build.sanitized() then
    all.LD_PRELOAD = sanitizers()
    all.ASAN_OPTIONS = "detect_leaks=0"
  end
  return all
end

--- Runs a script in a host program of the build under test. Its signals act as in a fresh process, whatever those of
-- the specs do.
-- @param program "embed_host", ...
-- @param script its text
-- @param o nil or { env = variables, arguments = list of texts, options = list of words before the script }
-- @return exit status, stdout and stderr together
function hosts.run(program, script, o)
  o = o or {}
  local folder <close> = process.folder()
  local command = { "env", "--default-signal", build.program(program), table.unpack(o.options or {}) }
  command[#command + 1] = folder:write("script.lua", script)
  table.move(o.arguments or {}, 1, #(o.arguments or {}), #command + 1, command)
  return process.run(command, o.env)
end

return hosts
