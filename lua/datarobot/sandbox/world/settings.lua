--- Settings of deployments and how they depend on each other.

local copy = require "datarobot.sandbox.world.copy"
local jobs = require "datarobot.sandbox.world.jobs"

local settings = {}

local function is_on(group)
  return group.enabled == true
end

--- Why settings cannot become so: challengers need stored prediction rows.
-- @return text, or nil when they can
function settings.conflict(record, body)
  local challengers = body.challengerModels or record.settings.challengerModels
  if is_on(challengers) and body.predictionsDataCollection and not is_on(body.predictionsDataCollection) then
    return "Prediction rows must be stored while challenger models are enabled."
  end
  return nil
end

--- Changes the settings: of each given group the given members. Challengers switch the storing of predictions on.
-- @return the job that does it
function settings.update(world, record, body)
  local groups = record.settings
  for group, value in pairs(body) do groups[group] = copy.completed(value, groups[group] or {}) end
  record.health_hour = nil
  if is_on(groups.challengerModels) then groups.predictionsDataCollection = { enabled = true } end
  return jobs.add(world, "deployments/" .. record.shown.id)
end

return settings
