--- Deployments: what they are set to, and their retraining policies.
local core = require "datarobot.core"
require "datarobot.challenger"
require "datarobot.deployment_settings"
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

-- {=== the deployment itself ===}

--- Changes label, description or importance, and reads the deployment anew.
---@operation update_deployment
---@param t datarobot.body.deployment_update for example `{ label = "Loans", importance = "HIGH" }`
---@param o? datarobot.CallOptions `timeout`: for both requests
---@return datarobot.Deployment|nil deployment this object, in its new state
---@return datarobot.Error? err
function deployment:update(t, o)
  guard.self(self, "deployment", "update")
  local started = core.now()
  local done, err = calls.update_deployment(self, t, o)
  if not done then return nil, err end
  done, err = self:refresh(options.rest(self, o, started))
  if done then return self end
  err.message = "the deployment was changed; reading it anew failed: " .. err.message
  return nil, err
end

local JOB <const> = { timeout = "seconds", retry = "boolean", wait = "boolean" }

local function change_status(self, name, status, o)
  o = options.check(name, 1, o, JOB)
  return require "datarobot.call.deployment_status"(self, status, o)
end

--- Activates the deployment, so that it serves predictions: waits for the server's job, and reads until it is active.
-- A deployment that is active already is a success, too.
---@operation update_status
---@param o? datarobot.JobOptions
---@return datarobot.Deployment|datarobot.Response|nil deployment this object, in its new state; the reply with
---  `wait = false`
---@return datarobot.Error? err kind `api` when the job failed, `timeout` when it did not become active in time,
---  `conflict` where the server refuses it and it is not active
function deployment:activate(o)
  guard.self(self, "deployment", "activate")
  local done, err = change_status(self, "activate", "active", o)
  if not done then return nil, err end
  return done
end

--- Deactivates the deployment, so that it serves no predictions: waits for the server's job, and reads until it is
-- inactive. A deployment that is inactive already is a success, too.
---@operation update_status
---@param o? datarobot.JobOptions
---@return datarobot.Deployment|datarobot.Response|nil deployment this object, in its new state; the reply with
---  `wait = false`
---@return datarobot.Error? err as of `activate`
function deployment:deactivate(o)
  guard.self(self, "deployment", "deactivate")
  local done, err = change_status(self, "deactivate", "inactive", o)
  if not done then return nil, err end
  return done
end

-- {=== challengers and replacement ===}

--- The deployment's challengers.
---@operation list_challengers
---@param o? datarobot.CallOptions
---@return datarobot.Challenger[]|nil challengers
---@return datarobot.Error? err
function deployment:challengers(o)
  guard.self(self, "deployment", "challengers")
  local list, err = calls.list_challengers(self, o)
  if not list then return nil, err end
  return core.array(list)
end

local CREATE <const> = { timeout = "seconds" }

--- Makes a challenger of a model package and waits for the server's job. Never twice: the challengers that there are
-- are read first, and a lost answer is settled by reading them again.
---@operation create_challenger
---@param t datarobot.body.challenger
---@param o? {timeout: number} seconds for all of it, default: the client's
---@return datarobot.Challenger|nil challenger
---@return datarobot.Error? err kind `ambiguous` with `candidates` when it is not known whether or which it is, or when
---  it cannot be read
function deployment:create_challenger(t, o)
  guard.self(self, "deployment", "create_challenger")
  guard.check(t, "table", 1, "create_challenger")
  o = options.check("create_challenger", 2, o, CREATE)
  local allowed, refused = calls.may_write(self)
  if not allowed then return nil, refused end
  local challenger, err = require "datarobot.call.create_challenger"(self, t, o)
  if not challenger then return nil, err end
  return challenger
end

