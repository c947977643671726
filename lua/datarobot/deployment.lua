--- Deployments: what they are set to, and their retraining policies.
local core = require "datarobot.core"
local guard = require "datarobot.call.guard"
local list_method = require "datarobot.call.list_method"
local options = require "datarobot.call.options"
local policies = require "datarobot.retraining_policy"
local show = require "datarobot.show"

local calls, classes = core.calls, core.classes

---@class datarobot.Deployment A snapshot of one deployment. Its fields are those of the reply, by their
---  Lua names; further ones of a newer server are there as well, and what is null or absent is nil. Reading
---  never sends a request. Tables inside it are read once and kept: writing to one reaches neither the server
---  nor `to_table`, which gives a copy to work with.
---@field id string
---@field label string
---@field description? string
---@field status? string
---@field importance? string
---@field model? table
---@field owners? {count: integer, preview: table[]}
---@field settings? table
local deployment = classes.deployment

function classes.deployment_class:__tostring()
  local label = type(self.label) == "string" and " " .. show.quote(self.label) or ""
  return ("Deployment %s%s (%s)"):format(show.word(self.id), label, show.word(self.status, "status unknown"))
end

-- {=== retraining policies ===}

--- deployment:retraining_policies([query])
---@operation list_policies
deployment.retraining_policies = list_method("deployment", "retraining_policies", calls.begin.list_policies, {
  what = "retraining policies", visit = policies.note,
})

--- The one retraining policy with this name.
---@operation list_policies
---@param name string compared exactly, case included
---@return datarobot.RetrainingPolicy|nil policy
---@return datarobot.Error? err kind `not_found` when there is none, `conflict` when there are several
function deployment:find_retraining_policy(name)
  guard.self(self, "deployment", "find_retraining_policy")
  guard.check(name, "string", 1, "find_retraining_policy")
  return self:retraining_policies():find("name", name)
end

--- Creates a retraining policy; a deployment has at most five. The whole table is checked first, and
-- nothing is sent while there is a mistake in it.
---@operation create_policy
---@param t datarobot.body.policy
---@param o? datarobot.CallOptions
---@return datarobot.RetrainingPolicy|nil policy
---@return datarobot.Error? err kind `ambiguous` when the answer was lost on the way and looking at the policies did
---  not show what became of it: `candidates` are the ids of those with this name
---@return datarobot.Note[]? notes of a policy that was made: what is legal in it and looks mistaken
function deployment:create_retraining_policy(t, o)
  guard.self(self, "deployment", "create_retraining_policy")
  local started = core.now()
  local created, err, notes = calls.create_policy(self, t, o)
  local case = not created and options.lost(self, err, o, started)
  if case then
    case.seen = policies.seen(self)
    created, err, notes = require "datarobot.call.settle".create(self, t, case)
  end
  if not created then return nil, err end
  policies.note(self, created, 0)
  return created, nil, notes
end

-- {=== settings ===}

local function update_settings(self, name, t, o)
  local rest, waits = options.split(name, o)
  local started = core.now()
  guard.check(t, "table", 1, name)
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
  local done, err = update_settings(self, "update_settings", t, o)
  if not done then return nil, err end
  return done
end

--- Switches challenger models on or off and waits for the server's job.
---@operation update_settings
---@param t datarobot.body.enabled
---@param o? datarobot.JobOptions
---@return true|datarobot.Response|nil done the reply with `wait = false`
---@return datarobot.Error? err kind `api` when the job failed
function deployment:update_challenger_models_settings(t, o)
  guard.self(self, "deployment", "update_challenger_models_settings")
  guard.check(t, "table", 1, "update_challenger_models_settings")
  local done, err = update_settings(self, "update_challenger_models_settings", { challenger_models = t }, o)
  if not done then return nil, err end
  return done
end

core.name(deployment, ":")

return deployment
