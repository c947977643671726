rockspec_format = "3.0"
package = "datarobot"
version = "0.1.0-1"
-- The archive of the release, beside this file; `luarocks make` in a checkout does not look at it.
source = { url = "file://lua-datarobot-0.1.0.tar.gz", dir = "lua-datarobot-0.1.0" }
description = {
  summary = "Client for DataRobot's retraining policies",
  detailed = [[
    Deployments, their settings and their retraining policies through DataRobot's REST interface:
    bodies checked whole before anything is sent, errors as values, one libcurl multi handle a
    client; with a local DataRobot (sandbox) for tests and first steps.]],
  license = "MIT",
  labels = { "datarobot", "http", "rest", "mlops" },
}
-- lyaml reads drconfig.yaml, argparse is the command line's; the other two are the sandbox's.
dependencies = { "lua ~> 5.4", "argparse", "lua-cjson", "lrexlib-pcre2", "lyaml" }
external_dependencies = { CURL = { library = "curl" } }
build = {
  type = "cmake",
  variables = {
    CMAKE_BUILD_TYPE = "RelWithDebInfo",
    CMAKE_INSTALL_PREFIX = "$(PREFIX)",
    DATAROBOT_LUADIR = "$(LUADIR)",
    DATAROBOT_LIBDIR = "$(LIBDIR)",
    DATAROBOT_TESTS = "OFF",
  },
}
test = { type = "command", command = "sh spec/run.sh" }
