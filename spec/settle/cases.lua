--- The writes that cuts.lua plays, by verb: what is there before, the call, and what it may leave behind.
--
-- A state is what the sandbox holds of a deployment. A change is a list of { path, value }: each member of the state
-- that becomes another one. What a case is judged by:
--
--   changes    of our own call
--   sent       nil, or what the policy that it makes must show
--   rival      nil, or somebody else's: changes and the request that makes them
--   object     nil, or the policy object that is handed in
--   safe       whether the request may be repeated although it may have been acted on
--   clear      nil, or whether what the log shows between two tries allows the second

local cjson = require "cjson"
local dr = require "datarobot"

local cases = {}

-- {=== States

local function get(direct, path)
  return cjson.decode(assert(direct:get(path)).text)
end

--- What the sandbox holds of a deployment: policies by id, settings, ids of the retraining settings.
-- @param direct a client that no proxy disturbs
-- @param at path of the deployment
function cases.state(direct, at)
  local retraining = {}
  for name, shown in pairs(get(direct, at .. "retrainingSettings/")) do
    retraining[name] = shown ~= cjson.null and shown.id or nil
  end
  local state = { policies = {}, settings = get(direct, at .. "settings/"), retraining = retraining }
  for _, p in ipairs(get(direct, at .. "retrainingPolicies/").data) do state.policies[p.id] = p end
  return state
end

-- A copy of `t` with one member, some levels down, replaced; `t` itself when the way there does not exist.
local function with(t, path, value, level)
  level = level or 1
  local new, key = {}, path[level]
  if level < #path and t[key] == nil then return t end
  for k, v in pairs(t) do new[k] = v end
  if level == #path then new[key] = value else new[key] = with(t[key], path, value, level + 1) end
  return new
end

--- The state after some changes.
function cases.changed(state, changes)
  for _, change in ipairs(changes) do state = with(state, change[1], change[2]) end
  return state
end

--- Whether two values of JSON are the same.
function cases.same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for k, v in pairs(a) do
    if not cases.same(v, b[k]) then return false end
  end
  for k in pairs(b) do
    if a[k] == nil then return false end
  end
  return true
end

-- Whether `shown` has all that `sent` has, Lua names or not.
local function agrees(sent, shown)
  if type(sent) ~= "table" then return sent == shown end
  for k, v in pairs(sent) do
    local wire = k:gsub("_(%l)", string.upper)
    if type(shown) ~= "table" or not agrees(v, shown[wire]) then return false end
  end
  return true
end

-- }===

