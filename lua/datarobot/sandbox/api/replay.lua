--- Routes of replay: challengers score stored predictions.

local cron = require "datarobot.sandbox.world.cron"
local lookup = require "datarobot.sandbox.api.lookup"
local refuse = require "datarobot.sandbox.http.refuse"
local replay = require "datarobot.sandbox.world.replay"

local function post(world, request, id)
  local record = lookup.deployment(world, id)
  local body = request:body("challenger-score.json", true)
  local upto = body.timestamp and cron.parse(body.timestamp)
  if body.timestamp and not upto then refuse.fields { timestamp = "is not a time" } end
  local fault = replay.fault(record, upto)
  if fault then refuse.with(422, fault) end
  local running = replay.running(world, record)
  if running then refuse.with(429, "A replay runs.", { Location = request:url("status/" .. running.id) }) end
  return request:accepted(replay.start(world, record, upto))
end

local function get_settings(world, _, id)
  return 200, replay.settings(lookup.deployment(world, id))
end

local function patch_settings(world, request, id)
  local record = lookup.deployment(world, id)
  local body = request:body("challenger-replay-settings-update.json", true)
  if next(body) ~= nil then replay.change_settings(world, record, body) end
  return 200, replay.settings(record)
end

return {
  { "deployments/{}/challengerPredictions", POST = post },
  { "deployments/{}/challengerReplaySettings", GET = get_settings, PATCH = patch_settings },
}
