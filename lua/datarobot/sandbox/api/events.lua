--- Routes of the sandbox's own, at the server's root: what happens in its world.

local accuracy = require "datarobot.sandbox.world.accuracy"
local drift = require "datarobot.sandbox.world.drift"
local health = require "datarobot.sandbox.world.health"
local lookup = require "datarobot.sandbox.api.lookup"
local refuse = require "datarobot.sandbox.http.refuse"

local STATUS = { passing = true, warning = true, failing = true }

local function object(request)
  local body = request:json()
  if type(body) ~= "table" then refuse.fields { deploymentId = "is required" } end
  return body
end

local function status_of(body)
  if not STATUS[body.status] then refuse.fields { status = "must be passing, warning or failing" } end
  return body.status
end

-- Answers with the deployment as it is then.
local function happened(world, record, problem)
  if problem then refuse.with(409, problem) end
  return 200, health.show(world, record)
end

local function post_drift(world, request)
  local body = object(request)
  local record = lookup.deployment(world, body.deploymentId)
  return happened(world, record, drift.set(world, record, status_of(body)))
end

-- Wire name -> that of accuracy.set, and the type of the value.
local MEMBERS = {
  status = { "status", "string" }, percentChange = { "percent_change", "number" }, value = { "value", "number" },
  metric = { "metric", "string" }, modelId = { "model_id", "string" }, deploymentId = { nil, "string" },
}

local function change_of(body)
  local change, faults = {}, {}
  for name, value in pairs(body) do
    local member = MEMBERS[name]
    if not member then
      faults[tostring(name)] = "is not known"
    elseif type(value) ~= member[2] then
      faults[name] = "must be a " .. member[2]
    elseif member[1] then
      change[member[1]] = value
    end
  end
  local count = (change.status and 1 or 0) + (change.percent_change and 1 or 0) + (change.value and 1 or 0)
  if count ~= 1 then faults.status = "one of status, percentChange and value is required" end
  refuse.fields(faults)
  if change.status then status_of(body) end
  return change
end

local function post_accuracy(world, request)
  local body = object(request)
  local record = lookup.deployment(world, body.deploymentId)
  return happened(world, record, accuracy.set(world, record, change_of(body)))
end

-- Wire name -> name in an order of faults.lua, type, least, most.
local FAIL = {
  status = { "status", "integer", 200, 599 }, count = { "count", "integer", 1 }, path = { "path", "string" },
  retryAfter = { "retry_after", "number", 0 }, message = { "message", "string" },
}
local SLOW = {
  seconds = { "seconds", "number", 0, 3600 }, count = { "count", "integer", 1 }, path = { "path", "string" },
}

local function is_kind(value, kind)
  return type(value) == kind or math.type(value) == kind
end

local function order_of(request, members, order)
  local faults = {}
  for name, value in pairs(object(request)) do
    local member = members[name]
    if not member then
      faults[tostring(name)] = "is not known"
    elseif not is_kind(value, member[2]) or member[3] and value < member[3] or member[4] and value > member[4] then
      faults[name] = ("must be a%s %s"):format(member[2] == "integer" and "n" or "", member[2])
        .. (member[4] and (" from %d to %d"):format(member[3], member[4]) or "")
    else
      order[member[1]] = value
    end
  end
  refuse.fields(faults)
  return order
end

local function post_fail(_, request)
  table.insert(request.state.faults, order_of(request, FAIL, { status = 503, count = 1 }))
  return 204
end

local function post_slow(_, request)
  table.insert(request.state.slow, order_of(request, SLOW, { seconds = 1, count = 1 }))
  return 204
end

local function post_snapshot(_, request)
  return 200, { snapshot = request.state:snapshot() }
end

local function post_restore(_, request)
  local found = request.state:restore(object(request).snapshot)
  if not found then refuse.fields { snapshot = "there is none of that name" } end
  return 204
end

return {
  { "/sandbox/fail", POST = post_fail },
  { "/sandbox/slow", POST = post_slow },
  { "/sandbox/snapshot", POST = post_snapshot },
  { "/sandbox/restore", POST = post_restore },
  { "/sandbox/drift", POST = post_drift },
  { "/sandbox/accuracy", POST = post_accuracy },
}
