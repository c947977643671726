--- Writes whose answer was lost on the way: the server may have acted or not, so they are settled by reading.
--
-- A create (POST) leaves a policy with the name and the members that were sent. Listing the policies before every
-- create would show what is new, and would make every create cost two requests for the sake of the few that are lost.
-- So what was there before is known from what costs nothing: the ids that the deployment object has seen, in a list or
-- from a create, before this one began; and a policy that has run was there before. Of the others:
--
--   * one alone agrees in name and in every member that was sent: it is the answer;
--   * none has the name, in two readings with time between them: the create is sent again;
--   * anything else (several that agree, or the name with other members, since a server may change what it is sent)
--     stays `ambiguous`, and the error lists their ids.
--
-- What this cannot see: a twin with the same members that somebody else made before, that never ran and that this
-- object has not listed. It is taken for the answer when the server did not act: there is one such policy, as asked.
--
-- A reply that was cut behind its status says that the server did act: then nothing is sent again.
local core = require "datarobot.core"
local errors = require "datarobot.error"

local calls = core.calls

local settle = {}

local PAUSE <const> = 1 -- seconds before the first reading; before every other twice as long
local READINGS <const> = 8
local POSTS <const> = 3 -- after the first

-- Whether what is shown has all that was sent; members and defaults of the server's own aside.
local function agrees(sent, shown)
  if sent == core.null then return shown == nil or shown == core.null end
  if type(sent) ~= "table" or type(shown) ~= "table" then return sent == shown end
  if #sent ~= #shown then return false end
  for key, value in next, sent do
    if not agrees(value, shown[key]) then return false end
  end
  return true
end

local function shows(policy, wanted)
  local shown = policy:to_table()
  shown.use_case_id = type(shown.use_case) == "table" and shown.use_case.id or nil
  return agrees(wanted, shown)
end

-- Waits before a reading; false when the deadline comes first.
local function pause(client, case, reading)
  local seconds = (case.pause or PAUSE) * (reading == 1 and 1 or 2)
  if core.now() + seconds >= case.deadline then return false end
  return client:sleep(seconds)
end

local function remaining(case)
  return { timeout = math.max(case.deadline - core.now(), 0.001) }
end

local function read_policies(deployment, case)
  local policies, query, seen = {}, { offset = 0, limit = 100 }, {}
  while query do
    if seen[query] then return nil, core.error("protocol", "the server gave the same next page twice") end
    seen[query] = true
    local page, next_or_err = calls.list_policies(deployment, query, remaining(case))
    if not page then return nil, next_or_err end
    table.move(page, 1, #page, #policies + 1, policies)
    query = next_or_err
  end
  return policies
end

-- Failures that another reading may not meet.
local passing = { transport = true, timeout = true, tls = true, server = true, rate_limited = true, protocol = true }

local function unclear(case, why, candidates)
  local err = case.err
  err.message = ("%s; %s"):format(err.message, why)
  for i, id in ipairs(candidates or {}) do candidates[i] = core.words(id) end
  err.candidates = candidates
  return nil, err
end

-- What a list of policies shows: the one that was made; "none"; or "unclear" and the ids.
local function judge(policies, wanted, case, acted)
  local ids, found = {}, {}
  for _, policy in ipairs(policies) do
    local at = case.seen[policy.id]
    if policy.name == wanted.name and not (at and at <= case.started) then
      ids[#ids + 1] = policy.id
      if (acted or not policy.latest_run) and shows(policy, wanted) then found[#found + 1] = policy end
    end
  end
  if #found == 1 then return found[1] end
  return #ids == 0 and "none" or "unclear", ids
end

-- Reads until it is clear. Returns the policy; "none" after two readings without it; or nil, err.
local function search(deployment, client, wanted, case)
  local acted = case.err.status and case.err.status < 300
  local empty, full, why = 0, 0, "there was no time to look whether it did"
  for reading = 1, READINGS do
    if not pause(client, case, reading) then break end
    local policies, err = read_policies(deployment, case)
    if policies then
      local verdict, ids = judge(policies, wanted, case, acted)
      if verdict == "unclear" then
        full = full + 1
        local text = #ids == 1 and "1 policy has this name and may be it" or "%d policies have this name and may be it"
        if full == 2 then return unclear(case, text:format(#ids), ids) end
      elseif verdict ~= "none" then
        return verdict
      else
        empty, why = empty + 1, "no policy has this name yet"
        if empty == 2 and not acted then return "none" end
      end
    else
      why = "looking whether it did failed: " .. errors.text(err)
      if not passing[err.kind] then break end
    end
  end
  return unclear(case, why)
end

-- The notes that a create would have returned.
local function noted(deployment, t)
  local _, notes = core.validate("policy", t, { deployment = deployment })
  return notes
end

--- Settles a create whose answer was lost.
---@param deployment datarobot.Deployment
---@param t table what was sent
---@param case table err, started and deadline (core.now), pause (seconds, or nil), seen (id -> when, or nil)
---@return datarobot.RetrainingPolicy|nil policy
---@return datarobot.Error? err kind `ambiguous` with `candidates`, or why sending it again failed
---@return datarobot.Note[]? notes
function settle.create(deployment, t, case)
  local client, wanted = calls.client_of(deployment), core.normalize("policy", t)
  case.seen = case.seen or {}
  for post = 1, POSTS + 1 do
    local found, err = search(deployment, client, wanted, case)
    if found ~= "none" then return found, err, found and noted(deployment, t) end
    if post > POSTS then break end
    local created, notes
    created, err, notes = calls.create_policy(deployment, t, remaining(case))
    if created then return created, nil, notes end
    -- A conflict may be with the first one, which came late.
    if err.kind ~= "ambiguous" and err.kind ~= "conflict" then return nil, err end
    case.err = err
  end
  return nil, case.err
end

--- Settles a change of settings whose answer was lost: done when they show it, else it is sent again, which has the
-- same effect. Settings that do not show it may be those that somebody else changed since: it stays `ambiguous` where
-- sending it again fails in a way that the first one may not have met.
---@param deployment datarobot.Deployment
---@param t table what was sent
---@param case table as for `create`
---@return true|datarobot.Response|nil done true, or the reply to the second sending
---@return datarobot.Error? err
function settle.settings(deployment, t, case)
  local client, wanted = calls.client_of(deployment), core.normalize("settings", t)
  local why = "there was no time to look whether it did"
  for reading = 1, READINGS do
    if not pause(client, case, reading) then break end
    local shown, err = calls.get_settings(deployment, remaining(case))
    if shown and agrees(wanted, shown) then return true end
    if shown then
      local reply
      reply, err = calls.update_settings(deployment, t, remaining(case))
      if reply then return reply end
      why = "sending it again failed: " .. errors.text(err)
      -- A conflict is with the job of the first one.
      local open = passing[err.kind] or err.kind == "ambiguous" or err.kind == "conflict"
      if not open then return nil, err end
    else
      why = "looking whether it did failed: " .. errors.text(err)
      if not passing[err.kind] then break end
    end
  end
  return unclear(case, why)
end

return settle
