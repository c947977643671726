--- Activating and deactivating a deployment: asked for, waited for, and read until the status is there. A lost answer
-- is settled by reading.
local core = require "datarobot.core"
local job = require "datarobot.call.job"
local options = require "datarobot.call.options"
local poll = require "datarobot.call.poll"
local show = require "datarobot.show"

local calls = core.calls

local TIMEOUT <const> = 600 -- seconds

-- What leads to a status by itself.
local ON_THE_WAY <const> = { launching = "active", stopping = "inactive" }

local function rest(case)
  return { timeout = math.max(case.deadline - core.now(), 0.001) }
end

-- Reads until the status is there, for `seconds` at most, longer where the deployment is on its way. Returns true;
-- false when it is not there, and why where the last look failed; or nil, err.
local function await(case, seconds)
  local last = core.now() + seconds
  local failure
  local reached, err = poll(calls.client_of(case.deployment), { deadline = case.deadline }, function(remaining)
    local seen, why = case.deployment:refresh { timeout = remaining }
    failure = why
    if not seen then
      if why.retryable then return nil end
      return nil, why
    end
    if seen.status == case.status then return "reached" end
    if core.now() >= last and ON_THE_WAY[seen.status] ~= case.status then return "elsewhere" end
  end)
  if err then return nil, err end
  return reached == "reached", failure
end

-- What the first request may not have met: it stays open whether that one was acted on.
local passing = { transport = true, timeout = true, tls = true, server = true, rate_limited = true, protocol = true }

-- Asks for the status. Returns the reply; true when the status is there already; or nil, err.
local function ask(case)
  local lost
  for _ = 1, 2 do
    local reply, err = calls.update_status(case.deployment, { status = case.status },
      { timeout = rest(case).timeout, retry = false })
    if reply then return reply end
    if lost and passing[err.kind] then
      lost.message = ("%s; sending it again failed: %s"):format(lost.message, err.message)
      break
    end
    local refused = err.kind == "conflict" or lost and err.kind == "validation" -- it was asked for already
    if case.once or err.kind ~= "ambiguous" and not refused then return nil, err end
    local reached, why = await(case, refused and not lost and 0 or options.look(case.deployment))
    if reached then return true end
    if why and not lost and refused then
      why.message = ("the server refuses it (%s), and looking whether it is so already failed: %s"):format(err.message,
        why.message)
      return nil, why
    end
    lost = lost or err
    if reached == nil then lost.message = ("%s; looking at it failed: %s"):format(lost.message, why.message) end
    if reached == nil or refused then break end
  end
  return nil, lost
end

local function out_of_time(case)
  local err = core.error("timeout", ("the deployment is not %s; its last status was %s"):format(case.status,
    show.word(case.deployment.status, "unknown")))
  err.retryable = true
  return nil, err
end

--- `deployment:activate` and `deployment:deactivate`.
---@param deployment datarobot.Deployment
---@param status "active"|"inactive"
---@param o datarobot.JobOptions
---@return datarobot.Deployment|datarobot.Response|nil deployment
---@return datarobot.Error? err
return function(deployment, status, o)
  if o.wait == false then
    return calls.update_status(deployment, { status = status }, { timeout = o.timeout, retry = o.retry })
  end
  local case = {
    deployment = deployment, status = status, deadline = core.now() + (o.timeout or TIMEOUT), once = o.retry == false,
  }
  local reply, err = ask(case)
  if not reply then return nil, err end
  if reply == true then return deployment end
  local done
  done, err = job.done(calls.client_of(deployment), reply, rest(case).timeout)
  if not done then return nil, err end
  done, err = await(case, math.huge)
  if done then return deployment end
  if done == nil then return nil, err end
  return out_of_time(case)
end
