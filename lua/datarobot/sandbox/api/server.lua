--- Routes of the server itself and of the caller.

local seed = require "datarobot.sandbox.world.seed"

local function constant(value)
  return function() return 200, value end
end

return {
  { "version", GET = constant(seed.version) },
  { "ping", open = true, GET = constant { response = "pong" } }, -- needs no token
  { "account/info", GET = function(_, request) return 200, request.user end },
}
