-- Schedules in plain English.
local dr = require "datarobot"
local random = require "spec.schedule.random_schedule"

local SENTENCES <const> = {
  { "* * * * *", "Every minute (UTC)" },
  { "*/15 * * * *", "Every 15 minutes (UTC)" },
  { "5/15 * * * *", "Every 15 minutes from 00:05 to 23:50 UTC" },
  { "5 * * * *", "At minute 5 of every hour (UTC)" },
  { "5,7 * * * *", "At minutes 5 and 7 of every hour (UTC)" },
  { "0-5,7 3 * * *", "Every day at minutes 0 to 5 and 7 of hour 3 UTC" },
  { "*/7 1,2,5 * * *", "Every 7th minute from 0 to 56 of hours 1, 2 and 5 UTC" },
  { "0,30 */2 * * *", "Every day at minutes 0 and 30 of every 2nd hour from 0 to 22 UTC" },
  { "@daily", "Every day at 00:00 UTC" },
  { "0 9,17 * * *", "Every day at 09:00 and 17:00 UTC" },
  { "0 */6 * * *", "Every day at 00:00, 06:00, 12:00 and 18:00 UTC" },
  { "15 */2 * * *", "Every 2 hours from 00:15 to 22:15 UTC" },
  { "30 9-17 * * *", "Every hour from 09:30 to 17:30 UTC" },
  { "0 1,2,5,9,13 * * *", "Every day at 01:00, 02:00, 05:00, 09:00 and 13:00 UTC" },
  { "* 9 * * *", "Every minute from 09:00 to 09:59 UTC" },
  { "*/20 9-17 * * 1-5", "Every 20 minutes from 09:00 to 17:40 UTC, Monday to Friday" },
  { "0 9 * * MON", "At 09:00 UTC on Mondays" },
  { "0 9 * * 0,6", "At 09:00 UTC on Saturdays and Sundays" },
  { "0 9 * * fri-sun", "At 09:00 UTC, Friday to Sunday" },
  { "0 0 * * 0-6", "Every day at 00:00 UTC" },
  { "0 0 1 * *", "At 00:00 UTC on the 1st" },
  { "0 0 1,2,3,11,12,13,21,22,23 * *", "At 00:00 UTC on the 1st to 3rd, 11th to 13th and 21st to 23rd" },
  { "0 0 */2 * *", "At 00:00 UTC on every 2nd date from the 1st to the 31st" },
  { "0 0 1-31 * 1", "Every day at 00:00 UTC" },
  { "0 0 1 * TUE", "At 00:00 UTC on the 1st and every Tuesday" },
  { "0 0 1,15 * MON,FRI", "At 00:00 UTC on the 1st and 15th, and every Monday and Friday" },
  { "0 0 1 * 1-5", "At 00:00 UTC on the 1st and every day from Monday to Friday" },
  { "0 0 1 1,4,7,10 *", "At 00:00 UTC on the 1st of January, April, July and October" },
  { "0 0 1 */2 *", "At 00:00 UTC on the 1st of every 2nd month from January to November" },
  { "0 0 * 3 *", "Every day at 00:00 UTC in March" },
  { "0 9 1 1,2 *", "At 09:00 UTC on the 1st of January and February" },
  { "0 9 * 1-2 MON", "At 09:00 UTC on Mondays in January and February" },
  { "0 9 * 5,6 *", "Every day at 09:00 UTC in May and June" },
  { "0 9 * * MON-SUN", "Every day at 09:00 UTC" },
  { "0 9 * * SUN-MON", "At 09:00 UTC on Mondays and Sundays" },
  { "0 0 * 3-5 1", "At 00:00 UTC on Mondays, March to May" },
  { "*/15 * * 7 *", "Every 15 minutes in July (UTC)" },
  { "0 0 29 2 *", "At 00:00 UTC on the 29th of February" },
  { "0 0 30,31 2 *", "At 00:00 UTC on the 30th and 31st of February, which never happens" },
}

describe("schedule:describe", function()
  it("is a short sentence", function()
    for _, pair in ipairs(SENTENCES) do
      assert.equal(pair[2], dr.schedule(pair[1]):describe(), pair[1])
    end
  end)

  -- A sentence that left out a restriction would be the sentence of the schedule without it, too.
  it("names every restriction: what reads the same fires at the same times", function()
    math.randomseed(20241220)
    local seen = {}
    local function check(s)
      local sentence = s:describe()
      assert.matches("^%u[%w%s:,()]+$", sentence)
      assert.matches("UTC", sentence)
      assert.is_true((seen[sentence] or s) == s, sentence)
      seen[sentence] = s
    end
    -- The schedule with one value more or less in one of its lists.
    local function change(s)
      local lists = s:to_table()
      local names = { minute = 59, hour = 23, day_of_month = 31, month = 12, day_of_week = 6 }
      for name, greatest in pairs(names) do
        local least = name:find "month" and 1 or 0
        local wanted = math.random(least, greatest)
        local old, new = lists[name], {}
        for n = least, greatest do
          local listed = old[1] == "*"
          for _, m in ipairs(old) do listed = listed or m == n end
          if listed ~= (n == wanted) then new[#new + 1] = n end
        end
        if #new > 0 then
          lists[name] = new
          check(assert(dr.schedule(lists)))
          lists[name] = old
        end
      end
    end
    for _ = 1, 3000 do
      local s = dr.schedule(random.cron())
      check(s)
      change(s)
    end
  end)
end)
