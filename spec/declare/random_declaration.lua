-- Random declarations, from the schema tables: every field, often left out, sometimes null.
local core = require "datarobot.core"
local discovery = require "datarobot.help.discovery"
local dr = require "datarobot"

local random_declaration = {}

local SCHEDULES <const> = { "0 9 * * MON", "@daily", "*/5 1,2,3 1-7 JAN,FEB *", "30 0 1,15 * 0",
  { minute = { 5, 0 }, hour = { "*" }, day_of_month = { "*" }, month = { "march", 1 }, day_of_week = { "*" } } }
local DURATIONS <const> = { "P7D", "PT12H", "P1D" }
local ID <const> = "675c98d9f2e4b4189bff25f5"

local value

local function list_of(field, random)
  local list, n = {}, random(math.max(field.min_length or 0, 0), field.max_length or 3)
  for i = 1, n do list[i] = value(field.item, random) end
  return list
end

-- A table with some of the members; `share` of ten are left out.
function random_declaration.members(fields, random, share)
  local t = {}
  for _, field in ipairs(fields) do
    if field.required or random(10) > share then t[field.name] = value(field, random) end
  end
  return t
end

local MAKERS <const> = {
  string = function(field, random)
    local text = ({ "a", "b ", " c", "d\te", "ü", "x" })[random(6)]
    return text .. ("y"):rep(math.max((field.min_length or 0) - #text, 0))
  end,
  boolean = function(_, random) return random(2) == 1 end,
  integer = function(field, random)
    local n = random(field.min or 0, math.min((field.min or 0) + 20, field.max or 20))
    return random(2) == 1 and n or n + 0.0
  end,
  number = function(field, random)
    return (field.min or 0) + random(0, 4) / 4 * math.min((field.max or 50) - (field.min or 0), 50)
  end,
  enum = function(field, random) return field.words[random(#field.words)] end,
  id = function() return ID end,
  duration = function(_, random) return DURATIONS[random(#DURATIONS)] end,
  object = function(field, random) return random_declaration.members(field.fields, random, 3) end,
  list = list_of,
  schedule = function(_, random) return SCHEDULES[random(#SCHEDULES)] end,
  free = function(_, random) return { someThing = random(3), other = { deep = "x" } } end,
}

--- A random value that a field takes.
function value(field, random)
  if field.nullable and random(6) == 1 then return dr.null end
  return MAKERS[field.type](field, random)
end

random_declaration.value = value

--- A random body of a kind that is valid.
function random_declaration.body(kind, random, context)
  local fields = discovery.schemas().kinds[kind].fields
  for _ = 1, 1000 do
    local t = random_declaration.members(fields, random, 5)
    if next(t) ~= nil and core.validate(kind, t, context) then return t end
  end
  error("no valid " .. kind)
end

-- What only the server's state of the moment allows: challengers need stored rows; a client knows one dataset.
local function settings(random)
  local t = random_declaration.body("settings", random)
  t.predictions_data_collection = nil
  return next(t) ~= nil and t or nil
end

--- A random declaration: some settings, and up to five policies of `names`.
function random_declaration.whole(random, names)
  local t, used = { policies = {} }, {}
  for _ = 1, random(0, #names) do
    local policy, name = random_declaration.body("policy", random), names[random(#names)]
    if not used[name] then
      used[name], policy.name = true, name
      if type(policy.trigger) == "table" and next(policy.trigger) and random(4) == 1 then policy.paused = true end
      t.policies[#t.policies + 1] = policy
    end
  end
  if random(2) == 1 then t.settings = settings(random) end
  t.prune = random(3) == 1 or nil
  return t
end

return random_declaration
