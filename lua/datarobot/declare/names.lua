--- Ids given by name in a declaration: `dataset = "training.csv"`, `retraining_user = "me"`.
local core = require "datarobot.core"

local names = {}

local NAMED <const> = {
  { name = "dataset", wire = "dataset", id = "dataset_id", wire_id = "datasetId",
    find = function(client, _, name) return client:datasets():find("name", name) end },
  { name = "prediction_environment", wire = "predictionEnvironment", id = "prediction_environment_id",
    wire_id = "predictionEnvironmentId",
    find = function(client, _, name) return client:prediction_environments():find("name", name) end },
  { name = "credential", wire = "credential", id = "credential_id", wire_id = "credentialId",
    find = function(client, _, name) return client:credentials():find("name", name) end },
  { name = "retraining_user", wire = "retrainingUser", id = "retraining_user_id", wire_id = "retrainingUserId",
    find = function(client, deployment, name)
      if name == "me" then return client:whoami() end
      return deployment:shared_roles():find("name", name)
    end },
}

local function given(t, named)
  local value = rawget(t, named.name)
  if value == nil then return rawget(t, named.wire), named.wire end
  return value, named.name
end

--- Checks the names of a part.
---@param t table
---@param problems table to add mistakes to
---@param part table
function names.check(t, problems, part)
  for _, named in ipairs(NAMED) do
    local value = given(t, named)
    local path, pointer = part.name .. "." .. named.name, "/" .. part.wire .. "/" .. named.wire
    if value ~= nil and type(value) ~= "string" then
      problems:add(path, pointer, ("a name expected, got %s; an id stands in %s"):format(type(value), named.id))
    elseif value ~= nil and (rawget(t, named.id) ~= nil or rawget(t, named.wire_id) ~= nil) then
      problems:add(path, pointer, ("given beside %s; one of them is enough"):format(named.id))
    end
  end
end

--- What has to be looked up: a function for each name of a part, which gives the id.
---@param client datarobot.Client
---@param deployment datarobot.Deployment
---@param t table
---@return table<string, function> lookups name of the id -> function
function names.lookups(client, deployment, t)
  local lookups = {}
  for _, named in ipairs(NAMED) do
    local name = given(t, named)
    if name ~= nil then
      lookups[named.id] = function()
        local found, err = named.find(client, deployment, name)
        if not found then return nil, err end
        local id = found[named.id] or found.uid or found.id
        if type(id) == "string" then return id end
        return nil, core.error("protocol", ("what is named %s has no id"):format(core.words(name, "quoted")))
      end
    end
  end
  return lookups
end

--- A part with the ids for its names.
---@param t table
---@param ids table<string, string> what the look-ups gave
---@return table
function names.replaced(t, ids)
  local copy = {}
  for k, v in next, t do copy[k] = v end
  for _, named in ipairs(NAMED) do
    if given(t, named) ~= nil then
      copy[named.name], copy[named.wire] = nil, nil
      copy[named.id] = ids[named.id]
    end
  end
  return copy
end

return names
