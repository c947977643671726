--- A local DataRobot in a terminal. Prints what clients need, one NAME=value a line, fit for a shell's eval, then
-- serves until SIGINT or SIGTERM.

-- In a clone, what `sh examples/quickstart.sh` has built is found without further ado.
local root = arg[0]:match "^(.*)examples/[^/]*$"
if root then
  package.path = ("%slua/?.lua;%slua/?/init.lua;%s"):format(root, root, package.path)
  package.cpath = ("%sbuild/?.so;%s"):format(root, package.cpath)
end

local USAGE = [[
usage: lua5.4 examples/sandbox.lua [--port N]
  --port N   listen on this port of 127.0.0.1 (default 0: any free one)
  --help     show this text
]]

local function fail(message)
  io.stderr:write("sandbox: ", message, "\n", USAGE)
  os.exit(2, true)
end

local function parse(words)
  local options, at = {}, 1
  while words[at] do
    local name, value = words[at]:match "^(%-%-%a+)=?(.*)$"
    if name == "--help" then
      io.write(USAGE)
      os.exit(0, true)
    elseif name ~= "--port" then
      fail("unknown option: " .. words[at])
    end
    if value == "" then
      at = at + 1
      value = words[at] or ""
    end
    options.port = value:find "^%d+$" and math.tointeger(value)
    if not options.port or options.port > 65535 then fail "--port needs a number from 0 to 65535" end
    at = at + 1
  end
  return options
end

local options = parse(arg)
local sandbox = require "datarobot.sandbox"
local server = require "datarobot.sandbox.server"

local running <close>, problem = sandbox.start(options)
if not running then
  io.stderr:write("sandbox: ", problem, "\n")
  os.exit(2, true)
end

-- The lines come out when the signals are held already, so a reader may send one at once.
server.wait_signal(function()
  print("DATAROBOT_ENDPOINT=" .. running.endpoint)
  print("DATAROBOT_API_TOKEN=" .. running.token)
  print("DEPLOYMENT_ID=" .. running.deployment_id)
  print("DATASET_ID=" .. running.dataset_id)
  print("PREDICTION_ENVIRONMENT_ID=" .. running.prediction_environment_id)
  io.stdout:flush()
end)
