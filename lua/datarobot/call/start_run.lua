--- Starting a run, never twice. The answer to the POST is documented as empty, so the runs that there are are read
-- before, and the new one is found by the reply's body, its `Location`, or the list. The POST is sent once; what stays
-- unclear is `ambiguous`.
local core = require "datarobot.core"
local options = require "datarobot.call.options"
local poll = require "datarobot.call.poll"
local states = require "datarobot.call.run_state"

local calls = core.calls

local PAGE <const>, PAGES <const> = 100, 10 -- runs of a page; pages that are read
local SEARCH <const> = 60 -- seconds that a run may take to show

-- Failures of a look at the list that the next one may not meet.
local passing = { transport = true, timeout = true, tls = true, server = true, rate_limited = true, protocol = true }

-- All runs of a policy. Returns them and whether there are more; or nil, err.
local function read_runs(policy, deadline)
  local runs, query, seen = {}, { offset = 0, limit = PAGE }, {}
  for _ = 1, PAGES do
    if not query then break end
    if seen[query] then return nil, core.error("protocol", "the server gave the same next page twice") end
    seen[query] = true
    local page, next_or_err = calls.list_runs(policy, query, { timeout = math.max(deadline - core.now(), 0.001) })
    if not page then return nil, next_or_err end
    table.move(page, 1, #page, #runs + 1, runs)
    query = next_or_err
  end
  return runs, query ~= nil
end

local function ids_of(runs)
  local ids = {}
  for _, run in ipairs(runs) do ids[run.id] = true end
  return ids
end

local function unclear(text, candidates)
  local err = core.error("ambiguous", text)
  err.candidates = candidates or {}
  return nil, err
end

local function is_id(text)
  return type(text) == "string" and #text <= 64 and text:find "^[%w_-]+$" ~= nil
end

-- The id of the new run, if the reply says it.
local function id_in(reply)
  local body = core.decode(reply.text)
  local id = type(body) == "table" and body.id
  if not is_id(id) then
    local place = reply.headers.location
    id = type(place) == "string" and place:gsub("[?#].*$", ""):match "/runs/([^/]+)/?$"
  end
  return is_id(id) and id or nil
end

-- The runs of the list that were not there before.
local function search(policy, before, o)
  local why = "no new run showed in the list"
  local found, err = poll(calls.client_of(policy), {
    deadline = math.min(o.deadline, core.now() + SEARCH),
  }, function()
    local runs, err = read_runs(policy, o.deadline)
    if not runs then
      why = "looking for it failed: " .. err.message
      if passing[err.kind] then return nil, nil, err.retry_after end
      return {}
    end
    local new = {}
    for _, run in ipairs(runs) do
      if not before.ids[run.id] then new[#new + 1] = run end
    end
    why = "no new run showed in the list"
    return #new > 0 and new or nil
  end)
  if not found and err then why = "looking for it failed: " .. err.message end
  return found or {}, why
end

-- Finds the run that a POST may have started; `said`: what is known of it.
local function find(policy, before, o, said)
  local new, why = search(policy, before, o)
  if #new == 1 and not before.more then return new[1] end
  local ids = {}
  for i, run in ipairs(new) do ids[i] = run.id end
  if #new > 1 then
    why = ("%d new runs showed in the list"):format(#new)
  elseif before.more then
    why = ("there are more than %d runs, so that a new one cannot be recognized"):format(PAGE * PAGES)
  end
  return unclear(said .. why, ids)
end

-- The newest active run, or nil; nil, err when they cannot be read.
local function newest_active(policy, deadline)
  local newest
  local runs, err = read_runs(policy, deadline)
  if not runs then return nil, err end
  for _, run in ipairs(runs) do
    local start = type(run.start_time) == "string" and run.start_time or ""
    if states.of(run) == "active" and (not newest or start > newest.start) then
      newest = { start = start, run = run }
    end
  end
  return newest and newest.run
end

-- What a POST that was not accepted leads to.
local function refused(policy, before, o, err)
  if err.kind == "conflict" then
    local active, why = newest_active(policy, o.deadline)
    if active and o.join then return active end
    if why and o.join then
      why.message = "a run is active, and could not be read: " .. why.message
      return nil, why
    end
    err.run = active
    return nil, err
  end
  if err.kind ~= "ambiguous" then return nil, err end
  return find(policy, before, o, "the answer was lost and the run may have been started: ")
end

--- `policy:start_run`.
---@param policy datarobot.RetrainingPolicy
---@param o {timeout: number?, join: boolean?}
---@return datarobot.RetrainingRun|nil run
---@return datarobot.Error? err
return function(policy, o)
  local case = { deadline = core.now() + options.timeout(policy, o), join = o.join }
  local runs, more = read_runs(policy, case.deadline)
  if not runs then return nil, more end
  local before = { ids = ids_of(runs), more = more }
  local half = math.max((case.deadline - core.now()) / 2, 0.001)
  local reply, err = calls.start_run(policy, { timeout = half, retry = false })
  if not reply then return refused(policy, before, case, err) end
  local id = id_in(reply)
  if not id then return find(policy, before, case, "the run was started, but its id is not known: ") end
  local run
  run, err = policy:run(id, { timeout = math.max(case.deadline - core.now(), 0.001) })
  if run then return run end
  return unclear(("the run was started and could not be read: %s"):format(err.message), { id })
end
