-- Calls of all kinds for valgrind.sh: good ones, failed ones, given up ones. The servers are other processes.

local canary = require "spec.support.canary"
local Fault = require "spec.support.fault_server"
local hosts = require "spec.embed.hosts"
local dr = require "datarobot"
local process = require "spec.support.process"
local tls = require "spec.support.tls"

local sandbox <close> = hosts.sandbox()
local front <close> = tls.start { upstream = sandbox.endpoint }
local fault = Fault.start()

local function client_of(endpoint, o)
  local all = { endpoint = endpoint, token = canary, retries = 0, timeout = 60 }
  for k, v in pairs(o or {}) do all[k] = v end
  return assert(dr.client(all))
end

local function fails(kind, value, err)
  assert(value == nil and err.kind == kind, tostring(value or err))
  assert(#tostring(err) > 0)
end

local POLICY <const> = {
  name = "Weekly", action = "create_challenger",
  trigger = { type = "schedule", schedule = "0 9 * * MON" },
}

local function good(client)
  local id = sandbox.deployment_id
  local deployment = assert(client:deployment(id))
  assert(deployment.id == id and deployment:to_table { nulls = true } and deployment:to_json())
  for _ in pairs(deployment) do assert(deployment.label) end
  assert(deployment:refresh() and deployment:get_settings())
  assert(deployment:update_challenger_models_settings { enabled = true })
  assert(deployment:update_retraining_settings { retraining_user_id = deployment.owners.preview[1].id })
  local policy = assert(deployment:create_retraining_policy(POLICY))
  assert(policy:update { name = "Daily", trigger = { type = "schedule", schedule = "@daily" } })
  assert(deployment:find_retraining_policy "Daily")
  assert(#deployment:retraining_policies():collect() == 1 and policy:delete())
  assert(client:get("deployments/", { query = { limit = 1 } }):json())
end

local function failed(client)
  fails("validation", client:deployment "no id")
  fails("not_found", client:deployment(("0"):rep(24)))
  fails("validation", client:deployment(sandbox.deployment_id):create_retraining_policy { nme = 1, trigger = "x" })
  fails("auth", client_of(sandbox.endpoint, { token = "wrong" }):whoami())
  fails("transport", client_of("http://127.0.0.1:" .. process.free_port()):version())
  fails("tls", client_of(front.endpoints.other_ca, { ca_file = front.ca_file }):version())
end

-- What a reply may do to a reader.
local REPLIES <const> = {
  protocol = { "{", "[1,]", '{"a":"\\ud800"}', "<html>", "" },
  limit = { ("x"):rep(2000000), ("["):rep(200) },
}

local function broken()
  local endpoint = ("http://127.0.0.1:%d/api/v2"):format(fault.port)
  local client <close> = client_of(endpoint, { max_body = 1000000 })
  for kind, bodies in pairs(REPLIES) do
    for _, body in ipairs(bodies) do
      fault:play { replies = { { body = body } } }
      fails(kind, client:version())
    end
  end
  fault:play { replies = { { body = '{"major": 2}', cut = 30 } } }
  fails("transport", client:version())
  fault:play { replies = { { status = 503 }, { body = '{"major": 2}' } } }
  assert(client_of(endpoint, { retries = 1 }):version().major == 2)
  fault:play { replies = { { wait = 60 } } }
  fails("timeout", client:version { timeout = 0.3 })
  client:on_wait(coroutine.yield)
  local calls = {}
  for i = 1, 5 do
    calls[i] = coroutine.create(function() return client:version() end)
    assert(coroutine.resume(calls[i]))
  end
  assert(coroutine.close(calls[1]) and client:step() == 4)
  client:close()
  fails("closed", select(2, coroutine.resume(calls[2])))
end

for _, endpoint in ipairs { sandbox.endpoint, front.endpoints.good, front.endpoints.http2 } do
  local client <close> = client_of(endpoint, { ca_file = front.ca_file })
  good(client)
  failed(client)
end
broken()
fault:stop()
print "all calls made"
