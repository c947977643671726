--- What monitoring goes by: a window of time, a model, and what else a resource knows; what is wrong is a 400.

local cron = require "datarobot.sandbox.world.cron"
local duration = require "datarobot.sandbox.world.duration"
local json = require "datarobot.sandbox.json"
local listing = require "datarobot.sandbox.http.listing"
local refuse = require "datarobot.sandbox.http.refuse"
local timeline = require "datarobot.sandbox.world.timeline"

local window = {}

local HOUR, WEEK = 3600, 7 * 86400
local BUCKET = "P7D"
local MOST = 1000 -- buckets of an answer

local COMMON = { start = true, ["end"] = true, modelId = true }

local function time(query, name, faults)
  local text = listing.single(query, name, faults)
  local value = text and cron.parse(text)
  if text and not value then faults[name] = "must be an RFC 3339 time" end
  if value and value % HOUR ~= 0 then faults[name] = "must be at the top of an hour" end
  return value
end

local function refuse_unknown(query, known, faults)
  for name in pairs(query) do
    if type(name) == "string" and not COMMON[name] and not known[name] then
      faults[name] = "is not a parameter that the sandbox goes by"
    end
  end
end

-- The start and the end that are asked for; without both the seven days before the next full hour.
local function window_of(world, query, faults)
  local start, stop = time(query, "start", faults), time(query, "end", faults)
  stop = stop or timeline.window(world.now, 0).stop
  start = start or stop - WEEK
  if start >= stop then faults.start = "must be before the end" end
  return { start = start, stop = stop }
end

--- The model that a parameter names; the champion's id without it. 404 where the deployment has no such model.
function window.model(record, query, name, faults)
  local id = listing.single(query, name, faults)
  if id then refuse.missing(timeline.knows(record, id)) end
  return id
end

--- Reads a query of monitoring.
-- @param rules table: name of a further parameter -> function(query, name, faults) -> its value, which refuses by an
-- entry in `faults`
-- @return table: window, model_id, and the values of the others by their names
function window.read(world, record, query, rules)
  local faults = {}
  refuse_unknown(query, rules, faults)
  local asked = { window = window_of(world, query, faults) }
  for name, read in pairs(rules) do asked[name] = read(query, name, faults) end
  refuse.query(faults)
  asked.model_id = window.model(record, query, "modelId", faults) or record.shown.model.id
  refuse.query(faults)
  return asked
end

--- A parameter of one of a few words.
-- @param legal set of words, or function(word) -> boolean
function window.word(legal, default)
  return function(query, name, faults)
    local word = listing.single(query, name, faults) or default
    if word and not legal[word] then faults[name] = "unknown value: " .. word end
    return word
  end
end

--- The parameter bucketSize: seconds, whole hours.
function window.bucket(query, name, faults)
  local seconds = duration.iso(listing.single(query, name, faults) or BUCKET)
  if not seconds or seconds < HOUR or seconds % HOUR ~= 0 then
    faults[name] = "must be an ISO 8601 duration of whole hours, such as P1D or PT6H"
    return nil
  end
  return math.tointeger(seconds)
end

--- The windows into which one is cut, the last one perhaps shorter; 400 where they are too many.
function window.cut(whole, seconds)
  if (whole.stop - whole.start) // seconds >= MOST then refuse.query { bucketSize = "makes more than 1000 buckets" } end
  local list = {}
  for start = whole.start, whole.stop - 1, seconds do
    list[#list + 1] = { start = start, stop = math.min(start + seconds, whole.stop) }
  end
  return list
end

--- A window as it is shown.
function window.shown(w)
  return { start = cron.timestamp(w.start), ["end"] = cron.timestamp(w.stop) }
end

--- What the answers of monitoring begin with.
function window.head(asked)
  return {
    period = window.shown(asked.window), modelId = asked.model_id, segmentAttribute = json.null,
    segmentValue = json.null,
  }
end

return window
