--- Asynchronous jobs: a reply 202 names a status address, which is asked until the job is over
-- (GET status/{statusId}/).
local core = require "datarobot.core"
local poll = require "datarobot.call.poll"

local follow = core.calls.follow

local job = {}

local FIRST <const> = 0.1 -- seconds
local TIMEOUT <const> = 600

-- What a 200 says: "done", "failed", or nil while it goes on; unknown words go on.
local function verdict(status)
  status = status and status:lower() or ""
  if status == "completed" then return "done" end
  if status:find "^error" or status:find "^abort" or status == "expired" then return "failed" end
end

local function job_error(reply)
  local text = reply.message
  if type(text) ~= "string" or text == "" then text = "no further word from the server" end
  text = ("the job ended with status %s: %s"):format(core.words(reply.status), core.words(text))
  local err = core.error("api", text)
  local code = reply.code
  if type(code) == "string" then code = core.words(code) end
  if type(code) == "string" or type(code) == "number" then err.code = code end
  return err
end

local function out_of_time(last)
  last = last and core.words(last) or "unknown"
  local err = core.error("timeout", "the job is not over; its last status was " .. last)
  err.retryable = true
  return err
end

-- One look at the job: location of the product, or true without one; nil to go on; nil, err.
local function look(client, place, remaining)
  local reply, err = follow(client, place.address, { timeout = remaining })
  if not reply then
    if err.retryable then return nil end -- a fault while asking is not a failed job
    return nil, err
  end
  if reply.status == 303 then return reply.headers.location or true end
  if reply.status == 307 or reply.status == 308 then
    place.address = reply.headers.location or place.address
    return nil
  end
  local body, why = core.decode(reply.text)
  local status = type(body) == "table" and body.status
  if status == core.null then status = nil end
  if status ~= nil and type(status) ~= "string" then
    return nil, core.error("protocol", "status of a job: "
      .. (why and why.message or "an object with a string 'status' was expected"))
  end
  place.last = status
  local over = verdict(status)
  if over == "done" then return true end
  if over == "failed" then return nil, job_error(body) end
end

--- Waits for the job of a reply. A reply that is no 202 has none and counts as done.
---@param client datarobot.Client
---@param response datarobot.Response reply with status and headers
---@param timeout? number seconds for the whole job, default 600
---@return string|true|nil product address of the product, or true when the job names none
---@return datarobot.Error? err kinds api (the job failed), timeout, protocol and those of any GET
function job.done(client, response, timeout)
  if response.status ~= 202 then return true end
  local place = { address = response.headers.location }
  if not place.address then
    return nil, core.error("protocol", "a reply 202 without a Location: the job cannot be followed")
  end
  local pauses = { deadline = core.now() + (timeout or TIMEOUT), first = FIRST }
  local product, err = poll(client, pauses, function(remaining) return look(client, place, remaining) end)
  if product == nil and err == nil then return nil, out_of_time(place.last) end
  return product, err
end

--- Waits for the job of a raw reply and fetches its product.
---@param client datarobot.Client
---@param response datarobot.Response
---@param o? {timeout: number} seconds
---@return datarobot.Response|nil product the given one when there is no job or no product
---@return datarobot.Error? err
function job.product(client, response, o)
  local timeout = o and o.timeout or TIMEOUT
  local started = core.now()
  local product, err = job.done(client, response, timeout)
  if not product then return nil, err end
  if product == true then return response end
  return follow(client, product, { timeout = math.max(timeout - (core.now() - started), 0.001) })
end

return job
