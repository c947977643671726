local cron = require "datarobot.sandbox.world.cron"

-- Five lists from short texts: "*" or numbers and names.
local function schedule(minute, hour, day, month, week)
  local function list(text)
    local items = {}
    for word in text:gmatch "%S+" do items[#items + 1] = math.tointeger(tonumber(word)) or word end
    return items
  end
  return {
    minute = list(minute), hour = list(hour), dayOfMonth = list(day), month = list(month), dayOfWeek = list(week),
  }
end

local function next_time(rule, from)
  local seconds = cron.next(rule, cron.parse(from))
  return seconds and cron.timestamp(seconds):sub(1, 16)
end

describe("cron", function()
  it("finds the first minute at or after a time", function()
    local daily = schedule("0", "9", "*", "*", "*")
    assert.equal("2024-12-20T09:00", next_time(daily, "2024-12-20T09:00:00Z"))
    assert.equal("2024-12-21T09:00", next_time(daily, "2024-12-20T09:00:01Z"))
    assert.equal("2025-01-01T09:00", next_time(daily, "2024-12-31T23:59:59Z"))
  end)

  it("adds dates and week days up", function()
    local both = schedule("0", "0", "1", "*", "tue")
    assert.equal("2024-12-01T00:00", next_time(both, "2024-11-27T00:00:00Z"))
    assert.equal("2024-12-03T00:00", next_time(both, "2024-12-01T00:01:00Z"))
  end)

  it("lets the side that is not a star decide alone", function()
    assert.equal("2024-12-24T00:00", next_time(schedule("0", "0", "*", "*", "Tuesday"), "2024-12-20T00:00:00Z"))
    assert.equal("2025-01-15T00:00", next_time(schedule("0", "0", "15", "*", "*"), "2024-12-20T00:00:00Z"))
  end)

  it("knows names in any case, Sunday as 0, and months", function()
    assert.equal("2024-12-22T00:00", next_time(schedule("0", "0", "*", "*", "0"), "2024-12-20T00:00:00Z"))
    assert.equal("2025-03-01T00:00", next_time(schedule("0", "0", "1", "MAR september", "*"), "2024-12-20T00:00:00Z"))
  end)

  it("skips dates that do not exist", function()
    assert.equal("2028-02-29T06:30", next_time(schedule("30", "6", "29", "2", "*"), "2024-12-20T00:00:00Z"))
    assert.equal("2104-02-29T00:00", next_time(schedule("0", "0", "29", "2", "*"), "2096-03-01T00:00:00Z"))
    assert.is_nil(next_time(schedule("0", "0", "31", "feb", "*"), "2024-12-20T00:00:00Z"))
  end)

  it("agrees with croniter where that is installed", function()
    local probe = io.popen("/usr/bin/python3 -c 'import croniter' 2>&1")
    local missing = probe:read "a" ~= ""
    probe:close()
    if missing then return pending "croniter is not installed" end
    local rules = {
      { "*/7 3 * * *", schedule("0 7 14 21 28 35 42 49 56", "3", "*", "*", "*") },
      { "5 0,12 13 * 5", schedule("5", "0 12", "13", "*", "5") },
      { "59 23 31 12 *", schedule("59", "23", "31", "12", "*") },
      { "0 0 29 2 *", schedule("0", "0", "29", "2", "*") },
      { "10 4 * 2,6 1-3", schedule("10", "4", "*", "2 6", "1 2 3") },
    }
    for _, rule in ipairs(rules) do
      local command = ([[/usr/bin/python3 -c "
from croniter import croniter
c = croniter('%s', 1734652800 - 1)
for i in range(20): print(int(c.get_next(float)))"]]):format(rule[1])
      local from, pipe, count = 1734652800, io.popen(command), 0
      for line in pipe:lines() do
        local found = cron.next(rule[2], from)
        assert.equal(math.tointeger(tonumber(line)), found)
        from, count = found + 60, count + 1
      end
      pipe:close()
      assert.equal(20, count)
    end
  end)

  it("reads and writes times", function()
    assert.equal("2024-02-29T23:59:59.000000Z", cron.timestamp(cron.parse "2024-02-29T23:59:59.123Z"))
    assert.equal(0, cron.parse "1970-01-01T01:00:00+01:00")
    assert.equal(0, cron.parse "1970-01-01 00:00:00")
    assert.is_nil(cron.parse "yesterday")
  end)
end)
