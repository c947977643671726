--- Comparing a challenger with the champion: the accuracy of both models over one window.
local core = require "datarobot.core"
local guard = require "datarobot.call.guard"
local options = require "datarobot.call.options"
local show = require "datarobot.show"

local calls = core.calls

local compare = {}

local HOUR <const>, DAYS <const> = 3600, 7

---@class datarobot.Comparison What `deployment:compare` has found.
---@field metric string
---@field champion? number its value, nil where there is none
---@field challenger? number its value, nil where there is none
---@field difference? number challenger minus champion, in the metric's unit
---@field better? boolean whether the challenger is better, by the metric's own direction (a smaller LogLoss is better);
---  nil when there is too little to say
---@field samples integer the smaller of both models' sample sizes
---@field start_time string ISO 8601: the window
---@field end_time string

local OPTIONS <const> = { metric = "metric", days = "positive", min_samples = "positive" }
local OWN <const> = { compare = { timeout = "seconds" }, promote = { by = "amount" } }

local function check_challenger(name, n, challenger, deployment)
  if type(challenger) == "string" then return end
  if not guard.is(challenger, "challenger") then
    guard.argument(n, name, "option 'challenger': a challenger or its id expected, got "
      .. guard.type_of(challenger, "datarobot.challenger"))
  end
  if core.ids(challenger) ~= deployment.id then
    guard.argument(n, name, "option 'challenger': it is another deployment's")
  end
end

--- Raises unless the options are as they should be.
---@param name string the public method
---@param n integer the options' number as the caller counts
---@param o any
---@param deployment? datarobot.Deployment whose challenger is to be named; nil for `better_on` of `run:promote`
function compare.check(name, n, o, deployment)
  guard.check(o, "table", n, name)
  local known, own = {}, {}
  for key, kind in next, OPTIONS do known[key] = kind end
  for key, kind in next, OWN[name] do known[key] = kind end
  for key, value in next, o do own[key] = value end
  if deployment then
    own.challenger = nil
    check_challenger(name, n, o.challenger, deployment)
  end
  options.check(name, n, own, known)
  if o.metric == nil then guard.argument(n, name, "option 'metric' is missing; print(dr.enums.metric) lists them") end
end

local function unclear(text)
  return nil, core.error("conflict", text)
end

local function rest(case)
  return { timeout = math.max(case.deadline - core.now(), 0.001) }
end

-- The accuracy of a model: the reply's summary, or nil, err.
local function accuracy_of(case, model_id, window)
  local query = { model_id = model_id, metric = case.metric, start = window and window.start,
    ["end"] = window and window.stop }
  local reply, err = calls.accuracy_over_time(case.deployment, query, rest(case))
  if not reply then return nil, err end
  if type(reply.metric) == "string" and reply.metric ~= case.metric then
    return nil, core.error("protocol", ("%s was asked for, and the reply is of %s"):format(case.metric,
      show.word(reply.metric)))
  end
  return type(reply.summary) == "table" and reply.summary or {}
end

-- The window, which ends at the last full hour: by the server's clock where it shows, which is the end of the window
-- that it takes by itself, the next full hour.
local function window_of(case, model_id)
  local summary, err = accuracy_of(case, model_id)
  if not summary then return nil, err end
  local period = type(summary.period) == "table" and summary.period or {}
  local stop = type(period["end"]) == "string" and core.utc(period["end"])
  stop = stop and stop - 1 or core.utc()
  stop = stop // HOUR * HOUR
  local start = stop - math.ceil((case.days or DAYS) * 24) * HOUR
  return { start = core.time_text(start), stop = core.time_text(stop) }
end

local function number(value)
  return type(value) == "number" and value == value and value or nil
end

local function verdict(case, champion, challenger, window)
  local ours, theirs = number(challenger.value), number(champion.value)
  local samples = math.min(number(champion.sample_size) or 0, number(challenger.sample_size) or 0)
  local difference = ours and theirs and ours - theirs
  local better
  if difference and samples >= (case.min_samples or 1) then better = core.metric(case.metric) * difference > 0 end
  return setmetatable({
    metric = case.metric, champion = theirs, challenger = ours, difference = difference or nil, better = better,
    samples = samples, start_time = window.start, end_time = window.stop,
  }, core.classes.object)
end

--- Compares a challenger of a deployment.
---@param deployment datarobot.Deployment
---@param challenger datarobot.Challenger
---@param o {metric: string, days: number?, min_samples: number?, timeout: number?}
---@return datarobot.Comparison|nil comparison
---@return datarobot.Error? err
function compare.models(deployment, challenger, o)
  local case = {
    deployment = deployment, metric = o.metric, days = o.days, min_samples = o.min_samples,
    deadline = core.now() + options.timeout(deployment, o),
  }
  local model = type(challenger.model) == "table" and challenger.model.id
  if type(model) ~= "string" then return unclear "the challenger names no model" end
  local package, err = calls.champion_model_package(deployment, rest(case))
  if not package then return nil, err end
  if type(package.model_id) ~= "string" then return unclear "the champion's package names no model" end
  local window, champion, other
  window, err = window_of(case, package.model_id)
  if not window then return nil, err end
  champion, err = accuracy_of(case, package.model_id, window)
  if not champion then return nil, err end
  other, err = accuracy_of(case, model, window)
  if not other then return nil, err end
  return verdict(case, champion, other, window)
end

--- `deployment:compare`.
---@param deployment datarobot.Deployment
---@param o datarobot.CompareOptions
---@return datarobot.Comparison|nil comparison
---@return datarobot.Error? err
function compare.challenger(deployment, o)
  local challenger, started = o.challenger, core.now()
  if type(challenger) == "string" then
    local found, err = deployment:challenger(challenger, { timeout = options.timeout(deployment, o) })
    if not found then return nil, err end
    challenger = found
  end
  return compare.models(deployment, challenger, {
    metric = o.metric, days = o.days, min_samples = o.min_samples,
    timeout = options.rest(deployment, { timeout = o.timeout }, started).timeout,
  })
end

--- Why figures do not show that a challenger is better by what is asked for; nil when they do.
---@param comparison datarobot.Comparison
---@param wanted datarobot.BetterOn
---@return string|nil why
function compare.objection(comparison, wanted)
  local c = comparison
  if c.better == nil then
    local least = wanted.min_samples or 1
    local why = c.samples < least and ("%s of at least %s samples"):format(c.samples, least)
      or "a model has no value of it"
    if c.samples == 0 then why = why .. "; challengers have figures only after deployment:replay_challengers()" end
    return ("there is too little to say which model is better on %s: %s"):format(c.metric, why)
  end
  local gain = core.metric(c.metric) * c.difference
  local rounding = 1e-9 * math.max(math.abs(c.champion), math.abs(c.challenger))
  if c.better and gain + rounding >= (wanted.by or 0) then return nil end
  local figures = ("%s %.6g, the champion %.6g, %s samples"):format(c.metric, c.challenger, c.champion, c.samples)
  if not c.better then return ("the challenger is not better: %s"):format(figures) end
  return ("the challenger is better by %.6g only, and %.6g is asked for: %s"):format(gain, wanted.by, figures)
end

return compare
