--- How many predictions the deployments get: the same at all of them, hour by hour, in a fixed rhythm of days.

local usage = {}

local HOUR, DAY = 3600, 86400
local FIRST = 1734048000 -- 2024-12-13, a week before the world begins; there are none before

-- Predictions a day: of the first week, then five days that come again and again.
local WEEK, AGAIN = { 0, 12, 40, 41, 38, 44, 40 }, { 40, 41, 38, 44, 40 }

local function sums(list)
  local all = { [0] = 0 }
  for i, n in ipairs(list) do all[i] = all[i - 1] + n end
  return all
end

local IN_WEEK, IN_AGAIN = sums(WEEK), sums(AGAIN)

--- How many predictions were made before a time at the top of an hour; those of a day are spread over its hours.
function usage.before(time)
  local day = (time - FIRST) // DAY
  if day < 0 then return 0 end
  local hour = (time - FIRST) % DAY // HOUR
  if day < #WEEK then return IN_WEEK[day] + hour * WEEK[day + 1] // 24 end
  local rounds, place = (day - #WEEK) // #AGAIN, (day - #WEEK) % #AGAIN
  return IN_WEEK[#WEEK] + rounds * IN_AGAIN[#AGAIN] + IN_AGAIN[place] + hour * AGAIN[place + 1] // 24
end

--- How many of them have got their actuals: each second one.
function usage.actuals_before(time)
  return usage.before(time) // 2
end

--- The numbers of the last seven days that are over, the oldest first.
function usage.daily(now)
  local midnight, rates = now // DAY * DAY, {}
  for i = 1, 7 do
    rates[i] = usage.before(midnight - (7 - i) * DAY) - usage.before(midnight - (8 - i) * DAY)
  end
  return rates
end

--- When the last prediction was made, of the hours that are over; nil when there was none.
function usage.last(now)
  local hour = now // HOUR * HOUR
  if usage.before(hour) == 0 then return nil end
  while usage.before(hour) == usage.before(hour - HOUR) do hour = hour - HOUR end
  return hour - HOUR + 11 * 60 + 2
end

return usage
