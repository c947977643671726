--- What the status of a run means. DataRobot documents the status as a text and lists no words, so it is judged by its
-- words, and an unknown one goes on.

local SUCCESSES <const> = { completed = true, finished = true, done = true }
local CANCELLED <const> = { interrupted = true }
local CANCELLING <const> = { canceling = true, cancelling = true }
local FINAL_STAGES <const> = { ["creating challenger"] = true, ["replacing model"] = true }

-- "inProgress", "in_progress", "In-Progress" -> { "in", "progress" }
local function words_of(status)
  local words = {}
  for word in status:gsub("(%l)(%u)", "%1 %2"):lower():gmatch "[^%s_%-]+" do words[#words + 1] = word end
  return words
end

local function any(words, ...)
  for _, word in ipairs(words) do
    for _, beginning in ipairs { ... } do
      if word:sub(1, #beginning) == beginning then return true end
    end
  end
  return false
end

local function is_failure(words)
  if any(words, "fail", "error", "unsucce") then return true end
  for i = 2, #words do
    if words[i]:find "^succe" and words[i - 1] == "not" then return true end
  end
  return false
end

local function class_of(words)
  local first = words[1] or ""
  if any(words, "request", "pending") then return "active" end
  for _, word in ipairs(words) do
    if CANCELLING[word] then return "active" end
  end
  if is_failure(words) then return "failed" end
  if any(words, "succe") or #words == 1 and SUCCESSES[first] then return "succeeded" end
  if first:find "^cancel" or first:find "^abort" or CANCELLED[first] then return "cancelled" end
  return "active"
end

local states = {}

local function status_of(run)
  return type(run.status) == "string" and run.status or ""
end

--- The state of a run's snapshot.
---@param run table with status, finish_time, error_message as a reply has them
---@return "active"|"succeeded"|"failed"|"cancelled"
function states.of(run)
  local words = words_of(status_of(run))
  local class = class_of(words)
  if class ~= "active" or type(run.finish_time) ~= "string" then return class end
  if (words[1] or ""):find "^cancel" then return "cancelled" end
  return type(run.error_message) == "string" and run.error_message ~= "" and "failed" or "succeeded"
end

--- Whether a run that is active is being cancelled.
---@param run table
---@return boolean
function states.is_cancelling(run)
  return any(words_of(status_of(run)), "cancel")
end

--- Whether a run that is active is at a stage at which it cannot be cancelled any more.
---@param run table
---@return boolean
function states.is_final(run)
  return FINAL_STAGES[table.concat(words_of(status_of(run)), " ")] == true
end

return states
