-- Pairs of random worlds: a deployment that is as one random declaration says is made as another says. Afterwards
-- nothing differs, a second apply writes nothing, and what was not named is as it was.
--     lua5.4 spec/declare/worlds.lua 10000 1    how many, first seed
local random_declaration = require "spec.declare.random_declaration"
local sandboxes = require "datarobot.sandbox"

local worlds = {}

local NAMES <const> = { "A", "B", "C \"quoted\"", "D\nline", "Ü" }

-- A generator of its own for each seed: math.random belongs to whoever runs this.
local function generator(seed)
  local state = seed * 2654435761 % 2 ^ 32 // 1 | 0
  return function(a, b)
    state = (state * 1103515245 + 12345) & 0x7fffffff
    local low, high = b and a or 1, b or a
    return low + (state >> 8) % (high - low + 1)
  end
end

local function writes(sandbox)
  local n = 0
  for _, request in ipairs(sandbox:requests { clear = true }) do
    if request.method ~= "GET" then n = n + 1 end
  end
  return n
end

-- Top-level members of policies and settings that a declaration does not name, as they are.
local function unnamed(deployment, t)
  local shown, named = {}, {}
  for _, policy in ipairs(t.policies) do named[policy.name] = policy end
  for _, policy in ipairs(deployment:retraining_policies():collect()) do
    local whole, own = policy:to_table(), named[policy.name] or {}
    if not (t.prune and not named[policy.name]) then
      for key, value in pairs(whole) do
        local id = key == "use_case" and "use_case_id" or key
        if own[id] == nil then shown[policy.name .. "." .. key] = value end
      end
    end
  end
  for key, value in pairs(deployment:get_settings()) do
    local on = key == "predictions_data_collection" -- challengers switch it on
    if not (t.settings and t.settings[key] ~= nil) and not on then shown["settings." .. key] = value end
  end
  return shown
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for k, v in pairs(a) do if not same(v, b[k]) then return false end end
  for k in pairs(b) do if a[k] == nil then return false end end
  return true
end

local CONSENT <const> = { allow_replacement = true, prune = true }

local function must(ok, what, seed)
  if not ok then error(("seed %d: %s"):format(seed, tostring(what)), 0) end
  return ok
end

--- Goes from one random world to another.
function worlds.pair(world, seed)
  local random, deployment = generator(seed), world.deployment
  local t = random_declaration.whole(random, NAMES)
  local before = unnamed(deployment, t)
  local plan, err = deployment:plan(t, CONSENT)
  -- Members that do not go with those that the table leaves as they are.
  if not plan and err.kind == "validation" then return 0 end
  must(plan, err, seed)
  writes(world.sandbox)
  local result
  result, err = plan:apply()
  must(result, ("%s\n%s"):format(err, plan), seed)
  must(writes(world.sandbox) == result.writes, "another number of writes", seed)
  local again = must(deployment:plan(t, CONSENT))
  must(#again == 0, "differs: " .. tostring(again), seed)
  result = must(deployment:apply(t, CONSENT))
  must(result.writes == 0 and writes(world.sandbox) == 0, "a second apply wrote", seed)
  local after = unnamed(deployment, t)
  for key, value in pairs(before) do must(same(value, after[key]), key .. " has changed", seed) end
  return #plan
end

--- A sandbox and a deployment for pairs.
function worlds.new(o)
  local sandbox = assert(sandboxes.start(o))
  local client = assert(sandbox:client())
  local deployment = assert(client:deployment(sandbox.deployment_id))
  assert(deployment:update_retraining_settings { retraining_user_id = client:whoami().uid })
  return { sandbox = sandbox, client = client, deployment = deployment }
end

if arg and arg[0] and arg[0]:find "worlds%.lua$" then
  local count, first = tonumber(arg[1]) or 300, tonumber(arg[2]) or 1
  local world, changes = worlds.new(), 0
  for seed = first, first + count - 1 do changes = changes + worlds.pair(world, seed) end
  print(("%d pairs, %d changes"):format(count, changes))
  world.client:close()
  world.sandbox:stop()
end

return worlds
