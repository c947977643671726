-- Cron text with several wrong fields: each is told, and following what is said of one leaves the others.
local dr = require "datarobot"

-- The fields that problems of a cron text name, and the problems.
local function told(text)
  local _, err = dr.schedule(text)
  local names = {}
  for i, problem in ipairs(err.problems) do names[i] = problem.message:match "^[%l_]+" end
  return table.concat(names, " "), err.problems
end

local FIELDS <const> = { "minute", "hour", "day_of_month", "month", "day_of_week" }
local WRONG <const> = { "60", "24", "32", "13", "8" }
local RIGHT <const> = { "0", "9", "1", "2", "3" }

describe("cron text", function()
  it("with any of its fields wrong names these, in their order", function()
    for set = 1, 31 do
      local text, names = {}, {}
      for i, name in ipairs(FIELDS) do
        local wrong = set >> (i - 1) & 1 == 1
        text[i] = wrong and WRONG[i] or RIGHT[i]
        if wrong then names[#names + 1] = name end
      end
      text = table.concat(text, " ")
      local got, problems = told(text)
      assert.equal(table.concat(names, " "), got)
      for _, problem in ipairs(problems) do
        assert.matches(('in "%s"'):format(text), problem.message, 1, true)
        assert.equal("", problem.pointer)
      end
    end
  end)

  it("that can be mended as a whole is told once, with what to write", function()
    for _, text in ipairs { "0 9 * * MOM", "0 9;17 * * *", "0 9 1 JANUAR MOM" } do
      local _, problems = told(text)
      if problems[1].message:find "; write " then assert.equal(1, #problems, text) end
    end
    assert.equal(1, #select(2, told "1 2"))
  end)

  it("is shown as it is where a person can read it", function()
    local _, problems = told "１５ ９ * * *"
    assert.equal('minute "１５" is not a number (0 to 59) in "１５ ９ * * *"', problems[1].message)
    assert.equal('hour "９" is not a number (0 to 23) in "１５ ９ * * *"', problems[2].message)
    _, problems = told "\u{202e}5\1 60 * * *"
    assert.matches('^minute "[?]+5[?]" is not a number', problems[1].message)
    local long = select(2, told(("é"):rep(100) .. " 9 * * *"))[1].message
    assert.is_truthy(utf8.len(long))
    assert.is_true(#long < 240)
  end)
end)
