-- Random cron texts and times, with leap years and the ends of months more often than chance has them.

local random = {}

local MONTHS <const> = { "jan", "Feb", "MAR", "apr", "may", "jun", "Jul", "aug", "sep", "OCT", "nov", "dec" }
local DAYS <const> = { [0] = "sun", "mon", "TUE", "wed", "thu", "Fri", "sat" }

local FIELDS <const> = {
  { least = 0, greatest = 59 },
  { least = 0, greatest = 23 },
  { least = 1, greatest = 31, often = { 28, 29, 30, 31, 1 } },
  { least = 1, greatest = 12, names = MONTHS, often = { 2, 2, 12 } },
  { least = 0, greatest = 6, names = DAYS },
}

local function number(field)
  if field.often and math.random() < 0.4 then return field.often[math.random(#field.often)] end
  return math.random(field.least, field.greatest)
end

local function word(field, n)
  return field.names and math.random() < 0.3 and field.names[n] or tostring(n)
end

local function ordered(field)
  local low, high = number(field), number(field)
  if low > high then low, high = high, low end
  return low, high
end

local function list(field)
  local words = {}
  for i = 1, math.random(1, 4) do words[i] = word(field, number(field)) end
  return table.concat(words, ",")
end

local function range(field)
  local low, high = ordered(field)
  return word(field, low) .. "-" .. word(field, high)
end

local SHAPES <const> = {
  function() return "*" end,
  function() return "*" end,
  function(field) return word(field, number(field)) end,
  function(field) return word(field, number(field)) end,
  list,
  range,
  function() return "*/" .. math.random(1, 9) end,
  function(field) return range(field) .. "/" .. math.random(1, 5) end,
  function(field) return range(field) .. "," .. list(field) end,
  function(field) return field.least .. "-" .. field.greatest end,
}

--- A cron text of five fields that dr.schedule and croniter accept (it knows no long names).
function random.cron()
  local parts = {}
  for i, field in ipairs(FIELDS) do parts[i] = SHAPES[math.random(#SHAPES)](field) end
  return table.concat(parts, " ")
end

local YEARS <const> = { 1999, 2000, 2023, 2024, 2025, 2027, 2028, 2095, 2096, 2097, 2100, 2103, 2104 }

--- A time from 1970 to 2199 in seconds; half of them within two days of a month's end, many on a full minute.
function random.time()
  local time
  if math.random() < 0.5 then
    local from = { year = YEARS[math.random(#YEARS)], month = math.random() < 0.4 and 3 or math.random(12), day = 1,
      hour = 12, isdst = false }
    time = os.time(from) + math.random(-2 * 86400, 2 * 86400)
  else
    time = math.random(0, 7258118399)
  end
  local seconds = ({ 0, 59, time % 60 })[math.random(3)]
  return time - time % 60 + seconds
end

return random
