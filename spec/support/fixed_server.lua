--- A server of one reply, for what a sandbox would never say: `start { status =, body = }`.

local server = require "datarobot.sandbox.server"

local fixed = {}

local SOURCE <const> = [[
return {
  open = function() return {
    handle = function() return %d, { ["Content-Type"] = "application/json" }, %q end,
  } end,
}]]

--- Answers every request in the same way.
---@param reply table { status = 200, body = text }
---@return table server to be closed; `.endpoint`
function fixed.start(reply)
  local name = os.tmpname()
  local file <close> = assert(io.open(name .. ".lua", "w"))
  file:write(SOURCE:format(reply.status or 200, reply.body))
  file:close()
  local handle = assert(server.start {
    package_path = name:gsub("[^/]+$", "?.lua"),
    package_cpath = package.cpath,
    module = name:match "[^/]+$",
    options_json = "{}",
  })
  os.remove(name)
  os.remove(name .. ".lua")
  return setmetatable({ endpoint = ("http://127.0.0.1:%d/api/v2"):format(handle:port()) }, {
    __close = function() handle:stop() end,
  })
end

return fixed