-- {=== Tools for the verbs

local function request_text(c, method, path, body)
  local text = body and cjson.encode(body) or ""
  return table.concat({ method .. " /api/v2/" .. path .. " HTTP/1.1", "Host: 127.0.0.1:" .. c.port,
    "Authorization: Bearer " .. c.token, "Content-Type: application/json", "Content-Length: " .. #text, "", text },
    "\r\n")
end

local function make_policy(c, name)
  return cjson.decode(assert(c.direct:post(c.at .. "retrainingPolicies/",
    { name = name, description = "old", action = "create_challenger", autopilotOptions = { mode = "quick" } })).text)
end

-- Changes of the members of one thing.
local function members(part, key, values)
  local changes = {}
  for name, value in pairs(values) do
    changes[#changes + 1] = { key and { part, key, name } or { part, name }, value }
  end
  return changes
end

local function merged(t, more)
  local new = {}
  for k, v in pairs(t) do new[k] = v end
  for k, v in pairs(more) do new[k] = v end
  return new
end

-- Some of a list, at least one.
local function some(c, list)
  local mask, chosen = c.pick((1 << #list) - 1), {}
  for i, x in ipairs(list) do
    if mask >> (i - 1) & 1 == 1 then chosen[#chosen + 1] = x end
  end
  return chosen
end

-- A state shows a policy made by this case, whatever its id, as policies.new; nothing else may differ in it.
local function create_changes()
  return { { { "policies", "new" }, "as sent" } }
end

--- The state with the one new policy that has all that was sent named "new".
function cases.name_new(c, state)
  local new
  for id in pairs(state.policies) do
    if not c.before.policies[id] then
      if new then return state end
      new = id
    end
  end
  if not new or not c.sent or not agrees(c.sent, state.policies[new]) then return state end
  return cases.changed(state, { { { "policies", new }, nil }, create_changes()[1] })
end

-- How many requests the log shows between two entries that were answered with success and match.
local function count_read(log, from, to, pattern)
  local n = 0
  for i = from + 1, to - 1 do
    local e = log[i]
    if e.method == "GET" and e.path:find(pattern) and e.reply == 200 then n = n + 1 end
  end
  return n
end

-- }===

--- verb -> function(c) -> call, a function that returns what the method returns. `c` has seed, pick, options, direct,
-- client, deployment, at, port, token; what it is judged by is put into it.
cases.verbs = {}
local verbs = cases.verbs

cases.order = { "create", "update", "retraining_settings", "settings", "delete", "raw_patch", "raw_post" }

-- A policy with members that depend on the seed.
local function policy_of(c)
  local t = { name = ("cut %d"):format(c.seed), description = c.pick(3) == 1 and dr.null or ("d%d"):format(c.pick(7)) }
  if c.pick(2) == 1 then t.autopilot_options = { mode = "quick", blend_best_models = c.pick(2) == 1 } end
  if c.pick(5) == 1 then t.project_options = { metric = "AUC", reps = 5.0 } end
  return t
end

-- Before it there is nothing, the same name with other members, a twin made by the same object, or as many policies as
-- leave room for one.
function verbs.create(c)
  local t, deployment = policy_of(c), c.deployment
  c.sent, c.changes = t, create_changes()
  local before = c.pick(6)
  if before == 1 then
    make_policy(c, t.name)
    if c.pick(2) == 1 then assert(deployment:retraining_policies():collect()) end
  elseif before == 2 then
    assert(deployment:create_retraining_policy(t))
  elseif before == 3 then
    for i = 1, 4 do make_policy(c, "bystander " .. i) end
  end
  c.clear = function(log, i, j) return count_read(log, i, j, "retrainingPolicies/%?") >= 2 end
  return function() return deployment:create_retraining_policy(t, c.options) end
end

local UPDATES <const> = {
  { "description", "new" }, { "description", dr.null }, { "action", "model_replacement" },
  { "autopilot_options", { mode = "auto" } }, { "project_options", { metric = "AUC" } },
}
local WIRE <const> = { autopilot_options = "autopilotOptions", project_options = "projectOptions" }

-- Somebody else changes the same member, another one, a sibling inside of a table, or deletes the policy.
local function rival_of_update(c, path, id, old)
  local which = c.pick(20)
  local bodies = { { description = "rival" }, { name = "rival" }, { autopilotOptions = { mode = "comprehensive",
    blendBestModels = true, runLeakageRemovedFeatureList = true, scoringCodeOnly = false, shapOnlyMode = false } } }
  if which <= #bodies then
    local values = merged(bodies[which], {})
    if values.autopilotOptions then values.autopilotOptions = merged(old.autopilotOptions, values.autopilotOptions) end
    return { changes = members("policies", id, values), text = request_text(c, "PATCH", path, bodies[which]) }
  elseif which == 4 then
    return { changes = { { { "policies", id }, nil } }, text = request_text(c, "DELETE", path) }
  end
end

function verbs.update(c)
  make_policy(c, "bystander")
  local old = make_policy(c, ("cut %d"):format(c.seed))
  local path, t, values = c.at .. "retrainingPolicies/" .. old.id .. "/", {}, {}
  for _, member in ipairs(some(c, UPDATES)) do
    local name, value = member[1], member[2]
    local wire = WIRE[name] or name
    t[name], values[wire] = value, WIRE[name] and merged(old[wire], value) or value
  end
  c.object = assert(c.deployment:retraining_policy(old.id))
  c.changes, c.rival = members("policies", old.id, values), rival_of_update(c, path, old.id, old)
  c.safe = true
  return function() return c.object:update(t, c.options) end
end

function verbs.delete(c)
  make_policy(c, "bystander")
  local id = make_policy(c, ("cut %d"):format(c.seed)).id
  local path = c.at .. "retrainingPolicies/" .. id .. "/"
  c.object = assert(c.deployment:retraining_policy(id))
  c.changes, c.safe = { { { "policies", id }, nil } }, true
  local which = c.pick(8)
  if which == 1 then
    assert(c.direct:delete(path))
  elseif which == 2 then
    c.rival = { changes = c.changes, text = request_text(c, "DELETE", path) }
  end
  return function() return c.object:delete(c.options) end
end

local ENVIRONMENTS <const> = { "67521300fe4b98000d28270f", "5a61d7a0fbd723001a2f70d9" }
local DATASET <const>, USER <const> = "675c98d9f2e4b4189bff25f5", "65a7c2d94f1e8b3a6c5d0e11"

function verbs.retraining_settings(c)
  local path = c.at .. "retrainingSettings/"
  local old = { predictionEnvironmentId = ENVIRONMENTS[1], datasetId = DATASET, retrainingUserId = USER }
  assert(c.direct:patch(path, old))
  local t = { prediction_environment_id = ENVIRONMENTS[2], dataset_id = c.pick(2) == 1 and DATASET or nil }
  c.changes, c.safe = members("retraining", nil, { predictionEnvironment = ENVIRONMENTS[2] }), true
  if c.pick(8) == 1 then
    c.rival = { changes = members("retraining", nil, { predictionEnvironment = ENVIRONMENTS[1] }),
      text = request_text(c, "PATCH", path, { predictionEnvironmentId = ENVIRONMENTS[1] }) }
  end
  return function() return c.deployment:update_retraining_settings(t, c.options) end
end

local GROUPS <const> = { "humility", "batchMonitoring", "targetDrift", "segmentAnalysis" }

local function segments(word)
  return { enabled = true, attributes = { word } }
end

-- Puts the settings where every case finds them; some groups that a call changes, and their new values.
local function settings_of(c, path)
  local off = { enabled = false }
  assert(c.direct:patch(path, { humility = off, batchMonitoring = off, targetDrift = off, featureDrift = off,
    segmentAnalysis = segments "old" }))
  local values = {}
  for _, group in ipairs(some(c, GROUPS)) do
    values[group] = group == "segmentAnalysis" and segments "new" or { enabled = true }
  end
  return values
end

function verbs.settings(c)
  local path = c.at .. "settings/"
  local values, t = settings_of(c, path), {}
  for group, value in pairs(values) do t[group:gsub("%u", function(u) return "_" .. u:lower() end)] = value end
  c.changes = members("settings", nil, values)
  local theirs = ({ { segmentAnalysis = segments "rival" }, { featureDrift = { enabled = true } } })[c.pick(16)]
  if theirs then
    c.rival = { changes = members("settings", nil, theirs), text = request_text(c, "PATCH", path, theirs) }
  end
  c.clear = function(log, i, j) return count_read(log, i, j, "/settings/$") >= 1 end
  return function() return c.deployment:update_settings(t, c.options) end
end

local LARGE <const> = 5 << 20 -- bytes, more than the sockets hold

-- Now and then one that is too large to be written at once.
function verbs.raw_patch(c)
  if c.pick(64) == 1 then
    local path, value = c.at .. "settings/", segments(("x"):rep(LARGE))
    settings_of(c, path)
    c.changes = members("settings", nil, { segmentAnalysis = value })
    return function() return c.client:patch(path, { segmentAnalysis = value }, c.options) end
  end
  local id = make_policy(c, ("cut %d"):format(c.seed)).id
  local path, body = c.at .. "retrainingPolicies/" .. id .. "/", { description = "new", action = "model_replacement" }
  c.changes = members("policies", id, body)
  return function() return c.client:patch(path, body, c.options) end
end

function verbs.raw_post(c)
  c.sent, c.changes = { name = ("cut %d"):format(c.seed) }, create_changes()
  return function() return c.client:post(c.at .. "retrainingPolicies/", c.sent, c.options) end
end

return cases
