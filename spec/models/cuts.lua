--- Seeded cuts of writes to a deployment: a proxy loses answers, and every change of status, replacement and new
-- challenger must end with the right answer.
--
--     lua5.4 spec/models/cuts.lua [how many, default 3000 [first seed, default 1 [verb]]]
--
-- The verbs are status, replace and challenger. What the sandbox holds afterwards is compared with what the answer
-- says: what succeeded is there; what failed in a way that says that nothing was done is not; a challenger is never
-- made twice, and its POST sent once; no other write is sent more than twice by the same call, retries of what the
-- server has refused aside. Each call is over by its deadline. A case that goes wrong is printed; seed and verb play it
-- alone.

local cjson = require "cjson"
local core = require "datarobot.core"
local cqueues = require "cqueues"
local dr = require "datarobot"
local proxies = require "spec.settle.cutting_proxy"
local sandboxes = require "datarobot.sandbox"

local LANES <const> = 16 -- deployments, one call at a time in each
local LATE <const> = 5 -- seconds that a busy machine may take beyond a deadline

-- After these it is open whether the server has acted.
local OPEN <const> = { ambiguous = true, timeout = true }

-- {=== the verbs: what is done, and what is wrong with the answer ===}

local verbs, judges = {}, {}

function verbs.status(c)
  c.wanted = c.lane.shown.status == "active" and "inactive" or "active"
  local method = c.wanted == "active" and "activate" or "deactivate"
  return c.deployment[method](c.deployment, { timeout = c.timeout })
end

function judges.status(c)
  local is = assert(c.lane.shown:refresh()).status
  if c.value then return is ~= c.wanted and "done, and it is " .. is or nil end
  return not OPEN[c.err.kind] and is == c.wanted and "changed, and the error says that it was not" or nil
end

function verbs.replace(c)
  local now = assert(c.lane.shown:champion_model_package()).id
  c.wanted = now == c.lane.packages[1] and c.lane.packages[2] or c.lane.packages[1]
  return c.deployment:replace_model({ model_package_id = c.wanted }, { timeout = c.timeout })
end

function judges.replace(c)
  local is = assert(c.lane.shown:champion_model_package()).id
  if c.value then return is ~= c.wanted and "done, and it is not" or nil end
  return not OPEN[c.err.kind] and is == c.wanted and "replaced, and the error says that it was not" or nil
end

function verbs.challenger(c)
  for _, challenger in ipairs(assert(c.lane.shown:challengers())) do assert(challenger:delete()) end
  local now = assert(c.lane.shown:champion_model_package()).id
  local other = now == c.lane.packages[1] and c.lane.packages[2] or c.lane.packages[1]
  return c.deployment:create_challenger({ name = "case " .. c.seed, model_package_id = other }, { timeout = c.timeout })
end

