--- DataRobot's retraining policies from Lua: clients, deployments, policies and their runs.
---
--- A wrong call raises; everything that the world or data can do returns `nil, err`, where err is an
--- error object: kind, message, status, problems and more, with a readable `tostring`.
local core = require "datarobot.core"
local errors = require "datarobot.errors"
local guard = require "datarobot.guard"
local list = require "datarobot.list"
local show = require "datarobot.show"

-- What not every program needs is loaded at its first use: config, wait, schedule, discovery, help.
local calls, classes = core.calls, core.classes
---@class datarobot.Client A connection to one DataRobot endpoint with one token. `<close>` closes it.
local client, deployment, policy = classes.client, classes.deployment, classes.retraining_policy

---@class datarobot
---@field _VERSION string name and version of the module
---@field null lightuserdata JSON's null: sent, it clears a member; equal to `cjson.null`
---@field enums datarobot.Enums the legal words of every enumeration, such as `dr.enums.action`
local dr = {
  _VERSION = core.version,
  null = core.null,
  validate = core.validate,
  encode = core.encode,
  normalize = core.normalize,
  decode = core.decode,
  array = core.array,
}

-- What the Lua half keeps of a client's options. client -> { timeout =, settle_pause = }
local settings_of = setmetatable({}, { __mode = "k" })

--- Makes a client. Without endpoint and token in the options they are looked for as DataRobot's own
-- clients do: a named file, the environment, `~/.config/datarobot/drconfig.yaml`. Sends nothing.
---@param options? datarobot.ClientOptions
---@return datarobot.Client|nil client
---@return datarobot.Error? err kind `config`: no token, a token without its endpoint, a bad file
function dr.client(options)
  guard.check(options, "table", 1, "client", true)
  core.check_client_options(options)
  local settings, source, token_from = require "datarobot.config".resolve(options)
  if not settings then return nil, source end
  local own = { timeout = settings.timeout, settle_pause = settings.settle_pause }
  if own.settle_pause ~= nil and (type(own.settle_pause) ~= "number" or own.settle_pause < 0) then
    guard.argument(1, "client", "option 'settle_pause': seconds >= 0 expected")
  end
  settings.settle_pause = nil
  local made, err = core.client(settings, source, token_from)
  if not made then return nil, err end
  settings_of[made] = own
  return made
end

-- Documented in schedule.lua, which also completes the class.
function dr.schedule(...)
  return require "datarobot.schedule"(...)
end

--- Whether a value is an error object of this module.
---@param x any
---@return boolean
function dr.is_error(x)
  return type(x) == "table" and getmetatable(x) == classes.error
end

-- {=== discovery: what there is, found out at first use ===}

-- Empty until asked: the words come from the core's tables.
dr.enums = setmetatable({}, {
  __name = "datarobot.enums",
  __index = function(_, name) return require "datarobot.discovery".enum(name) end,
  __pairs = function() return next, require "datarobot.discovery".enums() end,
  __tostring = function() return require "datarobot.discovery".enums_text() end,
})

--- The fields of a table that can be sent, in the order in which they go out. `print` shows them.
---@param kind string a kind of `dr.validate`, the parameters of a list (`"deployments_query"`), or a
---  table inside one of them (`"policy.trigger"`)
---@return datarobot.Field[] fields raises with the legal kinds when there is none of this name
function dr.fields(kind)
  guard.check(kind, "string", 1, "fields")
  local fields, why = require "datarobot.discovery".fields(kind)
  if not fields then guard.argument(1, "fields", why) end
  return fields
end

--- What there is to know about something, as text for a terminal of 80 columns. Nothing is printed
-- and nothing is sent: `print(dr.help(policy))`.
---@param x? any nothing for an overview; an object, an error or a function of this module; or the name
---  of a class, kind, field (`"policy.trigger"`), enumeration or method
---@return string text
function dr.help(x)
  return require "datarobot.help"(dr, x)
end

-- {=== how values print ===}

classes.error.__tostring = errors.tostring
classes.array.__tostring = show.value
classes.object.__tostring = show.value

---@class datarobot.Response A reply of the raw layer.
---@field status integer
---@field headers table<string, string> names in lower case
---@field text string the body as it came
local response = {}
classes.response.__index = response

--- The decoded body, names as on the wire and null as `dr.null`.
---@return any|nil value
---@return datarobot.Error? err kind `protocol` when the body is no JSON
function response:json()
  guard.self(self, "response", "json")
  return core.decode(self.text)
