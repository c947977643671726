-- What answers is not the API: redirects, pages of proxies and logins, ports of another protocol, and what an endpoint
-- and a trust store lack. The message says what it is and what to look at, and never shows the page.
local build = require "spec.support.build"
local canary = require "spec.support.canary"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"
local process = require "spec.support.process"
local tls = require "spec.support.tls"

local SECRET <const> = "words-of-the-page"

describe("a redirect", function()
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)

  local function message(status, location, o)
    fault:play { replies = { { status = status, body = "<html>" .. SECRET, headers = location and
      { "Location: " .. location, "Content-Type: text/html" } } } }
    local client <close> = fault:client()
    local value, err = (o or client.version)(client)
    assert.is_nil(value)
    assert.same({ "api", status, 1 }, { err.kind, err.status, err.attempts })
    assert.is_nil(tostring(err):find(SECRET, 1, true))
    return err.message
  end

  it("is told with its target, and asks whether the endpoint is right", function()
    for _, status in ipairs { 301, 302, 303, 307, 308 } do
      for location, shown in pairs {
        ["https://app.datarobot.example/api/v2/version/"] = "https://app.datarobot.example/api/v2/version/",
        ["/sign-in"] = "/sign-in",
        ["https://login.example/saml?RelayState=" .. SECRET] = "https://login.example/saml",
      } do
        assert.equal(("the server redirects to %s, which is not followed; is the endpoint right?"):format(shown),
          message(status, location))
      end
      for _, location in ipairs { "https://user:" .. SECRET .. "@login.example/", "/" .. ("x"):rep(400), "/a b",
        "/" .. canary } do
        assert.equal(("the server redirects (%d) to an address that is not shown, and not followed; "
          .. "is the endpoint right?"):format(status), message(status, location))
      end
      for _, location in ipairs { "", false } do
        assert.equal(("the server answers %d, a redirect, without saying where to; is the endpoint right?"):format(
          status), message(status, location))
      end
    end
    assert.matches("redirects to /x,", message(302, "/x", function(c) return c:post("x/", {}) end))
    assert.matches("redirects to /x,", message(302, "/x", function(c) return c:deployments():collect() end))
  end)
end)

