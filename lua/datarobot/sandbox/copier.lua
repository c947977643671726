--- Reads deployments with all that belongs to them through a client, for a local world that starts as they are. Only
-- GET requests are sent.

local json = require "datarobot.sandbox.json"

local copier = {}

local PAGE, PAGES = 100, 10
local RUNS = 100 -- newest runs of a policy

-- What may be missing or hidden: older servers, features that are off.
local OPTIONAL = { [403] = true, [404] = true, [405] = true, [400] = true, [422] = true }

local Reader = {}
Reader.__index = Reader

-- The decoded reply, or nil; the first error that is no lack is kept and ends everything.
function Reader:get(path, query, needed)
  if self.err then return nil end
  local reply, err = self.client:get(path, { query = query })
  if not reply then
    if needed or not OPTIONAL[err.status or 0] then self.err = err end
    return nil
  end
  local body, problem = json.decode(reply.text)
  if type(body) ~= "table" then self.err = ("%s: %s"):format(path, problem or "no object") end
  return type(body) == "table" and body or nil
end

-- The elements of a paged list, `most` of them.
function Reader:all(path, most)
  local items = json.list()
  for page = 0, PAGES - 1 do
    local body = self:get(path, { offset = page * PAGE, limit = PAGE })
    if not body or type(body.data) ~= "table" then break end
    for _, item in ipairs(body.data) do
      if #items < most then items[#items + 1] = item end
    end
    if #body.data < PAGE or #items >= most then break end
  end
  return items
end

local function policies_of(reader, path)
  local list = json.list()
  for i, policy in ipairs(reader:all(path .. "retrainingPolicies/", PAGE)) do
    list[i] = { shown = policy, runs = reader:all(path .. "retrainingPolicies/" .. policy.id .. "/runs/", RUNS) }
  end
  return list
end

local function deployment_of(reader, id)
  local path = "deployments/" .. id .. "/"
  local shown = reader:get(path, nil, true)
  if not shown then return nil end
  return {
    shown = shown,
    settings = reader:get(path .. "settings/"),
    retraining = reader:get(path .. "retrainingSettings/"),
    policies = policies_of(reader, path),
    challengers = (reader:get(path .. "challengers/") or {}).data,
    capabilities = (reader:get(path .. "capabilities/") or {}).data,
    roles = reader:all(path .. "sharedRoles/", PAGE),
    history = reader:all(path .. "modelHistory/", PAGE),
    health_settings = reader:get(path .. "healthSettings/"),
    replay_settings = reader:get(path .. "challengerReplaySettings/"),
    features = reader:all(path .. "featureDrift/", PAGE),
    target = reader:get(path .. "targetDrift/"),
    accuracy = reader:get(path .. "accuracy/"),
  }
end

-- The ids that are meant: a list of them, or what a query of client:deployments finds.
local function ids_of(client, deployments)
  if type(deployments) == "table" and (#deployments > 0 or next(deployments) == nil) then return deployments end
  local found, err = client:deployments(deployments):collect()
  if not found then return nil, err end
  local ids = {}
  for i, deployment in ipairs(found) do ids[i] = deployment.id end
  return ids
end

-- The datasets that the copied settings name.
local function datasets_of(reader, deployments)
  local list, seen = json.list(), {}
  for _, deployment in ipairs(deployments) do
    local named = deployment.retraining and deployment.retraining.dataset
    if type(named) == "table" and not seen[named.id] then
      seen[named.id] = true
      list[#list + 1] = reader:get("datasets/" .. named.id .. "/") or { datasetId = named.id, name = named.name }
    end
  end
  return list
end

--- Reads deployments.
-- @param client what dr.client returns
-- @param deployments list of ids, or a query of client:deployments
-- @return what world/import.lua takes; or nil and the error
function copier.read(client, deployments)
  local ids, err = ids_of(client, deployments)
  if not ids then return nil, err end
  local reader = setmetatable({ client = client }, Reader)
  local copies = json.list()
  for i, id in ipairs(ids) do copies[i] = deployment_of(reader, id) end
  local whole = {
    now = os.time(),
    deployments = copies,
    account = reader:get("account/info/"),
    environments = reader:all("predictionEnvironments/", PAGE * PAGES),
    datasets = datasets_of(reader, copies),
  }
  if reader.err then return nil, reader.err end
  if #copies == 0 then return nil, "no deployment was found to copy" end
  return whole
end

return copier
