--- Replay: challengers score the predictions that were stored, when they are told to or by a schedule.

local cron = require "datarobot.sandbox.world.cron"
local find = require "datarobot.sandbox.world.find"
local jobs = require "datarobot.sandbox.world.jobs"
local json = require "datarobot.sandbox.json"

local null = json.null

local replay = {}

--- When challengers replay by themselves, as it is shown.
function replay.settings(record)
  local own = record.replay_settings
  return { enabled = own ~= nil and own.enabled, schedule = own and own.schedule or null }
end

--- Changes that; a schedule that is absent stays.
function replay.change_settings(world, record, body)
  local old = record.replay_settings or { schedule = null }
  local schedule = old.schedule
  if body.schedule ~= nil then schedule = body.schedule end
  record.replay_settings = { enabled = body.enabled, schedule = schedule, since = world.now }
end

--- Why no replay can begin; nil when it can.
-- @param upto seconds, or nil
function replay.fault(record, upto)
  if not record.settings.challengerModels.enabled then return "Challenger models are not enabled." end
  if upto and upto < cron.parse(record.shown.createdAt) then return "The deployment was created later." end
  return nil
end

--- The job of a replay that goes on, or nil.
function replay.running(world, record)
  local job = record.replay_job
  return job and find(world.jobs, job.id) and job.polls < world.job_polls and job or nil
end

--- Begins a replay up to a time, or to the present one.
-- @return the job
function replay.start(world, record, upto)
  upto = math.min(upto or world.now, world.now)
  record.replayed = record.replayed or {}
  for _, challenger in ipairs(record.challengers) do
    record.replayed[challenger.id] = math.max(record.replayed[challenger.id] or 0, upto)
  end
  record.replay_job = jobs.add(world, "deployments/" .. record.shown.id)
  return record.replay_job
end

-- Windows in which the last time of a schedule is looked for, in seconds, the shortest first.
local WINDOWS = { 60, 3600, 86400, 32 * 86400, 366 * 86400, 9 * 366 * 86400 }

-- The last time of a schedule up to `now`, or nil.
local function last_time(schedule, now)
  for _, window in ipairs(WINDOWS) do
    local last, at = nil, cron.next(schedule, now - window)
    while at and at <= now do
      last, at = at, cron.next(schedule, at + 1)
    end
    if last then return last end
  end
  return nil
end

--- Up to when a challenger has scored predictions, in seconds; nil when no replay has come to it.
function replay.upto(world, record, challenger_id)
  local own, upto = record.replay_settings, record.replayed and record.replayed[challenger_id]
  if not (own and own.enabled) or own.schedule == null then return upto end
  local last = last_time(own.schedule, world.now)
  if last and last > own.since and last > (world.born[challenger_id] or 0) then upto = math.max(upto or 0, last) end
  return upto
end

return replay
