--- Uses an installed tree: arguments are its folder of Lua files and its folder of C modules.

local lua_folder <const>, c_folder <const> = arg[1], arg[2]

local function inside(path, folder)
  assert(path and path:sub(1, #folder + 1) == folder .. "/", tostring(path) .. " is not in " .. folder)
end

inside(package.searchpath("datarobot", package.path), lua_folder)
inside(package.searchpath("datarobot.sandbox", package.path), lua_folder)
inside(package.searchpath("datarobot.core", package.cpath), c_folder)
inside(package.searchpath("datarobot.net", package.cpath), c_folder)
inside(package.searchpath("datarobot.sandbox.server", package.cpath), c_folder)

local dr = require "datarobot"
local sandbox = require "datarobot.sandbox".start {}
local client <close> = sandbox:client()
local version = assert(client:version())
local deployment = assert(client:deployments():first())
print(dr._VERSION, version.major, deployment)
sandbox:stop()
