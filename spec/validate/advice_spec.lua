-- Advice on values that nobody thought of: built from pieces, many and seeded. Followed literally it gives what is
-- accepted; what gives none tells at least where and what is allowed.
local advice = require "spec.support.advice"
local dr = require "datarobot"

local SEED <const> = 20261201

-- {=== pieces ===}

local VALUES <const> = {
  "*", "0", "00", "7", "15", "29", "31", "59", "60", "99", "123", "-1", "1.5", "0x1", "?", "H", "L", "l", "LW", "W",
  "15W", "L-3", "5L", "FRIL", "MON#2", "2#1", "#", "*5", "**", "*x", "mond", "MO", "tues", "Mittwoch", "janu",
  "Febuary", "MON", "DEC", "xyz", "m", "", "1/2/3",
}
local BETWEEN <const> = { ",", ",", "-", "/", ";", "|", "..", ",,", "--", "-,", "/0", "/", ", ", " - ", "/00", "." }
local BEFORE <const> = { "", "", "", "", "cron(", "CRON(", "rate(", "'", '"', "TZ=UTC ", "CRON_TZ=Europe/Berlin ",
  "A=b ", "\t", "  ", "0 ", "# ", "@" }
local BEHIND <const> = { "", "", "", "", ")", "'", '"', " UTC", " Europe/Berlin", " EST", " Z", " *", " 2026",
  " /bin/x", " ./x", " root", " TUE", " TUE WED", " # comment", "\n", "\r\n", " ", " ? 2026", " 1 2 3 4", "\0" }
local WORDS <const> = {
  "9:00", "21:30:00", "9am", "12 am", "12pm", "9:30 pm", "9:75", "25:00", "9:30 xm", ":30", "9:", "13pm", "every 5m",
  "@every 5 minutes", "@every 7h", "every 2 hours", "every hour", "every 0 m", "1 day", "2 days", "every week",
  "@every month", "every", "@every", "every 5 years", "99h", "@noon", "noon", "Weekdays", "@weekends", "quarterly",
  "nightly", "tue", "Sun", "@dayly", "houly", "wekly", "x", "@", "", "@reboot", "every 60 min", "1h", "5",
}

local function pick(list) return list[math.random(#list)] end

local function field()
  local text = pick(VALUES)
  for _ = 1, math.random(0, 1) do text = text .. pick(BETWEEN) .. pick(VALUES) end
  return text
end

-- One or two things are odd; often more would leave nothing to advise.
local function cron_text()
  local before = math.random(4) == 1 and pick(BEFORE) or ""
  local behind = math.random(4) == 1 and pick(BEHIND) or ""
  if math.random(8) == 1 then return before .. pick(WORDS) .. behind end
  local fields = { pick { "0", "*/5", "30" }, pick { "9", "*" }, pick { "*", "1" }, pick { "*", "3" },
    pick { "*", "MON" } }
  local n = math.random(12)
  if n == 1 then table.remove(fields) end
  if n == 2 then table.insert(fields, 1, "0") end
  if n == 3 then table.insert(fields, pick { "*", "2026", "?" }) end
  for _ = 1, math.random(2) do fields[math.random(#fields)] = field() end
  return before .. table.concat(fields, " ") .. behind
end

local SCALARS <const> = {
  "true", "false", "yes", "No", "on", "off", "1", "0", "y", "enabled", "disabled", "maybe", 1, 0, 0.5, 0.2, 50.5, -1,
  1e30, 2 ^ 63, 0 / 0, 1 / 0, "50", "50%", "0.5", "0.5%", "%", "x%", "1e400", " 5 ", 7, 366, 367, 86400, 90061,
  10000000001, "7 days", "12h", "P7d", "p7", "P7", "PT12", "weekly", "@daily", "Monthly", "2 mo", "3w", "90s", "1y",
  "5 parsecs",
  "100000000d", "0d", "P", "PT", "7", "675c98d9f2e4b4189bff25f5", " 675c98d9f2e4b4189bff25f5\n",
  "https://app.datarobot.com/deployments/675c98d9f2e4b4189bff25f5/overview", "/675c98d9f2e4b4189bff25f5",
  "x/675c98d9f2e4b4189bff25f5x", "675C98D9F2E4B4189BFF25F5", "me@example.com", "", " ", "RMSE", "schedule",
  "0 9 * * MON", "@daily", true, false,
}

local function value()
  local one = pick(SCALARS)
  local form = math.random(8)
  if form == 1 then return { one } end
  if form == 2 then return { { one } } end
  if form == 3 then return { one, pick(SCALARS) } end
  if form == 4 then return { enabled = one } end
  if form == 5 then return { id = "675c98d9f2e4b4189bff25f5" } end
  return one
end

-- {=== where they are put ===}

-- The places of a kind: lists of names.
local function places(path, list, names)
  for _, f in ipairs(dr.fields(path)) do
    local place = table.move(names, 1, #names, 1, {})
    place[#place + 1] = f.name
    list[#list + 1] = place
    if f.type == "object" then places(path .. "." .. f.name, list, place) end
  end
  return list
end

local function put(t, place, what)
  for i = 1, #place - 1 do
    if type(t[place[i]]) ~= "table" then t[place[i]] = {} end
    t = t[place[i]]
  end
  t[place[#place]] = what
end

local function read(t, pointer)
  for name in pointer:gmatch "/([^/]+)" do
    local key = name:gsub("(.)(%u)", "%1_%2"):lower()
    if type(t) ~= "table" then return nil end
    t = t[math.tointeger(tonumber(name)) and tonumber(name) + 1 or key]
  end
  return t
end

-- The problem at that pointer and not below it.
local function problem_at(kind, t, pointer)
  local ok, err = dr.validate(kind, t)
  for _, p in ipairs(not ok and err.problems or {}) do
    if p.pointer == pointer then return p end
  end
end

describe("advice", function()
  it("on a cron text is a cron text, and is given in one line", function()
    math.randomseed(SEED)
    local advised = 0
    for n = 1, 10000 do
      local text = cron_text()
      local s, err = dr.schedule(text)
      if not s then
        local message = err.message
        assert.is_nil(message:find "%c", message)
        local proposed = message:match 'write "([^"]*)"$'
        if proposed then
          advised = advised + 1
          assert.is_truthy(dr.schedule(proposed), ("number %d: %s"):format(n, message))
        end
      end
    end
    assert.is_true(advised > 1500, "advice was given " .. advised .. " times")
  end)

  it("on a value of any member is accepted there", function()
    math.randomseed(SEED)
    local followed = 0
    for _, kind in ipairs { "policy", "settings" } do
      local all = places(kind, {}, {})
      for n = 1, 3000 do
        local place, t = pick(all), { name = "p" }
        put(t, place, value())
        local ok, err = dr.validate(kind, t)
        local p = not ok and err.problems[1]
        local count = p and read(t, p.pointer) ~= nil and advice.ways(p.message) or 0
        local fixed = count > 0 and advice.follow(kind, t, p, 1)
        if fixed then
          followed = followed + 1
          local still = problem_at(kind, fixed, p.pointer)
          assert.is_true(not still or still.message ~= p.message,
            ("number %d: %s: %s"):format(n, p.path, p.message))
        end
      end
    end
    assert.is_true(followed > 1000, "advice was followed " .. followed .. " times")
  end)
end)
