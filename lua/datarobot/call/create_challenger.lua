--- Making a challenger, never twice: the ids that there are are read first, the request is sent once, and the new one
-- is found by its job or in the list.
local core = require "datarobot.core"
local job = require "datarobot.call.job"
local options = require "datarobot.call.options"
local poll = require "datarobot.call.poll"

local calls = core.calls

local function ids_of(list)
  local ids = {}
  for _, challenger in ipairs(list) do ids[challenger.id] = true end
  return ids
end

local function id_in(address)
  return type(address) == "string" and address:gsub("[?#].*$", ""):match "/challengers/([%w_-]+)/?$" or nil
end

-- The ids of a package that were not there before; nil, err when the list cannot be read.
local function new_ids(deployment, t, before, remaining)
  local list, err = calls.list_challengers(deployment, { timeout = remaining })
  if not list then return nil, err end
  local wanted, ids = t.model_package_id or t.modelPackageId, {}
  for _, challenger in ipairs(list) do
    local package = challenger.model_package
    local same = type(package) == "table" and package.id == wanted and challenger.name == t.name
    if same and not before[challenger.id] then ids[#ids + 1] = challenger.id end
  end
  return ids
end

-- What a lost answer has led to: the id of the only new one; or nil, err.
local function search(deployment, t, before, deadline, err)
  local found = poll(calls.client_of(deployment), { deadline = deadline },
    function(remaining)
      local ids, why = new_ids(deployment, t, before, remaining)
      if not ids and not why.retryable then return {} end
      return ids and #ids > 0 and ids or nil
    end)
  if found and #found == 1 then return found[1] end
  err.candidates = found or {}
  return nil, err
end

-- The id of the challenger that a reply leads to, when its job is done.
local function follow(deployment, t, before, reply, deadline)
  local id = id_in(reply.headers.location)
  if id then return id end
  local client = calls.client_of(deployment)
  local product, err = job.done(client, reply, math.max(deadline - core.now(), 0.001))
  if not product then return nil, err end
  id = id_in(product)
  if id then return id end
  err = core.error("ambiguous", "the challenger was made, but its id is not known")
  return search(deployment, t, before, deadline, err)
end

-- Reads the challenger that was made, again and again until the deadline.
local function fetch(deployment, id, deadline)
  local last
  local challenger, err = poll(calls.client_of(deployment), { deadline = deadline }, function(remaining)
    local found, why = deployment:challenger(id, { timeout = remaining })
    last = why
    if found or why.retryable then return found end
    return nil, why
  end)
  if challenger then return challenger end
  if err and err.kind == "closed" then return nil, err end
  last = err or last
  err = core.error("ambiguous", "the challenger was made, and could not be read: "
    .. (last and last.message or "the time was over"))
  err.candidates = { id }
  return nil, err
end

--- `deployment:create_challenger`.
---@param deployment datarobot.Deployment
---@param t table
---@param o {timeout: number?}
---@return datarobot.Challenger|nil challenger
---@return datarobot.Error? err
return function(deployment, t, o)
  local deadline = core.now() + options.timeout(deployment, o)
  local function rest() return { timeout = math.max(deadline - core.now(), 0.001) } end
  local ok, err = core.validate("challenger", t)
  if not ok then return nil, err end
  local list
  list, err = calls.list_challengers(deployment, rest())
  if not list then return nil, err end
  local before = ids_of(list)
  local reply
  reply, err = calls.create_challenger(deployment, t, rest())
  local id
  if reply then
    id, err = follow(deployment, t, before, reply, deadline)
  elseif err.kind == "ambiguous" then
    id, err = search(deployment, t, before, deadline, err)
  end
  if not id then return nil, err end
  return fetch(deployment, id, deadline)
end
