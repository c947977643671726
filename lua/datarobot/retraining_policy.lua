--- Retraining policies of a deployment.
local core = require "datarobot.core"
local guard = require "datarobot.call.guard"
local list_method = require "datarobot.call.list_method"
local options = require "datarobot.call.options"
local show = require "datarobot.show"
require "datarobot.retraining_run"

local calls, classes = core.calls, core.classes

local policies = {}

---@class datarobot.RetrainingPolicy: datarobot.body.policy A snapshot of one retraining policy. Its
---  fields are those of the reply, by their Lua names; `dr.help "policy"` explains each. What is null
---  or absent is nil. Reading never sends a request. Tables inside it are read once and kept: writing to one
---  reaches neither the server nor the next `update`; `definition` and `to_table` give a copy to work with.
---@field id string
---@field latest_run? datarobot.RetrainingRun its fields, in a plain table; nil before the first run
---@field use_case? table
local policy = classes.retraining_policy

function classes.retraining_policy_class:__tostring()
  local trigger = type(self.trigger) == "table" and show.word(self.trigger.type) or "manual"
  local name = show.quote(type(self.name) == "string" and self.name or "")
  return ("RetrainingPolicy %s %s (%s -> %s)"):format(show.word(self.id), name, trigger,
    show.word(self.action, "?"))
end

--- Changes the members that the table names. Nested tables are completed from this object's snapshot;
-- the object then holds the new state. The last writer wins: DataRobot has no way to say "only if nobody
-- changed it since".
---@operation update_policy
---@param t datarobot.body.policy_update `dr.null` clears a member, an absent one stays
---@param o? datarobot.CallOptions
---@return datarobot.RetrainingPolicy|nil policy this object
---@return datarobot.Error? err
---@return datarobot.Note[]? notes what is legal in the members that were sent and looks mistaken
function policy:update(t, o)
  guard.self(self, "retraining_policy", "update")
  local started = core.now()
  local result, err, notes = calls.update_policy(self, t, o)
  if not result then return nil, err end
  if result ~= true then return result, nil, notes end
  result, err = self:refresh(options.rest(self, o, started)) -- the server answered without a body
  if not result then return nil, err end
  return result, nil, notes
end

local EXPORT <const> = { format = "format" }

--- The policy as a text that makes it again: Lua that returns a table for `deployment:apply`, or JSON. It states every
-- member that can be sent; texts of the server stand in it as quoted literals only. Sends nothing.
---@param o? {format: "lua"|"json"} default `"lua"`
---@return string text
function policy:export(o)
  guard.self(self, "retraining_policy", "export")
  o = options.check("export", 1, o, EXPORT)
  local export = require "datarobot.declare.export"
  local text = export.text(export.policy(self), o.format)
  return text
end

-- {=== runs ===}

--- retraining_policy:runs([query])
---@operation list_runs
policy.runs = list_method("retraining_policy", "runs", calls.begin.list_runs, { what = "runs" })

local START <const> = { timeout = "seconds", join = "boolean" }

--- Starts a run of this policy, once: the runs that there are are read first, the request is sent a single time, and
-- the run is found by the reply or in the list, for up to 60 seconds.
---@operation start_run
---@param o? datarobot.StartOptions
---@return datarobot.RetrainingRun|nil run
---@return datarobot.Error? err kind `conflict` while a run is active, with `run`; `ambiguous` when it is not known
---  whether a run was started, or which: `candidates` are the ids that are new. It is never started a second time
function policy:start_run(o)
  guard.self(self, "retraining_policy", "start_run")
  o = options.check("start_run", 1, o, START)
  local allowed, refused = calls.may_write(self)
  if not allowed then return nil, refused end
  local run, err = require "datarobot.call.start_run"(self, o)
  if not run then return nil, err end
  return run
end

-- {=== advice ===}

local EXPLAIN <const> = { timeout = "seconds", count = "count" }

--- Explains the policy, as this object holds it: what it waits for and when, its last run, what is missing, what would
-- happen then. Only reads: the deployment, its settings and the newest run; for a trigger that watches health also the
-- health settings and the figures.
---@param o? {timeout: number, count: integer, after: number|string} seconds for all of it; how many next times, default
---  3; the time behind which they lie, as in `schedule:next_runs`
---@return datarobot.Explanation|nil explanation
---@return datarobot.Error? err of the request that failed; health that cannot be read is no failure, but `unknown`
function policy:explain(o)
  guard.self(self, "retraining_policy", "explain")
  guard.check(o, "table", 1, "explain", true)
  local own = {}
  for k, v in next, o or {} do own[k] = v end
  own.after = nil
  options.check("explain", 1, own, EXPLAIN)
  own.after = o and o.after
  local made, err = require "datarobot.advise.explain"(self, own)
  if not made then return nil, err end
  return made
end

-- {=== what a deployment has seen ===}

-- When a policy was first seen by a deployment object, for `settle`: what was there before a create is not its
-- product. 0: it is the product of another create. deployment -> id -> seconds
local seen = setmetatable({}, { __mode = "k" })

--- Notes that a deployment object has seen a policy.
---@param deployment datarobot.Deployment
---@param object datarobot.RetrainingPolicy
---@param at? number when (core.now), default now
function policies.note(deployment, object, at)
  seen[deployment] = seen[deployment] or {}
  seen[deployment][object.id] = at or seen[deployment][object.id] or core.now()
end

--- The policies that a deployment object has seen.
---@param deployment datarobot.Deployment
---@return table<string, number>|nil seen id -> when
function policies.seen(deployment)
  return seen[deployment]
end

core.name(policy, ":")

return policies
