--- A local DataRobot for trying, teaching and testing: an HTTP server on 127.0.0.1 that keeps DataRobot's public API
-- v2 as far as retraining policies need it.
--
--     local sandbox <close> = require "datarobot.sandbox".start()
--     local client = sandbox:client()

local check = require "datarobot.sandbox.check"
local copier = require "datarobot.sandbox.copier"
local durations = require "datarobot.sandbox.world.duration"
local json = require "datarobot.sandbox.json"
local seed = require "datarobot.sandbox.world.seed"

local sandbox = {}

local Sandbox = { __name = "datarobot.sandbox" }
Sandbox.__index = Sandbox

local TOKEN = "sandbox-token"

local found, server = pcall(require, "datarobot.sandbox.server")
if not found then
  local reason = package.searchpath("datarobot.sandbox.server", package.cpath) and server
    or "datarobot/sandbox/server.so is not on package.cpath"
  error("the sandbox needs libmicrohttpd (Debian: libmicrohttpd-dev), and lua-datarobot built where it is installed: "
    .. reason, 0)
end

-- Option -> what it must be.
local START = {
  port = { "integer", least = 0, most = 65535 },
  token = { "string" },
  deployments = { "integer", least = 1 },
  copy_of = { "client" },
  job_polls = { "integer", least = 0 },
  create_status = { "integer", least = 200, most = 201 },
  run_status = { "integer", least = 200, most = 202 },
  features_differ = { "boolean" },
  run_word = { "string" },
  cancel_word = { "string" },
  page_limit = { "integer", least = 1 },
  clock = { "string", words = { "real", "still" } },
  speed = { "number", least = 0, most = 1000000 },
}
local FAIL = {
  status = { "integer", least = 200, most = 599 },
  count = { "integer", least = 1 },
  retry_after = { "number", least = 0 },
  path = { "string" },
  message = { "string" },
}
local ACCURACY = {
  status = { "string" },
  percent_change = { "number", least = -1000, most = 1000 },
  value = { "number" },
  metric = { "string" },
  model_id = { "string" },
}
local STATUSES = { "passing", "warning", "failing" }
local SLOW = {
  seconds = { "number", least = 0, most = 3600 },
  count = { "integer", least = 1 },
  path = { "string" },
}
local REQUESTS = { clear = { "boolean" } }

-- Of a copy `deployments` says which ones.
local START_COPY = { deployments = { "table" } }
for name, rule in pairs(START) do START_COPY[name] = START_COPY[name] or rule end

local function first_of(items, member)
  return items[1] and items[1][member]
end

--- Starts a sandbox.
-- @param options table, all optional: port (0, the default, takes any free one), token, deployments (how many, default
-- 1), job_polls (polls that find a job unfinished, default 0), create_status (status of a created policy, 200 or 201),
-- run_status (of a started run: 200 empty, 201 with the run, 202 with a Location), features_differ (true: a package
-- of a run replaces the champion with a warning, since its features are others),
-- run_word (status of a run that goes on, default "in_progress"), cancel_word (what cancels a run, default
-- "cancelled"), page_limit (elements on a page at most, to see several pages of few elements), clock ("still", the
-- default, or "real": time in the world goes on with the real time), speed (how many seconds of the world one real
-- second is, default 1), copy_of (a client: the world begins as deployments of its account are, which are only read;
-- deployments is then a list of ids or a query as client:deployments takes it, and an error of the client may
-- be returned)
-- @return the sandbox with endpoint, token, users (tokens of owner, viewer, retraining), port, deployment_id,
-- dataset_id, prediction_environment_id; or nil and text
function sandbox.start(options)
  check.no_self(options, sandbox, "start")
  local copies = type(options) == "table" and options.copy_of ~= nil
  check.options(options, copies and START_COPY or START, "start", "start { port = 8080 }")
  options = options or {}
  local copy, why
  if copies then
    copy, why = copier.read(options.copy_of, options.deployments)
    if not copy then return nil, why end
  end
  local token = options.token or TOKEN
  local handle, problem = server.start {
    port = options.port or 0,
    package_path = package.path,
    package_cpath = package.cpath,
    module = "datarobot.sandbox.http",
    options_json = json.encode {
      token = token,
      deployments = not copy and options.deployments or nil,
      copy = copy,
      job_polls = options.job_polls,
      features_differ = options.features_differ,
      create_status = options.create_status,
      run_status = options.run_status,
      run_word = options.run_word,
      cancel_word = options.cancel_word,
      page_limit = options.page_limit,
      clock = options.clock,
      speed = options.speed,
    },
  }
  if not handle then return nil, problem end
  return setmetatable({
    server = handle,
    port = handle:port(),
    endpoint = ("http://127.0.0.1:%d/api/v2"):format(handle:port()),
    token = token,
    users = { owner = token, viewer = token .. "-viewer", retraining = token .. "-retraining" },
    deployment_id = copy and copy.deployments[1].shown.id or seed.deployment.id,
    dataset_id = first_of(copy and copy.datasets or seed.datasets, "datasetId"),
    prediction_environment_id = first_of(copy and copy.environments or seed.environments, "id"),
  }, Sandbox)
end

