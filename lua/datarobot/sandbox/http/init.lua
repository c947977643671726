--- What the server asks: whether a body is wanted, and the answer to a request.

local faults = require "datarobot.sandbox.http.faults"
local json = require "datarobot.sandbox.json"
local control = require "datarobot.sandbox.control"
local peer = require "datarobot.sandbox.http.peer"
local refuse = require "datarobot.sandbox.http.refuse"
local Request = require "datarobot.sandbox.http.request"
local deployments = require "datarobot.sandbox.world.deployments"
local router = require "datarobot.sandbox.http.router"
local State = require "datarobot.sandbox.state"
local users = require "datarobot.sandbox.world.users"

local BASE = "/api/v2"

-- Both slash forms of a path below the endpoint, as one; a path of the sandbox's own as it is; nil for any other.
local function relative(path)
  local below = path:sub(1, #BASE + 1) == BASE .. "/" and path:sub(#BASE + 2)
    or path:sub(1, 9) == "/sandbox/" and path
  return below and (below:gsub("/$", ""))
end

-- The path below the endpoint, the handler, and the path's ids. Raises for a request whose body is of no use.
local function admit(options, request)
  local path = refuse.missing(relative(request.path))
  local route, first, second, third = router.find(path)
  refuse.missing(route)
  if not route.open and not users.find(peer.token_rest(request.headers, options.token)) then
    refuse.with(401, nil, { ["WWW-Authenticate"] = "Bearer" })
  end
  local method = request.method == "HEAD" and "GET" or request.method
  local handler = method:upper() == method and route[method] or refuse.with(405, nil, { Allow = route.allow })
  return path, handler, first, second, third
end

-- Only owners change a deployment, and those with whom it is not shared do not know that it is there.
local function authorize(world, user, request, path)
  local id, rest = path:match "^deployments/([^/]+)/?(.*)$"
  local record = id and world.by_id[id]
  if not record then return end
  local role = refuse.missing(deployments.role(record, user.uid))
  local looks = request.method == "GET" or request.method == "HEAD" or rest == "model/validation"
  if role ~= "OWNER" and not looks then refuse.with(403, "Only an owner of the deployment may do this.") end
end

local function handled(state, request, path, handler, ...)
  local user = users.find(peer.token_rest(request.headers, state.options.token)) or {}
  if user == users.account then user = state.world.account end
  authorize(state.world, user, request, path)
  local asked = Request.new {
    path = path,
    query = request.query,
    text = request.body,
    endpoint = "http://" .. (request.headers.host or "127.0.0.1") .. BASE,
    options = state.options,
    state = state,
    user = user,
  }
  return handler(state.world, asked, ...)
end

local function answer(state, request)
  return handled(state, request, admit(state.options, request))
end

local function respond(state, request)
  if peer.is_foreign(request.headers) then return refuse.answer(403) end
  local fault = faults.take(state.faults, request.path)
  if fault then return fault end
  local ok, status, value, headers = pcall(answer, state, request)
  if ok then return { status = status, body = value, headers = headers } end
  if type(status) ~= "table" then error(status, 0) end
  return status
end

-- Header names in lower case; repeated ones joined.
local function fold(list)
  local headers, repeated = {}, {}
  for i = 1, #list, 2 do
    local name, value = list[i]:lower(), list[i + 1]
    if repeated[name] then
      table.insert(repeated[name], value)
    elseif headers[name] then
      repeated[name] = { headers[name], value }
    else
      headers[name] = value
    end
  end
  for name, values in pairs(repeated) do headers[name] = table.concat(values, ", ") end
  return headers
end

-- What the log keeps: of the Authorization header its scheme alone, no body that was not wanted.
local function log(state, request, status, time)
  local headers = {}
  for name, value in pairs(request.headers) do headers[name] = value end
  if headers.authorization then headers.authorization = headers.authorization:match "^(%a+) " or "" end
  state.log:add {
    method = request.method, path = request.path, query = request.query, headers = headers, body = request.body or "",
    status = status, time = time,
  }
end

local function handle(state, request, time)
  local ok, reply, text = pcall(function()
    state:tick(time)
    local reply = respond(state, request)
    return reply, reply.body and json.encode(reply.body)
  end)
  if not ok then
    text = json.encode { message = "sandbox: " .. tostring(reply) }
    reply = { status = 500 }
  end
  log(state, request, reply.status, time)
  local headers = reply.headers or {}
  if text then headers["Content-Type"] = "application/json" end
  local delay = faults.delay(state.slow, request.path)
  return reply.status, headers, text, delay > 0 and delay or nil
end

-- The control functions as the server calls them: JSON text -> JSON text.
local function controls(state, functions)
  for name, f in pairs(control) do
    functions[name] = function(text, now)
      if now then state:tick(now) end
      local result = f(state, json.decode(text))
      return result ~= nil and json.encode(result) or nil
    end
  end
  return functions
end

local http = {}

--- Opens a world for the server.
-- @param options_json JSON object: token, and the options of sandbox.start that are the world's
-- @return table of functions: admit(method, path, query, headers) -> whether the body is wanted; handle(method, path,
-- query, headers, body, time) -> status, headers, body (nil when it was not wanted or is too large), delay in seconds;
-- and those of control, each JSON text, time -> JSON text
function http.open(options_json)
  local options = assert(json.decode(options_json))
  local state = State.new(options)
  return controls(state, {
    admit = function(method, path, _, headers)
      local request = { method = method, path = path, headers = fold(headers) }
      return not peer.is_foreign(request.headers) and (pcall(admit, options, request))
    end,
    handle = function(method, path, query, headers, body, time)
      local request = { method = method, path = path, query = query, headers = fold(headers), body = body }
      return handle(state, request, time)
    end,
  })
end

return http
