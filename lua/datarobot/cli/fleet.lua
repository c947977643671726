--- Commands over many deployments: which ones, some at a time, a result for each as it comes, a summary at the end.
local core = require "datarobot.core"
local failure = require "datarobot.cli.failure"
local options = require "datarobot.cli.options"

local fleet = {}

local CONCURRENCY <const> = 8

fleet.IDS = { name = "id", args = "*", description = 'Ids of deployments; "-" reads them from stdin, one a line.' }

-- "2/5" -> { 2, 5 }
local function shard(text)
  local i, n = text:match "^(%d+)/(%d+)$"
  i, n = math.tointeger(tonumber(i)), math.tointeger(tonumber(n))
  if i and n and i >= 1 and i <= n then return { i, n } end
  return nil, ("option '--shard': I/N with I from 1 to N expected, such as 2/5, got '%s'"):format(text)
end

fleet.OPTIONS = {
  { name = "--search", argname = "TEXT", description = "Deployments whose label or description holds the text." },
  { name = "--shard", argname = "I/N", convert = shard,
    description = "Only the deployments whose id belongs to part I of N." },
  { name = "--concurrency", argname = "N", convert = options.number("--concurrency", 1, 64, "integer"),
    description = ("How many deployments at a time (default %d)."):format(CONCURRENCY) },
  { name = "--keep-going", flag = true, description = "Go on with the others where one deployment fails." },
}

-- {=== which ===}

-- FNV-1a: what a shard has does not depend on which deployments there are.
local function hash(id)
  local h = 0x811C9DC5
  for i = 1, #id do h = ((h ~ id:byte(i)) * 0x01000193) & 0xFFFFFFFF end
  return h
end

local function is_mine(o, id)
  return not o.shard or hash(id) % o.shard[2] == o.shard[1] - 1
end

local function ids_of(words)
  local ids, seen = {}, {}
  local function add(id)
    if not seen[id] then ids[#ids + 1], seen[id] = id, true end
  end
  for _, word in ipairs(words) do
    if word == "-" then
      for line in io.lines() do
        local id = line:match "%S+"
        if id then add(id) end
      end
    else
      add(word)
    end
  end
  return ids
end

local function of_ids(o, ids)
  local i = 0
  return function()
    repeat i = i + 1 until ids[i] == nil or is_mine(o, ids[i])
    return ids[i]
  end
end

-- Read as it is needed, however many there are.
local function of_list(o, list)
  local last
  return function()
    repeat last = list(nil, last) until last == nil or is_mine(o, last.id)
    return last
  end
end

-- Of the words, else of a definition.
local function named(o, t)
  local ids = ids_of(o.id or {})
  if #(o.id or {}) > 0 or o.search or type(t.deployments) ~= "table" then return ids, o.search or t.search end
  for i, id in ipairs(t.deployments) do
    if type(id) ~= "string" then
      failure.raise("file", ("deployments[%d]: the id of a deployment expected, got %s"):format(i, type(id)))
    end
    ids[i] = id
  end
  return ids
end

--- The deployments that a command is for: those that are named, found, or all.
---@param client datarobot.Client
---@param o table what was given: `id`, `search`, `shard`, `all`
---@param t? table a definition, for where the words name none: `deployments`, `search`. With one, all has to be said
---@return function targets an iterator: ids or deployments
---@return boolean single one deployment was named
function fleet.targets(client, o, t)
  if #(o.id or {}) > 0 and (o.search or o.all) or o.search and o.all then
    failure.raise("usage", "ids, --search and --all exclude each other", "leave out all but one of them")
  end
  local ids, search = named(o, o.all and {} or t or {})
  if #ids > 0 or #(o.id or {}) > 0 then return of_ids(o, ids), #ids == 1 end
  if t and not search and not o.all then
    failure.raise("usage", "neither the words nor the file name a deployment", "give ids, --search TEXT or --all")
  end
  return of_list(o, client:deployments { search = search }), false
end

-- {=== each ===}

local function show_progress(out, counts)
  if not core.is_terminal(io.stderr) or core.is_terminal(io.stdout) then return end
  out.line_open = true
  io.stderr:write(("\r%d deployments, %d failed\27[K"):format(counts.deployments, counts.failed))
end

local function failed(out, who, id, err)
  local ended = failure.describe(err)
  if ended.status == failure.INTERRUPTED then error(err, 0) end
  io.stderr:write("datarobot ", who, ": ", id, ": ", out.paint_error(ended.text, "error"), "\n")
  if ended.advice then io.stderr:write("  ", ended.advice, "\n") end
  out:answer(nil, { deployment_id = id, error = ended.object })
end

local function summarize(out, counts)
  local parts, object = {}, {}
  for name, n in pairs(counts) do
    object[name] = n
    if name ~= "deployments" then parts[#parts + 1] = ("%d %s"):format(n, name) end
  end
  table.sort(parts, function(a, b) return a:match "%a.*" < b:match "%a.*" end)
  out:answer(("%d deployments: %s"):format(counts.deployments, table.concat(parts, ", ")), { summary = object })
end

-- Shows a result and counts it; the status that it gives.
local function take(out, counts, result)
  if not result then
    counts.failed = counts.failed + 1
    return failure.FAILED
  end
  out:answer(result.text, result.object)
  if result.count then counts[result.count] = (counts[result.count] or 0) + 1 end
  return result.no and failure.NO or 0
end

local function id_of(item)
  return type(item) == "string" and item or item.deployment_id or item.id
end

--- Calls a function for each of some things that belong to a deployment each, some at a time, and shows its results.
---@param client datarobot.Client
---@param o table what was given
---@param out table output.lua's
---@param own {who: string, summary: boolean?, single: boolean?} the command, for messages; false: without a summary;
---  true: there is one thing, whose error ends the command
---@param items fun(): any an iterator: ids, deployments, or tables with `deployment_id`
---@param visit fun(item: any): table|nil result: `text` and `object` for the answer, `no` (the status is 1), `count` (a
---  word under which it is counted); or nil, err
---@return integer status
function fleet.over(client, o, out, own, items, visit)
  local counts = { deployments = 0, failed = 0 }
  local status, ended = 0, false
  local function more() -- what is under way is finished, so that no write is left in the middle
    if not ended then return items() end
  end
  for _, result, err, item in client:each(more, visit, { concurrency = o.concurrency or CONCURRENCY }) do
    if own.single and not result then error(err, 0) end
    counts.deployments = counts.deployments + 1
    out:end_line()
    status = math.max(status, take(out, counts, result))
    if not result then failed(out, own.who, id_of(item), err) end
    show_progress(out, counts)
    ended = not result and not o.keep_going or ended
  end
  out:end_line()
  if not own.single and own.summary ~= false then summarize(out, counts) end
  return status
end

--- The same for the deployments that a command names.
---@param client datarobot.Client
---@param o table
---@param out table
---@param own {who: string, summary: boolean?, definition: table?} also what names them where the words do not
---@param visit fun(deployment: datarobot.Deployment): table|nil
---@return integer status
---@return boolean single one deployment was named
function fleet.each(client, o, out, own, visit)
  local targets, single = fleet.targets(client, o, own.definition)
  local function look(item)
    if type(item) ~= "string" then return visit(item) end
    local deployment, err = client:deployment(item)
    if not deployment then return nil, err end
    return visit(deployment)
  end
  return fleet.over(client, o, out, { who = own.who, summary = own.summary, single = single }, targets, look), single
end

return fleet
