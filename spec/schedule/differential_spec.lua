-- Next times against two independent implementations: the sandbox's, which tries one minute after the other, and
-- Debian's python3-croniter. SCHEDULE_ROUNDS: random schedules with a random time each, default 10,000;
-- SCHEDULE_SEED: for other ones.
--
-- croniter (1.3.5 and 6.0 are tried) differs from the contract in what follows; there the sandbox judges alone.
--  * A full list (1-31, 0-6) is a star to it also where dates and week days are both given, so that the other list
--    decides alone. By the contract only "*" is a star, and the two add up: every day.
--  * Dates beyond a month's end make it skip the first days of the next month: "0 0 1,30 * *" goes from 2 February
--    to 30 March and leaves out 1 March.
--  * When none of the months has one of the dates, it gives up, though week days are given as well.
--  * "*/1" in a field of days is a full list to it from 2.0 on, and a star before, as it is to us: it is asked with
--    a star.
-- "*/2" in a field of days is a list of numbers to both, and not the star that some crons take it for.
local cron = require "datarobot.sandbox.world.cron"
local dr = require "datarobot"
local process = require "spec.support.process"
local random = require "spec.schedule.random_schedule"

local ROUNDS <const> = math.tointeger(os.getenv "SCHEDULE_ROUNDS" or "10000")
local SEED <const> = math.tointeger(os.getenv "SCHEDULE_SEED" or "20241220")
local LENGTHS <const> = {
  { 31 }, { 28, 29 }, { 31 }, { 30 }, { 31 }, { 30 }, { 31 }, { 31 }, { 30 }, { 31 }, { 30 }, { 31 },
}

local function wire(lists)
  return {
    minute = lists.minute, hour = lists.hour, dayOfMonth = lists.day_of_month, month = lists.month,
    dayOfWeek = lists.day_of_week,
  }
end

-- The lengths that a schedule's months can have.
local function lengths(lists)
  local found = {}
  for month, list in ipairs(LENGTHS) do
    local listed = lists.month[1] == "*"
    for _, n in ipairs(lists.month) do listed = listed or n == month end
    for _, length in ipairs(listed and list or {}) do found[#found + 1] = length end
  end
  return found
end

-- Whether croniter, which goes on to the first date beyond the month's end, passes by a date.
local function skips(dates, length)
  for _, date in ipairs(dates) do
    if date > length then return dates[1] < date - length end
  end
  return false
end

-- Whether croniter is known to differ.
local function differs(lists)
  local dates, week = lists.day_of_month, lists.day_of_week
  if dates[1] == "*" then return false end
  local both, never = week[1] ~= "*", true
  if both and (#dates == 31 or #week == 7) then return true end
  for _, length in ipairs(lengths(lists)) do
    if skips(dates, length) then return true end
    never = never and dates[1] > length
  end
  return both and never
end

local function questions()
  math.randomseed(SEED)
  local list = {}
  for i = 1, ROUNDS do
    local text = random.cron()
    list[i] = { text = text, schedule = assert(dr.schedule(text)), after = random.time() }
  end
  return list
end

local function ask_croniter(list)
  local folder <close> = process.folder()
  local lines = {}
  for i, q in ipairs(list) do lines[i] = ("%s\t%d\n"):format(q.text:gsub("%*/1%f[%s\0]", "*"), q.after) end
  folder:write("questions", table.concat(lines))
  local status, text = process.run(
    "/usr/bin/python3 spec/schedule/croniter_next.py < " .. process.quote(folder.path .. "/questions"))
  assert.equal(0, status, text)
  local answers = {}
  for line in text:gmatch "[^\n]+" do answers[#answers + 1] = math.tointeger(tonumber(line)) or line end
  assert.equal(#list, #answers, text:sub(1, 500))
  return answers
end

local function next_time(q)
  local run = q.schedule:next_runs({ count = 1, after = q.after })[1]
  return run and run.time or "none"
end

local function complain(findings, q, name, other)
  local ours = next_time(q)
  if ours ~= other then
    findings[#findings + 1] = ("%s after %s: %s, %s says %s"):format(q.text, q.after, ours, name, other)
  end
end

describe(("%d random schedules (SCHEDULE_SEED=%d)"):format(ROUNDS, SEED), function()
  local list = questions()

  it("have the next time that the sandbox finds minute by minute", function()
    local findings = {}
    for _, q in ipairs(list) do
      complain(findings, q, "the sandbox", cron.next(wire(q.schedule:to_table()), q.after + 1) or "none")
    end
    assert.equal("", table.concat(findings, "\n", 1, math.min(#findings, 20)))
  end)

  it("have the next time that croniter finds", function()
    local findings, left_out = {}, 0
    for i, answer in ipairs(ask_croniter(list)) do
      if differs(list[i].schedule:to_table()) then
        left_out = left_out + 1
      else
        complain(findings, list[i], "croniter", answer)
      end
    end
    assert.equal("", table.concat(findings, "\n", 1, math.min(#findings, 20)))
    assert.is_true(left_out < 0.25 * ROUNDS, left_out .. " left out")
  end)

  it("are read again from their cron text, and from their lists", function()
    for _, q in ipairs(list) do
      local text = tostring(q.schedule)
      local by_text, by_lists = dr.schedule(text), dr.schedule(q.schedule:to_table())
      assert.is_true(by_text == q.schedule and tostring(by_text) == text, q.text)
      assert.is_true(by_lists == q.schedule and tostring(by_lists) == text, q.text)
    end
  end)
end)
