--- Runs of a retraining policy: what became of them, waiting for one, cancelling one.
local core = require "datarobot.core"
local guard = require "datarobot.call.guard"
local options = require "datarobot.call.options"
local poll = require "datarobot.call.poll"
local show = require "datarobot.show"
local states = require "datarobot.call.run_state"

local calls, classes = core.calls, core.classes

---@class datarobot.RetrainingRun A snapshot of one run of a retraining policy. Its fields are those of the reply, by
---  their Lua names; what is null or absent is nil. Reading never sends a request; `refresh` and `wait` put a new
---  snapshot into the same object.
---@field id string
---@field status string as the server gives it; DataRobot does not document the values: `state` gives the meaning
---@field start_time? string ISO 8601
---@field finish_time? string ISO 8601; the run is over
---@field error_message? string why it failed
---@field challenger_id? string the challenger that it made
---@field model_package_id? string the model package that it made
---@field project_id? string the project in which it trained
---@field registered_model_id? string
---@field use_case_id? string
local run = classes.retraining_run

function classes.retraining_run_class:__tostring()
  local since = type(self.start_time) == "string" and ", started " .. show.word(self.start_time) or ""
  return ("RetrainingRun %s (%s%s)"):format(show.word(self.id), show.word(self.status, "status unknown"), since)
end

--- What the status means: `"active"`, `"succeeded"`, `"failed"` or `"cancelled"`. It is judged by the words of the
-- status, and by `finish_time`; an unknown word is active. Sends nothing.
---@return "active"|"succeeded"|"failed"|"cancelled" state
function run:state()
  guard.self(self, "retraining_run", "state")
  return states.of(self)
end

-- {=== waiting ===}

-- Failures of a look that the next one may not meet.
local passing = { transport = true, timeout = true, tls = true, server = true, rate_limited = true, protocol = true }

-- The error that ends a wait or a cancellation, with the run as it was last seen.
local function with_run(self, err)
  err.run = self
  return nil, err
end

local function out_of_time(self)
  local err = core.error("timeout", ("the run is not over; its last status was %s"):format(
    show.word(self.status, "unknown")))
  err.retryable = true
  return with_run(self, err)
end

-- The result of a run that is over.
local function outcome(self, state)
  if state == "succeeded" then return self end
  local why = show.word(self.error_message, "")
  local text = state == "cancelled" and "the run was cancelled" or "the run failed"
  local err = core.error("run_failed", why ~= "" and text .. ": " .. why or text)
  err.state = state
  return with_run(self, err)
end

local WAIT <const> = {
  timeout = "seconds", interval = "seconds", max_interval = "seconds", poll_errors = "seconds",
  on_progress = "function",
}

-- A function that looks once: nil to go on.
local function looker(self, o, started)
  local good = started -- when the last look succeeded
  local patience = o.poll_errors or 600
  return function(remaining)
    local own = options.timeout(self)
    local seen, err = self:refresh { timeout = math.min(own, remaining) }
    local now = core.now()
    if seen then good = now end
    if o.on_progress then o.on_progress(self, now - started, err) end
    if seen then
      local state = states.of(self)
      if state == "active" then return nil end
      return state
    end
    if not passing[err.kind] or now - good >= patience then return nil, err end
    return nil, nil, err.retry_after
  end
end

--- Waits until the run is over, asking every 5 seconds at first and every minute later. A look that fails (network,
-- 429, 5xx, a broken reply) does not end the wait, until nothing else has come for `poll_errors` seconds.
---@param o? datarobot.WaitOptions
---@return datarobot.RetrainingRun|nil run this object, succeeded
---@return datarobot.Error? err kind `run_failed` with `state` (`"failed"` or `"cancelled"`), `timeout`, or of the look
---  that ended it; with `run`
function run:wait(o)
  guard.self(self, "retraining_run", "wait")
  o = options.check("wait", 1, o, WAIT)
  local state = states.of(self)
  if state ~= "active" then return outcome(self, state) end
  local started = core.now()
  local interval = o.interval or 5
  local found, err = poll(calls.client_of(self), {
    deadline = started + (o.timeout or 86400), first = interval, jitter = 0.25,
    longest = math.max(o.max_interval or 60, interval),
  }, looker(self, o, started))
  if found then return outcome(self, found) end
  if err == nil then return out_of_time(self) end
  return with_run(self, err)
end

-- {=== cancelling ===}

local CANCEL <const> = { timeout = "seconds" }

-- Refused while the run goes on: it may be about to end.
local refusals = { conflict = true, api = true }

-- Asks once; nil when the next look may succeed, or the error that ends it.
local function ask(self, remaining)
  local reply, err = calls.update_run(self, { status = "cancelled" }, { timeout = remaining, retry = false })
  if reply or refusals[err.kind] then return "asked" end
  if err.kind == "ambiguous" or passing[err.kind] then return nil, nil, err.retry_after end
  return nil, err
end

