--- Seeded cuts of a create: a proxy loses answers, and every create must end with one policy and the right answer.
--
--     lua5.4 spec/settle/cuts.lua [how many, default 10000 [first seed, default 1]]
--
-- Counted: duplicates (more than one policy for one create), losses (an answer without a policy) and wrong answers (a
-- policy that was there before, or an error that says nothing happened when it did). Creates that stay ambiguous are
-- counted, too: that is a right answer, but should be rare.

local core = require "datarobot.core"
local dr = require "datarobot"
local proxies = require "spec.settle.cutting_proxy"
local sandboxes = require "datarobot.sandbox"

local LANES <const> = 16 -- deployments, one create at a time in each

local function policy_of(seed)
  local t = { name = ("cut %d"):format(seed), description = seed % 3 == 0 and dr.null or ("d%d"):format(seed % 7) }
  if seed % 2 == 0 then t.autopilot_options = { mode = "quick", blend_best_models = seed % 4 == 0 } end
  if seed % 5 == 0 then t.project_options = { metric = "AUC", reps = 5.0 } end
  return t
end

-- What is there before the create, by seed: nothing, the same name with other members, or a twin made by the same
-- object. -> id -> true
local function prepare(seed, deployment, direct)
  local t, before = policy_of(seed), {}
  if seed % 6 == 1 then
    t.description = "another"
    before[assert(direct:create_retraining_policy(t)).id] = true
    if seed % 12 == 1 then assert(deployment:retraining_policies():collect()) end
  elseif seed % 6 == 2 then
    -- The twin's own create is not cut: its name tells no seed until it is renamed.
    t.name = "twin"
    local twin = assert(deployment:create_retraining_policy(t))
    assert(direct:retraining_policy(twin.id)):update { name = policy_of(seed).name }
    before[twin.id] = true
  end
  return before
end

local function judge(counts, policy, err, before, after)
  local new = {}
  for _, p in ipairs(after) do
    if not before[p.id] then new[#new + 1] = p.id end
  end
  if #new > 1 then counts.duplicates = counts.duplicates + 1 end
  if policy then
    if #new == 0 then counts.losses = counts.losses + 1 end
    if policy.id ~= new[1] then counts.wrong = counts.wrong + 1 end
    counts.created = counts.created + 1
  elseif err.kind == "ambiguous" then
    counts.ambiguous = counts.ambiguous + 1
    counts.acted = counts.acted + #new
  else
    counts.refused = counts.refused + 1
    if #new > 0 then counts.wrong = counts.wrong + 1 end
  end
end

-- One create through the proxy; `direct` is the same deployment without it.
local function cut(counts, client, seed, deployment, direct)
  local before = prepare(seed, deployment, direct)
  local policy, err = deployment:create_retraining_policy(policy_of(seed))
  assert(client:sleep(0.1)) -- what acts late has acted
  local after = assert(direct:retraining_policies():collect())
  judge(counts, policy, err, before, after)
  for _, p in ipairs(after) do assert(p:delete()) end
end

-- Runs `n` cuts. Returns counts: created, ambiguous (of these `acted`), refused, duplicates, losses, wrong; seconds.
local function run(n, first)
  local sandbox <close> = sandboxes.start { deployments = LANES }
  local proxy <close>, port = proxies.start(sandbox.port) -- luacheck: ignore
  local client <close> = assert(dr.client {
    endpoint = ("http://127.0.0.1:%d/api/v2"):format(port), token = sandbox.token, settle_pause = 0.05 })
  local direct <close> = assert(sandbox:client())
  local counts = { created = 0, ambiguous = 0, acted = 0, refused = 0, duplicates = 0, losses = 0, wrong = 0 }
  local lanes = assert(direct:deployments():collect())
  local started = core.now()
  for _, _, err in client:each(lanes, function(lane, i)
    local deployment = assert(client:deployment(lane.id))
    for seed = first + i - 1, first + n - 1, LANES do cut(counts, client, seed, deployment, lane) end
  end, { concurrency = LANES }) do
    if err then error(err, 0) end
  end
  counts.seconds = core.now() - started
  return counts
end

if not (arg and arg[0] and arg[0]:find "cuts%.lua$") then return run end

local n, first = math.tointeger(tonumber(arg[1] or 10000)), math.tointeger(tonumber(arg[2] or 1))
local c = run(n, first)
print(("%d cuts in %.0f s: %d created, %d ambiguous (%d of them had acted), %d refused"):format(n, c.seconds, c.created,
  c.ambiguous, c.acted, c.refused))
print(("%d duplicates, %d losses, %d wrong answers"):format(c.duplicates, c.losses, c.wrong))
os.exit(c.duplicates + c.losses + c.wrong == 0, true)
