--- Looks again and again, with growing pauses, until there is an answer.
local core = require "datarobot.core"

--- The pauses block nobody else: they are `client:sleep`.
---@param client datarobot.Client
---@param o {deadline: number, first: number, factor: number, longest: number} deadline: of core.now(); the first pause,
---  what each further one is multiplied by, and the longest, in seconds
---@param look fun(remaining: number): any, any, any an answer; nil to go on, with the least seconds of the next pause
---  as third result; or nil, err to end
---@return any|nil answer nil without an error when the time is over
---@return any err
return function(client, o, look)
  local pause = o.first
  while true do
    local remaining = o.deadline - core.now()
    if remaining <= 0 then return nil end
    local answer, err, least = look(remaining)
    if answer ~= nil or err ~= nil then return answer, err end
    remaining = math.max(o.deadline - core.now(), 0.001) -- never a look for each last fraction of a millisecond
    local slept, why = client:sleep(math.min(math.max(pause, least or 0), remaining))
    if not slept then return nil, why end
    pause = math.min(pause * o.factor, o.longest)
  end
end