local function call(self, name, argument)
  local done, text, problem = pcall(self.server.call, self.server, name, json.encode(argument or json.null))
  if not done or problem then check.raise(problem or text) end
  return text
end

--- The requests that came in, oldest first, the last 10,000 at most.
-- @param options table: clear = true forgets them afterwards
-- @return list of { method, path, query, headers, body, status, time }: path and query as on the wire, header names in
-- lower case, of the Authorization header the scheme alone, time in seconds since 1970
function Sandbox:requests(options)
  check.self(self, Sandbox, "requests")
  check.options(options, REQUESTS, "requests", "requests { clear = true }")
  return json.plain(call(self, "requests", { clear = options ~= nil and options.clear or false }))
end

--- Answers the next requests with an error instead of what they ask for.
-- @param options table: status (default 503), count (how many, default 1), retry_after (seconds, for the Retry-After
-- header), path (text that the request's path must contain), message (of the server)
function Sandbox:fail(options)
  check.self(self, Sandbox, "fail")
  check.options(options, FAIL, "fail", "fail { status = 503 }")
  options = options or {}
  call(self, "fail", {
    status = options.status or 503,
    count = options.count or 1,
    retry_after = options.retry_after,
    path = options.path,
    message = options.message,
  })
end

--- Lets the answers to the next requests be late; others are served meanwhile.
-- @param options table: seconds (default 1), count (how many, default 1), path (text that the request's path must
-- contain)
function Sandbox:slow(options)
  check.self(self, Sandbox, "slow")
  check.options(options, SLOW, "slow", "slow { seconds = 2 }")
  options = options or {}
  call(self, "slow", { seconds = options.seconds or 1, count = options.count or 1, path = options.path })
end

--- Keeps the world as it is, its time with it; the last hundred are kept.
-- @return a name for `restore`
function Sandbox:snapshot()
  check.self(self, Sandbox, "snapshot")
  return json.plain(call(self, "snapshot"))
end

--- Puts the world back as it was at a snapshot, as often as is asked for. Raises when it is none of this sandbox.
-- @param snapshot what `snapshot` returned
function Sandbox:restore(snapshot)
  check.self(self, Sandbox, "restore")
  check.text(snapshot, "restore", 1, "what snapshot() returned")
  call(self, "restore", snapshot)
end

--- The time in the sandbox's world, which stands still until it is advanced.
-- @return text such as "2024-12-20T00:00:00.000000Z"
function Sandbox:now()
  check.self(self, Sandbox, "now")
  return json.plain(call(self, "now"))
end

--- Lets time pass in the sandbox's world: schedules fire, runs go on and end.
-- @param duration days, hours, minutes, seconds, such as "2d", "36h", "90m", "10s", "1d12h"
-- @return the time then, as `now` gives it
function Sandbox:advance(duration)
  check.self(self, Sandbox, "advance")
  local seconds = durations.short(duration)
  if not seconds then check.duration(duration, "advance") end
  return json.plain(call(self, "advance", seconds))
end

--- Lets the data of a deployment drift, or no longer: what its health looks at, and what comes.
-- @param id of the deployment
-- @param status what its health becomes: "passing", "warning" or "failing"; raises where its health settings, or
-- drift that is not tracked, make that impossible
function Sandbox:drift(id, status)
  check.self(self, Sandbox, "drift")
  check.text(id, "drift", 1, "the id of a deployment")
  check.word(status, "drift", 2, STATUSES)
  call(self, "drift", { id = id, status = status })
end

--- Lets the model of a deployment become better or worse: over the last seven days, and from now on.
-- @param id of the deployment, which needs an association id
-- @param t what its accuracy health becomes: "passing", "warning" or "failing"; or a table: one of status, the same;
-- percent_change (against the training data; less than 0 is worse); value (of `metric`, default the one that health
-- goes by); and model_id (default the champion's)
function Sandbox:accuracy(id, t)
  check.self(self, Sandbox, "accuracy")
  check.text(id, "accuracy", 1, "the id of a deployment")
  if type(t) == "string" then t = { status = t } end
  if t == nil then t = {} end
  check.options(t, ACCURACY, "accuracy", "accuracy(id, { percent_change = -12 })", 2)
  if t.status then check.word(t.status, "accuracy", 2, STATUSES) end
  check.one_of(t, { "status", "percent_change", "value" }, "accuracy", 2)
  call(self, "accuracy", { id = id, to = t })
end

--- A client of this sandbox.
-- @param options table: more options of dr.client
-- @return what dr.client returns
function Sandbox:client(options)
  check.self(self, Sandbox, "client")
  if type(options) ~= "table" then check.options(options, {}, "client", "client { timeout = 5 }") end
  local all = { endpoint = self.endpoint, token = self.token }
  for name, value in pairs(options or {}) do all[name] = value end
  return require("datarobot").client(all)
end

--- Ends the server and its connections. May be called more than once.
function Sandbox:stop()
  check.self(self, Sandbox, "stop")
  self.server:stop()
end

Sandbox.__close = Sandbox.stop
Sandbox.__gc = Sandbox.stop

function Sandbox:__tostring()
  return "DataRobot sandbox at " .. self.endpoint
end

return sandbox
