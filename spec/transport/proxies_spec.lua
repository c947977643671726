-- C-22 and C-24: proxies see no token and the server no password of a proxy; the environment changes what is documented
-- and nothing else. A proxy with TLS of its own is played only as one that is not trusted, as the system's trust store
-- is what counts for proxies.
local canary = require "spec.support.canary"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"
local process = require "spec.support.process"
local s_server = require "spec.support.s_server"
local sandboxes = require "datarobot.sandbox"
local tls = require "spec.support.tls"

local PASSWORD <const> = "proxy-secret-77"

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

  local function assert_hidden(...)
    for _, text in ipairs { ... } do
      assert.is_nil(text:find(canary, 1, true), text)
      assert.is_nil(text:find(PASSWORD, 1, true), text)
      assert.is_nil(text:find("cHJveHk", 1, true), text) -- "proxy" in base64
    end
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
    ["asks for a password"] = { status = 407, headers = { 'Proxy-Authenticate: Basic realm="x"' } },
    ["forbids"] = { status = 403 }, ["finds nobody"] = { status = 502 }, ["redirects"] = { status = 302,
      headers = { "Location: http://127.0.0.1:1/" } }, ["closes"] = { cut = 0 }, ["resets"] = { cut = 0, how = "rst" },
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
          assert_hidden(tostring(err), err.message)
        end
      end
    end)
  end

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
    local server <close> = s_server.start(front.certificates .. "good", "")
    for i, verify in ipairs { true, false } do
      local c <close> = client { ssl_verify = verify, proxy = ("https://user:%s@127.0.0.1:%d"):format(PASSWORD,
        server.port), log = function() end }
      local _, err = c:post("x/", {})
      assert.equal("tls", err.kind)
      assert.matches("certificate", err.message)
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

  local SCRIPT <const> = [[
    local client <close> = assert(require "datarobot".client { endpoint = arg[1], token = arg[2], ca_file = arg[3],
      retries = 0, proxy = arg[4] })
    local ok, err = client:whoami()
    print(ok and "good" or err.kind)
  ]]

  local function in_environment(env, endpoint, option)
    local folder <close> = process.folder()
    local status, text = process.run({ "lua5.4", folder:write("script.lua", SCRIPT),
      endpoint or front.endpoints.good, canary, front.ca_file, option }, env)
    assert.equal(0, status, text)
    return (text:gsub("\n$", ""))
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
