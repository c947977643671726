-- Certificates are checked: nginx with a self-made authority in front of the sandbox.
local dr = require "datarobot"
local sandboxes = require "datarobot.sandbox"
local tls = require "spec.support.tls"

describe("TLS (C-21)", function()
  local sandbox, front
  setup(function()
    sandbox = sandboxes.start {}
    front = tls.start { upstream = sandbox.endpoint }
  end)
  teardown(function()
    front:stop()
    sandbox:stop()
  end)

  local function ask(endpoint, options)
    options = options or {}
    options.endpoint, options.token, options.retries = endpoint, sandbox.token, 0
    local client <close> = assert(dr.client(options))
    return client:deployment(sandbox.deployment_id)
  end

  it("works with the authority's file, over HTTP/1.1 and HTTP/2", function()
    for _, server in ipairs { "good", "http2" } do
      local deployment = assert(ask(front.endpoints[server], { ca_file = front.ca_file }))
      assert.equal(sandbox.deployment_id, deployment.id)
      assert(ask(front.endpoints[server], { ssl_verify = front.ca_file }))
    end
    assert(ask(front.endpoints.good:gsub("127.0.0.1", "localhost"), { ca_file = front.ca_file }))
  end)

  it("waits for a job whose Location has the front's scheme and host", function()
    local client <close> =
      assert(dr.client { endpoint = front.endpoints.good, token = sandbox.token, ca_file = front.ca_file })
    local deployment = assert(client:deployment(sandbox.deployment_id))
    assert.is_true(assert(deployment:update_challenger_models_settings { enabled = true }))
  end)

  local refused = {
    ["without the authority's file"] = { "good" },
    ["with another authority's file"] = { "good", "other_ca_file" },
    ["for a wrong name"] = { "wrong_name", "ca_file" },
    ["when it has expired"] = { "expired", "ca_file" },
    ["of another authority"] = { "other_ca", "ca_file" },
  }
  for name, case in pairs(refused) do
    it("refuses a certificate " .. name, function()
      sandbox:requests { clear = true }
      local deployment, err = ask(front.endpoints[case[1]], { ca_file = case[2] and front[case[2]] })
      assert.is_nil(deployment)
      assert.equal("tls", err.kind)
      assert.matches("certificate", err.message)
      assert.is_nil(err.status)
      assert.same({}, sandbox:requests())
    end)
  end

  it("is relaxed only by an explicit option", function()
    assert(ask(front.endpoints.wrong_name, { ssl_verify = false }))
  end)

  it("says so when the file is not there", function()
    local _, err = ask(front.endpoints.good, { ca_file = "/nowhere/ca.pem" })
    assert.equal("tls", err.kind)
    assert.matches("/nowhere/ca.pem", err.message)
  end)
end)
