--- Clients: a connection to one DataRobot endpoint with one token.
local core = require "datarobot.core"
local guard = require "datarobot.call.guard"
local list = require "datarobot.list"
local list_method = require "datarobot.call.list_method"
local options = require "datarobot.call.options"
require "datarobot.deployment"
require "datarobot.response"

local calls, classes = core.calls, core.classes

---@class datarobot.Client A connection to one DataRobot endpoint with one token. `<close>` closes it.
local client = classes.client

local clients = {}

--- `dr.client`.
---@param o? datarobot.ClientOptions
---@return datarobot.Client|nil client
---@return datarobot.Error? err
function clients.new(o)
  guard.check(o, "table", 1, "client", true)
  core.check_client_options(o)
  local loaded, why = core.load_network(require)
  if not loaded then return nil, why end
  local settings, source, token_from = require "datarobot.config".resolve(o)
  if not settings then return nil, source end
  local own = { timeout = settings.timeout, settle_pause = settings.settle_pause }
  if own.settle_pause ~= nil and (type(own.settle_pause) ~= "number" or own.settle_pause < 0) then
    guard.argument(1, "client", "option 'settle_pause': seconds >= 0 expected")
  end
  settings.settle_pause = nil
  local made, err = core.client(settings, source, token_from)
  if not made then return nil, err end
  options.keep(made, own)
  return made
end

-- {=== lists ===}

--- client:deployments([query])
---@operation list_deployments
client.deployments = list_method("client", "deployments", calls.begin.list_deployments, {
  what = "deployments", first = { order_by = "label" },
})
--- client:datasets([query])
---@operation list_datasets
client.datasets = list_method("client", "datasets", calls.begin.list_datasets, { what = "datasets" })
--- client:prediction_environments([query])
---@operation list_prediction_environments
client.prediction_environments = list_method("client", "prediction_environments",
  calls.begin.list_prediction_environments, { what = "prediction environments" })
--- client:credentials([query])
---@operation list_credentials
client.credentials = list_method("client", "credentials", calls.begin.list_credentials, { what = "credentials" })

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
    if body.next == nil or body.next == core.null then return body.data, nil, body.totalCount end
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
  local step, each, first, close = require "datarobot.call.tasks".each(self, items, fn, o)
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
  local results, failures = require "datarobot.call.tasks".map(self, items, fn, o)
  return results, failures
end

-- {=== jobs ===}

--- Waits for the asynchronous job of a raw reply (202) and fetches its product.
---@param reply datarobot.Response of a raw call, or of `update_settings` with `wait = false`
---@param o? {timeout: number} seconds for the whole job, default 600
---@return datarobot.Response|nil product the job's product; the reply itself when it started no job
---@return datarobot.Error? err kind `api` when the job failed, `timeout` when it is not over yet; or of every request
function client:wait(reply, o)
  guard.self(self, "client", "wait")
  if not guard.is(reply, "response") then
    guard.argument(1, "wait", "a response expected, got " .. guard.type_of(reply))
  end
  guard.check(o, "table", 2, "wait", true)
  return require "datarobot.call.job".product(self, reply, o)
end

core.name(client, ":")
core.name(clients.new, "client")

return clients