--- Lets the challengers score the predictions that were stored up to a time, as the champion did, and waits for the
-- server's job. What a challenger would have said is known only after this, and only where a replay came to.
---@operation replay_challengers
---@param t? datarobot.body.challenger_replay default: up to now
---@param o? datarobot.JobOptions
---@return true|datarobot.Response|nil done the reply with `wait = false`
---@return datarobot.Error? err kind `rate_limited` while another replay runs; `api` when the job failed
function deployment:replay_challengers(t, o)
  guard.self(self, "deployment", "replay_challengers")
  guard.check(t, "table", 1, "replay_challengers", true)
  o = options.check("replay_challengers", 2, o, JOB)
  local deadline = core.now() + (o.timeout or 600)
  local reply, err = calls.replay_challengers(self, t or {}, { timeout = o.timeout, retry = o.retry })
  if not reply then return nil, err end
  if o.wait == false then return reply end
  local done
  done, err = require "datarobot.call.job".done(calls.client_of(self), reply, math.max(deadline - core.now(), 0.001))
  if not done then return nil, err end
  return true
end

--- deployment:model_history([query])
---@operation list_model_history
deployment.model_history = list_method("deployment", "model_history", calls.begin.list_model_history, {
  what = "earlier models",
})

--- deployment:shared_roles([query])
---@operation list_shared_roles
deployment.shared_roles = list_method("deployment", "shared_roles", calls.begin.list_shared_roles, {
  what = "shared roles",
})

--- Compares a challenger with the champion: both models' accuracy by one metric over one window, which ends at the last
-- full hour of the server. What a challenger would have said is known only after a replay: `replay_challengers`.
---@operation accuracy_over_time
---@param o datarobot.CompareOptions
---@return datarobot.Comparison|nil comparison
---@return datarobot.Error? err kind `conflict` when a model is not named
function deployment:compare(o)
  guard.self(self, "deployment", "compare")
  local compare = require "datarobot.call.compare"
  compare.check("compare", 1, o, self)
  local comparison, err = compare.challenger(self, o)
  if not comparison then return nil, err end
  return comparison
end

-- A table that names the model; a package's id alone is what one types first.
local function check_model(t, name)
  if type(t) ~= "string" then return guard.check(t, "table", 1, name) end
  guard.argument(1, name, "table expected, got string; a package is { model_package_id = \"…\" }")
end

local REPLACE <const> = { allow_warnings = "boolean", timeout = "seconds" }

---@class datarobot.Replacement What `deployment:replace_model`, `rollback` and `run:promote` have done.
---@field model_package_id? string what the deployment serves now
---@field previous_model_package_id? string what it served before
---@field reason? string
---@field validation? table the server's check: `status`, `checks`
---@field unchanged? boolean true: it was served already, and nothing was sent

--- Replaces the deployment's model: asks whether the new one may, replaces, waits for the job, and reads until the new
-- package is what is served. `reason` is `"OTHER"` unless given.
---@operation replace_model
---@param t datarobot.body.model_replacement
---@param o? {allow_warnings: boolean, timeout: number} true: also where the server's check has a warning; seconds for
---  all of it, default 600
---@return datarobot.Replacement|nil replacement
---@return datarobot.Error? err kind `conflict` with `validation` when the server's check does not pass, `api` when the
---  job failed, `ambiguous` when a lost answer could not be settled
function deployment:replace_model(t, o)
  guard.self(self, "deployment", "replace_model")
  check_model(t, "replace_model")
  o = options.check("replace_model", 2, o, REPLACE)
  local allowed, refused = calls.may_write(self)
  if not allowed then return nil, refused end
  local done, err = require "datarobot.call.replace"(self, t, o)
  if not done then return nil, err end
  return done
end

-- The newest package of the history that is not served now.
local function earlier_package(self)
  local now, err = self:champion_model_package()
  if not now then return nil, err end
  local list
  list, err = self:model_history():collect()
  if not list then return nil, err end
  for _, entry in ipairs(list) do
    local package = type(entry.model_package) == "table" and entry.model_package.id or entry.model_package_id
    if type(package) == "string" and package ~= now.id then return package end
  end
  return nil, core.error("not_found", "the history names no other model package")
end

