--- Asynchronous jobs.

local cron = require "datarobot.sandbox.world.cron"
local find = require "datarobot.sandbox.world.find"
local json = require "datarobot.sandbox.json"

local null = json.null

local jobs = {}

local LIFE = 3600 -- seconds
local MOST = 1000 -- records that are kept; while time stands still, they do not end by themselves

--- A job whose effect is there already and which `job_polls` polls will find unfinished.
-- @param product path below the endpoint, without slashes at its ends
function jobs.add(world, product)
  local job = { id = world:new_id(), product = product, polls = 0, created = world.now }
  world.jobs[#world.jobs + 1] = job
  if #world.jobs > MOST then table.remove(world.jobs, 1) end
  return job
end

--- Forgets the records that are an hour old.
function jobs.expire(world)
  while world.jobs[1] and world.now - world.jobs[1].created >= LIFE do table.remove(world.jobs, 1) end
end

--- A job as it is shown.
function jobs.status(world, job)
  local left = world.job_polls - job.polls
  return {
    statusId = job.id,
    status = left <= 0 and "COMPLETED" or job.polls == 0 and "INITIALIZED" or "RUNNING",
    message = "",
    description = "",
    code = 0,
    created = cron.timestamp(job.created),
    statusType = "",
    type = null,
  }
end

--- Counts a poll of a job.
-- @return its product when it is done, else nil and its status
function jobs.poll(world, job)
  if job.polls >= world.job_polls then return job.product end
  local status = jobs.status(world, job)
  job.polls = job.polls + 1
  return nil, status
end

--- A job and its index; nil when there is none.
function jobs.find(world, id)
  return find(world.jobs, id)
end

return jobs
