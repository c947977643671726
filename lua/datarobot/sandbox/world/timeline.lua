--- What changes from a time on, and how much of each state a model has seen in a window.

local replay = require "datarobot.sandbox.world.replay"

local timeline = {}

local HOUR = 3600
local NEVER = math.huge

--- Puts a state in force from a time on; what was to come after that time is gone.
-- @param states list of states, each with `from`, the oldest first
function timeline.set(states, state)
  while #states > 0 and states[#states].from >= state.from do table.remove(states) end
  states[#states + 1] = state
end

--- Notes that a model begins to serve.
function timeline.begin(record, model_id, at)
  local spans = record.served[model_id] or {}
  spans[#spans + 1] = { from = at, to = NEVER }
  record.served[model_id] = spans
end

--- Notes that the model that serves does so no longer.
function timeline.finish(record, model_id, at)
  local spans = record.served[model_id]
  spans[#spans].to = at
end

-- Up to when the challenger of a model has scored stored predictions; nil when there is none or it has not.
local function replayed(world, record, model_id)
  for _, challenger in ipairs(record.challengers) do
    if challenger.model.id == model_id then return replay.upto(world, record, challenger.id) end
  end
  return nil
end

--- Whether a model serves, served, or is a challenger's.
function timeline.knows(record, model_id)
  if record.served[model_id] then return true end
  for _, challenger in ipairs(record.challengers) do
    if challenger.model.id == model_id then return true end
  end
  return false
end

-- Calls f(state, number) for each state that holds in [from, to).
local function walk(states, from, to, count, f)
  local stop = to
  for i = #states, 1, -1 do
    if stop <= from then return end
    local start = math.max(states[i].from, from)
    if start < stop then
      f(states[i], count(stop) - count(start))
      stop = start
    end
  end
  if from < stop then f(nil, count(stop) - count(from)) end
end

--- What a model has seen in a window: the hours that are over while it served, or that its challenger has scored.
-- @param count function: time at the top of an hour -> how many there were before
-- @param f function(state or nil, number): called for each piece
function timeline.seen(world, record, model_id, states, window, count, f)
  local stop = math.min(window.stop, world.now // HOUR * HOUR)
  local scored = model_id ~= record.shown.model.id and replayed(world, record, model_id) or 0
  if scored > window.start then
    walk(states, window.start, math.min(scored // HOUR * HOUR, stop), count, f)
  end
  for _, span in ipairs(record.served[model_id] or {}) do
    local from = (math.max(span.from, window.start, scored) + HOUR - 1) // HOUR * HOUR
    local to = math.min(span.to, stop)
    to = to == NEVER and stop or to // HOUR * HOUR
    if from < to then walk(states, from, to, count, f) end
  end
end

--- The window of some seconds that ends at the next full hour.
-- @return table: start, stop
function timeline.window(now, seconds)
  local stop = (now + HOUR - 1) // HOUR * HOUR
  return { start = stop - (seconds + HOUR - 1) // HOUR * HOUR, stop = stop }
end

return timeline