end

function classes.response:__tostring()
  return ("datarobot.response (status %d, %d bytes)"):format(self.status, #self.text)
end

---@class datarobot.Deployment A snapshot of one deployment. Its fields are those of the reply, by their
---  Lua names; further ones of a newer server are there as well, and what is null or absent is nil. Reading
---  never sends a request. Tables inside it are read once and kept: writing to one reaches neither the server
---  nor `to_table`, which gives a copy to work with.
---@field id string
---@field label string
---@field description? string
---@field status? string
---@field importance? string
---@field model? table
---@field owners? {count: integer, preview: table[]}
---@field settings? table

-- A word of a reply, fit for a terminal; a server may send anything.
local function word(value, otherwise)
  return type(value) == "string" and core.words(value) or otherwise
end

function classes.deployment_class:__tostring()
  local label = type(self.label) == "string" and " " .. show.quote(self.label) or ""
  return ("Deployment %s%s (%s)"):format(word(self.id), label, word(self.status, "status unknown"))
end

---@class datarobot.RetrainingPolicy: datarobot.body.policy A snapshot of one retraining policy. Its
---  fields are those of the reply, by their Lua names; `dr.help "policy"` tells what each means. What is null
---  or absent is nil. Reading never sends a request. Tables inside it are read once and kept: writing to one
---  reaches neither the server nor the next `update`; `definition` and `to_table` give a copy to work with.
---@field id string
---@field latest_run? table
---@field use_case? table
function classes.retraining_policy_class:__tostring()
  local trigger = type(self.trigger) == "table" and word(self.trigger.type) or "by hand"
  local name = show.quote(type(self.name) == "string" and self.name or "")
  return ("RetrainingPolicy %s %s (%s -> %s)"):format(word(self.id), name, trigger, word(self.action, "?"))
end

-- {=== lists ===}

-- When a policy was first seen by a deployment object, for `settle`: what was there before a create is not its
-- product. 0: it is the product of another create. deployment -> id -> seconds
local seen = setmetatable({}, { __mode = "k" })

local function note_policy(self, id, at)
  seen[self] = seen[self] or {}
  seen[self][id] = at or seen[self][id] or core.now()
end

-- Reads the page of a call of a list.
local function finish_list(self, call)
  local items, next_or_err, total = core.finish(self, call)
  for _, item in ipairs(items or {}) do
    if getmetatable(item) == classes.retraining_policy_class then note_policy(self, item.id) end
  end
  return items, next_or_err, total
end

-- Adds a method that lists a collection; `query` of the user goes through the operation's table.
local function add_list(class, name, begin, what, first)
  local class_name = class == deployment and "deployment" or "client"
  class[name] = function(self, query)
    guard.self(self, class_name, name)
    guard.check(query, "table", 1, name, true)
    local parameters = {}
    for k, v in next, first or {} do parameters[k] = v end
    for k, v in next, query or {} do parameters[k] = v end
    local text = class == deployment and what .. " of deployment " .. word(self.id) or what
    local function begin_page(page) return begin(self, page) end
    core.name(begin_page, ":" .. name)
    local function finish_page(call) return finish_list(self, call) end
    return list.new(text, begin_page, finish_page, parameters)
  end
end

--- client:deployments([query])
---@operation list_deployments
add_list(client, "deployments", calls.begin.list_deployments, "deployments", { order_by = "label" })
--- client:datasets([query])
---@operation list_datasets
add_list(client, "datasets", calls.begin.list_datasets, "datasets")
--- client:prediction_environments([query])
---@operation list_prediction_environments
add_list(client, "prediction_environments", calls.begin.list_prediction_environments, "prediction environments")
--- client:credentials([query])
---@operation list_credentials
add_list(client, "credentials", calls.begin.list_credentials, "credentials")
--- deployment:retraining_policies([query])
---@operation list_policies
add_list(deployment, "retraining_policies", calls.begin.list_policies, "retraining policies")

--- The one deployment with this label.
---@operation list_deployments
---@param label string compared exactly, case included
---@return datarobot.Deployment|nil deployment
---@return datarobot.Error? err kind `not_found` when there is none, `conflict` when there are several
function client:find_deployment(label)
  guard.self(self, "client", "find_deployment")
  guard.check(label, "string", 1, "find_deployment")
  return self:deployments({ search = label }):find("label", label)
end

--- The one retraining policy with this name.
---@operation list_policies
---@param name string compared exactly, case included
---@return datarobot.RetrainingPolicy|nil policy
---@return datarobot.Error? err kind `not_found` when there is none, `conflict` when there are several
function deployment:find_retraining_policy(name)
  guard.self(self, "deployment", "find_retraining_policy")
  guard.check(name, "string", 1, "find_retraining_policy")
  return self:retraining_policies():find("name", name)
end

--- The items of any paged collection as tables, names as on the wire.
---@param path string below the endpoint, such as `"modelPackages/"`
---@param query? table parameters of the first page, names as on the wire
---@return datarobot.List list
function client:list(path, query)
  guard.self(self, "client", "list")
  guard.check(path, "string", 1, "list")
  guard.check(query, "table", 2, "list", true)
  local function begin(page)
    if type(page) == "string" then return calls.begin.get(self, path:match "^[^?]*" .. "?" .. page) end
    return calls.begin.get(self, path, { query = page })
  end
  core.name(begin, ":list")
  local function finish_page(call)
    local reply, err = core.finish(self, call)
    if not reply then return nil, err end
    local body = core.decode(reply.text)
    if type(body) ~= "table" or getmetatable(body.data) ~= classes.array then
      return nil, core.error("protocol", path .. ": a page with a list 'data' was expected")
    end
    if body.next == nil or body.next == dr.null then return body.data, nil, body.totalCount end
    local next_page = type(body.next) == "string" and body.next:match "%?(.*)$"
    if not next_page then
      return nil, core.error("protocol", path .. ": a page's 'next' is neither null nor an address with a query")
    end
    return body.data, next_page, body.totalCount
  end
  return list.new(path, begin, finish_page, query or {})
end

-- {=== many calls at once ===}

--- Calls a function for each element of a list, some at a time, each in a coroutine; whatever calls to this client
-- the functions make, they wait at the same time. Use it in a `for` loop:
-- `for i, value, err, item in client:each(ids, function(id) return client:deployment(id) end) do`.
-- Ends with the loop: after a `break` what is under way is given up. An error that a function raises is its `err`.
-- When the list itself cannot be read further, it raises that error behind the last result.
---@param items any[]|datarobot.List|function a table (with holes where its `n` says how long it is), a list, or an
---  iterator of one value
---@param fn fun(item: any, i: integer): any returns a value, or nil and an error, as every method does
---@param o? {concurrency: integer} how many at a time, default 16
---@return function iterator gives i (which element), value, err, the element itself; in the order in which results
---  are there
function client:each(items, fn, o)
  guard.self(self, "client", "each")
  local step, each, first, close = require "datarobot.tasks".each(self, items, fn, o)
  return step, each, first, close
end

--- Calls a function for each element of a list, some at a time, as `client:each`, and waits for all of them. It has
-- done all of it when there are no failures: `local done, failures = client:map(…)`, `if #failures == 0 then`.
---@param items any[]|datarobot.List|function
---@param fn fun(item: any, i: integer): any as in `each`
---@param o? {concurrency: integer} how many at a time, default 16
---@return table results the values in the order of the list, with holes where there is none; `n` elements
---@return {index: integer?, item: any, err: any}[] failures in the order of the list. When the list could not be read
---  to its end, the last one has only `err`: what was behind it is not known
function client:map(items, fn, o)
  guard.self(self, "client", "map")
  local results, failures = require "datarobot.tasks".map(self, items, fn, o)
  return results, failures
end

-- {=== methods of several requests ===}

--- Waits for the asynchronous job of a raw reply (202) and fetches its product.
---@param reply datarobot.Response of a raw call, or of `update_settings` with `wait = false`
---@param o? {timeout: number} seconds for the whole job, default 600
---@return datarobot.Response|nil product the job's product; the reply itself when it started no job
---@return datarobot.Error? err kind `api` when the job failed, `timeout` when it is not over yet; or of every request
function client:wait(reply, o)
  guard.self(self, "client", "wait")
  if type(reply) ~= "table" or getmetatable(reply) ~= classes.response then
    guard.argument(1, "wait", "a response expected, got " .. type(reply))
  end
  guard.check(o, "table", 2, "wait", true)
  return require "datarobot.wait".product(self, reply, o)
end

-- o without the options that only the Lua half knows
local function split_options(name, o)
  guard.check(o, "table", 2, name, true)
  if o == nil then return {}, true end
  local rest = {}
  for k, v in next, o do rest[k] = v end
  rest.wait = nil
  return rest, o.wait ~= false
end

-- What `settle` has to know; nil when a lost answer is not to be settled.
local function lost(self, err, o, started, timeout)
  if err.kind ~= "ambiguous" or (o and o.retry == false) then return nil end
  local own = settings_of[calls.client_of(self)] or {}
  timeout = o and o.timeout or timeout or own.timeout or 60
  return { err = err, started = started, deadline = started + timeout, pause = own.settle_pause, seen = seen[self] }
end

local function update_settings(self, name, t, o)
  local options, waits = split_options(name, o)
  local started = core.now()
  guard.check(t, "table", 1, name)
  local reply, err = calls.update_settings(self, t, options)
  local case = not reply and lost(self, err, options, started, 600)
  if case then reply, err = require "datarobot.settle".settings(self, t, case) end
  if not reply then return nil, err end
  if not waits or reply == true then return reply end
  local timeout = (options.timeout or 600) - (core.now() - started)
  local done
  done, err = require "datarobot.wait".job(calls.client_of(self), reply, timeout)
  if not done then return nil, err end
  return true
end

--- Changes deployment settings and waits for the server's job. Only the groups named are changed.
---@operation update_settings
---@param t datarobot.body.settings for example `{ challenger_models = { enabled = true } }`
---@param o? datarobot.JobOptions
---@return true|datarobot.Response|nil done the reply with `wait = false`
---@return datarobot.Error? err kind `api` when the job failed
function deployment:update_settings(t, o)
  guard.self(self, "deployment", "update_settings")
  local done, err = update_settings(self, "update_settings", t, o)
  if not done then return nil, err end
  return done
end

--- Switches challenger models on or off and waits for the server's job.
---@operation update_settings
---@param t datarobot.body.enabled
---@param o? datarobot.JobOptions
---@return true|datarobot.Response|nil done the reply with `wait = false`
---@return datarobot.Error? err kind `api` when the job failed
function deployment:update_challenger_models_settings(t, o)
  guard.self(self, "deployment", "update_challenger_models_settings")
  guard.check(t, "table", 1, "update_challenger_models_settings")
  local done, err = update_settings(self, "update_challenger_models_settings", { challenger_models = t }, o)
  if not done then return nil, err end
  return done
end

--- Creates a retraining policy; a deployment has at most five. The whole table is checked first, and
-- nothing is sent while there is a mistake in it.
---@operation create_policy
---@param t datarobot.body.policy
---@param o? datarobot.CallOptions
---@return datarobot.RetrainingPolicy|nil policy
---@return datarobot.Error? err kind `ambiguous` when the answer was lost on the way and looking at the policies did
---  not show what became of it: `candidates` are the ids of those with this name
---@return datarobot.Note[]? notes of a policy that was made: what is legal in it and looks mistaken
function deployment:create_retraining_policy(t, o)
  guard.self(self, "deployment", "create_retraining_policy")
  local started = core.now()
  local created, err, notes = calls.create_policy(self, t, o)
  local case = not created and lost(self, err, o, started)
  if case then created, err, notes = require "datarobot.settle".create(self, t, case) end
  if not created then return nil, err end
  note_policy(self, created.id, 0)
  return created, nil, notes
end

--- Changes the members that the table names. Nested tables are completed from this object's snapshot;
-- the object then holds the new state. The last writer wins: DataRobot has no way to say "only if nobody
-- changed it since".
---@operation update_policy
---@param t datarobot.body.policy_update `dr.null` clears a member, an absent one stays
---@param o? datarobot.CallOptions
---@return datarobot.RetrainingPolicy|nil policy this object
---@return datarobot.Error? err
---@return datarobot.Note[]? notes what is legal in the members that were sent and looks mistaken
function policy:update(t, o)
  guard.self(self, "retraining_policy", "update")
  local started = core.now()
  local result, err, notes = calls.update_policy(self, t, o)
  if not result then return nil, err end
  if result ~= true then return result, nil, notes end
  local rest = {} -- the server answered without a body
  for k, v in next, o or {} do rest[k] = v end
  local own = settings_of[calls.client_of(self)] or {}
  rest.timeout = math.max((rest.timeout or own.timeout or 60) - (core.now() - started), 0.001)
  result, err = self:refresh(rest)
  if not result then return nil, err end
  return result, nil, notes
end

-- By these names messages tell what was called.
core.name(dr, "")
for _, methods in ipairs { client, deployment, policy, response, classes.schedule } do core.name(methods, ":") end

return dr
