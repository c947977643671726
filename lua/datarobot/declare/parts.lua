--- The parts of a declaration that are settings: how each is read, compared and changed. In the order in which they are
-- changed: a policy may need what stands before it.
local core = require "datarobot.core"
local discovery = require "datarobot.help.discovery"

local calls = core.calls

local parts = {}

-- The ids of the objects that the settings are shown with. The credential is never shown.
local function ids_of(shown)
  local function id(name)
    local object = shown[name]
    return type(object) == "table" and object.id or nil
  end
  return {
    dataset_id = id "dataset", prediction_environment_id = id "predictionEnvironment",
    retraining_user_id = id "retrainingUser",
  }
end

-- A part as its GET shows it, with members in place of those that there are: what rules across objects look at.
local function overlaid(have, all)
  local shown = {}
  for name, value in next, have do shown[name] = value end
  for name, value in next, all do shown[name:gsub("_(%l)", string.upper)] = value end
  return shown
end

local function with_objects(have, all)
  local shown = {}
  for _, name in ipairs { "dataset", "prediction_environment", "retraining_user" } do
    local id = all[name .. "_id"] or have[name .. "_id"]
    shown[name] = id and { id = id } or nil
  end
  return shown
end

local ALL <const> = {
  { name = "settings", wire = "settings", as_shown = overlaid, send = function(deployment, t, o)
    return deployment:update_settings(t, o)
  end },
  { name = "health_settings", wire = "healthSettings", as_shown = overlaid, send = function(deployment, t, o)
    return calls.update_health_settings(deployment, t, o)
  end },
  { name = "retraining_settings", wire = "retrainingSettings", named = true, hidden = "credential_id",
    beside = "dataset_id", shape = ids_of, as_shown = with_objects, send = function(deployment, t, o)
    return calls.update_retraining_settings(deployment, t, o)
  end },
}

local known

--- The parts that this version has.
---@return table[] parts { name, wire, send, as_shown, shape?, hidden?, beside?, named? }; the name is its body's kind
function parts.all()
  if known then return known end
  local list = {}
  for _, part in ipairs(ALL) do
    if discovery.schemas().kinds[part.name] then list[#list + 1] = part end
  end
  known = list
  return list
end

--- Reads a part as the server has it: names as on the wire.
---@param client datarobot.Client
---@param id string of the deployment
---@param part table
---@param o datarobot.CallOptions
---@return table|nil have
---@return datarobot.Error? err
function parts.read(client, id, part, o)
  local reply, err = client:get(("deployments/%s/%s/"):format(id, part.wire), o)
  if not reply then return nil, err end
  local body = core.decode(reply.text)
  if type(body) ~= "table" then return nil, core.error("protocol", part.name .. ": an object was expected") end
  return part.shape and part.shape(body) or body
end

return parts
