--- cqueues: calls in a coroutine of cqueues let the others run.
--
--     require "datarobot.loop.cqueues"(client)
--     cqueues.new():wrap(function() print(client:whoami().email) end):loop()
local cqueues = require "cqueues"

-- The client has what cqueues polls: pollfd, events and timeout.
---@param client datarobot.Client
return function(client)
  client:on_wait(cqueues.poll)
end
