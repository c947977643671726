--- Routes of asynchronous jobs.

local jobs = require "datarobot.sandbox.world.jobs"
local json = require "datarobot.sandbox.json"
local refuse = require "datarobot.sandbox.http.refuse"

local BOTH_REQUIRED = { required = true, max = 1000, zero_is_all = true }

local function list(world, request)
  jobs.expire(world)
  local statuses = json.list()
  for i, job in ipairs(world.jobs) do statuses[i] = jobs.status(world, job) end
  return request:page(statuses, BOTH_REQUIRED)
end

local function get(world, request, id)
  jobs.expire(world)
  local product, status = jobs.poll(world, refuse.missing(jobs.find(world, id)))
  if not product then return 200, status end
  return 303, nil, { Location = request:url(product) }
end

local function delete(world, _, id)
  local job, index = jobs.find(world, id)
  table.remove(world.jobs, refuse.missing(job) and index)
  return 204
end

return {
  { "status", GET = list },
  { "status/{}", GET = get, DELETE = delete },
}
