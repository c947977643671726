--- Where the build under test is, found by the C module that `require` would load.

local build = {}

build.core = assert(package.searchpath("datarobot.core", package.cpath),
  "datarobot/core.so is not on package.cpath")
build.net = assert(package.searchpath("datarobot.net", package.cpath), "datarobot/net.so is not on package.cpath")
build.server = package.searchpath("datarobot.sandbox.server", package.cpath)

--- The build folder.
build.folder = build.core:match "^(.*)/datarobot/core%.so$"

--- A program of spec/, such as "memory_host".
function build.program(name)
  return build.folder .. "/spec/" .. name
end

--- Whether the sanitizers are in.
function build.sanitized()
  local file <close> = assert(io.open(build.core, "rb"))
  return file:read "a":find("__asan_init", 1, true) ~= nil
end

return build
