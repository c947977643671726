--- Seeded cuts of writes: a proxy loses answers, and every write must end with the right answer.
--
--     lua5.4 spec/settle/cuts.lua [how many, default 10000 [first seed, default 1 [verb, default each in turn]]]
--
-- Verbs: create, update (of a policy), retraining_settings, settings, delete, raw_patch, raw_post. What the sandbox
-- holds afterwards is compared with what the answer says:
--
--     success        all that was asked, and nothing else
--     `ambiguous`    all of it or nothing, never a part
--     other errors   nothing; of a request that is repeated although it may have been acted on (update,
--                    retraining_settings, delete) all or nothing, unless the server refused the only one that was sent
--
-- Somebody else's write comes in between, now and then. Where both change the same member, ours is repeated over it;
-- every other member keeps what they gave it.
--
-- A case that goes wrong is printed; seed and verb play it alone. What the proxy does to the n-th request of a case is
-- the same in every run; the pauses between tries are not, so neither is how many tries fit into a short deadline.

local cjson = require "cjson"
local core = require "datarobot.core"
local cqueues = require "cqueues"
local dr = require "datarobot"
local cases = require "spec.settle.cases"
local proxies = require "spec.settle.cutting_proxy"
local sandboxes = require "datarobot.sandbox"

local LANES <const> = 48 -- deployments, one write at a time in each

-- {=== The judge

-- Kinds of an answer of a safe request that leave open whether the server acted.
local OPEN <const> = { transport = true, timeout = true, tls = true, server = true, protocol = true }

local function count_writes(log)
  local n = 0
  for _, e in ipairs(log) do n = n + (e.method and e.method ~= "GET" and 1 or 0) end
  return n
end

-- What an answer says: "done", "open" or "nothing".
local function word_of(c)
  local err = c.err
  if not err then return "done" end
  if err.kind == "ambiguous" then return "open" end
  if c.safe then return (OPEN[err.kind] or count_writes(c.log) > 1) and "open" or "nothing" end
  -- A change of settings was accepted, and asking for its job failed.
  local asked = err.method == "GET" or (err.kind == "timeout" and not err.method)
  return asked and "done" or "nothing"
end

-- The states that an answer allows.
local function allowed(c, word)
  local old, ours, theirs = c.before, c.changes, c.played and c.rival.changes or {}
  local last = cases.changed(cases.changed(old, theirs), ours)
  if word == "done" then return { last } end
  local states = { cases.changed(old, theirs) }
  if word == "open" then
    states[2], states[3] = last, cases.changed(cases.changed(old, ours), theirs)
  end
  return states
end

local function is_one_of(state, states)
  for _, s in ipairs(states) do
    if cases.same(state, s) then return true end
  end
  return false
end

-- The snapshot of the object that was handed in, or that came back.
local function object_fault(c, raw)
  local object = c.object
  if c.verb == "create" and c.value then
    return not cases.same(cjson.decode(c.value:to_json()), raw.policies[c.value.id]) and "not the policy that was made"
      or c.before.policies[c.value.id] and "a policy that was there before"
  end
  if not object then return nil end
  if c.verb == "update" and c.value then
    return (c.value ~= object or not cases.same(cjson.decode(object:to_json()), raw.policies[object.id]))
      and "the object does not show the new state"
  end
  return object:to_json() ~= c.snapshot and "the object has changed"
end

-- A second try of an unsafe request needs a reason.
local function repeat_fault(c)
  local last
  for i, e in ipairs(c.log) do
    if e.method and e.method ~= "GET" then
      local first = last and c.log[last]
      if first and not c.safe and first.whole and first.reply ~= 429 and not (c.clear and c.clear(c.log, last, i)) then
        return "sent again"
      end
      last = i
    end
  end
end

local function delete_fault(c)
  if c.verb ~= "delete" then return nil end
  local earlier, last = false, nil
  for _, e in ipairs(c.log) do
    if e.method then
      earlier, last = earlier or last and last.reply ~= 429, e
    end
  end
  if not last or last.reply ~= 404 then return nil end
  if not earlier then return not c.err and "its first 404 is no error" end
  return c.err and c.err.kind == "not_found" and "the 404 of a repeated one is an error"
end

local function count_new(c, state)
  local n = 0
  for id in pairs(state.policies) do
    if not c.before.policies[id] then n = n + 1 end
  end
  return n
end

-- What is wrong, or nil; counts it.
local function judge(counts, c)
  local raw, word = c.after, word_of(c)
  local state = cases.name_new(c, raw)
  local new = count_new(c, raw)
  if new > 1 then counts.duplicates = counts.duplicates + 1 end
  local right = is_one_of(state, allowed(c, word))
  if word == "done" and not right then counts.losses = counts.losses + 1 end
  if word == "open" and not is_one_of(state, allowed(c, "nothing")) then counts.acted = counts.acted + 1 end
  return new > 1 and "made twice" or not right and "the sandbox is not in a state that the answer allows"
    or object_fault(c, raw) or repeat_fault(c) or delete_fault(c)
end

-- }===

