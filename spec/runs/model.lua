--- Random command sequences against a reference model: a client behind a proxy that loses answers does what a script
-- may do, and after each command the sandbox is read directly and must be what the model says.
--
--     lua5.4 spec/runs/model.lua [how many, default 10000 [first seed, default 1 [faults: 0 or 1, default 1]]]
--
-- A success must have done what was asked for, a refusal must be the one that the model expects and have done nothing;
-- an error that leaves open what happened leaves either. A sequence that goes wrong is printed with its commands and
-- requests, and is played alone by its seed.

local cjson = require "cjson"
local core = require "datarobot.core"
local cqueues = require "cqueues"
local dr = require "datarobot"
local proxies = require "spec.settle.cutting_proxy"
local sandboxes = require "datarobot.sandbox"

local LANES <const> = 40 -- sequences at once, each with a sandbox of its own
local LENGTH <const> = 16 -- commands of a sequence at most
local LATE <const> = 5 -- seconds that a busy machine may take beyond a deadline

-- {=== The model: what a deployment is, and what each command does to it. Each returns what the call must say.

local ACTIONS <const> = { "create_challenger", "create_model_package", "model_replacement" }
local STAGE <const>, ENDS <const>, FAILS <const>, HOUR <const> = 55 * 60, 60 * 60, 60, 3600

local function new_model(name)
  return { now = 0, serial = 0, challengers_on = false, dataset = false, active = true, label = "", champion = "p0",
    names = { p0 = name }, policies = {}, challengers = {}, history = {} }
end

local function copy(value)
  if type(value) ~= "table" then return value end
  local t = {}
  for k, v in pairs(value) do t[k] = copy(v) end
  return t
end

-- The run that goes on, which is the last.
local function active_run(policy)
  local run = policy.runs[#policy.runs]
  return run and run.state == "active" and run or nil
end

local function challenger_of(m, package)
  for i, c in ipairs(m.challengers) do
    if c.package == package then return i end
  end
end

local function replace(m, package)
  local old, at = m.champion, challenger_of(m, package)
  table.insert(m.history, 1, old)
  if at then table.remove(m.challengers, at) end
  if m.challengers_on then table.insert(m.challengers, { name = m.names[old], package = old }) end
  m.champion = package
end

local function finish_run(m, policy, run)
  run.state = "failed"
  if not m.dataset then return end
  m.serial = m.serial + 1
  run.package = "p" .. m.serial
  m.names[run.package] = policy.name
  if policy.action == "create_challenger" then
    if not m.challengers_on then return end
    table.insert(m.challengers, { name = policy.name, package = run.package })
  end
  if policy.action == "model_replacement" then replace(m, run.package) end
  run.state = "succeeded"
end

-- When a policy does something next, and what: the end of its run comes before its schedule, which is hourly.
local function next_event(m, policy)
  local run = active_run(policy)
  local ends = run and run.began + (m.dataset and ENDS or FAILS) or math.huge
  local fires = policy.schedule and math.max(policy.free, (m.now // HOUR + 1) * HOUR) or math.huge
  if ends <= fires then return ends, finish_run, run end
  return fires, function(_, p)
    p.free = fires + HOUR
    if not run then table.insert(p.runs, { state = "active", began = fires }) end
  end, run
end

local does = {}

function does.advance(m, seconds)
  local last = m.now + seconds
  while true do
    local at, event, policy, run = math.huge, nil, nil, nil
    for _, p in ipairs(m.policies) do
      local when, what, its = next_event(m, p)
      local earlier = when < at or when == at and what == finish_run and event ~= finish_run
      if earlier then at, event, policy, run = when, what, p, its end
    end
    if at > last then break end
    m.now = math.max(m.now, at - 1)
    event(m, policy, run)
  end
  m.now = last
  for _, p in ipairs(m.policies) do
    local r = active_run(p)
    local late = r and m.dataset and last - r.began >= STAGE and p.action ~= "create_model_package"
    if late then r.final = true end
  end
  return "done"
end

function does.create_policy(m, name, action, schedule)
  if #m.policies == 5 then return "conflict" end
  table.insert(m.policies, { name = name, action = action, schedule = schedule, runs = {}, free = 0 })
  return "done"
end

function does.update_policy(m, i, name, action, schedule)
  local p = m.policies[i]
  p.name, p.action, p.schedule = name, action, schedule
  return "done"
end

function does.delete_policy(m, i)
  if active_run(m.policies[i]) then return "conflict" end
  table.remove(m.policies, i)
  return "done"
end

function does.start_run(m, i, join)
  local p = m.policies[i]
  if active_run(p) then return join and "done" or "conflict" end
  table.insert(p.runs, { state = "active", began = m.now })
  return "done"
end

function does.cancel(m, i, n)
  local run = m.policies[i].runs[n]
  if run.state == "active" and not run.final then run.state = "cancelled" end
  return run.state == "cancelled" and "cancelled" or "too_late"
end

-- Time has passed while it waited: the model was advanced with each look.
function does.wait(m, i, n)
  return m.policies[i].runs[n].state == "succeeded" and "done" or "run_failed"
end

function does.create_challenger(m, package, name)
  if not m.challengers_on or package == m.champion or challenger_of(m, package) then return "validation" end
  table.insert(m.challengers, { name = name, package = package })
  return "done"
end

function does.update_challenger(m, i, name)
  m.challengers[i].name = name
  return "done"
end

function does.delete_challenger(m, i)
  table.remove(m.challengers, i)
  return "done"
end

function does.replace_model(m, package)
  if package == m.champion then return "conflict" end
  replace(m, package)
  return "done"
end

function does.promote(m, i, n)
  local run = m.policies[i].runs[n]
  if run.state ~= "succeeded" then return "conflict" end
  if run.package ~= m.champion then replace(m, run.package) end
  return "done"
end

function does.rollback(m)
  for _, package in ipairs(m.history) do
    if package ~= m.champion then
      replace(m, package)
      return "done"
    end
  end
  return "not_found"
end

function does.settings(m, on)
  m.challengers_on = on
  return "done"
end

function does.dataset(m)
  m.dataset = true
  return "done"
end

function does.activity(m, active)
  m.active = active
  return "done"
end

function does.label(m, label)
  m.label = label
  return "done"
end

local function text_of(m)
  local lines = { ("now %d, champion %s, %s, challengers %s, dataset %s, label %s, history %s"):format(m.now,
    m.champion, m.active and "active" or "inactive", m.challengers_on, m.dataset, m.label,
    table.concat(m.history, " ")) }
  for _, p in ipairs(m.policies) do
    local runs = {}
    for i, run in ipairs(p.runs) do runs[i] = run.state .. (run.package and "=" .. run.package or "") end
    lines[#lines + 1] = ("policy %s %s %s: %s"):format(p.name, p.action, p.schedule and "hourly" or "manual",
      table.concat(runs, " "))
  end
  for _, c in ipairs(m.challengers) do lines[#lines + 1] = ("challenger %s of %s"):format(c.name, c.package) end
  return table.concat(lines, "\n")
end

-- }===

-- {=== The calls

local SCHEDULE <const> = { type = "schedule", schedule = "@hourly" }

local MANUAL <const> = { type = dr.null }

local function trigger(schedule)
  return schedule and SCHEDULE or MANUAL
end

-- The objects of the client under test; what reads them may fail, too, and is asked again.
local function certain(f, ...)
  for _ = 1, 20 do
    local value = f(...)
    if value then return value end
  end
  return assert(f(...))
end

local function policy_at(s, i)
  return certain(s.deployment.retraining_policy, s.deployment, s.ids[i])
end

local function run_at(s, i, n)
  return certain(s.runs[i].run, policy_at(s, i), s.runs[i][n])
end

local function challenger_at(s, i)
  return certain(s.deployment.challenger, s.deployment, s.challengers[i])
end

local calls = {}

function calls.create_policy(s, name, action, schedule)
  return s.deployment:create_retraining_policy { name = name, action = action, trigger = trigger(schedule) }
end

function calls.update_policy(s, i, name, action, schedule)
  return policy_at(s, i):update { name = name, action = action, trigger = trigger(schedule) }
end

function calls.delete_policy(s, i) return policy_at(s, i):delete() end
function calls.start_run(s, i, join) return policy_at(s, i):start_run { join = join } end
function calls.cancel(s, i, n) return run_at(s, i, n):cancel() end
function calls.promote(s, i, n) return run_at(s, i, n):promote { timeout = s.timeout } end

function calls.wait(s, i, n)
  return run_at(s, i, n):wait { interval = 0.01, max_interval = 0.02, timeout = s.timeout,
    on_progress = function()
      does.advance(s.model, 20 * 60)
      s.sandbox:advance "20m"
    end }
end

function calls.create_challenger(s, package, name)
  return s.deployment:create_challenger { model_package_id = s.packages[package], name = name }
end

function calls.update_challenger(s, i, name) return challenger_at(s, i):update { name = name } end
function calls.delete_challenger(s, i) return challenger_at(s, i):delete() end

function calls.replace_model(s, package)
  return s.deployment:replace_model({ model_package_id = s.packages[package] }, { timeout = s.timeout })
end

function calls.rollback(s) return s.deployment:rollback(nil, { timeout = s.timeout }) end

function calls.settings(s, on)
  return s.deployment:update_challenger_models_settings({ enabled = on }, { timeout = s.timeout })
end

function calls.dataset(s) return s.deployment:update_retraining_settings { dataset_id = s.sandbox.dataset_id } end

function calls.activity(s, active)
  return s.deployment[active and "activate" or "deactivate"](s.deployment, { timeout = s.timeout })
end

function calls.label(s, label) return s.deployment:update { label = label } end

function calls.advance(s, seconds) return s.sandbox:advance(seconds .. "s") end

-- }===

-- {=== What the sandbox holds

local function observed_policy(s, p, i)
  local shown, model = {}, s.model.policies[i]
  s.ids[i], s.runs[i] = p.id, { run = p.run }
  local list = p.latest_run and assert(p:runs():collect()) or {}
  for k = #list, 1, -1 do
    local run, n = list[k], #list - k + 1
    s.runs[i][n] = run.id
    local symbol = model and model.runs[n] and model.runs[n].package
    if run.model_package_id and not s.symbols[run.model_package_id] and symbol then
      s.symbols[run.model_package_id], s.packages[symbol] = symbol, run.model_package_id
    end
    shown[n] = { state = run:state(), package = s.symbols[run.model_package_id] or run.model_package_id }
  end
  local scheduled = p.trigger ~= nil and p.trigger.type == "schedule"
  return { name = p.name, action = p.action, schedule = scheduled, runs = shown }
end

local function observe(s)
  local d = s.direct_deployment
  s.ids, s.runs, s.challengers = {}, {}, {}
  assert(d:refresh())
  local seen = { now = s.clock(s.sandbox:now()), policies = {}, challengers = {}, history = {}, label = d.label,
    active = d.status == "active" }
  for i, p in ipairs(assert(d:retraining_policies():collect())) do seen.policies[i] = observed_policy(s, p, i) end
  for i, c in ipairs(assert(d:challengers())) do
    s.challengers[i] = c.id
    seen.challengers[i] = { name = c.name, package = s.symbols[c.model_package.id] or c.model_package.id }
  end
  for i, e in ipairs(assert(d:model_history():collect())) do
    seen.history[i] = s.symbols[e.model_package.id] or e.model_package.id
  end
  seen.champion = s.symbols[d.model_package.id] or d.model_package.id
  seen.challengers_on = assert(d:get_settings()).challenger_models.enabled
  seen.dataset = assert(d:get_retraining_settings()).dataset ~= nil
  return text_of(seen)
end

-- }===

-- {=== A sequence

local NAMES <const> = { "a", "b", "c" }
local STEPS <const> = { 30, 60, 600, 1800, 3300, 3600, 7200, 86400 }

-- Command -> its arguments out of the model's state; nil: not now.
local choices = {
  create_policy = function(_, pick) return { NAMES[pick(3)], ACTIONS[pick(3)], pick(3) == 1 } end,
  update_policy = function(m, pick)
    return #m.policies > 0 and { pick(#m.policies), NAMES[pick(3)], ACTIONS[pick(3)], pick(3) == 1 }
  end,
  delete_policy = function(m, pick) return #m.policies > 0 and { pick(#m.policies) } end,
  start_run = function(m, pick) return #m.policies > 0 and { pick(#m.policies), pick(3) == 1 } end,
  create_challenger = function(m, pick) return { "p" .. pick(m.serial + 1) - 1, NAMES[pick(3)] } end,
  update_challenger = function(m, pick) return #m.challengers > 0 and { pick(#m.challengers), NAMES[pick(3)] } end,
  delete_challenger = function(m, pick) return #m.challengers > 0 and { pick(#m.challengers) } end,
  replace_model = function(m, pick) return { "p" .. pick(m.serial + 1) - 1 } end,
  rollback = function() return {} end,
  settings = function(_, pick) return { pick(4) > 1 } end,
  dataset = function() return {} end,
  activity = function(_, pick) return { pick(2) == 1 } end,
  label = function(_, pick) return { NAMES[pick(3)] } end,
  advance = function(_, pick) return { STEPS[pick(#STEPS)] } end,
}

local function of_run(m, pick)
  local i = #m.policies > 0 and pick(#m.policies)
  local runs = i and m.policies[i].runs or {}
  return #runs > 0 and { i, pick(3) == 1 and pick(#runs) or #runs }
end
choices.cancel, choices.wait, choices.promote = of_run, of_run, of_run

local PRELUDE <const> = { "dataset", "settings", "create_policy", "start_run" }
local WORDS <const> = { "create_policy", "create_policy", "create_policy", "update_policy", "delete_policy",
  "start_run", "start_run", "start_run", "start_run", "cancel", "wait", "wait", "promote", "promote",
  "create_challenger",
  "create_challenger", "update_challenger", "delete_challenger", "replace_model", "rollback", "settings", "settings",
  "dataset", "activity", "label", "advance", "advance", "advance" }

-- Errors after which nobody knows: of what may be repeated all that the way there can do, of the rest one kind.
local OPEN <const> = { ambiguous = true, transport = true, timeout = true, server = true, rate_limited = true,
  protocol = true }
local ONCE <const> = { create_policy = true, start_run = true, create_challenger = true }

local function word_of(value, err)
  if type(value) == "string" and (value == "cancelled" or value == "too_late") then return value end
  return value and "done" or err.kind
end

-- Plays one command. Returns what went wrong, or nil.
local function play(s, word, arguments)
  local started = core.now()
  local value, err = calls[word](s, table.unpack(arguments))
  local seconds = core.now() - started
  if s.watch then assert(s.watch:put("cut/" .. s.seed, {})) end -- what acts late has acted
  local got, after = word_of(value, err), copy(s.model)
  local expected = does[word](after, table.unpack(arguments))
  local named = {}
  for i, argument in ipairs(arguments) do named[i] = tostring(argument) end
  s.lines[#s.lines + 1] = ("%s(%s): %s, expected %s"):format(word, table.concat(named, ", "),
    value and got or tostring(err), expected)
  s.counts[got] = (s.counts[got] or 0) + 1
  local before = s.model
  local doubt = OPEN[got] and (not ONCE[word] or got == "ambiguous")
  if got ~= expected and not OPEN[got] then return "another answer" end
  if seconds > 6 * s.timeout + LATE then return ("it took %.1f s"):format(seconds) end
  s.model = (got == expected or doubt) and after or before
  local seen = observe(s)
  if seen == text_of(s.model) then return nil end
  s.model = before
  if doubt and observe(s) == text_of(before) then return nil end
  return ("the sandbox holds\n%s\n  and should hold\n%s"):format(seen, text_of(got == expected and after or before))
end

local function new_sequence(proxy, seed, counts)
  local s = { seed = seed, lines = {}, counts = counts, timeout = 2, symbols = {}, packages = {},
    sandbox = assert(sandboxes.start { run_status = ({ 200, 201, 202 })[seed % 3 + 1] }) }
  local y, mo, d = s.sandbox:now():match "^(%d+)-(%d+)-(%d+)"
  local origin = os.time { year = y, month = mo, day = d, hour = 0 }
  function s.clock(text)
    local Y, M, D, h, m, sec = text:match "^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)"
    return os.time { year = Y, month = M, day = D, hour = h, min = m, sec = sec } - origin
  end
  local endpoint = proxy or s.sandbox.endpoint
  s.direct = assert(s.sandbox:client())
  s.client = assert(dr.client { endpoint = endpoint, token = s.sandbox.token, timeout = s.timeout, settle_pause = 0.02,
    user_agent_suffix = "cut/" .. seed })
  s.watch = proxy and assert(dr.client { endpoint = endpoint, token = s.sandbox.token })
  for _, client in ipairs { s.direct, s.client, s.watch or nil } do client:on_wait(cqueues.poll) end
  s.direct_deployment = assert(s.direct:deployment(s.sandbox.deployment_id))
  local owner = s.direct_deployment.owners.preview[1].id
  assert(s.direct_deployment:update_retraining_settings { retraining_user_id = owner })
  local package = assert(s.direct_deployment:champion_model_package())
  s.symbols[package.id], s.packages.p0 = "p0", package.id
  s.model = new_model(package.name)
  s.model.label = s.direct_deployment.label
  if s.watch then assert(s.watch:post("cut/" .. seed, { port = s.sandbox.port })) end
  s.deployment = certain(s.client.deployment, s.client, s.sandbox.deployment_id)
  return s
end

local function requests_of(s)
  if not s.watch then return end
  for _, e in ipairs(cjson.decode(assert(s.watch:get("cut/" .. s.seed)).text).log) do
    s.lines[#s.lines + 1] = ("    %s %s: %s, sandbox %s, reply %s"):format(e.method, e.path, e.fate,
      e.status or "not asked", e.reply or "lost")
  end
end

-- Plays the sequence of a seed. Returns a text when it went wrong.
local function sequence(proxy, seed, counts)
  local pick = proxies.generator(seed, 7)
  local s <close> = setmetatable(new_sequence(proxy, seed, counts), { __close = function(s)
    for _, client in ipairs { s.direct, s.client, s.watch or nil } do client:close() end
    s.sandbox:stop()
  end })
  observe(s)
  local prelude = pick(4) > 1 and PRELUDE or {} -- mostly runs can succeed
  for i = 1, #prelude + pick(LENGTH) do
    local word = prelude[i] or WORDS[pick(#WORDS)]
    local arguments = choices[word](s.model, pick)
    local fault = arguments and play(s, word, arguments)
    if fault then
      requests_of(s)
      return ("seed %d: %s\n  %s\n    lua5.4 spec/runs/model.lua 1 %d"):format(seed, fault,
        table.concat(s.lines, "\n  "), seed)
    end
  end
end

--- Plays `n` sequences.
-- @param n how many
-- @param first the first seed
-- @param faults whether answers are lost
-- @return answers of the calls: how many of each; a text for each sequence that went wrong; seconds
local function run(n, first, faults)
  local counts, wrong, next_seed, started, loop = {}, {}, first, core.now(), cqueues.new()
  local idle <close> = assert(sandboxes.start()) -- what the proxy stands before; each sequence has one of its own
  local child, port = proxies.start(idle.port)
  local proxy <close> = child -- luacheck: ignore
  local endpoint = faults and ("http://127.0.0.1:%d/api/v2"):format(port) or nil
  for _ = 1, math.min(n, LANES) do
    loop:wrap(function()
      while next_seed < first + n and #wrong < 20 do
        local seed = next_seed
        next_seed = seed + 1
        local text = sequence(endpoint, seed, counts)
        wrong[#wrong + 1] = text
      end
    end)
  end
  assert(loop:loop())
  return counts, wrong, core.now() - started
end

-- }===

if not (arg and arg[0] and arg[0]:find "runs/model%.lua$") then return run end

local n, first = math.tointeger(arg[1] or 10000), math.tointeger(arg[2] or 1)
local counts, wrong, seconds = run(n, first, arg[3] ~= "0")
local words = {}
for word, count in pairs(counts) do words[#words + 1] = ("%s %d"):format(word, count) end
table.sort(words)
print(table.concat(words, ", "))
print(("%d sequences from seed %d: %.0f s, %d wrong"):format(n, first, seconds, #wrong))
for _, text in ipairs(wrong) do print(text) end
os.exit(#wrong == 0, true)
