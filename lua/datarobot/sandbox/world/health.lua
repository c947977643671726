--- The health of deployments, as it is shown, and as triggers of policies see it.

local accuracy = require "datarobot.sandbox.world.accuracy"
local copy = require "datarobot.sandbox.world.copy"
local cron = require "datarobot.sandbox.world.cron"
local drift = require "datarobot.sandbox.world.drift"
local json = require "datarobot.sandbox.json"
local usage = require "datarobot.sandbox.world.usage"

local null = json.null

local HOUR = 3600

local health = {}

local function shown(status, window)
  return {
    status = status,
    message = "",
    startDate = window and cron.timestamp(window.start) or null,
    endDate = window and cron.timestamp(window.stop) or null,
  }
end

--- Brings what is shown of a deployment's health and use to the world's time.
-- @return what is shown of the deployment
function health.show(world, record)
  local hour = world.now // HOUR + (world.now % HOUR > 0 and 0.5 or 0) -- a window ends at the next full one
  if record.health_hour == hour then return record.shown end
  local now = copy.of(record.shown)
  now.modelHealth = shown(drift.health(world, record))
  now.accuracyHealth = shown(accuracy.health(world, record))
  local last = usage.last(world.now)
  now.predictionUsage = {
    dailyRates = json.list(usage.daily(world.now)), lastTimestamp = last and cron.timestamp(last) or null,
  }
  record.shown, record.health_hour = json.fixed(now), hour
  return record.shown
end

-- Type of a trigger -> the health that it watches.
local WATCHED = { data_drift_decline = drift.health, accuracy_decline = accuracy.health }

--- Whether triggers of a type watch health.
function health.is_watched(type)
  return WATCHED[type] ~= nil
end

local DEPTH = { warning = 1, failing = 2 }

--- Looks at the health that a policy's trigger watches.
-- @return whether the trigger fires: health has fallen since the last look to a status of which the flags say so, or is
-- still down after that and the flags say so. Before the first look all was well.
function health.look(world, record, policy)
  local trigger, last = policy.shown.trigger, policy.look
  if not last or last.type ~= trigger.type then last = { type = trigger.type, depth = 0, fallen = false } end
  local depth = DEPTH[(WATCHED[trigger.type](world, record))] or 0
  local falls = depth > last.depth
    and (depth == 1 and trigger.statusDeclinesToWarning or depth == 2 and trigger.statusDeclinesToFailing)
  local still = depth > 0 and last.fallen
  policy.look = { type = trigger.type, depth = depth, fallen = falls or still }
  return falls or still and trigger.statusStillInDecline
end

return health