local function canceller(self)
  local asked = false
  return function(remaining)
    local seen, err = self:refresh { timeout = math.min(options.timeout(self), remaining) }
    if not seen then
      if not passing[err.kind] then return nil, err end
      return nil, nil, err.retry_after
    end
    local state = states.of(self)
    if state == "cancelled" then return "cancelled" end
    if state ~= "active" or states.is_final(self) then return "too_late" end
    if asked or states.is_cancelling(self) then return nil end
    local done, why, least = ask(self, remaining)
    asked = done ~= nil
    return nil, why, least
  end
end

--- Cancels the run and waits until it is certain who won. Called again, it says the same.
---@operation update_run
---@param o? {timeout: number} seconds in all, default: the client's
---@return "cancelled"|"too_late"|nil answer `"too_late"`: it had ended, or had come to a stage that cannot be cancelled
---@return datarobot.Error? err kind `timeout` when neither is certain; `validation` with the server's words where it
---  takes another word; with `run`
function run:cancel(o)
  guard.self(self, "retraining_run", "cancel")
  o = options.check("cancel", 1, o, CANCEL)
  local allowed, refused = calls.may_write(self)
  if not allowed then return nil, refused end
  local answer, err = poll(calls.client_of(self), {
    deadline = core.now() + options.timeout(self, o), jitter = 0.25,
  }, canceller(self))
  if answer then return answer end
  if err == nil then return out_of_time(self) end
  return with_run(self, err)
end

-- {=== promoting ===}

local PROMOTE <const> = { allow_warnings = "boolean", timeout = "seconds", better_on = "table" }

-- Why a model is replaced, by the kind of the policy's trigger.
local REASONS <const> = {
  schedule = "SCHEDULED_REFRESH", data_drift_decline = "DATA_DRIFT", accuracy_decline = "ACCURACY",
}

local function reason_of(deployment, policy_id)
  local policy, err = deployment:retraining_policy(policy_id)
  if not policy then return nil, err end
  local trigger = type(policy.trigger) == "table" and policy.trigger or {}
  return REASONS[trigger.type] or "OTHER"
end

local function not_ready(self)
  local state = states.of(self)
  if state ~= "succeeded" then
    return "the run has not succeeded: its status is " .. show.word(self.status, "unknown")
  end
  if type(self.model_package_id) ~= "string" then return "the run names no model package" end
end

-- The id of the challenger that the run has made; nil, err.
local function challenger_of(self, deployment)
  local list, err = deployment:challengers()
  if not list then return nil, err end
  for _, challenger in ipairs(list) do
    local package = challenger.model_package
    local same = type(package) == "table" and package.id == self.model_package_id
    if challenger.id == self.challenger_id or same then return challenger end
  end
  return nil, core.error("conflict", "no challenger has the run's model, so that nothing can be compared")
end

-- Whether the run's model is better by what is asked for: true; or nil, err.
local function check_better(self, deployment, wanted)
  local challenger, err = challenger_of(self, deployment)
  if not challenger then return with_run(self, err) end
  local compare = require "datarobot.call.compare"
  local comparison
  comparison, err = compare.models(deployment, challenger, wanted)
  if not comparison then return with_run(self, err) end
  local why = compare.objection(comparison, wanted)
  if not why then return true end
  err = core.error("conflict", why)
  err.comparison = comparison
  return with_run(self, err)
end

--- Makes the run's model the one that the deployment serves, as `deployment:replace_model` does. The reason is that of
-- the policy's trigger. A run whose model is served already is a success with `unchanged = true`; nothing is sent then.
-- With `better_on` the model is replaced only where `deployment:compare` shows that the run's challenger is better.
---@param o? datarobot.PromoteOptions
---@return datarobot.Replacement|nil replacement
---@return datarobot.Error? err kind `conflict` when the run has not succeeded or has no model package; with
---  `comparison` when its challenger is not better, or there is too little to say; or as in `replace_model`
function run:promote(o)
  guard.self(self, "retraining_run", "promote")
  o = options.check("promote", 1, o, PROMOTE)
  if o.better_on then require "datarobot.call.compare".check("promote", 1, o.better_on) end
  local allowed, refused = calls.may_write(self)
  if not allowed then return nil, refused end
  local why = not_ready(self)
  if why then return with_run(self, core.error("conflict", why)) end
  local deployment_id, policy_id = core.ids(self)
  local deployment, err = calls.client_of(self):deployment(deployment_id)
  if not deployment then return nil, err end
  local now
  now, err = deployment:champion_model_package()
  if not now then return nil, err end
  if now.id == self.model_package_id then
    return setmetatable({ model_package_id = now.id, unchanged = true }, classes.object)
  end
  if o.better_on then
    local better
    better, err = check_better(self, deployment, o.better_on)
    if not better then return nil, err end
  end
  local reason
  reason, err = reason_of(deployment, policy_id)
  if not reason then return nil, err end
  local done
  local t = { model_package_id = self.model_package_id, reason = reason }
  done, err = require "datarobot.call.replace"(deployment, t, o)
  if not done then return nil, err end
  return done
end

core.name(run, ":")

return run
