-- C-22 and C-24: proxies see no token and the server no password of a proxy; the environment changes what is documented
-- and nothing else.
local build = require "spec.support.build"
local canary = require "spec.support.canary"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"
local process = require "spec.support.process"
local proxies = require "spec.support.proxies"
local s_server = require "spec.support.s_server"
local sandboxes = require "datarobot.sandbox"
local tls = require "spec.support.tls"

local PASSWORD <const> = "proxy-secret-77"

local function assert_hidden(...)
  for _, text in ipairs { ... } do
    assert.is_nil(text:find(canary, 1, true), text)
    assert.is_nil(text:find(PASSWORD, 1, true), text)
    assert.is_nil(text:find("cHJveHk", 1, true), text) -- "proxy" in base64
  end
end

local SCRIPT <const> = [[
  local client <close> = assert(require "datarobot".client { endpoint = arg[1], token = arg[2], ca_file = arg[3],
    retries = 0, proxy = arg[4] })
  local ok, err = client:whoami()
  print(ok and "good" or err.kind)
]]

-- What the script says in a process with these variables and arguments.
local function whoami_in(env, ...)
  local folder <close> = process.folder()
  local status, text = process.run({ "lua5.4", folder:write("script.lua", SCRIPT), ... }, env)
  assert.equal(0, status, text)
  return (text:gsub("\n$", ""))
end

