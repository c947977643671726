--- The state of a sandbox: its world, the errors and delays on order, its log, its clock, and worlds that were kept.

local Log = require "datarobot.sandbox.http.log"
local World = require "datarobot.sandbox.world"
local copy = require "datarobot.sandbox.world.copy"
local json = require "datarobot.sandbox.json"
local time = require "datarobot.sandbox.world.time"

local State = {}
State.__index = State

local MOST_KEPT = 100
local LONGEST = 400 * 86400 -- seconds that the clock takes the world at once

--- A new one.
-- @param options table, as http.open takes them
function State.new(options)
  return setmetatable({
    world = World.new(options), options = options, faults = {}, slow = {}, log = Log.new(),
    speed = options.clock == "real" and (options.speed or 1) or 0,
    rest = 0, -- of a second of the world
    kept = {}, last_kept = 0, -- name -> a world
  }, State)
end

--- Lets the world's time go on where it goes by the real one.
-- @param now seconds of the real time
function State:tick(now)
  local passed = self.seen and math.max(now - self.seen, 0) * self.speed or 0
  self.seen = now
  local whole = math.floor(self.rest + passed)
  self.rest = self.rest + passed - whole
  if whole > 0 then time.advance(self.world, math.min(whole, LONGEST)) end
end

--- Keeps the world as it is; of many the oldest is forgotten.
-- @return a name for it
function State:snapshot()
  self.last_kept = self.last_kept + 1
  self.kept["snapshot-" .. self.last_kept] = copy.deep(self.world, json.is_fixed)
  self.kept["snapshot-" .. self.last_kept - MOST_KEPT] = nil
  return "snapshot-" .. self.last_kept
end

--- Puts a kept world back; it stays kept.
-- @return whether there is one of that name
function State:restore(name)
  local kept = self.kept[name]
  if kept then self.world = copy.deep(kept, json.is_fixed) end
  return kept ~= nil
end

return State
