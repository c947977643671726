--- Bodies made at random from the schema tables, with wire names: mostly legal, each field sometimes
-- absent, null, at an edge, beyond one, or of another type. The same seed gives the same bodies.

local dr = require "datarobot"

local bodies = {}

local ID <const> = "675c98d9f2e4b4189bff25f5"

local kinds = {}
for _, kind in ipairs(require("datarobot.core").schemas().kinds) do kinds[kind.name] = kind end

--- The names of all kinds, sorted.
bodies.kinds = {}
for name in pairs(kinds) do bodies.kinds[#bodies.kinds + 1] = name end
table.sort(bodies.kinds)

local function pick(list) return list[math.random(#list)] end

local function chance(n) return math.random(n) == 1 end

local function text(n) return (chance(4) and "é" or "a"):rep(n) end

-- Values of other types, and values that are near to right.
local function odd()
  local which = math.random(14)
  if which == 1 then return dr.null end
  if which == 2 then return chance(2) end
  if which == 3 then return pick { 0, 1, -1, 7, 100, math.maxinteger, math.mininteger, 1 << 53 } end
  if which == 4 then return pick { 0.5, 1.0, 3.0, -0.0, 1e300, 2.0 ^ 63, -2.0 ^ 63, 5e-324, 98.000001 } end
  if which == 5 then return pick { "", "x", "true", "3", "*", "null", "None", "a\0b", "\u{10FFFF}" } end
  if which == 6 then return ID end
  if which == 7 then return dr.array {} end
  if which == 8 then return {} end
  if which == 9 then return dr.array { pick { 1, "a", "*", dr.null } } end
  if which == 10 then return { a = 1 } end
  if which == 11 then return "P7D" end
  if which == 12 then return { enabled = true } end
  if which == 13 then return dr.array { {} } end
  return dr.array { 1, 1 }
end

local make = {}

local function fields_of(fields, breaks)
  local t = {}
  for _, field in ipairs(fields) do
    if field.required and not chance(breaks) or chance(2) then
      if chance(breaks) then
        t[field.wire] = odd()
      elseif field.nullable and chance(4) then
        t[field.wire] = dr.null
      else
        t[field.wire] = make[field.type](field, breaks)
      end
    end
  end
  if chance(breaks * 4) then t[pick { "extra", "name", "type", "id", "x y", "" }] = odd() end
  return t
end

function make.string(field, breaks)
  local least, most = field.min_length or 0, field.max_length or 20
  if chance(breaks) then return pick { text(most + 1), "" } end
  if most > 1000 and not chance(200) then most = 20 end
  return text(pick { least, most, math.random(least, most) })
end

function make.boolean() return chance(2) end

function make.number(field, breaks)
  if field.among then
    return chance(breaks) and pick { field.among[1] - 1, field.among[1] + 0.5, 7 } or pick(field.among)
  end
  local low, high = field.min or -10, field.max or 10
  if high > 2 ^ 53 then high = math.maxinteger end
  if chance(breaks) then
    return pick { low - 1, high < 2 ^ 53 and high + 1 or low - 1, low - 0.5, low + 0.5, high + 0.5 }
  end
  return pick { low, high, low + 0.0, low + 1 }
end

make.integer = make.number

function make.enum(field, breaks)
  local word = pick(field.words)
  if chance(breaks) then return pick { word:upper(), word .. "s", word:sub(2), " " .. word } end
  return word
end

function make.id(_, breaks)
  if chance(breaks) then return pick { ID .. "0", ID:sub(2), ID:gsub("^.", "g"), ID .. "\n", "" } end
  return pick { ID, ID:upper() }
end

function make.duration(_, breaks)
  if chance(breaks) then
    return pick {
      "P", "PT", "P1DT", "7 days", "p7d", "P7D ", "P1.5D", "PT1.5H", "P-1D", "P1H", "PT1D", "P1M2Y", "P7D\n", "PT.5S",
      "PT5.S", "P1W2D", "PT1S2", "P99999999999999999999D", "PT0.000000001S",
    }
  end
  return pick { "P7D", "PT12H", "P1DT6H", "P1Y2M3W4DT5H6M7.5S", "P0D", "PT0S", "P2W" }
end

function make.time(_, breaks)
  if chance(breaks) then
    return pick {
      "", "2024-12-20", "2024-12-20 09:00:00Z", "2024-12-20T09:00:00", "2024-12-20T09:00:00+0530", "now",
      "2024-12-20T09:00:00Z\n", "2024-12-20T09:00Z", "2024-12-20T09:00:00.Z", "20241220T090000Z",
    }
  end
  return pick { "2024-12-20T09:00:00Z", "2024-12-20T09:00:00.5Z", "1999-01-01T00:00:00-03:30" }
end

local NAMES <const> = { dayOfWeek = { "mon", "Sunday", "SAT" }, month = { "jan", "March", "DEC" } }

-- One of the five lists: all, numbers, names.
local function list_of_times(field, breaks)
  if chance(3) then return dr.array { "*" } end
  local list, item = dr.array {}, field.item
  for v = item.min, item.max do
    if chance(6) then list[#list + 1] = chance(5) and v + 0.0 or v end
  end
  if NAMES[field.wire] and chance(3) then list[#list + 1] = pick(NAMES[field.wire]) end
  if #list == 0 or chance(breaks) then
    list[#list + 1] = pick {
      item.min, item.max, item.min - 1, item.max + 1, item.min + 0.5, "*", "3", "mon", "Foo", "", "JAN",
    }
  end
  if chance(breaks * 2) then list[#list + 1] = list[1] end
  if chance(breaks * 4) then return pick { dr.array {}, list[1], {}, "*" } end
  return list
end

function make.schedule(field, breaks)
  if chance(breaks) then return pick { "0 9 * * MON", "@daily", "nonsense" } end
  local t = {}
  for _, list in ipairs(field.fields) do
    if not chance(breaks * 3) then t[list.wire] = list_of_times(list, breaks) end
  end
  return t
end

function make.list(field, breaks)
  local list, n = dr.array {}, math.random(0, 3)
  if field.max_length and not chance(breaks) then n = math.min(n, field.max_length) end
  if field.min_length and not chance(breaks) then n = math.max(n, field.min_length) end
  for i = 1, n do
    local item = field.item
    list[i] = chance(breaks) and odd() or make[item.type](item, breaks)
  end
  return list
end

function make.object(field, breaks) return fields_of(field.fields, breaks) end

function make.free() return { a = dr.array { 1, "x", dr.null, { b = 0.1 } }, ["a_b"] = {} } end

--- A body of a kind.
---@param kind string
---@param breaks integer about one in so many values is not what it should be; 1 << 40: none
---@return table body wire names, lists marked
function bodies.make(kind, breaks)
  return fields_of(kinds[kind].fields, breaks)
end

return bodies
