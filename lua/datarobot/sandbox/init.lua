--- A local DataRobot for trying, teaching and testing: an HTTP server on 127.0.0.1 that keeps DataRobot's public API
-- v2 as far as retraining policies need it.
--
--     local sandbox <close> = require "datarobot.sandbox".start()
--     local client = sandbox:client()

local core = require "datarobot.core"
local guard = require "datarobot.guard"
local json = require "datarobot.sandbox.json"
local server = require "datarobot.sandbox.server"
local seed = require "datarobot.sandbox.seed"

local sandbox = {}

local Sandbox = { __name = "datarobot.sandbox" }
Sandbox.__index = Sandbox

local TOKEN = "sandbox-token"

-- Option -> what it must be.
local START = {
  port = "integer", token = "string", deployments = "integer", job_polls = "integer", create_status = "integer",
  page_limit = "integer",
}
local FAIL = {
  status = "integer", count = "integer", retry_after = "number", path = "string",
  message = "string",
}

local function kind(value)
  return math.type(value) == "integer" and "integer" or type(value)
end

local function check_options(options, known)
  for name, value in pairs(options) do
    local wanted = known[name] or core.raise(("unknown option '%s'"):format(tostring(name)))
    if kind(value) ~= wanted and not (wanted == "number" and type(value) == "number") then
      core.raise(("option '%s' must be a %s, not a %s"):format(name, wanted, kind(value)))
    end
  end
end

local function check_least(options, least)
  for name, number in pairs(least) do
    if options[name] and options[name] < number then
      core.raise(("option '%s' must be at least %d"):format(name, number))
    end
  end
end

--- Starts a sandbox.
-- @param options table, all optional: port (0, the default, takes any free one), token, deployments (how many, default
-- 1), job_polls (polls that find a job unfinished, default 0), create_status (status of a created policy, 200 or 201),
-- page_limit (elements on a page at most, to see several pages of few elements)
-- @return the sandbox with endpoint, token, port, deployment_id, dataset_id, prediction_environment_id; or nil and text
function sandbox.start(options)
  guard.check(options, "table", 1, "start", true)
  options = options or {}
  check_options(options, START)
  check_least(options, { port = 0, deployments = 1, job_polls = 0, page_limit = 1 })
  local status = options.create_status
  if status and status ~= 200 and status ~= 201 then core.raise "option 'create_status' must be 200 or 201" end
  if options.port and options.port > 65535 then core.raise "option 'port' must be 0 to 65535" end
  local token = options.token or TOKEN
  local handle, problem = server.start {
    port = options.port or 0,
    package_path = package.path,
    package_cpath = package.cpath,
    module = "datarobot.sandbox.routes",
    options_json = json.encode {
      token = token,
      deployments = options.deployments,
      job_polls = options.job_polls,
      create_status = status,
      page_limit = options.page_limit,
    },
  }
  if not handle then return nil, problem end
  return setmetatable({
    server = handle,
    port = handle:port(),
    endpoint = ("http://127.0.0.1:%d/api/v2"):format(handle:port()),
    token = token,
    deployment_id = seed.deployment.id,
    dataset_id = seed.datasets[1].datasetId,
    prediction_environment_id = seed.environments[1].id,
  }, Sandbox)
end

local function call(self, name, argument)
  local done, text, problem = pcall(self.server.call, self.server, name, json.encode(argument))
  if not done or problem then core.raise(problem or text) end
  return text
end

--- The requests that came in, oldest first, the last 10,000 at most.
-- @param options table: clear = true forgets them afterwards
-- @return list of { method, path, query, headers, body, status, time }: path and query as on the wire, header names in
-- lower case, of the Authorization header the scheme alone, time in seconds since 1970
function Sandbox:requests(options)
  guard.self(self, "sandbox", "requests")
  guard.check(options, "table", 1, "requests", true)
  options = options or {}
  check_options(options, { clear = "boolean" })
  return json.plain(call(self, "requests", { clear = options.clear or false }))
end

--- Answers the next requests with an error instead of what they ask for.
-- @param options table: status (default 503), count (how many, default 1), retry_after (seconds, for the Retry-After
-- header), path (text that the request's path must contain), message (the server's word)
function Sandbox:fail(options)
  guard.self(self, "sandbox", "fail")
  guard.check(options, "table", 1, "fail", true)
  options = options or {}
  check_options(options, FAIL)
  check_least(options, { status = 200, count = 1 })
  call(self, "fail", {
    status = options.status or 503,
    count = options.count or 1,
    retry_after = options.retry_after,
    path = options.path,
    message = options.message,
  })
end

--- A client of this sandbox.
-- @param options table: more options of dr.client
-- @return what dr.client returns
function Sandbox:client(options)
  guard.self(self, "sandbox", "client")
  guard.check(options, "table", 1, "client", true)
  local all = { endpoint = self.endpoint, token = self.token }
  for name, value in pairs(options or {}) do all[name] = value end
  return require("datarobot").client(all)
end

--- Ends the server and its connections. May be called more than once.
function Sandbox:stop()
  guard.self(self, "sandbox", "stop")
  self.server:stop()
end

Sandbox.__close = Sandbox.stop
Sandbox.__gc = Sandbox.stop

function Sandbox:__tostring()
  return "DataRobot sandbox at " .. self.endpoint
end

return sandbox
