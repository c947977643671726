--- Time of the world: it stands still until it is advanced, and then everything happens that falls into the time.

local cron = require "datarobot.sandbox.world.cron"
local duration = require "datarobot.sandbox.world.duration"
local health = require "datarobot.sandbox.world.health"
local json = require "datarobot.sandbox.json"
local runs = require "datarobot.sandbox.world.runs"

local time = {}

local NEVER = math.huge

local function next_fire(schedule, now)
  return { schedule = schedule, at = cron.next(schedule, now + 1) or NEVER }
end

-- Whether a trigger goes by its schedule: runs then, or looks at health then.
local function is_timed(trigger)
  return trigger ~= json.null and (trigger.type == "schedule" or health.is_watched(trigger.type))
    and trigger.schedule ~= json.null
end

-- The next time after `now` at which a policy's schedule says that it runs or looks.
local function due(policy, now)
  local trigger = policy.shown.trigger
  if not is_timed(trigger) then return NEVER end
  local fire = policy.fire
  if not fire or fire.schedule ~= trigger.schedule or fire.at < now then
    policy.fire = next_fire(trigger.schedule, now)
  end
  return policy.fire.at
end

-- From when on a schedule may start a run: a time that comes while one is active is skipped, and the shortest interval
-- counts from start to start.
local function free_from(world, record, policy)
  local last, least = policy.runs[#policy.runs], policy.shown.trigger.minIntervalBetweenRuns
  local after = last and least ~= json.null and last.began + duration.iso(least) or 0
  return math.max(after, runs.ends(world, record, policy) or 0)
end

local function is_wanted(world, record, policy)
  return policy.shown.trigger.type == "schedule" or health.look(world, record, policy)
end

-- What is skipped anyway is not looked at: a schedule of every minute costs no more than one of every hour.
local function fire(world, record, policy)
  local free = not policy.active and free_from(world, record, policy) <= world.now
  if free and is_wanted(world, record, policy) then runs.start(world, policy) end
  local after = math.max(world.now, free_from(world, record, policy) - 1)
  policy.fire = next_fire(policy.shown.trigger.schedule, after)
end

-- What happens next to a deployment, and when: a run ends, else a schedule fires.
local function next_event(world, record, from)
  local at, policy, ending = NEVER, nil, false
  for _, candidate in ipairs(record.policies) do
    local ends, fires = runs.ends(world, record, candidate) or NEVER, due(candidate, from)
    if ends < at or ends == at and ends < NEVER and not ending then at, policy, ending = ends, candidate, true end
    if fires < at then at, policy, ending = fires, candidate, false end
  end
  return at, policy, ending
end

-- Deployments do not touch each other, so each is brought to the end by itself.
local function advance_deployment(world, record, first, last)
  local from = first
  while true do
    world.now = from
    local at, policy, ending = next_event(world, record, from)
    if at > last then break end
    world.now = at
    if ending then
      runs.step(world, record, policy)
    else
      fire(world, record, policy)
    end
    from = at
  end
  world.now = last
  for _, policy in ipairs(record.policies) do
    if policy.active then runs.step(world, record, policy) end
  end
end

--- Advances the world's time.
-- @param seconds a whole number
function time.advance(world, seconds)
  local first = world.now
  local last = first + seconds
  for _, record in ipairs(world.deployments) do advance_deployment(world, record, first, last) end
  world.now = last
end

return time
