--- Challengers of a deployment's model.
local core = require "datarobot.core"
local show = require "datarobot.show"

local classes = core.classes

---@class datarobot.Challenger A snapshot of one challenger. Its fields are those of the reply, by their Lua names; what
---  is null or absent is nil. Reading never sends a request.
---@field id string
---@field name? string
---@field model? {id: string, name: string, project_id: string, project_name: string, dataset_name: string}
---@field model_package? {id: string, name: string}
---@field prediction_environment? {id: string, name: string} where it makes its predictions
local challenger = classes.challenger

function classes.challenger_class:__tostring()
  local name = show.quote(type(self.name) == "string" and self.name or "")
  local package = type(self.model_package) == "table" and show.word(self.model_package.id) or "unknown"
  return ("Challenger %s %s (model package %s)"):format(show.word(self.id), name, package)
end

core.name(challenger, ":")

return challenger
