--- Seeded cuts of runs: a proxy loses answers, and every start, wait and cancellation must end with the right answer.
--
--     lua5.4 spec/runs/cuts.lua [how many, default 10000 [first seed, default 1 [verb: start, wait or cancel]]]
--
-- What the sandbox holds afterwards is compared with what the answer says:
--
--     start    never two runs; a run that is returned is the only new one; `ambiguous`: one or none, and its candidates
--              are new; any other error: none. One POST at most.
--     cancel   "cancelled": the run is; "too_late": it ended otherwise; the same when it is asked again
--     wait     the run's state is the one that is told
--
-- and each call is over by its deadline. A case that goes wrong is printed; seed and verb play it alone.

local cjson = require "cjson"
local core = require "datarobot.core"
local cqueues = require "cqueues"
local dr = require "datarobot"
local proxies = require "spec.settle.cutting_proxy"
local sandboxes = require "datarobot.sandbox"

local LANES <const> = 32 -- deployments, one call at a time in each
local LATE <const> = 5 -- seconds that a busy machine may take beyond a deadline

-- {=== A case

local function runs_of(c)
  local ids = {}
  for _, run in ipairs(assert(c.direct_policy:runs():collect())) do ids[run.id] = run end
  return ids
end

-- A case of a seed: a policy of its own, with runs that are over and perhaps one that goes on.
local function case_of(world, seed, verb, id)
  local pick = proxies.generator(seed, 3)
  local c = { seed = seed, verb = verb, pick = pick, world = world }
  c.hasty = pick(8) == 1
  c.client = assert(dr.client { endpoint = world.endpoint, token = world.sandbox.token,
    retries = pick(4) == 1 and pick(3) - 1 or 3, user_agent_suffix = "cut/" .. seed })
  c.client:on_wait(cqueues.poll)
  local deployment = assert(world.direct:deployment(id))
  c.direct_policy = assert(deployment:create_retraining_policy { name = "case " .. seed })
  for _ = 1, pick(3) - 1 do assert(assert(c.direct_policy:start_run()):cancel()) end
  if verb ~= "start" or pick(6) == 1 then c.active = assert(c.direct_policy:start_run()) end
  c.policy = assert(assert(c.client:deployment(id)):retraining_policy(c.direct_policy.id))
  c.run = c.active and assert(c.policy:run(c.active.id))
  c.before = runs_of(c)
  c.timeout = c.hasty and 0.4 or 3
  return c
end

-- Ends the run of a wait after a while, in one of the ways that there are.
local function end_later(c)
  local way = c.pick(3)
  cqueues.running():wrap(function()
    cqueues.sleep(c.pick(100) / 1000)
    if way == 1 then c.active:cancel() end
    if way == 2 then assert(c.world.sandbox:advance "2h") end
  end)
end

local verbs = {}

function verbs.start(c)
  return c.policy:start_run { timeout = c.timeout, join = c.pick(4) == 1 or nil }
end

function verbs.cancel(c)
  if c.pick(8) == 1 then end_later(c) end
  return c.run:cancel { timeout = c.timeout }
end

function verbs.wait(c)
  end_later(c)
  return c.run:wait { timeout = c.timeout, interval = 0.02, max_interval = 0.1 }
end

-- }===