describe("a proxy (C-22)", function()
  local proxy, sandbox, front
  setup(function()
    proxy = Fault.start()
    sandbox = sandboxes.start { token = canary }
    front = tls.start { upstream = sandbox.endpoint }
  end)
  teardown(function()
    proxy:stop()
    front:stop()
    sandbox:stop()
  end)

  local function client(options)
    local all = { endpoint = front.endpoints.good, token = canary, ca_file = front.ca_file, retries = 0,
      proxy = proxy.url }
    for k, v in pairs(options or {}) do all[k] = v end
    return assert(dr.client(all))
  end

  local function tunnel(port, headers)
    return { replies = { { raw = "HTTP/1.1 200 Connected\r\n" .. (headers or "") .. "\r\n", tunnel = port } } }
  end

  it("of http sees the name of the server and nothing else", function()
    proxy:play(tunnel(front.ports.good, "X-Request-Id: of-the-proxy\r\nContent-Type: text/html\r\n"))
    local c <close> = client()
    assert(c:whoami())
    local reply = assert(c:get "version/")
    assert.is_nil(reply.headers["x-request-id"])
    assert.equal("application/json", reply.headers["content-type"])
    local seen = proxy:seen()
    assert.equal(1, #seen)
    assert.equal("CONNECT", seen[1].method)
    assert.equal("127.0.0.1:" .. front.ports.good, seen[1].target)
    assert.is_nil(seen[1].head:lower():find("authorization", 1, true))
    assert_hidden(table.concat(proxy:bytes()))
  end)

  it("gets its own password, and the server does not", function()
    proxy:play(tunnel(front.ports.good))
    sandbox:requests { clear = true }
    local c <close> = client { proxy = ("http://user:%s@127.0.0.1:%d"):format(PASSWORD, proxy.port) }
    assert(c:whoami())
    assert.matches("\nProxy%-Authorization: Basic ", proxy:seen()[1].head)
    for _, request in ipairs(sandbox:requests()) do
      for name in pairs(request.headers) do assert.is_nil(name:find("proxy", 1, true), name) end
    end
    assert_hidden(tostring(c), table.concat(proxy:bytes()))
  end)

  -- Kinds of what a proxy may answer to a CONNECT.
  for name, reply in pairs {
    ["forbids"] = { status = 403 }, ["finds nobody"] = { status = 502 }, ["redirects"] = { status = 302,
      headers = { "Location: http://127.0.0.1:1/" } }, ["closes"] = { cut = 0 }, ["resets"] = { cut = 0, how = "rst" },
    ["names the request"] = { status = 503, headers = { "X-Request-Id: of-the-proxy", "Retry-After: 9" } },
    ["speaks something else"] = { raw = "hello\r\n\r\n", close = true },
    ["ends in its head"] = { raw = "HTTP/1.1 200 OK\r\nX: y", close = true },
  } do
    it("that " .. name .. " is transport, and nothing was done", function()
      for _, address in ipairs { proxy.url, ("http://user:%s@127.0.0.1:%d"):format(PASSWORD, proxy.port) } do
        proxy:play { replies = { reply } }
        local c <close> = client { proxy = address }
        for _, f in ipairs { c.whoami, function() return c:post("x/", {}) end } do
          local value, err = f(c)
          assert.is_nil(value)
          assert.is_truthy(("transport protocol"):find(err.kind, 1, true), tostring(err))
          assert.is_nil(err.status)
          assert.is_nil(err.request_id)
          assert.is_nil(err.retry_after)
          assert_hidden(tostring(err), err.message)
        end
      end
    end)
  end

  -- Whoever guesses a password is locked out after a few tries.
  it("that wants to know who asks is asked once, and named", function()
    local host = "127.0.0.1:" .. proxy.port
    for _, status in ipairs { 401, 407 } do
      for address, words in pairs { [proxy.url] = "wants a user and a password",
        [("http://user:%s@%s"):format(PASSWORD, host)] = "does not accept the user and password" } do
        for _, method in ipairs { "get", "post", "delete" } do
          proxy:play { replies = { { status = status, headers = { 'Proxy-Authenticate: Basic realm="x"' } } } }
          local renewed = 0
          local c <close> = client { proxy = address, retries = 3, token = function()
            renewed = renewed + 1
            return canary .. renewed
          end }
          local value, err = c[method](c, "x/", {})
          assert.is_nil(value)
          assert.equal("auth", err.kind)
          assert.matches("^the proxy 127%.0%.0%.1:" .. proxy.port .. " %(option proxy%) " .. words, err.message)
          assert.same({ false, 1, 1 }, { err.retryable, err.attempts, renewed })
          assert.is_nil(err.status)
          assert.equal(1, proxy:count())
          assert_hidden(tostring(err), err.message)
        end
      end
    end
  end)

  it("that does not accept the password hears it once from any number of calls", function()
    local host = "127.0.0.1:" .. proxy.port
    local numbers = {}
    for i = 1, 40 do numbers[i] = i end
    proxy:play { replies = { { wait = 0.05, status = 407, headers = { 'Proxy-Authenticate: Basic realm="x"' } } } }
    local c <close> = client { proxy = ("http://user:%s@%s"):format(PASSWORD, host), retries = 3 }
    local results, failures = c:map(numbers, function(i) return c:get("x/" .. i) end)
    assert.same({ n = 40 }, results)
    assert.equal(40, #failures)
    for _, failure in ipairs(failures) do
      assert.equal("auth", failure.err.kind)
      assert.matches("does not accept the user and password", failure.err.message)
    end
    local _, err = c:post("x/", {})
    assert.equal("auth", err.kind)
    assert.equal(1, proxy:count())
    assert_hidden(tostring(err))
  end)

  it("of the environment that wants to know who asks is named with its variable", function()
    local folder <close> = process.folder()
    local script = folder:write("script.lua", [[
      local client <close> = assert(require "datarobot".client { endpoint = arg[1], token = arg[2], ca_file = arg[3] })
      print(select(2, client:whoami()).message)
    ]])
    for _, variable in ipairs { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" } do
      proxy:play { replies = { { status = 407 } } }
      local _, text = process.run({ "lua5.4", script, front.endpoints.good, canary, front.ca_file },
        { [variable] = ("http://user:%s@127.0.0.1:%d"):format(PASSWORD, proxy.port) })
      assert.matches(("^the proxy 127%%.0%%.0%%.1:%d %%(%s%%) does not accept"):format(proxy.port, variable), text)
      assert.equal(1, proxy:count())
      assert_hidden(text)
    end
  end)

  it("of SOCKS that wants to know who asks is asked once, and named", function()
    local host = "127.0.0.1:" .. proxy.port
    for _, case in ipairs {
      { "socks5h://" .. host, { { 3, "\5\255" } }, "wants a user and a password" },
      { ("socks5h://user:%s@%s"):format(PASSWORD, host), { { 3, "\5\2" }, { 5, "\1\1" } }, "does not accept" },
      { ("socks5://user:%s@%s"):format(PASSWORD, host), { { 3, "\5\255" } }, "does not accept" },
    } do
      proxy:play { socks = front.ports.good, socks_words = case[2] }
      local c <close> = client { retries = 3, proxy = case[1] }
      local _, err = c:post("x/", {})
      assert.equal("auth", err.kind, tostring(err))
      assert.is_truthy(err.message:find("the proxy " .. host .. " (option proxy) " .. case[3], 1, true), err.message)
      assert.equal(1, err.attempts)
      assert.equal(1, #proxy:bytes())
      assert_hidden(tostring(err))
    end
  end)

  it("that forbids is asked once, and one that is out of order again", function()
    for status, times in pairs { [403] = 1, [404] = 1, [302] = 3, [429] = 3, [502] = 3, [503] = 3 } do
      proxy:play { replies = { { status = status } } }
      local c <close> = client { retries = 2 }
      local _, err = c:whoami()
      assert.equal("transport", err.kind)
      assert.matches(("the proxy 127%%.0%%.0%%.1:%d %%(option proxy%%) answers %d when asked for 127%%.0%%.0%%.1:%d$")
        :format(proxy.port, status, front.ports.good), err.message)
      assert.same({ times, times }, { err.attempts, proxy:count() })
    end
  end)

  it("that is silent is left at connect_timeout", function()
    proxy:play { replies = { { cut = 0, how = "hang" } } }
    local c <close> = client { connect_timeout = 0.3 }
    local _, err = c:post("x/", {})
    assert.equal("timeout", err.kind)
    proxy:play { accept = "hang" }
    _, err = c:whoami { timeout = 0.2 }
    assert.equal("timeout", err.kind)
  end)

  it("cannot stand for the server", function()
    proxy:play(tunnel(front.ports.wrong_name))
    local c <close> = client()
    local _, err = c:whoami()
    assert.equal("tls", err.kind)
    proxy:play(tunnel(sandbox.port))
    _, err = c:whoami()
    assert.equal("tls", err.kind)
    assert_hidden(table.concat(proxy:bytes()))
  end)

  it("with TLS of its own is checked as well, whatever ssl_verify says, and sees nothing", function()
    local server <close> = s_server.start(front.certificates .. "other_ca", "")
    for i, verify in ipairs { true, false } do
      local c <close> = client { ssl_verify = verify, proxy = ("https://user:%s@127.0.0.1:%d"):format(PASSWORD,
        server.port), log = function() end }
      local _, err = c:post("x/", {})
      assert.equal("tls", err.kind)
      assert.matches("^certificate of the proxy is not trusted %(.*%); trust store: .*/ca%.pem$", err.message)
      assert_hidden(err.message)
      server:expect("alert read:fatal:unknown CA", i)
    end
    assert_hidden(server:output())
    assert.is_nil(server:output():find("CONNECT 127", 1, true))
  end)

  it("may be one of SOCKS", function()
    for _, scheme in ipairs { "socks5", "socks5h" } do
      proxy:play { socks = front.ports.good }
      local c <close> = client { proxy = ("%s://127.0.0.1:%d"):format(scheme, proxy.port) }
      assert(c:whoami())
      assert_hidden(table.concat(proxy:bytes()))
    end
  end)

  it("is nothing to plain http", function()
    proxy:play { replies = { { status = 502 } } }
    local c <close> = client { endpoint = sandbox.endpoint }
    assert(c:whoami())
    assert.equal(0, proxy:count())
  end)

  local function in_environment(env, endpoint, option)
    return whoami_in(env, endpoint or front.endpoints.good, canary, front.ca_file, option)
  end

  it("is taken from https_proxy, not where no_proxy names the server, nor when the option says none", function()
    proxy:play(tunnel(front.ports.good))
    assert.equal("good", in_environment { https_proxy = proxy.url })
    assert.equal("good", in_environment { HTTPS_PROXY = proxy.url })
    assert.equal("good", in_environment { ALL_PROXY = proxy.url })
    assert.equal(3, proxy:count "CONNECT")
    assert.equal("good", in_environment { https_proxy = proxy.url, no_proxy = "127.0.0.1" })
    assert.equal("good", in_environment { https_proxy = proxy.url, NO_PROXY = "*" })
    assert.equal("good", in_environment({ https_proxy = proxy.url }, nil, ""))
    assert.equal("good", in_environment { http_proxy = proxy.url })
    assert.equal(3, proxy:count())
  end)

  it("has no part in SSLKEYLOGFILE, which libcurl fills with keys and nothing else (C-24)", function()
    local folder <close> = process.folder()
    assert.equal("good", in_environment { SSLKEYLOGFILE = folder.path .. "/keys" })
    local keys = assert(folder:read "keys")
    for line in keys:gmatch "[^\n]+" do assert.matches("^[%u%d_]+ %x+ %x+$", line) end
    assert_hidden(keys)
  end)

  -- An interpreter that is set-uid: only root can make one, and it must be found by somebody else, and be allowed.
  local function set_uid_lua(folder)
    local path = folder.path .. "/lua"
    local status = process.run(("chmod 755 %s && cp \"$(command -v lua5.4)\" %s && chmod 4755 %s"):format(
      folder.path, path, path))
    local command = { "setpriv", "--reuid=65534", "--clear-groups", path }
    if status ~= 0 or process.run { "setpriv", "--reuid=65534", "--clear-groups", "test", "-r", build.core } ~= 0
      or process.run { command[1], command[2], command[3], path, "-e", "assert(io.open '/etc/shadow')" } ~= 0 then
      return nil
    end
    return command
  end

  it("and in a set-uid process nothing of the environment names token, server or file (C-24)", function()
    local folder <close> = process.folder()
    local command = set_uid_lua(folder)
    if not command then return end
    process.run { "mkdir", "-p", folder.path .. "/.config/datarobot" }
    folder:write("yaml", "endpoint: https://evil.invalid\ntoken: " .. PASSWORD .. "\n")
    process.run(("cp %s/yaml %s/.config/datarobot/drconfig.yaml"):format(folder.path, folder.path))
    table.insert(command, folder:write("script.lua", [[
      local dr = require "datarobot"
      local client, err = dr.client()
      print(client, err and err.kind, err and err.message:match "^[^\n.;:]*")
      print(assert(dr.client { endpoint = arg[1], token = arg[2] }))
    ]]))
    for _, word in ipairs { front.endpoints.good, canary } do table.insert(command, word) end
    process.run { "chmod", "-R", "a+rX", folder.path }
    local said = "nil\tconfig\tno DataRobot token was found\ndatarobot.client (" .. front.endpoints.good
      .. ", endpoint and token from options)\n"
    for _, env in ipairs { { DATAROBOT_ENDPOINT = "https://evil.invalid", DATAROBOT_API_TOKEN = PASSWORD },
      { DATAROBOT_CONFIG_FILE = "/etc/shadow" }, { DATAROBOT_CONFIG_FILE = folder.path .. "/yaml" },
      { HOME = folder.path }, { DATAROBOT_SSL_VERIFY = "0", DATAROBOT_USER_AGENT_SUFFIX = "x",
        DATAROBOT_MAX_RETRIES = "x" } } do
      env.ASAN_OPTIONS = "detect_leaks=0"
      local status, text = process.run(command, env)
      assert.equal(0, status, text)
      assert.equal(said, text)
    end
  end)

  it("and other files of the user are not read: netrc, curlrc, cookies (C-24)", function()
    local home <close> = process.folder()
    home:write(".netrc", "machine 127.0.0.1 login user password " .. PASSWORD .. "\ndefault login a password b\n")
    home:write("_netrc", "default login a password b\n")
    home:write(".curlrc", "proxy = http://127.0.0.1:1\nuser = a:b\n")
    proxy:play { replies = { { body = '{"uid":"u"}', headers = { "Set-Cookie: a=b",
      "Strict-Transport-Security: max-age=9", 'Alt-Svc: h2="127.0.0.1:1"', "WWW-Authenticate: Negotiate" } } } }
    assert.equal("good", in_environment({ HOME = home.path, CURL_HOME = home.path, NETRC = home.path .. "/.netrc" },
      proxy.endpoint))
    assert.equal("good", in_environment({ HOME = false, XDG_CONFIG_HOME = false }, proxy.endpoint))
    local c <close> = proxy:client()
    assert(c:whoami())
    assert(c:whoami())
    for _, request in ipairs(proxy:seen()) do
      assert.matches("\nAuthorization: Bearer canary", request.head)
      assert.is_nil(request.head:lower():find("cookie", 1, true))
    end
    assert.equal(4, proxy:count())
    proxy:play { replies = { { status = 401, headers = { "WWW-Authenticate: Basic, Digest, NTLM, Negotiate" } } } }
    local _, err = c:whoami()
    assert.equal("auth", err.kind)
    assert.equal(1, proxy:count())
  end)
end)

describe("a proxy of Debian's (C-22),", function()
  local sandbox, front, relay
  setup(function()
    sandbox = sandboxes.start { token = canary }
    front = tls.start { upstream = sandbox.endpoint }
    relay = Fault.start() -- between client and proxy: it keeps what it passes on
  end)
  teardown(function()
    relay:stop()
    front:stop()
    sandbox:stop()
  end)

  -- The requests that the server was sent since it was last asked; none of them tells of a proxy.
  local function requests()
    local list = sandbox:requests { clear = true }
    for _, request in ipairs(list) do
      for name, value in pairs(request.headers) do
        assert.is_nil(name:find("proxy", 1, true), name)
        assert_hidden(value)
      end
    end
    return #list
  end

  local function client(options)
    local all = { token = canary, ca_file = front.ca_file, retries = 0, endpoint = front.endpoints.good }
    for k, v in pairs(options) do all[k] = v end
    requests()
    return assert(dr.client(all))
  end

  -- The address of a proxy's port, by way of the relay.
  local function by_way_of(port, user, scheme)
    relay:play { relay = { port = port } }
    return ("%s://%s127.0.0.1:%d"):format(scheme or "http", user and user .. "@" or "", relay.port)
  end

  -- What the proxy was told in the clear: nothing but the server's address and its own password.
  local function assert_unaware(proxy)
    local bytes = table.concat(relay:bytes())
    for _, text in ipairs { bytes, proxy:log() } do
      assert.is_nil(text:find(canary, 1, true), text)
      assert.is_nil(text:find(PASSWORD, 1, true), text)
    end
    assert.matches("CONNECT 127%.0%.0%.1:%d+ HTTP/1%.1\r\n", bytes)
    assert.is_nil(bytes:find("/api/v2", 1, true))
    return bytes
  end

  for name, reply in pairs { squid = "503", tinyproxy = "500" } do
    describe(name .. ",", function()
      local proxy
      setup(function() proxy = proxies[name](PASSWORD) end)
      teardown(function() proxy:stop() end)

      it("passes every call on and learns the server's address", function()
        for _, server in ipairs { "good", "http2", "chain" } do
          local c <close> = client { proxy = by_way_of(proxy.ports.open), endpoint = front.endpoints[server] }
          for _ = 1, 3 do assert(c:whoami()) end
          assert.equal(404, select(2, c:post("nowhere/", { a = 1 })).status)
          assert.equal(4, requests())
          assert.is_nil(assert_unaware(proxy):find("Authorization", 1, true))
        end
      end)

      it("gets its password, which the server does not", function()
        local c <close> = client { proxy = by_way_of(proxy.ports.locked, "user:" .. PASSWORD) }
        for _ = 1, 3 do assert(c:whoami()) end
        assert.equal(3, requests())
        local bytes = assert_unaware(proxy)
        assert.equal(1, select(2, bytes:gsub("Proxy%-Authorization: Basic dXNlcjpwcm94eS1zZWNyZXQtNzc=\r\n", "")))
      end)

      it("that wants a password, or another one, is auth, and nothing was done", function()
        for _, user in ipairs { false, "user:wrong", "other:" .. PASSWORD } do
          local c <close> = client { proxy = by_way_of(proxy.ports.locked, user) }
          for _, f in ipairs { c.whoami, function() return c:post("x/", {}) end } do
            local value, err = f(c)
            assert.is_nil(value)
            assert.equal("auth", err.kind) -- 401: tinyproxy's word for a wrong one
            assert.matches(user and "does not accept" or "wants a user and a password", err.message)
            assert_hidden(tostring(err))
          end
          assert.equal(0, requests())
          assert_unaware(proxy)
        end
      end)

      it("that does not reach the server is transport", function()
        local c <close> = client { proxy = by_way_of(proxy.ports.open),
          endpoint = "https://127.0.0.1:" .. process.free_port() }
        local _, err = c:post("x/", {})
        assert.equal("transport", err.kind)
        assert.matches(reply, err.message)
        assert_unaware(proxy)
      end)

      it("of the environment is passed by where NO_PROXY says so", function()
        local function run(more)
          local env = { https_proxy = by_way_of(proxy.ports.locked, "user:" .. PASSWORD), NO_PROXY = more }
          requests()
          assert.equal("good", whoami_in(env, front.endpoints.good, canary, front.ca_file))
          assert.equal(1, requests())
          return table.concat(relay:bytes())
        end
        assert.equal("", run "127.0.0.1")
        assert.equal("", run "*")
        assert.matches("^CONNECT ", run(nil))
        assert.matches("^CONNECT ", run "127.0.0.2,localhost")
      end)
    end)
  end

  describe("tinyproxy behind TLS,", function()
    local proxy, stunnel
    setup(function()
      proxy = proxies.tinyproxy(PASSWORD)
      stunnel = proxies.stunnel(relay.port, front.certificates, "good", "chain", "wrong_name", "other_ca", "expired")
      relay:play { relay = { port = proxy.ports.locked } } -- between stunnel and tinyproxy
    end)
    teardown(function()
      stunnel:stop()
      proxy:stop()
    end)

    local function behind(certificate, options)
      relay:play { relay = { port = proxy.ports.locked } }
      local all = { proxy = ("https://user:%s@127.0.0.1:%d"):format(PASSWORD, stunnel.ports[certificate]) }
      for k, v in pairs(options or {}) do all[k] = v end
      return client(all)
    end

    it("is trusted as the server is, and learns the server's address", function()
      for _, certificate in ipairs { "good", "chain" } do
        for _, server in ipairs { "good", "http2" } do
          local c <close> = behind(certificate, { endpoint = front.endpoints[server] })
          for _ = 1, 2 do assert(c:whoami()) end
          assert.equal(404, select(2, c:post("nowhere/", { a = 1 })).status)
          assert.equal(3, requests())
          assert_unaware(proxy)
          assert_hidden(stunnel:log())
        end
      end
      assert.equal("good", whoami_in({ HTTPS_PROXY = ("https://user:%s@127.0.0.1:%d"):format(PASSWORD,
        stunnel.ports.good) }, front.endpoints.good, canary, front.ca_file))
    end)

    it("that is not trusted is named, and gets no password", function()
      for certificate, options in pairs { wrong_name = {}, other_ca = {}, expired = {},
        good = { ca_file = "/etc/ssl/certs/ca-certificates.crt" } } do
        local c <close> = behind(certificate, options)
        local _, err = c:post("x/", {})
        assert.equal("tls", err.kind)
        assert.matches("^certificate of the proxy is not trusted %(.*%); trust store: ", err.message)
        assert.equal(options.ca_file or front.ca_file, err.message:match "trust store: (.*)$")
        assert.is_false(err.retryable)
        assert_hidden(err.message)
        assert.equal("", table.concat(relay:bytes()))
        assert.equal(0, requests())
      end
    end)

    it("that is trusted is no excuse for a server that is not", function()
      for _, server in ipairs { "wrong_name", "other_ca", "expired" } do
        local c <close> = behind("good", { endpoint = front.endpoints[server] })
        local _, err = c:post("x/", {})
        assert.equal("tls", err.kind) -- the reason may be lost in TLS within TLS
        assert.matches("^%a+ %a+ 127%.0%.0%.1:" .. front.ports[server] .. " ", err.message)
        assert.equal(0, requests())
      end
    end)

    it("is checked also where the server is not", function()
      local quiet = { ssl_verify = false, log = function() end, endpoint = front.endpoints.other_ca }
      local c <close> = behind("good", quiet)
      assert(c:whoami())
      local d <close> = behind("other_ca", quiet)
      assert.matches("^certificate of the proxy is not trusted", select(2, d:whoami()).message)
    end)
  end)
end)
