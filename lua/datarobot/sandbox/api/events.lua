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

return {
  { "/sandbox/drift", POST = post_drift },
  { "/sandbox/accuracy", POST = post_accuracy },
}
