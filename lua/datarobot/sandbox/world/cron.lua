--- Times of the sandbox, all in UTC: the next minute that a schedule names, and ISO 8601 text. Deliberately plain: it
-- tries one day, one hour, one minute after the other, so that it can judge cleverer code.

local cron = {}

local MONTHS = { "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec" }
local DAYS = { [0] = "sun", "mon", "tue", "wed", "thu", "fri", "sat" }

local DAY = 24 * 60 * 60
local LONGEST = 64 -- bytes of a time; the pattern of `parse` is not linear
local HORIZON = 8 * 366 * DAY -- 29 February comes back within eight years

-- The set of numbers that a list names; nil for ["*"].
local function numbers(list, names)
  if list[1] == "*" then return nil end
  local index, set = {}, {}
  for number, name in pairs(names or {}) do index[name] = number end
  for _, item in ipairs(list) do
    local number = type(item) == "string" and index[item:sub(1, 3):lower()] or item
    set[number] = true
  end
  return set
end

-- Dates and week days add up; where one of them is a star, the other decides alone.
local function day_matches(rule, date)
  if rule.month and not rule.month[date.month] then return false end
  local by_date, by_week = rule.day, rule.week
  if not by_date and not by_week then return true end
  return (by_date and by_date[date.day] or by_week and by_week[date.wday - 1]) or false
end

local function minute_of_day(rule, first)
  for hour = first // 60, 23 do
    local fits = not rule.hour or rule.hour[hour]
    for minute = 0, fits and 59 or -1 do
      local here = hour * 60 + minute
      if here >= first and (not rule.minute or rule.minute[minute]) then return here end
    end
  end
  return nil
end

--- The first minute at which a schedule runs.
-- @param schedule table of five lists as on the wire: minute, hour, dayOfMonth, month, dayOfWeek
-- @param from seconds since 1970; a minute that begins exactly then counts
-- @return seconds since 1970, or nil when there is none within eight years
function cron.next(schedule, from)
  local rule = {
    minute = numbers(schedule.minute),
    hour = numbers(schedule.hour),
    day = numbers(schedule.dayOfMonth),
    month = numbers(schedule.month, MONTHS),
    week = numbers(schedule.dayOfWeek, DAYS),
  }
  local start = (math.ceil(from) + 59) // 60 * 60
  local midnight = start // DAY * DAY
  local first = (start - midnight) // 60
  for day = midnight, midnight + HORIZON, DAY do
    local minute = day_matches(rule, os.date("!*t", day)) and minute_of_day(rule, first)
    if minute then return day + minute * 60 end
    first = 0
  end
  return nil
end

--- Seconds since 1970 as DataRobot writes them.
-- @return text such as 2024-12-20T00:00:00.000000Z
function cron.timestamp(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%S.000000Z", seconds)
end

-- Days from 1970-01-01 to a date of the Gregorian calendar.
local function days(year, month, day)
  if month <= 2 then
    year, month = year - 1, month + 12
  end
  return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 719469
end

--- Reads an ISO 8601 time; no zone means UTC, fractions of a second are dropped.
-- @return seconds since 1970, or nil
function cron.parse(text)
  if #text > LONGEST then return nil end
  local year, month, day, hour, minute, second, zone =
    text:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)[T ](%d%d):(%d%d):(%d%d)%.?%d*([Z+-]?[%d:]*)$"
  if not year then return nil end
  local seconds = days(tonumber(year), tonumber(month), tonumber(day)) * DAY
    + tonumber(hour) * 3600 + tonumber(minute) * 60 + tonumber(second)
  if zone == "" or zone == "Z" then return seconds end
  local sign, zone_hour, zone_minute = zone:match "^([+-])(%d%d):?(%d%d)$"
  if not sign then return nil end
  local offset = tonumber(zone_hour) * 3600 + tonumber(zone_minute) * 60
  return sign == "+" and seconds - offset or seconds + offset
end

return cron