describe("a body that is not the API's", function()
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)

  local function page(title, size)
    local text = "<!DOCTYPE html>\n<html><head>\n<TITLE lang=en> " .. title .. "\n</title></head><body>"
    return text .. (SECRET .. " "):rep((size or 2000) // #SECRET) .. "</body></html>"
  end

  -- status, type, body, pattern of the message; %d the size
  local GATEWAY <const>, PATH <const> = "probably from a proxy or gateway on the way$",
    "probably a wrong path or another server: is the endpoint right%?$"
  local CASES <const> = {
    { 200, "text/html", page "Sign in to Example", '^a page "Sign in to Example" of %d bytes instead of JSON, '
      .. "probably a login page: is the endpoint the address of the API%?$" },
    { 200, "text/html; charset=utf-8", page "Single Sign-On", "login page" },
    { 403, nil, page "Authentication required", "login page" },
    { 200, "text/html", page "Welcome to nginx!", '^a page "Welcome to nginx!" of %d bytes instead of JSON, ' .. PATH },
    { 404, "text/html", page "404 Not Found", '^a page "404 Not Found" of %d bytes instead of JSON, ' .. PATH },
    { 502, "text/html", page "502 Bad Gateway", '^a page "502 Bad Gateway" of %d bytes instead of JSON, ' .. GATEWAY },
    { 503, "text/html", page "", "^a page of %d bytes instead of JSON, " .. GATEWAY },
    { 504, "application/xhtml+xml", page(("t"):rep(200)), "^a page of %d bytes instead of JSON, " .. GATEWAY },
    { 403, "text/html", "<html>" .. SECRET, "^a page of %d bytes instead of JSON, " .. GATEWAY },
    { 403, "text/html", page "Blocked", '^a page "Blocked" of %d bytes instead of JSON, ' .. GATEWAY },
    { 500, "text/html", page "Server Error", '^a page "Server Error" of %d bytes .*a server in front of the API$' },
    { 400, "application/octet-stream", "\0\1\2" .. SECRET, "^application/octet%-stream of %d bytes instead of JSON, " },
    { 200, "text/plain", SECRET, "^text/plain of %d bytes instead of JSON, " .. PATH },
    { 200, "application/xml", "<a>" .. SECRET .. "</a>", "^a page of %d bytes instead of JSON, " },
    { 500, "text/plain", (SECRET .. "\n"):rep(20), "^text/plain of %d bytes instead of JSON, " },
    { 404, "image/png", SECRET, "^image/png of %d bytes instead of JSON, " .. PATH },
    { 500, nil, (SECRET .. " "):rep(20), "^%d bytes that are no JSON, " },
    { 503, "text/plain", "no healthy upstream", "^no healthy upstream$" },
  }
  for i, case in ipairs(CASES) do
    it(("is told by what it is, not shown (%d)"):format(i), function()
      local status, content, body, pattern = case[1], case[2], case[3], case[4]
      local headers = content and { "Content-Type: " .. content }
      fault:play { replies = { { status = status, body = body, headers = headers } } }
      local client <close> = fault:client()
      for _, f in ipairs { client.version, client.whoami, function() return client:deployments():first() end } do
        local value, err = f(client)
        assert.is_nil(value)
        assert.equal(status, err.status)
        assert.matches((pattern:gsub("%%d", #body)), err.message)
        assert.is_nil(tostring(err):find(SECRET, 1, true), tostring(err))
        if status == 200 then assert.equal("protocol", err.kind) end
      end
    end)
  end

  it("is ambiguous behind a write, and still told", function()
    fault:play { replies = { { body = page "Sign in" } } }
    local client <close> = fault:client()
    local deployment_id = ("a"):rep(24)
    fault:play { routes = { ["GET /api/v2/deployments/" .. deployment_id .. "/"] = {
      { body = ('{"id":"%s"}'):format(deployment_id) } } }, replies = { { body = page "Sign in" } } }
    local deployment = assert(client:deployment(deployment_id))
    local _, err = deployment:create_retraining_policy({ name = "x" }, { retry = false })
    assert.equal("ambiguous", err.kind)
    assert.matches('^the server may have acted on the request: a page "Sign in" of %d+ bytes instead of JSON, ',
      err.message)
  end)

  it("that holds the token shows nothing", function()
    for _, body in ipairs { page("Hello " .. canary), canary .. " is wrong" } do
      fault:play { replies = { { status = 503, body = body } } }
      local client <close> = fault:client()
      local _, err = client:version()
      assert.is_nil(tostring(err):find(canary, 1, true))
      assert.is_nil(tostring(err):find("Hello", 1, true))
    end
  end)
end)

describe("a port", function()
  it("that speaks no TLS is told, and asked once", function()
    local fault <close> = Fault.start()
    for _, early in ipairs { { raw = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", close = true },
      { raw = "220 mail.example ESMTP ready\r\n", close = true } } do
      fault:play { replies = { early }, early = 1 }
      local client <close> = fault:client { endpoint = "https://127.0.0.1:" .. fault.port, retries = 3 }
      for _, f in ipairs { client.whoami, function() return client:post("x/", {}) end } do
        local value, err = f(client)
        assert.is_nil(value)
        assert.equal("tls", err.kind)
        assert.equal(1, err.attempts)
        assert.equal(("127.0.0.1:%d speaks no TLS; is the port right, or is it http://?"):format(fault.port),
          err.message)
      end
    end
  end)

  it("that speaks no HTTP is told", function()
    local fault <close> = Fault.start()
    for _, raw in ipairs { "SSH-2.0-OpenSSH_9.2\r\n", "\21\3\3\0\2\2\70", "220 mail.example ESMTP ready\r\n" } do
      fault:play { replies = { { raw = raw, close = true } } }
      local client <close> = fault:client { retries = 3 }
      local _, err = client:whoami()
      assert.same({ "protocol", 1 }, { err.kind, err.attempts })
      assert.equal(("what answers at 127.0.0.1:%d speaks no HTTP; is the port right, or is it https://?"):format(
        fault.port), err.message)
    end
  end)
end)

describe("an endpoint with a user", function()
  it("is refused in our words, without the password", function()
    for _, endpoint in ipairs { "https://user:%s@app.example/api/v2", "https://%s@app.example",
      "http://%s:@127.0.0.1:1", "https://user:%s@", "https://a:%s@b@c/" } do
      local client, err = dr.client { endpoint = endpoint:format(SECRET), token = canary }
      assert.is_nil(client)
      assert.equal("config", err.kind)
      assert.matches("a user name or password is not allowed", err.message)
      assert.is_nil(tostring(err):find(SECRET, 1, true), tostring(err))
    end
    assert(dr.client { endpoint = "https://app.example/a@b", token = canary }):close()
  end)
end)

describe("a trust store", function()
  local front
  setup(function() front = tls.start { upstream = "http://127.0.0.1:1" } end)
  teardown(function() front:stop() end)

  it("of the system that is missing is told with the package that brings it", function()
    local folder <close> = process.folder()
    local _, text = process.run({ "lua5.4", folder:write("script.lua", [[
      local client <close> = assert(require "datarobot".client { endpoint = arg[1], token = arg[2], retries = 3 })
      local _, err = client:version()
      print(err.kind, err.attempts, err.message)
    ]]), front.endpoints.good, canary }, {
      LD_PRELOAD = build.program "preload.so", SPEC_HIDDEN = "/etc/ssl/",
      ASAN_OPTIONS = (os.getenv "ASAN_OPTIONS" or "") .. ":verify_asan_link_order=0:detect_leaks=0",
    })
    assert.matches("^tls\t1\ttrust store /etc/ssl/%S+ cannot be read; install the package ca%-certificates, or give "
      .. "the option ca_file\n", text)
  end)
end)
