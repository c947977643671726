-- lighttpd with mod_magnet: a server of one thread whose request handler is a Lua script.

local canary = require "spec.support.canary"
local hosts = require "spec.embed.hosts"
local process = require "spec.support.process"

-- The client is kept between the requests, as the server keeps the script's state.
local HANDLER <const> = [[
local dr = require "datarobot"
client = client or assert(dr.client {
  endpoint = os.getenv "SANDBOX", token = os.getenv "SANDBOX_TOKEN", retries = 0, timeout = 10,
})
served = (served or 0) + 1

local function answer(status, text)
  lighty.r.resp_header["Content-Type"] = "text/plain"
  lighty.r.resp_header["X-Served"] = tostring(served)
  lighty.r.resp_body:set(text)
  return status
end

local path = lighty.r.req_attr["uri.path"]
if path == "/deployment" then
  local deployment, err = client:deployment(os.getenv "DEPLOYMENT")
  return answer(deployment and 200 or 502, tostring(deployment or err))
elseif path == "/missing" then
  local _, err = client:deployment(("0"):rep(24))
  return answer(err.status, err.kind)
elseif path == "/policies" then
  local names = {}
  for policy in assert(client:deployment(os.getenv "DEPLOYMENT")):retraining_policies() do
    names[#names + 1] = policy.name
  end
  return answer(200, #names .. " policies")
end
local ok, err = dr.validate("policy", { name = "x", action = "create_chalenger" })
return answer(ok and 200 or 422, tostring(err))
]]

local CONFIG <const> = [[
server.modules = ("mod_magnet")
server.document-root = "%s"
server.bind = "127.0.0.1"
server.port = %d
server.errorlog = "%s/error.log"
magnet.attract-raw-url-to = ("%s")
]]

describe("lighttpd", function()
  local sandbox, folder, child, url
  setup(function()
    sandbox, folder = hosts.sandbox(), process.folder()
    local port = process.free_port()
    local config = CONFIG:format(folder.path, port, folder.path, folder:write("handler.lua", HANDLER))
    child = process.start({ "lighttpd", "-D", "-f", folder:write("lighttpd.conf", config) }, {
      env = hosts.environment {
        SANDBOX = sandbox.endpoint, SANDBOX_TOKEN = canary, DEPLOYMENT = sandbox.deployment_id,
      },
      stderr = folder.path .. "/stderr",
    })
    process.expect_listening("lighttpd", child, port, folder.path .. "/stderr")
    url = "http://127.0.0.1:" .. port
  end)
  teardown(function()
    child:stop()
    sandbox:stop()
    folder:remove()
  end)

  local function get(path)
    local status, text = process.run { "curl", "-sS", "--max-time", "20", "-w", "\n%{http_code}", url .. path }
    assert.equal(0, status, text)
    local body, code = text:match "^(.*)\n(%d+)$"
    return tonumber(code), body
  end

  it("asks DataRobot in a request handler", function()
    local status, body = get "/deployment"
    assert.equal(200, status, (folder:read "error.log"))
    assert.matches("^Deployment " .. sandbox.deployment_id, body)
    for _ = 1, 20 do assert.equal(200, (get "/deployment")) end
    assert.same({ 200, "0 policies" }, { get "/policies" })
  end)

  it("answers with the errors of the API and of the validation", function()
    assert.same({ 404, "not_found" }, { get "/missing" })
    local status, body = get "/validate"
    assert.equal(422, status)
    assert.matches("create_challenger", body)
  end)

  it("goes on when DataRobot is gone and stops cleanly", function()
    sandbox:stop()
    local status, body = get "/deployment"
    assert.equal(502, status)
    assert.matches("no connection", body)
    assert.is_true(child:alive())
    assert.is_true(child:stop() < 128) -- by no signal; lighttpd 1.4.69 now and then says 1 for 0
    local log = folder:read "error.log"
    assert.matches("server stopped by UID", log)
    assert.is_nil(log:find("lua error", 1, true), log)
    assert.is_nil((log .. folder:read "stderr"):find(canary, 1, true))
  end)
end)
