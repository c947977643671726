--- How long dr.schedule takes: one line a question, in microseconds. Fails when the next time of a daily schedule
-- takes more than 5 us, or any next time more than 50 us (29 February after 2096 is the longest way).

local dr = require "datarobot"

local ROUNDS <const> = 15
local CALLS <const> = 2000

-- The median of several rounds, since the machine does other things, too.
local function microseconds(f)
  local times = {}
  for i = 1, ROUNDS do
    local begin = os.clock()
    for _ = 1, CALLS do f() end
    times[i] = (os.clock() - begin) / CALLS * 1e6
  end
  table.sort(times)
  return times[ROUNDS // 2 + 1]
end

local function next_run(text, after)
  local s, o = dr.schedule(text), { count = 1, after = after }
  return function() return s:next_runs(o) end
end

local function next_ten(text)
  local s, o = dr.schedule(text), { after = "2026-11-24T12:00:00Z" }
  return function() return s:next_runs(o) end
end

local LINES <const> = {
  { "next run, daily", next_run("@daily", "2026-11-24T12:00:00Z"), 5 },
  { "next run, Mondays", next_run("0 9 * * MON", "2026-11-24T12:00:00Z"), 50 },
  { "next run, 29 February after 2096", next_run("0 0 29 2 *", "2096-03-01T00:00:00Z"), 50 },
  { "next run, 31 February (none)", next_run("0 0 31 2 *", "2026-11-24T12:00:00Z"), 50 },
  { "next 10 runs, daily", next_ten "@daily" },
  { "made of cron text", function() return dr.schedule "*/15 9-17 * * MON-FRI" end },
  { "described", function() return dr.schedule "*/15 9-17 * * MON-FRI":describe() end },
}

local slow = false
for _, line in ipairs(LINES) do
  local time = microseconds(line[2])
  local late = line[3] ~= nil and time > line[3]
  print(("%-34s %8.2f us%s"):format(line[1], time, late and (" (more than %g)"):format(line[3]) or ""))
  slow = slow or late
end
os.exit(slow and 1 or 0, true)
