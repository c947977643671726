-- What is said about mistakes: the page mistakes.md word by word, and slips of every name and word.
local dr = require "datarobot"
local advice = require "spec.support.advice"
local mistakes = require "spec.support.mistakes"

local schemas = require("datarobot.core").schemas()

describe("the page of mistakes", function()
  local PAGE <const> = "spec/validate/mistakes.md"

  it("is what is said", function()
    local differing, count = {}, 0
    mistakes.each(PAGE, function(number, code, expected, fix)
      count = count + 1
      local err = mistakes.run(code)
      local said = table.concat(mistakes.lines(err), "\n+ ")
      local wanted = table.concat(expected, "\n- ")
      local becomes = err and mistakes.fix(code)
      if becomes ~= fix then
        differing[#differing + 1] = ("%s:%d: %s\n- %s\n+ %s"):format(PAGE, number, code, fix, becomes)
      end
      if said:gsub("\n%+ ", "\n") ~= wanted:gsub("\n%- ", "\n") then
        differing[#differing + 1] = ("%s:%d: %s\n- %s\n+ %s"):format(PAGE, number, code, wanted, said)
      end
    end)
    assert.equal("", table.concat(differing, "\n"))
    assert.is_true(count >= 400, count .. " mistakes")
  end)

  it("keeps to lines that can be read", function()
    mistakes.each(PAGE, function(_, code, lines)
      for _, line in ipairs(lines) do
        assert.is_true(utf8.len(line) <= 160 or code:find "deep" ~= nil, line)
        assert.is_nil(line:find "%s%s", line)
      end
    end)
  end)

  it("names the place once, and what was given", function()
    mistakes.each(PAGE, function(_, code)
      for i, p in ipairs(mistakes.run(code).problems) do
        if i > 3 then break end
        assert.is_false(p.path ~= "" and p.message:find(p.path .. ":", 1, true) ~= nil, p.message)
        local counted = p.message:find "^%d+ %l+ are too" or p.message:find "is empty"
        local cron = p.path == "trigger.schedule" -- the part that is wrong stands in the sentence
        assert.is_truthy(not p.got or counted or cron or p.message:find(p.got, 1, true) ~= nil, p.message)
      end
    end)
  end)
end)

describe("advice that is followed literally", function()
  -- Problems of `err` at a place or below it.
  local function left(err, path)
    local list = {}
    for _, p in ipairs(err and err.problems or {}) do
      local within = p.path:sub(1, #path) == path and p.path:sub(#path + 1, #path + 1):find "^[.%[]?$"
      if path == "" and p.path == "" or path ~= "" and within then list[#list + 1] = p.path .. ": " .. p.message end
    end
    return list
  end

  local MOST <const> = 6 -- problems of a row; some have thousands of a kind

  it("makes each problem of the page go away", function()
    local broken = {}
    local function tell(number, p, why)
      broken[#broken + 1] = ("%s:%d: %s: %s\n  %s"):format("mistakes.md", number, p.path, p.message, why)
    end
    mistakes.each("spec/validate/mistakes.md", function(number, code)
      for i, p in ipairs(mistakes.run(code).problems) do
        if i > MOST then break end
        local count = advice.ways(p.message)
        if count == 0 then tell(number, p, "proposes nothing") end
        for n = 1, count do
          local kind, t = mistakes.make(code)
          local fixed = advice.follow(kind, t, p, n)
          local _, err = dr.validate(kind, fixed or {})
          local still = fixed and left(err.problems and err, p.path) or { "nothing could be done" }
          if #still > 0 then tell(number, p, "way " .. n .. " leaves " .. still[1]) end
        end
      end
    end)
    assert.equal("", table.concat(broken, "\n"))
  end)

  it("makes every row legal in the end", function()
    local broken = {}
    mistakes.each("spec/validate/mistakes.md", function(number, code)
      local fixed, why = mistakes.fixed(code)
      if not fixed and why ~= "many problems" then broken[#broken + 1] = ("%d: %s: %s"):format(number, code, why) end
    end)
    assert.equal("", table.concat(broken, "\n"))
  end)
end)

-- {=== slips: one edit of each name and word ===}

local ROWS <const> = { "qwertyuiop", "asdfghjkl", "zxcvbnm" }

-- The letter that stands to the right of a letter on a keyboard, else the one to its left.
local function neighbour(c)
  for _, row in ipairs(ROWS) do
    local at = row:find(c:lower(), 1, true)
    if at then
      local other = at < #row and row:sub(at + 1, at + 1) or row:sub(at - 1, at - 1)
      return c:find "%u" and other:upper() or other
    end
  end
  return c
end

-- Calls fn for every text that one slip makes of a word.
local function each_slip(word, fn)
  for i = 1, #word do
    local before, c, after = word:sub(1, i - 1), word:sub(i, i), word:sub(i + 1)
    fn(before .. after)
    fn(before .. c .. c .. after)
    fn(before .. neighbour(c) .. after)
    if after ~= "" then fn(before .. after:sub(1, 1) .. c .. after:sub(2)) end
  end
  fn(word:upper())
  fn(word:lower())
  fn(word:sub(1, 1):upper() .. word:sub(2))
  fn((word:gsub("[_ ]", "-")))
  fn((word:gsub("[_ ]", "")))
  fn((word:gsub("_(%l)", string.upper)))
  fn((word:gsub("[ -]", "_")))
end

local function set_of(list, key)
  local set = {}
  for _, entry in ipairs(list) do set[key and entry[key] or entry] = true end
  return set
end

describe("a slip", function()
  -- Counts what `say` makes of every slip of `word`: it returns a message, or nil where the slip is legal.
  local function count(tally, word, legal, say)
    local seen = {}
    each_slip(word, function(slip)
      if seen[slip] or legal[slip] or slip == "" then return end
      seen[slip] = true
      local message = say(slip)
      if not message then return end
      tally.all = tally.all + 1
      if message:find('did you mean "?' .. word:gsub("%p", "%%%0") .. '"?%?') then
        tally.right = tally.right + 1
      else
        tally.missed[#tally.missed + 1] = slip .. ": " .. message
      end
    end)
  end

  local function share(tally, what)
    local percent = 100 * tally.right / tally.all
    local text = ("%.1f %% of %d slips of %s get the right suggestion"):format(percent, tally.all, what)
    io.write("# ", text, "\n")
    if os.getenv "MISSED" then print(table.concat(tally.missed, "\n")) end
    assert.is_true(percent >= 95, text .. "\n" .. table.concat(tally.missed, "\n", 1, math.min(40, #tally.missed)))
  end

  -- Calls fn for each object of a body, with a function that puts a table in its place.
  local function each_object(fields, fn, wrap)
    fn(fields, wrap)
    for _, field in ipairs(fields) do
      local inner = field.item and field.item.fields or field.fields
      if inner then
        each_object(inner, fn, function(t) return wrap { [field.name] = field.item and { t } or t } end)
      end
    end
  end

  local function said(kind, t, path_end)
    local ok, err = dr.validate(kind, t)
    if ok then return nil end
    for _, p in ipairs(err.problems) do
      if p.pointer:sub(-#path_end - 1) == "/" .. path_end then return p.message end
    end
    return "nothing"
  end

  it("of a member's name is known", function()
    local tally = { all = 0, right = 0, missed = {} }
    for _, kind in ipairs(schemas.kinds) do
      each_object(kind.fields, function(fields, wrap)
        local names, wires = set_of(fields, "name"), set_of(fields, "wire")
        local legal = setmetatable({}, { __index = function(_, k) return names[k] or wires[k] end })
        for _, field in ipairs(fields) do
          for name in pairs { [field.name] = true, [field.wire] = true } do
            count(tally, name, legal, function(slip)
              local message = said(kind.name, wrap { [slip] = 1 }, slip)
              -- a slip may have neither spelling: either name is right
              return message and message:gsub("%f[%w_]" .. field.name .. "%?", name .. "?")
                :gsub("%f[%w_]" .. field.wire .. "%?", name .. "?")
            end)
          end
        end
      end, function(t) return t end)
    end
    share(tally, "names")
  end)

  it("of a legal word is known", function()
    local tally = { all = 0, right = 0, missed = {} }
    local done = {}
    for _, kind in ipairs(schemas.kinds) do
      each_object(kind.fields, function(fields, wrap)
        for _, field in ipairs(fields) do
          if field.words and not done[field.enum] then
            done[field.enum] = true
            for _, word in ipairs(field.words) do
              count(tally, word, set_of(field.words), function(slip)
                return said(kind.name, wrap { [field.name] = slip }, field.wire)
              end)
            end
          end
        end
      end, function(t) return t end)
    end
    share(tally, "words")
  end)
end)
