-- C-21: certificates are checked, and what is older than TLS 1.2 is not spoken. nginx with a self-made authority in
-- front of the sandbox, and `openssl s_server` for what nginx does not do. Whoever is refused has not seen the token.
local canary = require "spec.support.canary"
local dr = require "datarobot"
local process = require "spec.support.process"
local s_server = require "spec.support.s_server"
local sandboxes = require "datarobot.sandbox"
local socket = require "socket"
local tls = require "spec.support.tls"

local sandbox, front
setup(function()
  sandbox = sandboxes.start { token = canary }
  front = tls.start { upstream = sandbox.endpoint }
end)
teardown(function()
  front:stop()
  sandbox:stop()
end)

local function new_client(endpoint, options)
  local all = { endpoint = endpoint, token = canary, retries = 0, timeout = 10 }
  for name, value in pairs(options or {}) do all[name] = value end
  return assert(dr.client(all))
end

describe("TLS (C-21): a certificate", function()
  local function ask(endpoint, options)
    local client <close> = new_client(endpoint, options)
    return client:deployment(sandbox.deployment_id)
  end

  it("of the authority is good, over HTTP/1.1 and HTTP/2, also by an intermediate one", function()
    for _, server in ipairs { "good", "http2", "chain" } do
      local deployment = assert(ask(front.endpoints[server], { ca_file = front.ca_file }))
      assert.equal(sandbox.deployment_id, deployment.id)
      assert(ask(front.endpoints[server], { ssl_verify = front.ca_file }))
    end
    assert(ask(front.endpoints.good:gsub("127.0.0.1", "localhost"), { ca_file = front.ca_file }))
  end)

  it("is good for a job whose Location has the front's scheme and host", function()
    local client <close> = new_client(front.endpoints.good, { ca_file = front.ca_file })
    local deployment = assert(client:deployment(sandbox.deployment_id))
    assert.is_true(assert(deployment:update_challenger_models_settings { enabled = true }))
  end)

  local refused = {
    ["without the authority's file"] = { "good" },
    ["with another authority's file"] = { "good", "other_ca_file" },
    ["for a wrong name"] = { "wrong_name", "ca_file" },
    ["that has expired"] = { "expired", "ca_file" },
    ["that is not valid yet"] = { "not_yet", "ca_file" },
    ["of another authority"] = { "other_ca", "ca_file" },
    ["that is signed by itself"] = { "self_signed", "ca_file" },
    ["without the intermediate one"] = { "lone", "ca_file" },
  }
  for name, case in pairs(refused) do
    it(name .. " is refused, unless an option says otherwise, which warns", function()
      local endpoint, ca_file = front.endpoints[case[1]], case[2] and front[case[2]]
      sandbox:requests { clear = true }
      local function is_refused()
        for _, retries in ipairs { 0, 3 } do -- what repeating cannot mend is not repeated
          local deployment, err = ask(endpoint, { ca_file = ca_file, retries = retries })
          assert.is_nil(deployment)
          assert.equal("tls", err.kind)
          assert.matches("certificate", err.message)
          assert.is_nil(err.status)
          assert.equal(1, err.attempts)
          assert.is_false(err.retryable)
        end
        assert.same({}, sandbox:requests())
      end
      is_refused()
      local warnings = {}
      assert(ask(endpoint, { ca_file = ca_file, ssl_verify = false, log = function(event)
        if event.event == "warning" then warnings[#warnings + 1] = event.message end
      end }))
      assert.equal(1, #warnings)
      assert.matches("^ssl_verify = false", warnings[1])
      sandbox:requests { clear = true }
      is_refused() -- what one client was allowed is not allowed to the next
    end)
  end

  it("is told apart from a file that is not there", function()
    local _, err = dr.client { endpoint = front.endpoints.good, token = canary, ca_file = "/nowhere/ca.pem" }
    assert.equal("config", err.kind)
    assert.matches("/nowhere/ca.pem", err.message)
  end)

  it("is told apart from a file that went away", function()
    local file <close> = assert(io.open(front.ca_file))
    local folder <close> = process.folder()
    local path = folder:write("ca.pem", file:read "a")
    local client <close> = new_client(front.endpoints.good, { ca_file = path })
    folder:remove()
    local _, err = client:version()
    assert.equal("tls", err.kind)
    assert.truthy(err.message:find(path, 1, true))
  end)
end)

describe("TLS (C-21): a server", function()
  -- The TLS library is told to allow what it can, so that it is this client that refuses.
  local PERMISSIVE <const> = "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = permissive\n"
    .. "[permissive]\nMinProtocol = TLSv1\nCipherString = DEFAULT:@SECLEVEL=0\n"
  local SCRIPT <const> = [[
    local client <close> = assert(require "datarobot".client { endpoint = arg[1], token = arg[2], retries = 0,
      timeout = 10, ca_file = arg[3], ssl_verify = arg[3] and true })
    local reply, err = client:post("x/", {})
    print(reply and reply.status or err.kind .. ": " .. err.message)
  ]]
  local S_CLIENT <const> = "echo of a permissive client | openssl s_client -connect 127.0.0.1:%d -%s"
    .. " -CAfile %s -verify_return_error -verify_ip 127.0.0.1 -brief -cipher DEFAULT:@SECLEVEL=0"

  local function permissively(endpoint, ca_file)
    local folder <close> = process.folder()
    local status, text = process.run({ "lua5.4", folder:write("script.lua", SCRIPT), endpoint, canary, ca_file },
      { OPENSSL_CONF = folder:write("openssl.cnf", PERMISSIVE), DATAROBOT_SSL_VERIFY = not ca_file and "false" })
    assert.equal(0, status, text)
    return text
  end

  for option, version in pairs { tls1 = "TLSv1", tls1_1 = "TLSv1.1" } do
    it("of " .. version .. " gets no request, though others would speak with it", function()
      local server <close> =
        s_server.start(front.certificates .. "good", ("-%s -cipher DEFAULT:@SECLEVEL=0"):format(option))
      local _, text = process.run(S_CLIENT:format(server.port, option, front.ca_file))
      assert.matches("Protocol version: " .. version .. "\n", text)
      assert.matches("Verification: OK", text)
      server:expect "of a permissive client"
      for _, ca_file in ipairs { front.ca_file, false } do
        assert.matches("^tls: .*protocol version", permissively(server.endpoint, ca_file or nil))
      end
      local client <close> = new_client(server.endpoint, { ca_file = front.ca_file })
      assert.equal("tls", select(2, client:version()).kind)
      server:expect("unsupported protocol", 3)
      assert.is_nil(server:output():find("HTTP/1.1", 1, true))
      assert.is_nil(server:output():find(canary, 1, true))
      -- It is not that setting's fault.
      assert.equal("not_found: Not Found\n", permissively(front.endpoints.good, front.ca_file))
    end)
  end

  -- With TLS 1.3 the client is done, and has written its request, before the server misses its certificate.
  for option, words in pairs { tls1_2 = "handshake failure", tls1_3 = "wants a certificate of the client",
    ["tls1_3 -alpn h2"] = "wants a certificate of the client" } do
    it("that wants a certificate of the client does not take the request: -" .. option, function()
      local server <close> = s_server.start(front.certificates .. "good", "-Verify 1 -" .. option)
      local client <close> = new_client(server.endpoint, { ca_file = front.ca_file })
      for i, f in ipairs { client.version, function() return client:post("x/", { a = 1 }) end,
        function() return client:patch("x/", { a = ("x"):rep(3000000) }) end } do
        local reply, err = f(client)
        assert.is_nil(reply)
        assert.equal("tls", err.kind, tostring(err)) -- not "ambiguous": nobody has read it
        assert.is_nil(err.status)
        assert.is_truthy(err.message:find(words, 1, true), err.message)
        server:expect("peer did not return a certificate", i)
      end
      assert.is_nil(server:output():find(canary, 1, true))
    end)
  end

  it("that wants a certificate of the client, and says so in a reply, is api", function()
    local client <close> = new_client(front.endpoints.wants_certificate, { ca_file = front.ca_file })
    sandbox:requests { clear = true }
    local _, err = client:post("x/", {})
    assert.equal("api", err.kind)
    assert.equal(400, err.status)
    assert.matches("certificate", err.message)
    assert.same({}, sandbox:requests())
  end)

  it("that asks for a certificate of the client goes without", function()
    local client <close> = new_client(front.endpoints.asks_certificate, { ca_file = front.ca_file })
    assert(client:deployment(sandbox.deployment_id))
  end)

  local BODY <const> = '{"major":2,"versionString":"2.40"}'
  local HALF <const> = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " .. #BODY .. "\r\n\r\n{"

  -- A call whose reply has come by half; `f` gets the server, a function that goes on with the call and tells
  -- whether it has ended, and the call's result.
  local function half_way(options, timeout, f)
    local server <close> = s_server.start(front.certificates .. "good", options)
    local client <close> = new_client(server.endpoint, { ca_file = front.ca_file, timeout = timeout })
    client:on_wait(coroutine.yield)
    local result = { started = socket.gettime() }
    local call = coroutine.create(function() result.value, result.err = client:version() end)
    local function go_on()
      client:step()
      if coroutine.status(call) == "dead" then return true end
      assert(coroutine.resume(call))
    end
    server:expect("Authorization: Bearer " .. canary, 1, go_on)
    server:say(HALF)
    for _ = 1, 5 do go_on() end
    f(server, go_on, result)
  end

  -- What the server is told when half of its reply is sent, and what it says when it has got its way, how often.
  for name, case in pairs {
    ["does nothing else"] = { "-tls1_2" },
    ["renegotiates"] = { "-tls1_2", "r", { "write hello request" }, { "read finished", 2 } },
    ["renegotiates from the start"] = { "-tls1_2 -no_cache -no_ticket", "r", { "write finished", 2 } },
    ["asks for a certificate in renegotiating"] =
      { "-tls1_2 -no_cache -no_ticket", "R", { "read client certificate" }, { "write finished", 2 } },
    ["asks for a certificate in TLS 1.3"] = { "-tls1_3", "c", { "read client certificate" }, { "read finished", 2 } },
    ["changes its keys"] = { "-tls1_3", "k", { "write server key update" } },
    ["changes the keys of both"] = { "-tls1_3", "K", { "write server key update" } },
  } do
    it("that " .. name .. " in the middle of its reply gets no certificate, and the call ends well", function()
      half_way(case[1], 10, function(server, go_on, result)
        if case[2] then server:say(case[2] .. "\n") end
        for i = 3, #case do server:expect(case[i][1], case[i][2], go_on) end
        assert.is_nil(result.err)
        server:say(BODY:sub(2))
        assert.is_true(process.wait_for(go_on))
        assert.equal(2, assert(result.value, result.err).major)
        assert.is_nil(server:output():find("Client certificate", 1, true))
      end)
    end)
  end

  it("that begins to renegotiate and falls silent is left at the deadline", function()
    half_way("-tls1_2", 1, function(server, go_on, result)
      server:say "r\n"
      server:expect "write hello request" -- the client has not read it yet
      server:freeze()
      assert.is_true(process.wait_for(go_on))
      assert.equal("timeout", result.err.kind)
      local seconds = socket.gettime() - result.started
      assert.is_true(seconds >= 0.99 and seconds < 2, seconds .. " s")
    end)
  end)

  it("that begins to renegotiate and ends is transport", function()
    half_way("-tls1_2", 10, function(server, go_on, result)
      server:say "r\n"
      server:expect "write hello request"
      server.child:kill "KILL"
      assert.is_true(process.wait_for(go_on))
      assert.equal("transport", result.err.kind)
    end)
  end)
end)
