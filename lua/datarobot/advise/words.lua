--- An explanation of a policy in sentences.
local show = require "datarobot.show"

local STARTS <const> = {
  data_drift_decline = "It starts when data drift health falls to ",
  accuracy_decline = "It starts when accuracy health falls to ",
}

local function waits_for(trigger, plan)
  local health = STARTS[trigger.type]
  if trigger.type == nil then return "It starts only when somebody starts it: policy:start_run()." end
  if trigger.type == "schedule" then
    return "It starts by its schedule" .. (plan and ": " .. plan:describe() or ", which cannot be read") .. "."
  end
  if not health then return ("It starts by a trigger of type %s."):format(show.quote(tostring(trigger.type))) end
  local levels = {}
  if trigger.status_declines_to_warning == true then levels[#levels + 1] = "warning" end
  if trigger.status_declines_to_failing == true then levels[#levels + 1] = "failing" end
  local text = health .. (#levels > 0 and table.concat(levels, " or ") or "nothing: both flags are false")
  if trigger.status_still_in_decline == true then text = text .. ", and again while it stays there" end
  return text .. (plan and ". Its schedule: " .. plan:describe() or "") .. "."
end

local function next_times(times)
  local list = {}
  for i, time in ipairs(times) do list[i] = ("%s (local %s)"):format(time.utc, time.local_time) end
  return #list > 0 and "Its next times: " .. table.concat(list, ", ") .. "." or nil
end

local function interval(trigger)
  local minimum = show.word(trigger.min_interval_between_runs)
  return minimum and ("At least %s lie between two runs."):format(minimum) or nil
end

local function figure(x)
  return ("%.4g"):format(x)
end

local function nearest(list)
  local first = list[1]
  if not first then return nil end
  if not first.value then return ("There is no figure yet of %s."):format(show.quote(first.name)) end
  local state = first.left > 0 and "%s is left" or "passed by %s"
  return ("Nearest to its threshold is %s: %s of %s, %s."):format(show.quote(first.name), figure(first.value),
    figure(first.threshold), state:format(figure(math.abs(first.left))))
end

local FORMS <const> = {
  active = "Its last run is under way since %s.", succeeded = "Its last run, of %s, succeeded.",
  failed = "Its last run, of %s, failed.", cancelled = "Its last run, of %s, was cancelled.",
}

local function last_run(run)
  if not run then return "It has never run." end
  local text = FORMS[run:state()]:format(show.word(run.start_time, "an unknown time"))
  local why = show.word(run.error_message)
  return why and why ~= "" and ("%s The server says: %s"):format(text, show.quote(why)) or text
end

local function missing(list)
  local reasons = {}
  for i, note in ipairs(list) do reasons[i] = note.message end
  return #reasons > 0 and "What is missing: " .. table.concat(reasons, "; ") .. "." or nil
end

local ACTIONS <const> = {
  create_challenger = "a new challenger is added to the deployment; the model that serves stays",
  create_model_package = "a new model package is registered; nothing is deployed",
  model_replacement = "the model that serves is replaced by the new one",
}

local function outcome(policy, found)
  local dataset = found.retraining_settings.dataset
  local with = type(dataset) == "table" and show.word(dataset.name)
  local action = ACTIONS[policy.action] or "the action " .. show.quote(tostring(policy.action)) .. " follows"
  return ("When it runs, a model is trained%s, and %s."):format(with and " with " .. show.quote(with) or "", action)
end

--- The sentences, in the order in which a person asks.
---@param policy datarobot.RetrainingPolicy
---@param trigger table its trigger, empty when there is none
---@param plan? datarobot.Schedule of the trigger
---@param e table the explanation so far
---@param found table what has been read
---@return string[]
return function(policy, trigger, plan, e, found)
  local list = {}
  local function say(sentence) list[#list + 1] = sentence end
  say(waits_for(trigger, plan))
  say(next_times(e.next_runs))
  say(interval(trigger))
  say(nearest(e.distance))
  say(last_run(e.latest_run))
  say(missing(e.blocked_by))
  say(outcome(policy, found))
  return list
end
