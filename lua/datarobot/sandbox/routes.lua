--- The sandbox's REST API: routes, tokens, errors and the request log, over one world.

local contract = require "datarobot.sandbox.contract"
local json = require "datarobot.sandbox.json"
local listing = require "datarobot.sandbox.listing"
local Log = require "datarobot.sandbox.log"
local peer = require "datarobot.sandbox.peer"
local seed = require "datarobot.sandbox.seed"
local World = require "datarobot.sandbox.world"

local BASE = "/api/v2"

local MESSAGES = {
  [401] = "Invalid Authorization header. Send \"Authorization: Bearer <token>\".",
  [403] = "This sandbox answers requests for 127.0.0.1 or localhost only, and none that pages of other hosts send.",
  [404] = "Not Found",
  [405] = "Method Not Allowed",
  [413] = "The body is too large.",
  [422] = "Invalid field data",
}

-- {=== Ending a request early: raises the answer, which `handle` catches

local function refuse(status, message, headers)
  error({ status = status, body = { message = message or MESSAGES[status] }, headers = headers }, 0)
end

-- faults: path -> message; returns when there are none
local function refuse_fields(faults)
  if next(faults) == nil then return end
  error({ status = 422, body = { message = MESSAGES[422], errors = faults } }, 0)
end

local function found(thing)
  return thing or refuse(404)
end

-- }===

-- {=== Reading a request

-- No body at all counts as {}.
local function read_body(request)
  if request.text == nil then refuse(413) end
  if request.text == "" then return {} end
  local body, problem = json.decode(request.text)
  if body == nil then refuse(400, "The body is not JSON: " .. problem) end
  return body
end

-- The body, checked; {} passes where `may_be_empty`, although the schemas ask clients for at least one member.
local function checked_body(request, schema, may_be_empty)
  local body = read_body(request)
  local empty = type(body) == "table" and next(body) == nil and not json.is_list(body)
  if empty and may_be_empty then return body end
  local faults = {}
  for _, fault in ipairs(contract.check(schema, body)) do faults[fault.path] = fault.message end
  refuse_fields(faults)
  return body
end

local function url(request, path)
  return request.endpoint .. "/" .. path .. "/"
end

-- `choose` may filter the items and add to the faults of the query.
local function paged(request, items, rule, choose)
  local faults = {}
  if request.page_limit then
    rule = { default = math.min(rule.default or request.page_limit, request.page_limit), max = rule.max,
      required = rule.required, zero_is_all = rule.zero_is_all }
  end
  local range = listing.range(request.query, rule, faults)
  if request.page_limit then range.limit = math.min(range.limit, request.page_limit) end
  if choose then items = choose(faults) end
  refuse_fields(faults)
  return 200, listing.page(items, range, url(request, request.path), request.query)
end

-- }===

