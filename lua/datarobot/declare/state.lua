--- What a deployment has now of what a declaration names, read side by side.
local core = require "datarobot.core"
local guard = require "datarobot.call.guard"
local names = require "datarobot.declare.names"
local options = require "datarobot.call.options"
local parts = require "datarobot.declare.parts"

local state = {}

--- What is left of a call's time for one request of it.
---@param deployment datarobot.Deployment
---@param deadline number core.now()
---@return datarobot.CallOptions
function state.rest(deployment, deadline)
  return { timeout = math.max(math.min(options.timeout(deployment), deadline - core.now()), 0.001) }
end

-- What is to be read: { key, function, whether it is only for notes }.
local function jobs_of(deployment, declared, deadline)
  local client, id = core.calls.client_of(deployment), core.ids(deployment)
  local jobs = {}
  for _, part in ipairs(parts.all()) do
    local t = declared.parts[part.name]
    local context = declared.policies ~= nil and (declared.all or part.name ~= "health_settings")
    if t or context then
      jobs[#jobs + 1] = { key = part.name, extra = not t, read = function()
        return parts.read(client, id, part, state.rest(deployment, deadline))
      end }
    end
    for name, read in next, t and part.named and names.lookups(client, deployment, t) or {} do
      jobs[#jobs + 1] = { key = name, id = true, read = read }
    end
  end
  if declared.policies then
    jobs[#jobs + 1] = { key = "policies", read = function() return deployment:retraining_policies():collect() end }
  end
  return jobs
end

--- Reads it.
---@param deployment datarobot.Deployment
---@param declared table of `declaration.read`; `all`: every part that can be read
---@param deadline number core.now()
---@return table|nil now part -> table, `policies` -> list, `ids` -> what names stand for
---@return datarobot.Error? err
function state.read(deployment, declared, deadline)
  local now, jobs = { ids = {} }, jobs_of(deployment, declared, deadline)
  local client = core.calls.client_of(deployment)
  local results, failures = client:map(jobs, function(job) return job.read() end)
  for _, failure in ipairs(failures) do
    if not guard.is(failure.err, "error") then error(failure.err, 0) end -- raised, such as not enough memory
    local missing = not declared.all or failure.err.kind == "not_found" -- an older server lacks a part
    if not (failure.item.extra and missing) then return nil, failure.err end
  end
  for i, job in ipairs(jobs) do
    local into = job.id and now.ids or now
    into[job.key] = results[i]
  end
  return now
end

return state
