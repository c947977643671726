--- Whether the core and the sandbox, whose schemas and codec are its own, agree on bodies made at random:
-- what one accepts the other accepts, and the bytes that the core would send are accepted, too. A command
-- of its own for many bodies: lua5.4 spec/validate/agreement.lua [COUNT [SEED]], default 100000 and 1.

local bodies = require "spec.support.bodies"
local checks = require "datarobot.sandbox.contract"
local contract = require "spec.support.contract"
local core = require "datarobot.core"
local dr = require "datarobot"
local json = require "datarobot.sandbox.json"

local agreement = {}

local schema_of = {}
for schema, kind in pairs(contract.kinds) do schema_of[kind] = schema end

-- The differences that are meant: in each, the core takes what the wire does not have and sends what it has.
local REASONS <const> = {
  {
    "cron text is a schedule in Lua",
    function(fault) return fault.path == "trigger.schedule" or fault.path == "schedule" end,
  },
  {
    "{} is an empty list in Lua where a list belongs",
    function(fault) return fault.message:find "^must be of type array" ~= nil end,
  },
}

-- The differences the other way round: the policy would never start itself; and the schemas count whole numbers of
-- any size, where they name no maximum.
local function lacks_type(p) return p.path == "trigger.type" and p.message:find "^missing" end
local function beyond(p) return p.message:find "does not fit into 64 bits" end

-- What the core alone refuses, or nil when it is not meant.
local function refusal_for(problems)
  local reason
  for _, p in ipairs(problems) do
    reason = lacks_type(p) and "a trigger says its type in Lua" or beyond(p) and "an integer of Lua has 64 bits"
    if not reason then return nil end
  end
  return reason
end

-- The reasons for all faults, or nil when one has none.
local function reasons_for(faults)
  local set = {}
  for _, fault in ipairs(faults) do
    local found
    for _, reason in ipairs(REASONS) do
      if reason[2](fault) then found = reason[1] end
    end
    if not found then return nil end
    set[found] = true
  end
  return set
end

local function tell(result, who, kind, text, why)
  table.insert(result.differing, ("%s alone accepts %s: %s; %s"):format(who, kind, why, text:sub(1, 300)))
end

local function compare(result, kind, text)
  local value, schema = assert(dr.decode(text)), schema_of[kind]
  local bytes, err = dr.encode(kind, value)
  local faults = checks.check(schema, assert(json.decode(text)))
  if bytes and #checks.check(schema, assert(json.decode(bytes))) > 0 then
    tell(result, "core", kind, bytes, "what it sends")
  elseif (bytes ~= nil) == (#faults == 0) then
    local word = bytes and "accepted" or "refused"
    result[word] = result[word] + 1
  elseif not bytes and refusal_for(err.problems) then
    local reason = refusal_for(err.problems)
    result.meant[reason] = (result.meant[reason] or 0) + 1
  elseif not bytes then
    tell(result, "sandbox", kind, text, err.problems[1].path .. " " .. err.problems[1].message)
  else
    local reasons = reasons_for(faults)
    if not reasons then return tell(result, "core", kind, text, faults[1].path .. " " .. faults[1].message) end
    for reason in pairs(reasons) do result.meant[reason] = (result.meant[reason] or 0) + 1 end
  end
end

--- Compares `count` bodies.
---@param count integer
---@param seed integer
---@return table result { accepted = n, refused = n, meant = { reason = n }, differing = list of texts }
function agreement.run(count, seed)
  local result = { accepted = 0, refused = 0, meant = {}, differing = {} }
  math.randomseed(seed)
  for i = 1, count do
    local kind = bodies.kinds[i % #bodies.kinds + 1]
    compare(result, kind, assert(core.encode_any(bodies.make(kind, i % 3 == 0 and 8 or 40))))
  end
  return result
end

local function main(count, seed)
  local begin = os.clock()
  local result = agreement.run(count, seed)
  print(("%d bodies: %d accepted and %d refused by both, %d differences (%.0f s)"):format(count, result.accepted,
    result.refused, #result.differing, os.clock() - begin))
  for reason, n in pairs(result.meant) do print(("%d meant: %s"):format(n, reason)) end
  for i = 1, math.min(20, #result.differing) do print(result.differing[i]) end
  os.exit(#result.differing == 0, true)
end

if arg and arg[0] and arg[0]:find "agreement%.lua$" then
  main(math.tointeger(arg[1] or "100000"), math.tointeger(arg[2] or "1"))
end

return agreement
