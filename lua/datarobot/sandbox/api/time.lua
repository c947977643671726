--- Routes of the sandbox's own, at the server's root: the world's time.

local cron = require "datarobot.sandbox.world.cron"
local duration = require "datarobot.sandbox.world.duration"
local refuse = require "datarobot.sandbox.http.refuse"
local time = require "datarobot.sandbox.world.time"

local MOST = 400 * 86400 -- seconds that one request may take the world

local function now(world)
  return 200, { now = cron.timestamp(world.now) }
end

local function advance(world, request)
  local body = request:json()
  local seconds = type(body) == "table" and duration.short(body.duration)
  if not seconds or seconds > MOST then
    refuse.fields { duration = "must be text such as 2d, 36h, 90m, 10s or 1d12h, at most 400d" }
  end
  time.advance(world, seconds)
  return now(world)
end

return {
  { "/sandbox/now", GET = now },
  { "/sandbox/advance", POST = advance },
}