-- {=== The judge

local judges = {}

function judges.start(c, after)
  local new, posts = {}, 0
  for id in pairs(after) do
    if not c.before[id] then new[#new + 1] = id end
  end
  for _, e in ipairs(c.log) do posts = posts + (e.method == "POST" and 1 or 0) end
  if #new > 1 then return "two runs" end
  if posts > 1 then return "two POSTs" end
  if c.value then
    if c.active and c.value.id == c.active.id then return nil end -- joined
    return c.value.id ~= new[1] and "not the run that was started" or nil
  end
  for _, id in ipairs(c.err.candidates or {}) do
    if c.before[id] then return "an old run is a candidate" end
  end
  return c.err.kind ~= "ambiguous" and #new > 0 and "a run was started, and the error says that none was" or nil
end

function judges.cancel(c, after)
  local state = after[c.active.id]:state()
  if c.value == "cancelled" then return state ~= "cancelled" and "not cancelled" or nil end
  if c.value == "too_late" then return state == "cancelled" and "cancelled, not too late" or nil end
  if c.err.run ~= c.run then return "an error without its run" end
  if state == "active" then return nil end
  local again = assert(c.active:cancel())
  return (again == "cancelled") ~= (state == "cancelled") and "another answer when asked again" or nil
end

function judges.wait(c, after)
  local state = after[c.active.id]:state()
  if c.value then return state ~= "succeeded" and "succeeded, and it did not" or nil end
  if c.err.run ~= c.run then return "an error without its run" end
  return c.err.kind == "run_failed" and c.err.state ~= state and "another state" or nil
end

-- }===

-- {=== Playing

local function tell(c, fault)
  local lines = { ("seed %d %s: %s; %s"):format(c.seed, c.verb, fault, c.err and tostring(c.err) or "success") }
  for _, e in ipairs(c.log) do
    lines[#lines + 1] = ("    %s %s: %s, sandbox %s, reply %s"):format(e.method, e.path, e.fate,
      e.status or "not asked", e.reply or "lost")
  end
  lines[#lines + 1] = ("    lua5.4 spec/runs/cuts.lua 1 %d %s"):format(c.seed, c.verb)
  return table.concat(lines, "\n")
end

local function clear(c, after)
  for _, run in pairs(after) do
    if run:state() == "active" then run:cancel() end
  end
  assert(c.direct_policy:delete())
end

local function play(world, counts, seed, verb, id)
  local c = case_of(world, seed, verb, id)
  local place = "cut/" .. seed
  assert(world.watch:post(place, { hasty = c.hasty }))
  local started = core.now()
  local value, err = verbs[verb](c)
  local seconds = core.now() - started
  c.client:close()
  c.value, c.err = value, not value and err or nil
  c.log = cjson.decode(assert(world.watch:get(place)).text).log
  cqueues.sleep(0.15) -- for what acts late
  local after = runs_of(c)
  local fault = judges[verb](c, after) or (seconds > c.timeout + LATE and ("it took %.1f s"):format(seconds))
  counts.cases = counts.cases + 1
  local word = type(value) == "string" and value or value and "done" or err.kind
  counts[word] = (counts[word] or 0) + 1
  if fault then world.faults[#world.faults + 1] = tell(c, fault) end
  clear(c, after)
end

local ORDER <const> = { "start", "wait", "cancel" }

-- In every other lane runs succeed: they have a dataset, and challengers are on. In the others they fail.
local function prepare(lanes, sandbox)
  for i = 1, #lanes, 2 do
    local owner = lanes[i].owners.preview[1].id
    assert(lanes[i]:update_challenger_models_settings { enabled = true })
    assert(lanes[i]:update_retraining_settings { dataset_id = sandbox.dataset_id, retraining_user_id = owner })
  end
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
    local lanes = assert(direct:deployments():collect())
    prepare(lanes, sandbox)
    for _, lane in ipairs(lanes) do
      loop:wrap(function()
        while next_seed < first + n do
          local seed = next_seed
          local verb = only or ORDER[seed % #ORDER + 1]
          next_seed = seed + 1
          play(world, all[verb], seed, verb, lane.id)
        end
      end)
    end
  end)
  assert(loop:loop())
  return all, world.faults, core.now() - started
end

-- }===

if not (arg and arg[0] and arg[0]:find "runs/cuts%.lua$") then return run end

local function integer(text, default)
  return math.tointeger(tonumber(text or default))
end

if arg[3] and not verbs[arg[3]] then error("no such verb; there are " .. table.concat(ORDER, ", "), 0) end
local all, faults, seconds = run(integer(arg[1], 10000), integer(arg[2], 1), arg[3])
for _, verb in ipairs(ORDER) do
  local words = {}
  for word, count in pairs(all[verb]) do words[#words + 1] = ("%s %d"):format(word, count) end
  table.sort(words)
  print(("%-8s"):format(verb) .. table.concat(words, ", "))
end
print(("%.0f s, %d wrong"):format(seconds, #faults))
for i = 1, math.min(#faults, 20) do print(faults[i]) end
os.exit(#faults == 0, true)
