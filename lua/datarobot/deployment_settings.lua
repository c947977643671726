--- What a deployment is set to: methods of deployments that change groups of settings.
local core = require "datarobot.core"
local guard = require "datarobot.call.guard"
local options = require "datarobot.call.options"

local calls = core.calls

local deployment = core.classes.deployment

local function update_settings(self, name, t, o)
  local rest, waits = options.split(name, o)
  local started = core.now()
  local reply, err = calls.update_settings(self, t, rest)
  local case = not reply and options.lost(self, err, rest, started, 600)
  if case then reply, err = require "datarobot.call.settle".settings(self, t, case) end
  if not reply then return nil, err end
  if not waits or reply == true then return reply end
  local timeout = (rest.timeout or 600) - (core.now() - started)
  local done
  done, err = require "datarobot.call.job".done(calls.client_of(self), reply, timeout)
  if not done then return nil, err end
  return true
end

--- Changes deployment settings and waits for the server's job. Only the groups named are changed.
---@operation update_settings
---@param t datarobot.body.settings for example `{ challenger_models = { enabled = true } }`
---@param o? datarobot.JobOptions
---@return true|datarobot.Response|nil done the reply with `wait = false`
---@return datarobot.Error? err kind `api` when the job failed
function deployment:update_settings(t, o)
  guard.self(self, "deployment", "update_settings")
  guard.check(t, "table", 1, "update_settings")
  local done, err = update_settings(self, "update_settings", t, o)
  if not done then return nil, err end
  return done
end

-- A member of the body that stands among the options.
local function check_options(name, group, o)
  if type(o) ~= "table" then return end
  for _, field in ipairs(require "datarobot.help.discovery".fields("settings." .. group)) do
    if rawget(o, field.name) ~= nil then
      guard.argument(2, name, ("'%s' is a member of the body; give it in the table before"):format(field.name))
    end
  end
end

local function update_group(self, name, group, t, o)
  guard.self(self, "deployment", name)
  guard.check(t, "table", 1, name)
  check_options(name, group, o)
  return update_settings(self, name, { [group] = t }, o)
end

--- Switches challenger models on or off and waits for the server's job.
---@operation update_settings
---@param t datarobot.body.enabled
---@param o? datarobot.JobOptions
---@return true|datarobot.Response|nil done the reply with `wait = false`
---@return datarobot.Error? err kind `api` when the job failed
function deployment:update_challenger_models_settings(t, o)
  local done, err = update_group(self, "update_challenger_models_settings", "challenger_models", t, o)
  if not done then return nil, err end
  return done
end

--- Switches the storing of prediction rows on or off, which challengers need, and waits for the server's job.
---@operation update_settings
---@param t datarobot.body.enabled
---@param o? datarobot.JobOptions
---@return true|datarobot.Response|nil done the reply with `wait = false`
---@return datarobot.Error? err kind `conflict` when it is switched off while challenger models are on; `api` when the
---  job failed
function deployment:update_predictions_data_collection_settings(t, o)
  local done, err = update_group(self, "update_predictions_data_collection_settings", "predictions_data_collection", t,
    o)
  if not done then return nil, err end
  return done
end

--- Says which column joins actuals to predictions, which accuracy needs, and waits for the server's job.
---@operation update_settings
---@param t datarobot.body.association_id for example `{ column_names = { "id" } }`; what is not named stays
---@param o? datarobot.JobOptions
---@return true|datarobot.Response|nil done the reply with `wait = false`
---@return datarobot.Error? err kind `api` when the job failed
function deployment:update_association_id_settings(t, o)
  local done, err = update_group(self, "update_association_id_settings", "association_id", t, o)
  if not done then return nil, err end
  return done
end

local TRACKING <const> = { target_drift = true, targetDrift = true, feature_drift = true, featureDrift = true }

--- Switches the tracking of target drift and of feature drift on or off and waits for the server's job.
---@operation update_settings
---@param t {target_drift: datarobot.body.enabled, feature_drift: datarobot.body.feature_drift} one of them or both
---@param o? datarobot.JobOptions
---@return true|datarobot.Response|nil done the reply with `wait = false`
---@return datarobot.Error? err kind `api` when the job failed
function deployment:update_drift_tracking_settings(t, o)
  local name <const> = "update_drift_tracking_settings"
  guard.self(self, "deployment", name)
  guard.check(t, "table", 1, name)
  for member in next, t do
    if not TRACKING[member] then
      guard.argument(1, name, ("target_drift and feature_drift are its members, got '%s'"):format(
        core.words(tostring(member))))
    end
  end
  local done, err = update_settings(self, name, t, o)
  if not done then return nil, err end
  return done
end

-- {=== health settings ===}

-- A group as it goes out: what is named, and of the rest what the server shows and a request may say. Whether a server
-- keeps what a request leaves out of a group is not known.
local function completed(name, group, shown)
  local whole = {}
  for member, value in next, group do whole[member] = value end
  for member, value in next, type(shown) == "table" and shown or {} do
    if whole[member] == nil and value ~= core.null then
      whole[member] = value
      if not core.validate("health_settings", { [name] = whole }) then whole[member] = nil end
    end
  end
  return whole
end

--- Changes what decides that health falls, and so when triggers on drift and accuracy fire. What is not named stays:
-- the settings are read first, and each group that is named goes out whole.
---@operation update_health_settings
---@param t datarobot.body.health_settings for example `{ data_drift = { drift_threshold = 0.15 } }`
---@param o? datarobot.CallOptions `timeout`: for both requests
---@return true|nil done
---@return datarobot.Error? err
function deployment:update_health_settings(t, o)
  guard.self(self, "deployment", "update_health_settings")
  guard.check(t, "table", 1, "update_health_settings")
  local allowed, refused = calls.may_write(self)
  if not allowed then return nil, refused end
  local started = core.now()
  local named, err = core.normalize("health_settings", t)
  if not named then return nil, err end
  local shown
  shown, err = calls.get_health_settings(self, o)
  if not shown then return nil, err end
  for name, group in next, named do named[name] = completed(name, group, shown[name]) end
  local done
  done, err = calls.update_health_settings(self, named, options.rest(self, o, started))
  if not done then return nil, err end
  return true
end

return deployment
