-- dr.schedule: what it takes, what it refuses, equality, next times, and its place in a policy.
local cjson = require "cjson"
local dr = require "datarobot"
local process = require "spec.support.process"
local random = require "spec.schedule.random_schedule"

local LISTS <const> = {
  minute = { 0 }, hour = { 9 }, day_of_month = { "*" }, month = { "*" }, day_of_week = { 1 },
}

local function refused(x)
  local s, err = dr.schedule(x)
  assert.is_nil(s)
  assert.equal("validation", err.kind)
  return err.problems
end

describe("dr.schedule", function()
  it("takes cron text", function()
    assert.equal("0 9 * * 1", tostring(dr.schedule "0 9 * * MON"))
    assert.equal("0 9 * * 0-6", tostring(dr.schedule "0 9 * * MON-SUN"))
    assert.equal("0 0 * * *", tostring(dr.schedule "@daily"))
    assert.equal("0-4,30 0 1,15 1-3 0,5,6", tostring(dr.schedule "0-4,30 0 1,15 jan-mar FRI-sun"))
  end)

  it("takes five lists: Lua or wire names, numbers or words", function()
    assert.equal("0 9 * * 1", tostring(dr.schedule(LISTS)))
    assert.equal("0,30 9 15 2,3 0,1", tostring(dr.schedule {
      minute = { 30, 0.0 }, hour = { 9 }, dayOfMonth = { 15 }, month = { "February", "MAR" }, dayOfWeek = { "sun", 1 },
    }))
    assert.equal("0 9 * * 1", tostring(dr.schedule(cjson.decode
      '{"minute":[0],"hour":[9],"dayOfMonth":["*"],"month":["*"],"dayOfWeek":["MON"]}')))
  end)

  it("takes a normalized and a decoded schedule, and another schedule", function()
    local trigger = { type = "schedule", schedule = "0 9 * * MON" }
    local t = dr.normalize("policy", { name = "p", trigger = trigger })
    local s = dr.schedule(t.trigger.schedule)
    assert.equal("0 9 * * 1", tostring(s))
    local json = dr.decode(dr.encode("policy", { name = "p", trigger = trigger }))
    assert.is_true(dr.schedule(json.trigger.schedule) == s)
    assert.is_true(rawequal(s, dr.schedule(s)))
  end)

  it("raises for other types", function()
    for _, x in ipairs { 5, true, dr.null, io.stdout, print } do
      assert.error_matches(function() dr.schedule(x) end,
        "bad argument #1 to 'schedule' %(cron text, a table of five lists or a schedule expected, got ")
    end
    assert.error_matches(function() dr.schedule() end, "got no value")
  end)

  it("tells what is wrong in cron text", function()
    local problems = refused "0 25 * * *"
    assert.equal(1, #problems)
    assert.equal("", problems[1].path)
    assert.equal("", problems[1].pointer)
    assert.equal('hour 25 is too large (0 to 23) in "0 25 * * *"', problems[1].message)
    assert.equal('"0 25 * * *"', problems[1].got)
    assert.matches("^cron text", problems[1].expected)
    refused ""
    refused "@reboot"
    refused "* * * *"
  end)

  it("tells everything that is wrong in lists, with paths", function()
    local problems = refused {
      minute = { "*", 1 }, hour = { 25, "x" }, month = { "jan" }, dayOfWeek = { 7 }, wday = { 1 },
    }
    local paths = {}
    for i, p in ipairs(problems) do paths[i] = p.path .. " " .. p.pointer end
    assert.same({
      "minute /minute", "hour[1] /hour/0", "hour[2] /hour/1", "day_of_month /dayOfMonth", "day_of_week[1] /dayOfWeek/0",
      "wday /wday",
    }, paths)
    refused {}
    refused { hour = { 9 } }
    refused(setmetatable({}, { __index = LISTS }))
  end)

  it("gives the five lists back as dr.normalize does", function()
    local s = dr.schedule "*/20 0-22/7 1-3 * sat,SUN"
    assert.same({
      minute = { 0, 20, 40 }, hour = { 0, 7, 14, 21 }, day_of_month = { 1, 2, 3 }, month = { "*" },
      day_of_week = { 0, 6 },
    }, s:to_table())
    local normal = dr.normalize("policy", { name = "p", trigger = { type = "schedule", schedule = tostring(s) } })
    assert.same(normal.trigger.schedule, s:to_table())
    assert.equal(dr.encode("policy", normal), dr.encode("policy", { name = "p", trigger = { type = "schedule",
      schedule = s:to_table() } }))
  end)

  it("makes values that have a name and cannot be changed", function()
    local s = dr.schedule "@daily"
    assert.equal("datarobot.schedule", getmetatable(s).__name)
    assert.is_false(pcall(function() s.hour = { 1 } end))
    for _, method in ipairs { "next_runs", "describe", "to_table" } do
      assert.is_function(getmetatable(s).__index[method])
      assert.is_false(pcall(s[method], {}))
    end
  end)

  it("goes wherever a schedule goes in a policy", function()
    local function policy(schedule)
      return { name = "p", trigger = { type = "schedule", schedule = schedule } }
    end
    local text = "*/20 9 1,15 jan *"
    assert.equal(dr.encode("policy", policy(text)), dr.encode("policy", policy(dr.schedule(text))))
    assert.is_true(dr.validate("policy", policy(dr.schedule(text))))
    local _, err = dr.validate("policy", policy(io.stdout))
    assert.equal("trigger.schedule", err.problems[1].path)
  end)
end)

describe("equal schedules", function()
  local function same(a, b) return dr.schedule(a) == dr.schedule(b) end

  it("fire at the same times, however they are written", function()
    assert.is_true(same("0 9 * * MON", LISTS))
    assert.is_true(same("@weekly", "0 0 * * 7"))
    assert.is_true(same("0-59 0-23 * 1-12 *", "* * * * *"))
    assert.is_true(same("0 0 * * 0-6", "@daily"))
    assert.is_true(same("0 0 1-31 * *", "@daily"))
    assert.is_true(same("0 0 1-31 * 1", "@daily")) -- dates and week days add up
    assert.is_true(same("0 0 1 * 0-6", "@daily"))
    assert.is_true(same("0 0 1-30 4 *", "0 0 * 4 *"))
    assert.is_true(same("0 0 31 1,4 *", "0 0 31 1 *"))
    assert.is_true(same("0 0 30 2 *", "5 5 31 2 *")) -- neither ever does
  end)

  it("do not differ in a single time", function()
    assert.is_false(same("0 0 * * *", "0 1 * * *"))
    assert.is_false(same("0 0 1 * *", "0 0 1 * 1"))
    assert.is_false(same("0 0 * * 1", "0 0 1 * 1"))
    assert.is_false(same("0 0 1-29 2 *", "0 0 1-28 2 *"))
    assert.is_false(same("0 0 1-30 4,5 *", "0 0 * 4,5 *"))
    assert.is_false(same("0 0 31 1,2 1", "0 0 31 1 1"))
    assert.is_false(dr.schedule "@daily" == "0 0 * * *")
    assert.is_false(dr.schedule "@daily" == 1)
  end)

  -- Years with every kind of February; a list of few values so that equal ones meet.
  it("have the same next times, and others have not", function()
    math.randomseed(7)
    local DATES <const> = { "*", "1-31", "1-30", "1-29", "29", "30", "31", "30,31", "29-31", "1" }
    local MONTHS <const> = { "*", "2", "4", "2,4", "1,2" }
    local WEEKS <const> = { "*", "*", "0-6", "1" }
    local function some(list) return list[math.random(#list)] end
    local function make() return dr.schedule(("0 0 %s %s %s"):format(some(DATES), some(MONTHS), some(WEEKS))) end
    local counts = { [true] = 0, [false] = 0 }
    for _ = 1, 400 do
      local a, b = make(), make()
      local alike = true
      for year = 1996, 2023 do -- every date on every week day
        local o = { count = 366, after = (year - 1970) * 31557600 }
        local x, y = a:next_runs(o), b:next_runs(o)
        alike = alike and #x == #y
        for i = 1, #x do alike = alike and x[i].time == y[i].time end
        if not alike then break end
      end
      assert.equal(alike, a == b, tostring(a) .. " and " .. tostring(b))
      counts[alike] = counts[alike] + 1
    end
    assert.is_true(counts[true] > 20 and counts[false] > 20)
  end)
end)

describe("schedule:next_runs", function()
  local function utc(text, o)
    local list = {}
    for i, run in ipairs(dr.schedule(text):next_runs(o)) do list[i] = run.utc end
    return list
  end

  it("gives times strictly after a time", function()
    assert.same({ "2026-12-07T09:00:00Z", "2026-12-14T09:00:00Z" },
      utc("0 9 * * MON", { count = 2, after = "2026-11-30T09:00:00Z" }))
    assert.same({ "2026-11-30T09:00:00Z" }, utc("0 9 * * MON", { count = 1, after = "2026-11-30T08:59:59.999Z" }))
    assert.same({ "2026-11-30T09:00:00Z" }, utc("0 9 * * MON", { count = 1, after = "2026-11-30T10:59:59+02:00" }))
    assert.same({ "2026-11-30T09:00:00Z" }, utc("0 9 * * MON", { count = 1, after = "2026-11-30T14:29:59+05:30" }))
    assert.same({ "2026-12-07T09:00:00Z" }, utc("0 9 * * MON", { count = 1, after = "2026-11-30T14:30:00+05:30" }))
    assert.same({ "2026-11-30T09:00:00Z" }, utc("0 9 * * MON", { count = 1, after = "2026-11-30T05:29:59-03:30" }))
    assert.same({ "2026-12-07T09:00:00Z" }, utc("0 9 * * MON", { count = 1, after = "2026-11-30T05:30:00-03:30" }))
    assert.same({ "1970-01-01T00:02:00Z" }, utc("* * * * *", { count = 1, after = 60 }))
    assert.same({ "1970-01-01T00:01:00Z" }, utc("* * * * *", { count = 1, after = 0 }))
    assert.same({ "1970-01-01T00:01:00Z" }, utc("* * * * *", { count = 1, after = 59.9 }))
  end)

  it("gives ten from now on by default", function()
    local now = os.time()
    local runs = dr.schedule "@hourly":next_runs()
    assert.equal(10, #runs)
    assert.is_true(runs[1].time > now and runs[1].time <= now + 3602)
    for i = 2, 10 do assert.equal(3600, runs[i].time - runs[i - 1].time) end
  end)

  it("gives fewer when there are none", function()
    assert.same({}, utc "0 0 31 2 *")
    assert.same({ "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z" },
      utc("0 0 29 2 *", { count = 2, after = "2092-02-29 00:00:00" }))
    assert.same({ "9999-12-31T00:00:00Z" }, utc("@daily", { after = "9999-12-30T00:00:00Z" }))
    assert.same({}, utc("@daily", { after = 253402300799 }))
  end)

  it("refuses wrong options", function()
    local s = dr.schedule "@daily"
    local function wrong(o, pattern)
      assert.error_matches(function() s:next_runs(o) end, "bad argument #1 to 'next_runs' %(.*" .. pattern)
    end
    wrong({ cuont = 1 }, "unknown option 'cuont' %(did you mean 'count'%?%)")
    wrong({ count = 0 }, "option 'count': an integer from 1 to 10000 expected, got 0")
    wrong(5, "table expected, got number")
    for _, after in ipairs { "soon", -1, 0 / 0, math.huge, true, 253402300800, 1e12, "1969-12-31T23:59:59Z" } do
      wrong({ after = after }, "option 'after': seconds since 1970 or a time such as")
    end
  end)

  it("shows local time beside UTC", function()
    local code = [[
      local dr = require "datarobot"
      local runs = dr.schedule "0 9 25,26 10 *":next_runs { count = 2, after = "2025-10-01T00:00:00Z" }
      print(runs) print(runs[1].utc, runs[1].time, runs[1].local_time) print(runs[1])
      print(dr.schedule "0 0 30 2 *":next_runs())]]
    local status, text = process.run({ "lua5.4", "-e", code }, { TZ = "CET-1CEST,M3.5.0,M10.5.0/3" })
    assert.equal(0, status, text)
    assert.equal([[
UTC                    local time
Sat 2025-10-25 09:00   2025-10-25 11:00 +0200
Sun 2025-10-26 09:00   2025-10-26 10:00 +0100
2025-10-25T09:00:00Z	1761382800	2025-10-25 11:00 +0200
{ local_time = "2025-10-25 11:00 +0200", time = 1761382800, utc = "2025-10-25T09:00:00Z" }
no time within 8 years
]], text)
  end)

  it("goes on from one time to the next as single steps do", function()
    math.randomseed(11)
    for _ = 1, 200 do
      local s, after = dr.schedule(random.cron()), random.time()
      for _, run in ipairs(s:next_runs { count = 20, after = after }) do
        assert.equal(run.time, s:next_runs({ count = 1, after = after })[1].time)
        after = run.time
      end
    end
  end)
end)
