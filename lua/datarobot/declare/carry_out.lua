--- Carrying out the steps of a draft, one after the other, until one fails. Before each step but the first its part is
-- read anew: what somebody else has changed since it was planned is not written over.
local compare = require "datarobot.declare.compare"
local core = require "datarobot.core"
local render = require "datarobot.declare.render"
local state = require "datarobot.declare.state"

local carry_out = {}

local result_class = { __name = "datarobot.apply_result", __tostring = render.result }

--- The first place where two lists of changes differ.
---@param shown table[]
---@param now table[]
---@return string|nil path nil where they are the same
function carry_out.moved(shown, now)
  for i = 1, math.max(#shown, #now) do
    local a, b = shown[i], now[i]
    if not a or not b then return (a or b).path end
    local same = a.path == b.path and a.kind == b.kind and compare.same(a.before, b.before)
      and compare.same(a.after, b.after)
    if not same then return a.path end
  end
end

--- The error for ground that has moved.
---@param path string
---@return datarobot.Error err
function carry_out.conflict(path)
  return core.error("conflict", path .. " has changed since the plan was made; make a new one")
end

local function new_result(draft)
  local result = setmetatable({ parts = {}, writes = 0 }, result_class)
  for i, step in ipairs(draft.steps) do
    local outcome = step.outcome == "unchanged" and "unchanged" or "pending"
    result.parts[i] = setmetatable({ path = step.path, outcome = outcome }, core.classes.object)
  end
  return result
end

-- The step as it is now; nil, err when it is another.
local function renewed(draft, step, deadline)
  local now, err = step.again(state.rest(draft.deployment, deadline))
  if not now then
    if err and err.kind ~= "not_found" then return nil, err end
    return nil, carry_out.conflict(step.path)
  end
  local moved = now.outcome ~= step.outcome and step.path or carry_out.moved(step.changes, now.changes)
  if moved then return nil, carry_out.conflict(moved) end
  return now
end

local function stopped(result, part, err)
  part.outcome = "failed"
  err.result = result
  return nil, err
end

--- Carries out a draft.
---@param draft table
---@param deadline number core.now()
---@return table|nil result
---@return datarobot.Error|datarobot.RetrainingPolicy|nil err with `result`; or the policy, of a single one
function carry_out.all(draft, deadline)
  local result, policy = new_result(draft), nil
  for i, step in ipairs(draft.steps) do
    local part = result.parts[i]
    policy = step.policy
    if part.outcome == "pending" then
      local now, err = step, nil
      if result.writes > 0 then now, err = renewed(draft, step, deadline) end
      if not now then return stopped(result, part, err) end
      local done
      result.writes = result.writes + 1
      done, err = now.send({ timeout = math.max(deadline - core.now(), 0.001) })
      if not done then return stopped(result, part, err) end
      part.outcome = step.outcome
      policy = done ~= true and done or now.policy
    end
  end
  return result, draft.single and policy or nil
end

return carry_out
