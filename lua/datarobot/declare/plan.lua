--- Plans: what would be done so that a deployment is as declared; and doing it.
local carry_out = require "datarobot.declare.carry_out"
local core = require "datarobot.core"
local draft = require "datarobot.declare.draft"
local guard = require "datarobot.call.guard"
local options = require "datarobot.call.options"
local render = require "datarobot.declare.render"
local saved = require "datarobot.declare.saved"

local calls = core.calls

local plans = {}

---@class datarobot.Change A difference: of two tables, or what a plan would do.
---@field path string the place as Lua writes it: `policies["Weekly"].trigger.schedule`; a schedule and any list is one
---  place
---@field kind "added"|"changed"|"removed" a changed member is one, a new or removed policy is one
---@field before? any as it is; schedules as cron text, nil where there is nothing
---@field after? any as it would be

---@class datarobot.Plan What would be done so that a deployment is as declared; `#plan` is the number of changes, and
---  `tostring` shows them. It is applied only while the deployment is as it was when the plan was made.
---@field changes datarobot.Change[]
---@field notes datarobot.Note[] what is legal and looks mistaken, also across objects
---@field unchanged string[] paths of the parts that are as declared
---@field deployment_id string
---@field refused? datarobot.Error why it cannot be applied: a consent is missing, or it has too many changes
local plan = {}

---@class datarobot.ApplyResult What has been done; `tostring` shows it.
---@field parts datarobot.AppliedPart[] each part and policy of the table
---@field writes integer how many requests were sent that change something

---@class datarobot.AppliedPart What has become of a part or a policy.
---@field path string `settings`, `policies["Weekly"]`
---@field outcome datarobot.Outcome

---@alias datarobot.Outcome
---| "created" # a new policy
---| "updated" # what differed was sent
---| "unchanged" # nothing differed, nothing was sent
---| "removed" # a policy that the table does not name
---| "failed" # the step that ended it
---| "pending" # it comes behind the one that failed

local KNOWN <const> = { allow_replacement = "boolean", prune = "boolean", max_changes = "count", timeout = "seconds" }
local TIMEOUT <const> = 600 -- seconds: as long as a job may take

-- What the plan itself keeps: plan -> { deployment, t, o }
local kept = setmetatable({}, { __mode = "k" })

-- {=== consent ===}

local function missing_consent(steps, o)
  for _, step in ipairs(steps) do
    if step.replaces and not o.allow_replacement then
      return step.path .. ".action: the policy replaces the deployment's model by itself; say allow_replacement = true"
    elseif step.outcome == "removed" and not o.prune then
      return step.path .. " would be removed with its runs; say prune = true in the call, too"
    end
  end
end

local function refusal(made, o, name)
  if o.max_changes and #made.changes > o.max_changes then
    return core.error("limit", ("%d changes, more than max_changes = %d"):format(#made.changes, o.max_changes))
  end
  local why = missing_consent(made.steps, o)
  return why and core.error("validation", name .. ": " .. why) or nil
end

-- {=== calls ===}

--- Checks the arguments of `plan` and `apply`.
---@param name string
---@param t any
---@param o any
---@return table o
function plans.arguments(name, t, o)
  guard.check(t, "table", 1, name)
  return options.check(name, 2, o, KNOWN)
end

local function drafted(deployment, t, o, name)
  local deadline = core.now() + (o.timeout or TIMEOUT)
  local made, err = draft(deployment, t, { name = name, deadline = deadline })
  if not made then return nil, err end
  made.refused = refusal(made, o, name)
  return made, deadline
end

local plan_class = { __name = "datarobot.plan", __index = plan, __tostring = render.plan }

function plan_class:__len()
  return #self.changes
end

guard.class("plan", plan_class)

local function paths(steps)
  local list = {}
  for _, step in ipairs(steps) do
    if step.outcome == "unchanged" then list[#list + 1] = step.path end
  end
  return list
end

--- `deployment:plan`.
---@param deployment datarobot.Deployment
---@param t table
---@param o table
---@return datarobot.Plan|nil plan
---@return datarobot.Error? err
function plans.make(deployment, t, o)
  local made, err = drafted(deployment, t, o, "plan")
  if not made then return nil, err end
  local self = setmetatable({
    changes = core.array(made.changes), notes = made.notes, refused = made.refused, unchanged = paths(made.steps),
    deployment_id = core.ids(deployment),
  }, plan_class)
  kept[self] = { deployment = deployment, t = t, o = o }
  return self
end

--- `deployment:apply`.
---@param deployment datarobot.Deployment
---@param t table
---@param o table
---@param shown? datarobot.Change[] what it must still be
---@return datarobot.ApplyResult|nil result
---@return datarobot.Error|datarobot.RetrainingPolicy|nil err
function plans.apply(deployment, t, o, shown)
  local allowed, refused = calls.may_write(deployment)
  if not allowed then return nil, refused end
  local made, deadline = drafted(deployment, t, o, "apply")
  if not made then return nil, deadline end
  if made.refused then return nil, made.refused end
  local moved = shown and carry_out.moved(shown, made.changes)
  if moved then return nil, carry_out.conflict(moved) end
  return carry_out.all(made, deadline)
end

--- Does what the plan shows, or nothing.
---@return datarobot.ApplyResult|nil result
---@return datarobot.Error|datarobot.RetrainingPolicy|nil err kind `conflict` when what the plan shows has changed
---  since, `validation` or `limit` as `refused` says, or of the step that failed, with `result`; the policy, when the
---  plan is of one policy
function plan:apply()
  guard.self(self, "plan", "apply")
  local own = kept[self] or guard.argument(0, "apply", "a plan that deployment:plan made expected")
  local result, more = plans.apply(own.deployment, own.t, own.o, self.changes)
  if not result then return nil, more end
  return result, more
end

--- Writes the plan to a file, which `dr.load_plan` reads: for somebody else to look at, or for a later step.
---@param path string
---@return true|nil done
---@return datarobot.Error? err kind `config` when it cannot be written
function plan:save(path)
  guard.self(self, "plan", "save")
  guard.check(path, "string", 1, "save")
  local own = kept[self] or guard.argument(0, "save", "a plan that deployment:plan made expected")
  local done, err = saved.write(path, {
    deployment_id = self.deployment_id, declaration = own.t, options = own.o, changes = self.changes,
    notes = self.notes, unchanged = self.unchanged,
  })
  if not done then return nil, err end
  return true
end

--- `dr.load_plan`.
---@param path string
---@param client datarobot.Client
---@return datarobot.Plan|nil plan
---@return datarobot.Error? err
function plans.load(path, client)
  local t, err = saved.read(path)
  if not t then return nil, err end
  local deployment
  deployment, err = client:deployment(t.deployment_id)
  if not deployment then return nil, err end
  local self = setmetatable({
    changes = core.array(t.changes), notes = t.notes, unchanged = t.unchanged, deployment_id = t.deployment_id,
  }, plan_class)
  kept[self] = { deployment = deployment, t = t.declaration, o = t.options }
  return self
end

core.name(plan, ":")
plans.methods = plan

return plans