--- Replaces the model by the one before. Without `what` a second call brings back what the first one took away, since
-- that is the one before then; with `what` it finds the model served already, and sends nothing.
---@param what? datarobot.Replacement|string what `replace_model` returned, or the id of a model package; default: the
---  newest of the history that is not served now
---@param o? {allow_warnings: boolean, timeout: number} as in `replace_model`
---@return datarobot.Replacement|nil replacement
---@return datarobot.Error? err kind `not_found` when there is no earlier model
function deployment:rollback(what, o)
  guard.self(self, "deployment", "rollback")
  local id = what
  if type(what) == "table" then id = what.previous_model_package_id end
  if what ~= nil and type(id) ~= "string" then
    guard.argument(1, "rollback", "what replace_model returned, or a model package id, expected, got "
      .. guard.type_of(what))
  end
  o = options.check("rollback", 2, o, REPLACE)
  local allowed, refused = calls.may_write(self)
  if not allowed then return nil, refused end
  if id == nil then
    local found, why = earlier_package(self)
    if not found then return nil, why end
    id = found
  end
  local done, err = require "datarobot.call.replace"(self, { model_package_id = id }, o, true)
  if not done then return nil, err end
  return done
end

-- {=== declared state ===}

---@class datarobot.ApplyOptions What `plan` and `apply` may do.
---@field allow_replacement? boolean true: also create or change a policy that replaces the deployment's model by itself
---@field prune? boolean true: where the table says `prune`, policies that it does not name are removed
---@field max_changes? integer with more changes nothing is done
---@field timeout? number seconds for all of it, default 600

--- What would be done so that the deployment is as the table says; nothing is written. The table is one policy
-- (`{ name = … }`), or `{ settings =, retraining_settings =, policies = { … }, prune = }`, each optional. What it does
-- not name stays as it is.
---@param t table
---@param o? datarobot.ApplyOptions
---@return datarobot.Plan|nil plan
---@return datarobot.Error? err kind `validation` with all mistakes of the table; `conflict` where two policies of the
---  deployment have a name of the table, or two objects a name that stands for an id
function deployment:plan(t, o)
  guard.self(self, "deployment", "plan")
  local plans = require "datarobot.declare.plan"
  local plan, err = plans.make(self, t, plans.arguments("plan", t, o))
  if not plan then return nil, err end
  return plan
end

--- Makes the deployment as the table says, as in `plan`: sends what differs, in the order in which one needs the other,
-- and stops at the first failure. Where nothing differs nothing is sent.
---@param t table
---@param o? datarobot.ApplyOptions
---@return datarobot.ApplyResult|nil result
---@return datarobot.Error|datarobot.RetrainingPolicy|nil err kind `validation` when a consent is missing, `limit` when
---  there are more than `max_changes`, `conflict` when somebody else changes the same meanwhile, or of the step that
---  failed, with `result`; the policy, when the table is one policy
function deployment:apply(t, o)
  guard.self(self, "deployment", "apply")
  local plans = require "datarobot.declare.plan"
  local result, more = plans.apply(self, t, plans.arguments("apply", t, o))
  if not result then return nil, more end
  return result, more
end

local EXPORT <const> = { format = "format", timeout = "seconds" }

--- The deployment's settings, retraining settings and policies as a text that makes them again: Lua that returns a
-- table for `deployment:apply`, or JSON. It states every member that can be sent; texts of the server stand in it as
-- quoted literals only. A server never shows the credential, which is missing.
---@param o? {format: "lua"|"json", timeout: number} default `"lua"`; seconds for all of it, default 600
---@return string|nil text
---@return datarobot.Error? err kind `conflict` when two policies have one name
function deployment:export(o)
  guard.self(self, "deployment", "export")
  o = options.check("export", 1, o, EXPORT)
  local export = require "datarobot.declare.export"
  local t, err = export.deployment(self, core.now() + (o.timeout or 600))
  if not t then return nil, err end
  return export.text(t, o.format)
end

core.name(deployment, ":")

return deployment
