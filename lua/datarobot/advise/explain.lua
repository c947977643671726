--- Why a policy runs, and when, or why it does not: what is read of its deployment, side by side, and what follows.
local core = require "datarobot.core"
local distance = require "datarobot.advise.distance"
local guard = require "datarobot.call.guard"
local options = require "datarobot.call.options"
local schedule = require "datarobot.schedule"
local words = require "datarobot.advise.words"

local calls = core.calls

---@class datarobot.Explanation What `policy:explain` has found; `tostring` gives the sentences, one below the other.
---@field sentences string[] in this order: what the policy waits for, its next times, the minimum interval, how far
---  health is from its thresholds, the last run, what is missing, what would happen then
---@field next_runs table[] the next times of its schedule, as `schedule:next_runs` gives them; empty without one
---@field blocked_by datarobot.Note[] why it never starts by itself, or why nothing can come of a run; empty
---  when nothing is known
---@field distance datarobot.Distance[] the nearest first; empty for what watches no health, and where nothing is known
---@field latest_run? datarobot.RetrainingRun nil before the first run
---@field unknown datarobot.Error[] why a part could not be read; the sentences are silent about it

local explanation = { __name = "datarobot.explanation" }

function explanation:__tostring()
  return table.concat(self.sentences, "\n")
end

-- {=== reading ===}

local function newest_run(policy)
  local run, err = policy:runs({ limit = 1 }):first()
  if run or err.kind == "not_found" then return run or false end
  return nil, err
end

-- What is read beside the deployment: { key, function of the options of a request, whether it may fail }.
local function jobs_of(policy, deployment, type)
  local function of_deployment(name)
    return function(o) return deployment[name](deployment, o) end
  end
  local jobs = {
    { "settings", of_deployment "get_settings" },
    { "retraining_settings", of_deployment "get_retraining_settings" },
    { "run", function() return newest_run(policy) end },
  }
  if distance.is_watched(type) then
    jobs[4] = { "health_settings", of_deployment "get_health_settings", true }
    jobs[5] = { "figures", function(o)
      return distance.read(calls.client_of(policy), deployment.id, type, o)
    end, true }
  end
  return jobs
end

-- The deployment, whose methods read the rest at the same time.
local function read(policy, trigger, o)
  local started, client = core.now(), calls.client_of(policy)
  local deployment, err = client:deployment((core.ids(policy)), options.rest(policy, o, started))
  if not deployment then return nil, err end
  local found, unknown, jobs = { deployment = deployment }, core.array {}, jobs_of(policy, deployment, trigger.type)
  local results, failures = client:map(jobs, function(job) return job[2](options.rest(policy, o, started)) end)
  for _, failure in ipairs(failures) do
    if not guard.is(failure.err, "error") then error(failure.err, 0) end -- raised, such as not enough memory
    if not failure.item[3] then return nil, failure.err end
    unknown[#unknown + 1] = failure.err
  end
  for i, job in ipairs(jobs) do found[job[1]] = results[i] end
  return found, unknown
end

-- {=== what follows ===}

-- Where a note of the rules means that nothing starts, or that nothing comes of a run.
local BLOCKS <const> = { ["/trigger"] = true, ["/trigger/type"] = true, ["/action"] = true }

local function blocks(policy, trigger, found, times)
  local list = core.array {}
  local ok, notes = core.validate("policy", policy:definition(), {
    deployment = found.deployment, settings = found.settings, retraining_settings = found.retraining_settings,
  })
  for _, note in ipairs(ok and notes or {}) do
    local never = note.pointer:find("^/trigger/schedule") and #times == 0
    if BLOCKS[note.pointer] or never and trigger.type then list[#list + 1] = note end
  end
  if type(found.retraining_settings.dataset) ~= "table" then
    list[#list + 1] = { path = "retraining_settings.dataset", pointer = "/dataset",
      message = "no dataset is set, so there is nothing to train with" }
  end
  return list
end

-- Without a schedule that is used, any one checks the options, so that a wrong call raises for every policy.
local function times_of(trigger, o)
  local used = type(trigger.schedule) == "table" and trigger.type ~= nil
  local plan = used and schedule(trigger.schedule) or nil
  local times = (plan or schedule "@daily"):next_runs { count = o.count or 3, after = o.after }
  return plan and times or core.array {}, plan
end

--- `policy:explain`.
---@param policy datarobot.RetrainingPolicy
---@param o {timeout: number?, count: integer?, after: any}
---@return datarobot.Explanation|nil explanation
---@return datarobot.Error? err
return function(policy, o)
  local trigger = type(policy.trigger) == "table" and policy.trigger or {}
  local times, plan = times_of(trigger, o)
  local found, unknown = read(policy, trigger, { timeout = o.timeout })
  if not found then return nil, unknown end
  local self = {
    next_runs = times, blocked_by = blocks(policy, trigger, found, times), latest_run = found.run or nil,
    unknown = unknown, distance = core.array {},
  }
  if found.health_settings and found.figures then
    self.distance = core.array(distance.of(trigger.type, found.figures, found.health_settings))
  end
  self.sentences = words(policy, trigger, plan, self, found)
  return setmetatable(self, explanation)
end
