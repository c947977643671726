--- Replies of the raw layer.
local core = require "datarobot.core"
local guard = require "datarobot.call.guard"

local class = core.classes.response

---@class datarobot.Response A reply of the raw layer.
---@field status integer
---@field headers table<string, string> names in lower case
---@field text string the body, decoded; that a compressed one ends early in a reply that came whole is not noticed:
---  `json` notices
local response = {}
class.__index = response

--- The decoded body, names as on the wire and null as `dr.null`.
---@return any|nil value
---@return datarobot.Error? err kind `protocol` when the body is not JSON
function response:json()
  guard.self(self, "response", "json")
  return core.decode(self.text)
end

function class:__tostring()
  return ("datarobot.response (status %d, %d bytes)"):format(self.status, #self.text)
end

core.name(response, ":")

return response