function judges.challenger(c)
  local list = assert(c.lane.shown:challengers())
  if c.value then return (#list ~= 1 or list[1].id ~= c.value.id) and "made, and it is not there" or nil end
  for _, id in ipairs(c.err.candidates or {}) do
    if not list[1] or list[1].id ~= id then return "a candidate that is not there" end
  end
  return not OPEN[c.err.kind] and #list > 0 and "made, and the error says that it was not" or nil
end

-- How often the call's own write reached the sandbox, or may have.
local WRITES <const> = {
  status = { "PATCH", "/status/$", 2 }, replace = { "PATCH", "/model/$", 2 },
  challenger = { "POST", "/challengers/$", 1 },
}

local function too_many(c)
  local method, path, most = table.unpack(WRITES[c.verb])
  local n = 0
  for _, e in ipairs(c.log) do
    if e.method == method and e.path:find(path) and e.fate ~= "refuse" then n = n + 1 end
  end
  return n > most and ("%d times %s"):format(n, method) or nil
end

-- {=== playing ===}

local function tell(c, fault)
  local lines = { ("seed %d %s: %s; %s"):format(c.seed, c.verb, fault, c.err and tostring(c.err) or "success") }
  for _, e in ipairs(c.log) do
    lines[#lines + 1] = ("    %s %s: %s, sandbox %s, reply %s"):format(e.method, e.path, e.fate,
      e.status or "not asked", e.reply or "lost")
  end
  lines[#lines + 1] = ("    lua5.4 spec/models/cuts.lua 1 %d %s"):format(c.seed, c.verb)
  return table.concat(lines, "\n")
end

local function play(world, counts, seed, verb, lane)
  local pick = proxies.generator(seed, 5)
  local c = { seed = seed, verb = verb, lane = lane, hasty = pick(8) == 1 }
  c.timeout = c.hasty and 0.4 or 3
  local client <close> = assert(dr.client { endpoint = world.endpoint, token = world.sandbox.token,
    retries = pick(4) == 1 and pick(3) - 1 or 3, user_agent_suffix = "cut/" .. seed })
  client:on_wait(cqueues.poll)
  assert(lane.shown:refresh())
  c.deployment = assert(client:deployment(lane.shown.id))
  local place = "cut/" .. seed
  assert(world.watch:post(place, { hasty = c.hasty }))
  local started = core.now()
  local value, err = verbs[verb](c)
  local seconds = core.now() - started
  client:close()
  c.value, c.err = value, not value and err or nil
  c.log = cjson.decode(assert(world.watch:get(place)).text).log
  cqueues.sleep(0.15) -- for what acts late
  local fault = judges[verb](c) or too_many(c) or (seconds > c.timeout + LATE and ("it took %.1f s"):format(seconds))
  counts.cases = counts.cases + 1
  local word = value and "done" or err.kind
  counts[word] = (counts[word] or 0) + 1
  if fault then world.faults[#world.faults + 1] = tell(c, fault) end
end

local ORDER <const> = { "status", "replace", "challenger" }

-- A deployment with two model packages: the champion's and that of a run.
local function lane_of(sandbox, deployment)
  assert(deployment:update_challenger_models_settings { enabled = true })
  assert(deployment:update_retraining_settings { dataset_id = sandbox.dataset_id })
  local policy = assert(deployment:create_retraining_policy { name = "p" })
  return { shown = deployment, run = assert(policy:start_run()), packages = { deployment.model_package.id } }
end

local function lanes_of(world)
  local lanes = {}
  for i, deployment in ipairs(assert(world.direct:deployments():collect())) do
    lanes[i] = lane_of(world.sandbox, deployment)
  end
  assert(world.sandbox:advance "2h")
  for _, lane in ipairs(lanes) do lane.packages[2] = assert(lane.run:refresh()).model_package_id end
  return lanes
end

--- Plays `n` cases.
-- @param n how many
-- @param first the first seed
-- @param only a verb, or nil
-- @return verb -> { cases =, answer = how many … }; a text for each case that went wrong; seconds
local function run(n, first, only)
  local sandbox <close> = sandboxes.start { deployments = LANES }
  local proxy <close>, port = proxies.start(sandbox.port) -- luacheck: ignore
  local endpoint = ("http://127.0.0.1:%d/api/v2"):format(port)
  local watch <close> = assert(dr.client { endpoint = endpoint, token = sandbox.token })
  local direct <close> = assert(sandbox:client())
  watch:on_wait(cqueues.poll)
  direct:on_wait(cqueues.poll)
  local world = { sandbox = sandbox, endpoint = endpoint, watch = watch, direct = direct, faults = {} }
  local all, started, next_seed, loop = {}, core.now(), first, cqueues.new()
  for _, verb in ipairs(ORDER) do all[verb] = { cases = 0 } end
  loop:wrap(function()
    for _, lane in ipairs(lanes_of(world)) do
      loop:wrap(function()
        while next_seed < first + n do
          local seed = next_seed
          local verb = only or ORDER[seed % #ORDER + 1]
          next_seed = seed + 1
          play(world, all[verb], seed, verb, lane)
        end
      end)
    end
  end)
  assert(loop:loop())
  return all, world.faults, core.now() - started
end

if not (arg and arg[0] and arg[0]:find "models/cuts%.lua$") then return run end

local function integer(text, default)
  return math.tointeger(tonumber(text or default))
end

if arg[3] and not verbs[arg[3]] then error("no such verb; there are " .. table.concat(ORDER, ", "), 0) end
local all, faults, seconds = run(integer(arg[1], 3000), integer(arg[2], 1), arg[3])
for _, verb in ipairs(ORDER) do
  local words = {}
  for word, count in pairs(all[verb]) do words[#words + 1] = ("%s %d"):format(word, count) end
  table.sort(words)
  print(("%-10s "):format(verb) .. table.concat(words, ", "))
end
print(("%.0f s, %d wrong"):format(seconds, #faults))
for i = 1, math.min(#faults, 20) do print(faults[i]) end
os.exit(#faults == 0, true)
