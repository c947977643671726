--- Schedules for people: in plain English, and their next times in UTC with local time beside it.
---
--- A schedule is made by `dr.schedule(x)` from five-field cron text, `@daily` and the like, a table of five
--- lists, or another schedule, and never changes. Times are UTC, as on the server. `tostring` gives cron
--- text. Two schedules are equal when they fire at the same times, however they are written.
local core = require "datarobot.core"
local guard = require "datarobot.call.guard"

---@class datarobot.Schedule When a policy runs; never changes. `tostring` gives cron text; schedules
---  that fire at the same times are equal.
local schedule = core.classes.schedule

local MONTHS <const> = {
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
  "November", "December",
}
local LENGTHS <const> = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }
local DAYS <const> = { [0] = "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" }

-- {=== words ===}

local function ordinal(n)
  local teen = n % 100 >= 11 and n % 100 <= 13
  return n .. (not teen and ({ "st", "nd", "rd" })[n % 10] or "th")
end

local function month_name(n) return MONTHS[n] end

local function series(words)
  if #words < 2 then return words[1] or "" end
  return table.concat(words, ", ", 1, #words - 1) .. " and " .. words[#words]
end

-- "the 1st, 5th to 9th and 15th": three or more that follow each other as a range.
local function spans(numbers, name)
  local words, i = {}, 1
  while i <= #numbers do
    local last = i
    while numbers[last + 1] == numbers[last] + 1 do last = last + 1 end
    if last < i + 2 then last = i end
    words[#words + 1] = name(numbers[i]) .. (last > i and " to " .. name(numbers[last]) or "")
    i = last + 1
  end
  return series(words)
end

-- The distance of numbers that are equally far from each other, or nil.
local function step_of(numbers)
  if #numbers < 2 then return nil end
  local step = numbers[2] - numbers[1]
  for i = 3, #numbers do
    if numbers[i] - numbers[i - 1] ~= step then return nil end
  end
  return step
end

-- The step of more than four numbers that are equally far from each other, but not neighbours.
local function long_step(numbers)
  local step = step_of(numbers)
  return #numbers > 4 and step and step > 1 and step or nil
end

local function every(step, unit)
  return step == 1 and "every " .. unit or ("every %d %ss"):format(step, unit)
end

-- {=== the time of day ===}

local function clock(hour, minute) return ("%02d:%02d"):format(hour, minute) end

local function clocks(minutes, hours)
  local words = {}
  for _, hour in ipairs(hours) do
    for _, minute in ipairs(minutes) do words[#words + 1] = clock(hour, minute) end
  end
  return "at " .. series(words) .. " UTC"
end

local function minutes_text(minutes)
  local step = long_step(minutes)
  if #minutes == 60 then return "every minute" end
  if step then return ("every %s minute from %d to %d"):format(ordinal(step), minutes[1], minutes[#minutes]) end
  return (#minutes == 1 and "at minute " or "at minutes ") .. spans(minutes, tostring)
end

local function hours_text(hours)
  local step = long_step(hours)
  if #hours == 24 then return "every hour" end
  if step then return ("every %s hour from %d to %d UTC"):format(ordinal(step), hours[1], hours[#hours]) end
  return (#hours == 1 and "hour " or "hours ") .. spans(hours, tostring) .. " UTC"
end

local function time_text(minutes, hours)
  local all, between = #hours == 24, step_of(hours)
  local step = step_of(minutes)
  local even = step and step * #minutes == 60 -- goes on over the hour
  local within = (" from %s to %s UTC"):format(clock(hours[1], minutes[1]), clock(hours[#hours], minutes[#minutes]))
  if all and even and minutes[1] == 0 then return every(step, "minute") end
  if not all and #minutes * #hours <= 4 then return clocks(minutes, hours) end
  if not all and #minutes == 1 then
    return between and every(between, "hour") .. within or clocks(minutes, hours)
  end
  if even and (between == 1 or #hours == 1) then return every(step, "minute") .. within end
  return minutes_text(minutes) .. " of " .. hours_text(hours)
end

-- {=== days and months ===}

local function dates_text(dates)
  local step = long_step(dates)
  if not step then return "the " .. spans(dates, ordinal) end
  return ("every %s date from the %s to the %s"):format(ordinal(step), ordinal(dates[1]), ordinal(dates[#dates]))
end

-- Names from Monday to Sunday; first and last when three or more follow each other, also over the week's end.
local function week_names(week)
  local set, names, starts = {}, {}, {}
  for _, day in ipairs(week) do set[day] = true end
  for i = 1, 7 do
    local day = i % 7
    if set[day] then names[#names + 1] = DAYS[day] end
    if set[day] and not set[(day + 6) % 7] then starts[#starts + 1] = day end
  end
  if #week < 3 or #starts ~= 1 then return names end
  return names, ("%s to %s"):format(DAYS[starts[1]], DAYS[(starts[1] + #week - 1) % 7])
end

local function week_text(week)
  local names, range = week_names(week)
  if range then return ", " .. range end
  for i, name in ipairs(names) do names[i] = name .. "s" end
  return " on " .. series(names)
end

local function both_text(dates, week)
  local names, range = week_names(week)
  local joint = #dates > 1 and ", and every " or " and every "
  return " on " .. dates_text(dates) .. joint .. (range and "day from " .. range or series(names))
end

local function months_text(months, joint)
  local step = long_step(months)
  if #months == 12 then return "" end
  if step then
    return (" %s every %s month from %s to %s"):format(joint, ordinal(step), MONTHS[months[1]], MONTHS[months[#months]])
  end
  if #months > 2 and step_of(months) == 1 then return ", " .. spans(months, month_name) end
  return (" %s %s"):format(joint, spans(months, month_name))
end

-- Whether none of the months has one of the dates.
local function never(dates, months)
  for _, month in ipairs(months) do
    if dates[1] <= LENGTHS[month] then return false end
  end
  return true
end

-- The dates and week days that count (as on the server: they add up; where one of them is a
-- star, the other decides alone); nil, nil for every day.
local function day_rule(lists)
  local dates, week = lists.day_of_month, lists.day_of_week
  local date_star, week_star = dates[1] == "*", week[1] == "*"
  if week_star then week = nil end
  if date_star then dates = nil end
  if dates and #dates == 31 or week and #week == 7 then return nil, nil end
  return dates, week
end

local function days_text(dates, week, months)
  if dates and week then return both_text(dates, week) .. months_text(months, "in") end
  if week then return week_text(week) .. months_text(months, "in") end
  if not dates then return months_text(months, "in") end
  local text = " on " .. dates_text(dates) .. months_text(months, "of")
  return never(dates, months) and text .. ", which never happens" or text
end

-- The numbers of a list, a star written out.
local function numbers(list, least, greatest)
  if list[1] ~= "*" then return list end
  local all = {}
  for n = least, greatest do all[#all + 1] = n end
  return all
end

--- The schedule as an English sentence without its full stop, such as "At 09:00 UTC on Mondays".
---@return string
function schedule:describe()
  guard.self(self, "schedule", "describe")
  local lists = schedule.to_table(self)
  local time = time_text(numbers(lists.minute, 0, 59), numbers(lists.hour, 0, 23))
  local dates, week = day_rule(lists)
  local named = time:find("UTC", 1, true)
  if named and time:find "^at " and not dates and not week then time = "every day " .. time end
  local text = time .. days_text(dates, week, numbers(lists.month, 1, 12))
  if not named then text = text .. " (UTC)" end
  return (text:gsub("^%l", string.upper))
end

-- {=== next times ===}

local runs = { __name = "datarobot.schedule_runs" }

function runs.__tostring(list)
  if #list == 0 then return "no time within 8 years" end
  local lines = { "UTC                    local time" }
  for _, run in ipairs(list) do
    local day = DAYS[(run.time // 86400 + 4) % 7]:sub(1, 3) -- 1970 began on a Thursday
    lines[#lines + 1] = ("%s %s   %s"):format(day, os.date("!%Y-%m-%d %H:%M", run.time), run.local_time)
  end
  return table.concat(lines, "\n")
end

--- The next times, strictly after `after`; fewer than `count` when none is left within 8 years.
---@param o? {count: integer, after: number|string} count: default 10, at most 10,000; after: seconds since
--- 1970 or ISO 8601 text, default now
---@return {utc: string, time: integer, local_time: string}[] list with a readable `tostring`
function schedule:next_runs(o)
  guard.self(self, "schedule", "next_runs")
  local list = core.schedule_times(self, o)
  for i, time in ipairs(list) do
    list[i] = setmetatable({
      utc = os.date("!%Y-%m-%dT%H:%M:00Z", time),
      time = time,
      local_time = os.date("%Y-%m-%d %H:%M %z", time),
    }, core.classes.object)
  end
  return setmetatable(list, runs)
end

--- dr.schedule(x): makes a schedule. Times are UTC, as on the server.
---@param x string|table|datarobot.Schedule cron text, `@daily` and the like, five lists, or a schedule
---@return datarobot.Schedule|nil schedule
---@return datarobot.Error? err kind `validation`, with all problems
core.name(schedule, ":")

return core.schedule
