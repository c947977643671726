--- Durations: the short form of the sandbox's own, and ISO 8601.

local duration = {}

local SHORT = { d = 86400, h = 3600, m = 60, s = 1 }

-- Years are 365 days and months 30 here.
local DATES = { Y = 365 * 86400, M = 30 * 86400, W = 7 * 86400, D = 86400 }
local TIMES = { H = 3600, M = 60, S = 1 }

local LONGEST = 40 -- bytes

local function sum(text, units)
  local total = 0
  for number, unit in text:gmatch "([%d.]+)(%a)" do
    if not (tonumber(number) and units[unit]) then return nil end
    total = total + tonumber(number) * units[unit]
  end
  return total
end

--- Seconds of a duration such as "2d", "36h", "90m", "10s" or "1d12h"; nil when it is none.
function duration.short(text)
  if type(text) ~= "string" or #text > LONGEST then return nil end
  local rest = text:gsub("(%d+)([dhms])", "")
  return text ~= "" and rest == "" and sum(text, SHORT) or nil
end

--- Seconds of an ISO 8601 duration; health settings also write it without the P ("T2H"). Nil when it is none.
function duration.iso(text)
  if type(text) ~= "string" or #text > LONGEST then return nil end
  local dates, t, times = text:match "^P?([%d.YMWD]*)(T?)([%d.HMS]*)$"
  if not dates or dates == "" and times == "" or t == "" and times ~= "" then return nil end
  local first, second = sum(dates, DATES), sum(times, TIMES)
  return first and second and first + second
end

return duration