-- {=== Handlers: (world, request, ids…) -> status, value or nil, headers or nil

local DEPLOYMENTS = { default = 20, max = 100 }
local POLICIES = { default = 100, max = 1000 }
local BOTH_REQUIRED = { required = true, max = 1000, zero_is_all = true }

local function get_list(member, rule)
  return function(world, request)
    return paged(request, world[member], rule)
  end
end

local function get_one(member, key)
  return function(world, _, id)
    return 200, found(World.find(world[member], id, key))
  end
end

local function record_of(world, id)
  return found(world.by_id[id])
end

local function policy_of(world, id, policy_id)
  local record = record_of(world, id)
  local policy, index = World.find_policy(record, policy_id)
  return record, found(policy), index
end

local function accepted(request, job)
  return 202, nil, { Location = url(request, "status/" .. job.id) }
end

local function list_deployments(world, request)
  local shown = json.list()
  for i, record in ipairs(world.deployments) do shown[i] = record.shown end
  return paged(request, shown, DEPLOYMENTS, function(faults)
    return listing.deployments(shown, request.query, function(deployment)
      return World.role(world.by_id[deployment.id], world.account.uid)
    end, faults)
  end)
end

local function patch_settings(world, request, id)
  local record = record_of(world, id)
  local body = checked_body(request, "deployment-settings-update.json", true)
  local conflict = World.settings_conflict(record, body)
  if conflict then refuse(409, conflict) end
  return accepted(request, world:update_settings(record, body))
end

local function patch_retraining_settings(world, request, id)
  local record = record_of(world, id)
  local body = checked_body(request, "retraining-settings-update.json", true)
  local faults = {}
  for _, fault in ipairs(world:settings_faults(record, body)) do faults[fault.path] = fault.message end
  refuse_fields(faults)
  World.update_retraining_settings(record, body)
  return 204
end

local function list_policies(world, request, id)
  local shown = json.list()
  for i, policy in ipairs(record_of(world, id).policies) do shown[i] = policy.shown end
  return paged(request, shown, POLICIES)
end

local function require_user(record, body)
  if World.lacks_user(record, body) then
    refuse_fields { trigger = "needs a retraining user in the deployment's retraining settings" }
  end
end

local function post_policy(world, request, id)
  local record = record_of(world, id)
  local body = checked_body(request, "retraining-policy-create.json")
  if #record.policies >= World.MAX_POLICIES then
    refuse(409, "A deployment can have at most " .. World.MAX_POLICIES .. " retraining policies.")
  end
  require_user(record, body)
  return request.create_status, world:create_policy(record, body)
end

local function get_policy(world, _, id, policy_id)
  local _, policy = policy_of(world, id, policy_id)
  return 200, policy.shown
end

local function patch_policy(world, request, id, policy_id)
  local record, policy = policy_of(world, id, policy_id)
  local body = checked_body(request, "retraining-policy-update.json", true)
  require_user(record, body)
  return 200, World.update_policy(record, policy, body)
end

local function delete_policy(world, _, id, policy_id)
  local record, _, index = policy_of(world, id, policy_id)
  table.remove(record.policies, index)
  return 204
end

local function list_runs(world, request, id, policy_id)
  local _, policy = policy_of(world, id, policy_id)
  return paged(request, policy.runs, POLICIES)
end

local function list_jobs(world, request)
  world:expire_jobs()
  local statuses = json.list()
  for i, job in ipairs(world.jobs) do statuses[i] = world:job_status(job) end
  return paged(request, statuses, BOTH_REQUIRED)
end

local function get_job(world, request, id)
  world:expire_jobs()
  local product, status = world:poll_job(found(World.find(world.jobs, id)))
  if not product then return 200, status end
  return 303, nil, { Location = url(request, product) }
end

local function delete_job(world, _, id)
  local job, index = World.find(world.jobs, id)
  table.remove(world.jobs, found(job) and index)
  return 204
end

local function constant(value)
  return function() return 200, value end
end

-- }===

-- Path below the endpoint, {} for an id -> method -> handler. `open` needs no token.
local ROUTES = {
  { "version", GET = constant(seed.version) },
  { "ping", open = true, GET = constant { response = "pong" } },
  { "account/info", GET = constant(seed.account) },
  { "deployments", GET = list_deployments },
  { "deployments/{}", GET = function(world, _, id) return 200, record_of(world, id).shown end },
  {
    "deployments/{}/capabilities",
    GET = function(world, _, id) return 200, { data = record_of(world, id).capabilities } end,
  },
  {
    "deployments/{}/sharedRoles",
    GET = function(world, request, id) return paged(request, record_of(world, id).roles, BOTH_REQUIRED) end,
  },
  {
    "deployments/{}/settings",
    GET = function(world, _, id) return 200, record_of(world, id).settings end,
    PATCH = patch_settings,
  },
  {
    "deployments/{}/retrainingSettings",
    GET = function(world, _, id) return 200, world:retraining_settings(record_of(world, id)) end,
    PATCH = patch_retraining_settings,
  },
  { "deployments/{}/retrainingPolicies", GET = list_policies, POST = post_policy },
  { "deployments/{}/retrainingPolicies/{}", GET = get_policy, PATCH = patch_policy, DELETE = delete_policy },
  { "deployments/{}/retrainingPolicies/{}/runs", GET = list_runs },
  { "status", GET = list_jobs },
  { "status/{}", GET = get_job, DELETE = delete_job },
  { "datasets", GET = get_list("datasets", POLICIES) },
  { "datasets/{}", GET = get_one("datasets", "datasetId") },
  { "predictionEnvironments", GET = get_list("environments", POLICIES) },
  { "predictionEnvironments/{}", GET = get_one "environments" },
  { "predictionServers", GET = get_list("servers", POLICIES) },
  { "credentials", GET = get_list("credentials", POLICIES) },
}