-- {=== Figures

-- retried: the write was sent more than once. settled: success, although no answer to the write came. acted: of the
-- answers that leave it open, those whose write the sandbox acted on. overwritten: ours was repeated over somebody
-- else's. duplicates: made twice. losses: a success that the sandbox does not show.
local FIGURES <const> = { "cases", "cut", "retried", "done", "settled", "ambiguous", "failed", "acted", "overwritten",
  "duplicates", "losses", "wrong" }

local function new_counts()
  local counts = {}
  for _, name in ipairs(FIGURES) do counts[name] = 0 end
  return counts
end

local function tally(counts, c)
  local function add(name, yes)
    if yes then counts[name] = counts[name] + 1 end
  end
  local cut, answered = false, false
  for _, e in ipairs(c.log) do
    cut = cut or e.fate and e.fate ~= "pass"
    answered = answered or e.method and e.method ~= "GET" and e.reply and e.reply < 300
  end
  add("cases", true)
  add("cut", cut)
  add("retried", count_writes(c.log) > 1)
  add("done", not c.err)
  add("settled", not c.err and not answered)
  add("ambiguous", c.err and c.err.kind == "ambiguous")
  add("failed", c.err and c.err.kind ~= "ambiguous")
  add("overwritten", not c.err and c.played and not cases.same(cases.changed(c.after, c.rival.changes), c.after))
end

-- A case that went wrong, with all that the proxy saw.
local function tell(c, fault)
  local lines = { ("seed %d %s: %s; %s"):format(c.seed, c.verb, fault, c.err and tostring(c.err) or "success") }
  for _, e in ipairs(c.log) do
    lines[#lines + 1] = e.rival and ("    somebody else's: %d"):format(e.status)
      or ("    %s %s: %s, %s bytes, sandbox %s, reply %s"):format(e.method, e.path, e.fate, e.cut or "no",
        e.status or "not asked", e.reply or "lost")
  end
  lines[#lines + 1] = ("    lua5.4 spec/settle/cuts.lua 1 %d %s"):format(c.seed, c.verb)
  return table.concat(lines, "\n")
end

-- }===

-- {=== Playing

local function clear(direct, at, state)
  for id in pairs(state.policies) do assert(direct:delete(at .. "retrainingPolicies/" .. id .. "/")) end
end

-- A case of a seed, ready to be played in a deployment.
local function case_of(world, seed, verb, id)
  local pick = proxies.generator(seed, 2)
  local c = { seed = seed, verb = verb, pick = pick, direct = world.direct, at = "deployments/" .. id .. "/",
    port = world.sandbox.port, token = world.sandbox.token }
  c.hasty = pick(8) == 1
  c.options = { timeout = c.hasty and 0.4 or nil, retry = pick(16) ~= 1 and nil }
  c.client = assert(dr.client { endpoint = world.endpoint, token = c.token, settle_pause = 0.1,
    retries = pick(4) == 1 and pick(3) - 1 or 3, user_agent_suffix = "cut/" .. seed })
  c.client:on_wait(cqueues.poll)
  c.deployment = assert(c.client:deployment(id))
  return c
end

local function play(world, counts, seed, verb, id)
  local c = case_of(world, seed, verb, id)
  local call = cases.verbs[verb](c)
  c.before, c.snapshot = cases.state(c.direct, c.at), c.object and c.object:to_json()
  local place = "cut/" .. seed
  assert(world.watch:post(place, { hasty = c.hasty, rival = c.rival and c.rival.text }))
  local value, err = call()
  c.client:close()
  c.value, c.err = value, not value and err or nil
  c.log = cjson.decode(assert(world.watch:get(place)).text).log
  for _, e in ipairs(c.log) do c.played = c.played or e.rival end
  c.after = cases.state(c.direct, c.at)
  local fault = judge(counts, c)
  if fault then
    counts.wrong = counts.wrong + 1
    world.faults[#world.faults + 1] = tell(c, fault)
  end
  tally(counts, c)
  clear(c.direct, c.at, c.after)
end

-- Plays the seeds, LANES at a time.
local function play_all(world, counts, n, first, only)
  local loop, lanes, next_seed = cqueues.new(), assert(world.direct:deployments():collect()), first
  for _, lane in ipairs(lanes) do
    loop:wrap(function()
      while next_seed < first + n do
        local seed = next_seed
        local verb = only or cases.order[seed % #cases.order + 1]
        next_seed = seed + 1
        play(world, counts[verb], seed, verb, lane.id)
      end
    end)
  end
  assert(loop:loop())
end

--- Plays `n` cases.
-- @param n how many
-- @param first the first seed
-- @param only a verb, or nil
-- @return verb -> figures by name; a text for each case that went wrong; seconds
local function run(n, first, only)
  local sandbox <close> = sandboxes.start { deployments = LANES }
  local proxy <close>, port = proxies.start(sandbox.port) -- luacheck: ignore
  local endpoint = ("http://127.0.0.1:%d/api/v2"):format(port)
  local watch <close> = assert(dr.client { endpoint = endpoint, token = sandbox.token })
  watch:on_wait(cqueues.poll)
  local direct <close> = assert(sandbox:client())
  local world = { sandbox = sandbox, endpoint = endpoint, watch = watch, direct = direct, faults = {} }
  local all, started = {}, core.now()
  for _, verb in ipairs(cases.order) do all[verb] = new_counts() end
  play_all(world, all, n, first, only)
  return all, world.faults, core.now() - started
end

-- }===

if not (arg and arg[0] and arg[0]:find "cuts%.lua$") then return run end

local function integer(text, default)
  return math.tointeger(tonumber(text or default))
end

if arg[3] and not cases.verbs[arg[3]] then error("no such verb; there are " .. table.concat(cases.order, ", "), 0) end
local all, faults, seconds = run(integer(arg[1], 10000), integer(arg[2], 1), arg[3])
print(("%-20s"):format "verb" .. (" %11s"):rep(#FIGURES):format(table.unpack(FIGURES)))
for _, verb in ipairs(cases.order) do
  local values = {}
  for i, name in ipairs(FIGURES) do values[i] = all[verb][name] end
  if all[verb].cases > 0 then print(("%-20s"):format(verb) .. (" %11d"):rep(#FIGURES):format(table.unpack(values))) end
end
print(("%.0f s, %d wrong"):format(seconds, #faults))
for i = 1, math.min(#faults, 20) do print(faults[i]) end
os.exit(#faults == 0, true)
