--- Looks again and again, with growing pauses, until there is an answer.
local core = require "datarobot.core"
local guard = require "datarobot.call.guard"

local LONGEST <const> = 1e9 -- seconds that client:sleep takes
local FIRST <const>, FACTOR <const>, MOST <const> = 0.5, 1.5, 5 -- seconds, but for the factor

-- A client that `look` closed ends the call that was under way, as it ends every other.
local function sleep(client, pause, jitter, least, most)
  local ok, slept, why = pcall(function()
    return client:sleep(math.min(math.max(pause * (1 - jitter * core.jitter(client)), least), most))
  end)
  if ok then return slept, why end
  if guard.is(slept, "error") and slept.kind == "closed" then return nil, slept end
  error(slept, 0)
end

--- The pauses block nobody else: they are `client:sleep`.
---@param client datarobot.Client
---@param o {deadline: number, first: number?, longest: number?, jitter: number?} deadline: of core.now(); the first
---  pause and the longest, in seconds, default 0.5 and 5, each half as long again as the one before; up to which part a
---  pause is made shorter at random, default 0
---@param look fun(remaining: number): any, any, any an answer; nil to go on, with the least seconds of the next pause
---  as third result; or nil, err to end
---@return any|nil answer nil without an error when the time is over
---@return any err
return function(client, o, look)
  local pause, longest = o.first or FIRST, o.longest or MOST
  while true do
    local remaining = o.deadline - core.now()
    if remaining <= 0 then return nil end
    local answer, err, least = look(remaining)
    if answer ~= nil or err ~= nil then return answer, err end
    remaining = math.max(o.deadline - core.now(), 0.001) -- never a look for each last fraction of a millisecond
    local slept, why = sleep(client, pause, o.jitter or 0, least or 0, math.min(remaining, LONGEST))
    if not slept then return nil, why end
    pause = math.min(pause * FACTOR, longest)
  end
end