for _, route in ipairs(ROUTES) do
  local methods = {}
  for name in pairs(route) do
    if type(name) == "string" and name:upper() == name then methods[#methods + 1] = name end
  end
  table.sort(methods)
  route.allow = table.concat(methods, ", ")
  route.pattern = "^" .. route[1]:gsub("{}", "([^/]+)") .. "$"
end

local function find_route(path)
  for _, route in ipairs(ROUTES) do
    local first, second = path:match(route.pattern)
    if first then return route, first, second end
  end
  return refuse(404)
end

-- Both slash forms of a path below the endpoint, as one; nil for any other path.
local function relative(path)
  local below = path:sub(1, #BASE + 1) == BASE .. "/" and path:sub(#BASE + 2)
  return below and (below:gsub("/$", ""))
end

-- The handler of a request, the path below the endpoint and its ids. Raises for a request whose body is of no use.
local function admit(options, request)
  local path = relative(request.path) or refuse(404)
  local route, first, second = find_route(path)
  if not route.open and not peer.has_token(request.headers, options.token) then
    refuse(401, nil, { ["WWW-Authenticate"] = "Bearer" })
  end
  local method = request.method == "HEAD" and "GET" or request.method
  local handler = method:upper() == method and route[method] or refuse(405, nil, { Allow = route.allow })
  return handler, path, first, second
end

local function answer(world, options, request)
  local handler, path, first, second = admit(options, request)
  return handler(world, {
    path = path,
    query = listing.query(request.query),
    text = request.body,
    endpoint = "http://" .. (request.headers.host or "127.0.0.1") .. BASE,
    page_limit = options.page_limit,
    create_status = options.create_status or 200,
  }, first, second)
end

-- {=== Faults on order, and the log

-- The answer of the first fault that still counts and fits the path; nil when there is none.
local function planned_fault(faults, path)
  for i, fault in ipairs(faults) do
    if path:find(fault.path or "", 1, true) then
      fault.count = fault.count - 1
      if fault.count <= 0 then table.remove(faults, i) end
      local after = fault.retry_after
      return {
        status = fault.status,
        body = { message = fault.message or "Answered so because the sandbox was told to fail." },
        headers = after and { ["Retry-After"] = tostring(after) },
      }
    end
  end
  return nil
end

-- Header names in lower case; repeated ones joined.
local function fold(list)
  local headers, repeated = {}, {}
  for i = 1, #list, 2 do
    local name, value = list[i]:lower(), list[i + 1]
    if repeated[name] then
      table.insert(repeated[name], value)
    elseif headers[name] then
      repeated[name] = { headers[name], value }
    else
      headers[name] = value
    end
  end
  for name, values in pairs(repeated) do headers[name] = table.concat(values, ", ") end
  return headers
end

-- What the log keeps: of the Authorization header its scheme alone, no body that was not wanted.
local function log(state, request, status, time)
  local headers = {}
  for name, value in pairs(request.headers) do headers[name] = value end
  if headers.authorization then headers.authorization = headers.authorization:match "^(%a+) " or "" end
  state.log:add {
    method = request.method, path = request.path, query = request.query, headers = headers, body = request.body or "",
    status = status, time = time,
  }
end

-- }===

local function respond(state, request)
  if peer.is_foreign(request.headers) then return { status = 403, body = { message = MESSAGES[403] } } end
  local fault = planned_fault(state.faults, request.path)
  if fault then return fault end
  local ok, status, value, headers = pcall(answer, state.world, state.options, request)
  if ok then return { status = status, body = value, headers = headers } end
  if type(status) ~= "table" then error(status, 0) end
  return status
end

local function handle(state, request, time)
  local ok, reply, text = pcall(function()
    local reply = respond(state, request)
    return reply, reply.body and json.encode(reply.body)
  end)
  if not ok then
    text = json.encode { message = "sandbox: " .. tostring(reply) }
    reply = { status = 500 }
  end
  log(state, request, reply.status, time)
  local headers = reply.headers or {}
  if text then headers["Content-Type"] = "application/json" end
  return reply.status, headers, text
end

local routes = {}

--- Opens a world for the server.
-- @param options_json JSON object: token, deployments, job_polls, create_status, page_limit
-- @return table of functions: admit(method, path, query, headers) -> whether the body is wanted; handle(method, path,
-- query, headers, body, time) -> status, headers, body, where body is nil when it was not wanted or is too large; and
-- the control functions, each JSON text -> JSON text
function routes.open(options_json)
  local options = assert(json.decode(options_json))
  local state = { world = World.new(options), options = options, faults = {}, log = Log.new() }
  return {
    admit = function(method, path, _, headers)
      local request = { method = method, path = path, headers = fold(headers) }
      return not peer.is_foreign(request.headers) and (pcall(admit, options, request))
    end,
    handle = function(method, path, query, headers, body, time)
      local request = { method = method, path = path, query = query, headers = fold(headers), body = body }
      return handle(state, request, time)
    end,
    requests = function(text)
      local kept = json.list(state.log:all())
      if json.decode(text).clear == true then state.log:clear() end
      return json.encode(kept)
    end,
    fail = function(text)
      table.insert(state.faults, json.decode(text))
    end,
  }
end

return routes
