-- C-27, C-28 and C-34: replies whose framing, size or content is not what HTTP and the contract say.
local build = require "spec.support.build"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"
local process = require "spec.support.process"

local OK <const> = "HTTP/1.1 200 OK\r\n"
local CHUNKED <const> = OK .. "Transfer-Encoding: chunked\r\n\r\n"
local MAX <const> = 100000

describe("a reply with bad", function()
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)

  -- What client:version() returns, and whether the client can be used afterwards.
  local function ask(reply, options)
    fault:play { replies = { reply }, routes = { ["GET /api/v2/account/info/"] = { { body = '{"uid":"u"}' } } } }
    options = options or {}
    options.max_body = options.max_body or MAX
    local client <close> = fault:client(options)
    local value, err = client:version()
    assert.equal("u", assert(client:whoami()).uid)
    return value, err
  end

  local function refused(reply, kinds, message, options)
    local value, err = ask(reply, options)
    assert.is_nil(value)
    assert.is_true(dr.is_error(err))
    assert.is_truthy(kinds:find(err.kind, 1, true), tostring(err))
    if message then assert.matches(message, err.message) end
    assert.is_true(#tostring(err) < 1500)
  end

  -- C-27: name, bytes, kinds that are right (nil: it is a good reply), words of the message.
  local FRAMES <const> = {
    { "a chunk that is cut", CHUNKED .. "5\r\n{}", "transport" },
    { "no last chunk", CHUNKED .. "2\r\n{}\r\n", "transport" },
    { "a chunk size that is a word", CHUNKED .. "zz\r\n{}\r\n0\r\n\r\n", "transport protocol", "chunk" },
    { "a chunk size below zero", CHUNKED .. "-2\r\n{}\r\n0\r\n\r\n", "transport protocol", "chunk" },
    { "a chunk size of 17 digits", CHUNKED .. "FFFFFFFFFFFFFFFF2\r\n{}\r\n0\r\n\r\n", "transport protocol", "chunk" },
    { "the largest chunk size", CHUNKED .. "7FFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n", "transport protocol" },
    { "no line end behind a chunk", CHUNKED .. "2\r\n{}0\r\n\r\n", "transport protocol", "chunk" },
    { "two lengths", OK .. "Content-Length: 2\r\nContent-Length: 4\r\n\r\n{}  ", "protocol", "two lengths" },
    { "two equal lengths", OK .. "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}" },
    { "a length below zero", OK .. "Content-Length: -2\r\n\r\n{}", "protocol", "Length" },
    { "a length that is a word", OK .. "Content-Length: two\r\n\r\n{}", "protocol", "Length" },
    { "two lengths beyond all integers", OK .. "Content-Length: " .. ("9"):rep(40) .. "\r\nContent-Length: "
      .. ("8"):rep(40) .. "\r\n\r\n{}", "protocol" },
    { "a length that is too large", OK .. "Content-Length: 20\r\n\r\n{}", "transport" },
    { "bytes behind its length", OK .. "Content-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"
      .. '{"uid":"no"}' },
    { "both length and chunks", OK .. "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" },
    { "an unknown transfer coding", OK .. "Transfer-Encoding: rot13\r\n\r\n{}", "protocol" },
    { "nothing but its end to tell it", OK .. "\r\n{}" },
    { "nothing but its end, which comes too soon", OK .. '\r\n{"a":', "protocol" },
    { "no head at all", "{}", "protocol", "speaks no HTTP" },
    { "nothing in it", "", "transport" },
    { "an unknown version", "HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\n{}", "protocol" },
    { "another protocol", "ICY 200 OK\r\nContent-Length: 2\r\n\r\n{}", "protocol" },
    { "a status that is a word", "HTTP/1.1 abc OK\r\nContent-Length: 2\r\n\r\n{}", "protocol" },
    { "a status of five digits", "HTTP/1.1 20000 OK\r\nContent-Length: 2\r\n\r\n{}", "protocol" },
    { "a status of zero", "HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\n{}", "protocol" },
    { "a status of 999", "HTTP/1.1 999 OK\r\nContent-Length: 2\r\n\r\n{}", "api" },
    { "a switch of protocols", "HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n{}", "transport protocol" },
    { "an interim reply alone", "HTTP/1.1 102 Wait\r\n\r\n", "transport" },
    { "a NUL in a header", OK .. "X: a\0b\r\nContent-Length: 2\r\n\r\n{}", "protocol" },
    { "a header without colon", OK .. "what is this\r\nContent-Length: 2\r\n\r\n{}", "protocol" },
    { "a first header that goes on from nowhere", OK .. " a: b\r\nContent-Length: 2\r\n\r\n{}", "transport protocol" },
    { "folded headers", OK .. "X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}" },
    { "bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}" },
    { "a header of 64 KiB", OK .. "X: " .. ("x"):rep(65536) .. "\r\nContent-Length: 2\r\n\r\n{}" },
    { "a header of 110 KB", OK .. "X: " .. ("x"):rep(110000) .. "\r\nContent-Length: 2\r\n\r\n{}", "limit", "header" },
    { "4,900 headers", OK .. ("X: y\r\n"):rep(4900) .. "Content-Length: 2\r\n\r\n{}" },
    { "50,000 headers", OK .. ("X: y\r\n"):rep(50000) .. "Content-Length: 2\r\n\r\n{}", "limit", "header" },
    { "50 interim replies", ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"):rep(50)
      .. OK .. "Content-Length: 2\r\n\r\n{}" },
  }
  for _, case in ipairs(FRAMES) do
    it(("framing (C-27): %s is %s"):format(case[1], case[3] or "good"), function()
      local reply = { raw = case[2], close = true }
      if case[3] then refused(reply, case[3], case[4]) else assert(ask(reply)) end
    end)
  end

  it("blanks around its header values has values without them", function()
    fault:play { replies = { { headers = { "X-A:a", "X-B: \t b c \t ", "X-C:  ", "X-D: 1 ", "x-d: 2 " } } } }
    local client <close> = fault:client()
    local headers = assert(client:get "x/").headers
    assert.same({ "a", "b c", "", "1, 2" }, { headers["x-a"], headers["x-b"], headers["x-c"], headers["x-d"] })
  end)

  it("framing of an interim reply lends the reply no header, nor does a name that begins alike", function()
    fault:play { replies = { { status = 429, headers = { "X-Request-Id-Old: old", "Retry-After-That: 8" },
      interim = "HTTP/1.1 103 Early Hints\r\nX-Request-Id: hint\r\nRetry-After: 7\r\n\r\n" } } }
    local client <close> = fault:client()
    local _, err = client:version()
    assert.equal("rate_limited", err.kind)
    assert.is_nil(err.request_id)
    assert.is_nil(err.retry_after)
  end)

  it("framing is not asked for again", function()
    fault:play { replies = { { raw = OK .. "Content-Length: 2\r\nContent-Length: 4\r\n\r\n{}  " }, {} } }
    local client <close> = fault:client { retries = 2 }
    local _, err = client:version()
    assert.same({ "protocol", 1 }, { err.kind, err.attempts })
    assert.equal(1, fault:count())
  end)

  it("framing is none to the next request on the connection", function()
    fault:play { replies = { { raw = OK .. "Content-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n"
      .. '{"forged":"1"}' }, { body = '{"true":"1"}' } } }
    local client <close> = fault:client()
    assert(client:version())
    assert.is_nil(assert(client:version()).forged)
  end)

  -- C-28: what has no end. Each stops at a cap, or at the deadline where nothing is kept.
  local ENDLESS <const> = {
    { "a header", OK .. "X: ", ("x"):rep(10000), "limit", "header" },
    { "headers", OK, "X: y\r\n", "limit", "the reply's headers" }, -- libcurl's own limit, or ours
    { "interim replies 100", "", "HTTP/1.1 100 Continue\r\n\r\n", "limit", "headers are larger than" },
    { "interim replies 103", "", "HTTP/1.1 103 Hints\r\nLink: </x>\r\n\r\n", "limit", "the reply.s head" },
    { "a status line", "HTTP/1.1 200 ", ("x"):rep(10000), "limit", "head" },
    { "a status", "HTTP/1.1 ", ("2"):rep(10000), "limit", "head" },
    { "a body of blanks", OK .. "\r\n", (" "):rep(10000), "limit", "max_body %(100000 bytes%)" },
    { "a body of brackets", OK .. "\r\n", ("["):rep(10000), "limit", "max_body" },
    { "chunks", CHUNKED, "5\r\n     \r\n", "limit", "max_body" },
    { "a chunk's extension", CHUNKED .. "2;", ("x"):rep(10000), "timeout", "within 0.4 s" },
    { "trailers", CHUNKED .. "2\r\n{}\r\n0\r\n", "X-Y: " .. ("z"):rep(50) .. "\r\n", "limit", "headers" },
    { "a compressed body's own head", OK .. "Content-Encoding: gzip\r\n\r\n\31\139\8\8\0\0\0\0\0\3", ("n"):rep(10000),
      "limit", "on the wire" },
  }
  for _, case in ipairs(ENDLESS) do
    it("size (C-28): endless " .. case[1], function()
      local timeout = case[4] == "timeout" and 0.4 or 20
      refused({ raw = case[2], tail = { case[3], -1 } }, case[4], case[5], { timeout = timeout })
    end)
  end

  local function compressed(command)
    local status, bytes = process.run("head -c 50000000 /dev/zero | tr '\\000' ' ' | " .. command)
    assert.equal(0, status, bytes)
    return bytes
  end

  local function resident()
    local file <close> = assert(io.open "/proc/self/status")
    return tonumber(file:read "a":match "VmRSS:%s+(%d+)") * 1024
  end

  it("size (C-28): 50 MB in 50 kB of gzip stops at the cap", function()
    local bomb = compressed "gzip -9"
    assert.is_true(#bomb < MAX)
    local before = resident()
    refused({ headers = { "Content-Encoding: gzip" }, body = bomb }, "limit", "max_body %(100000 bytes%)$")
    assert.is_true(build.sanitized() or resident() - before < 20000000, resident() - before .. " bytes more")
    local twice = { headers = { "Content-Encoding: gzip, gzip" }, body = compressed "gzip -9 | gzip -9" }
    refused(twice, "limit", "max_body %(100000 bytes%)$")
  end)

  local GZIP, ZLIB
  setup(function()
    GZIP = select(2, process.run "printf '{}' | gzip -9")
    ZLIB = "\120\156\171\174\5\0\1\117\0\249"
  end)

  -- Content-Encoding, body; functions where it is made of the good ones.
  local CODINGS <const> = {
    { "another check sum", "gzip", function() return GZIP:sub(1, -9) .. "\0\1\2\3" .. GZIP:sub(-4) end },
    { "another length", "gzip", function() return GZIP:sub(1, -5) .. "\9\9\9\9" end },
    { "several members", "gzip", function() return GZIP .. GZIP end },
    { "bytes behind it", "gzip", function() return GZIP .. "garbage" end },
    { "broken data", "gzip", function() return GZIP:sub(1, 10) .. "\255\255\255" .. GZIP:sub(14) end },
    { "flags of the future", "gzip", function() return GZIP:sub(1, 3) .. "\255" .. GZIP:sub(5) end },
    { "no gzip", "gzip", "{}" },
    { "a long text", "gzip", ("x"):rep(1000) },
    { "nothing of its kind", "deflate", ("x"):rep(1000) },
    { "two texts", "deflate", function() return ZLIB .. ZLIB end },
    { "one gzip of two", "gzip, gzip", function() return GZIP end },
    { "an unknown coding", "rot13", "{}" },
    { "many codings", ("gzip, "):rep(50) .. "gzip", "{}" },
    { "a coding that holds the token", "gzip " .. require "spec.support.canary", "{}" },
  }
  for _, case in ipairs(CODINGS) do
    it("coding (C-28): " .. case[1] .. " is protocol in our words, and not asked for again", function()
      local body = type(case[3]) == "function" and case[3]() or case[3]
      local head = OK .. "Content-Encoding: " .. case[2] .. "\r\n"
      for _, raw in ipairs {
        ("%sContent-Length: %d\r\n\r\n%s"):format(head, #body, body),
        ("%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"):format(head, #body, body),
      } do
        fault:play { replies = { { raw = raw, close = true } } }
        local client <close> = fault:client { retries = 2 }
        for _, f in ipairs { client.version, function() return client:get "x/" end } do
          local value, err = f(client)
          assert.is_nil(value)
          assert.same({ "protocol", 1, 200 }, { err.kind, err.attempts, err.status })
          assert.matches("^the reply's body cannot be decoded: its Content%-Encoding.* is broken or unknown$",
            err.message)
          assert.is_nil(err.message:find("canary", 1, true))
        end
        assert.equal(2, fault:count())
        assert.equal("ambiguous", select(2, client:post("x/", {})).kind)
      end
    end)
  end

  it("coding (C-28) that is good is read, one that is cut is no JSON", function()
    for coding, body in pairs { gzip = GZIP, ["x-gzip"] = GZIP, deflate = ZLIB, identity = "{}" } do
      assert(ask { headers = { "Content-Encoding: " .. coding }, body = body })
    end
    for cut = 0, #GZIP - 1 do
      local value = ask { headers = { "Content-Encoding: gzip" }, body = GZIP:sub(1, cut) }
      assert.is_true(value == nil or cut > 10, "a gzip of " .. cut .. " bytes was good")
    end
  end)

  -- C-34: name, reply, kind (nil: good), words of the message.
  local HTML <const> = "<!DOCTYPE html><html><title>Sign in</title>" .. ("<p>welcome</p>"):rep(100) .. "</html>"
  local CONTENTS <const> = {
    { "a login page", { body = HTML, headers = { "Content-Type: text/html" } }, "protocol",
      '^a page "Sign in" of %d+ bytes instead of JSON, probably a login page' },
    { "a login page that says it is JSON", { body = HTML }, "protocol", '^a page "Sign in"' },
    { "no content", { body = "" }, "protocol", "it is empty" },
    { "204", { raw = "HTTP/1.1 204 No\r\n\r\n" }, "protocol", "it is empty" },
    { "204 with a body", { status = 204 }, "protocol", "it is empty" },
    { "Latin-1", { body = '{"a":"\xe9"}' }, "protocol" },
    { "UTF-16", { body = "\xff\xfe{\0}\0" }, "protocol" },
    { "a byte order mark", { body = "\xef\xbb\xbf{}" }, "protocol" },
    { "another charset's name", { body = '{"a":"é"}',
      headers = { "Content-Type: application/json; charset=latin1" } } },
    { "a text behind it", { body = "{} trailing" }, "protocol", "byte 3" },
    { "two texts", { body = "{}{}" }, "protocol" },
    { "blanks around it", { body = " \r\n\t{}\n\n" } },
    { "NUL behind it", { body = "{}\0" }, "protocol" },
    { "NaN", { body = '{"a":NaN}' }, "protocol" },
    { "a comma too many", { body = '{"a":1,}' }, "protocol" },
  }
  for _, case in ipairs(CONTENTS) do
    it(("content (C-34): %s is %s"):format(case[1], case[3] or "good"), function()
      if case[3] then refused(case[2], case[3], case[4]) else assert(ask(case[2])) end
    end)
  end

  it("content (C-34): another shape than the contract's is protocol, never half an object", function()
    local id = ("a"):rep(24)
    for _, body in ipairs { "null", "[]", "7", '"text"', "{}", '{"id":7}', '{"id":null}', '{"id":""}', '{"id":"../x"}',
      ('{"id":"%s"}'):format(("a"):rep(65)), '{"ID":"' .. id .. '"}', '[{"id":"' .. id .. '"}]' } do
      fault:play { replies = { { body = body } } }
      local client <close> = fault:client()
      local value, err = client:deployment(id)
      assert.is_nil(value, body)
      assert.equal("protocol", err.kind)
      assert.equal(200, err.status)
    end
    for _, body in ipairs { "null", "[]", "{}", '{"data":null}', '{"data":{}}', '{"data":[1]}', '{"data":[{}]}',
      '{"data":[null]}', '{"data":[{"id":"' .. id .. '"},{"id":7}]}' } do
      fault:play { replies = { { body = body } } }
      local client <close> = fault:client()
      local value, err = client:deployments():collect()
      assert.is_nil(value, body)
      assert.equal("protocol", err.kind)
    end
  end)

  it("content (C-34): an object keeps what it had when its refresh fails", function()
    local id = ("a"):rep(24)
    fault:play { replies = { { body = ('{"id":"%s","label":"old"}'):format(id) }, { body = '{"label":"new"}' },
      { body = "[]" }, { body = '{"id":"' .. ("b"):rep(24) .. '","label":"other"}' } } }
    local client <close> = fault:client()
    local deployment = assert(client:deployment(id))
    for _ = 1, 3 do
      local value, err = deployment:refresh()
      assert.is_nil(value)
      assert.equal("protocol", err.kind)
      assert.equal("old", deployment.label)
      assert.equal(id, deployment.id)
    end
  end)
end)

describe("a request without a body", function()
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)

  it("says so where its method may have one", function()
    local client <close> = fault:client()
    for _, method in ipairs { "post", "put", "patch" } do
      fault:play { replies = { {} } }
      assert(client[method](client, "x/"))
      local request = fault:seen()[1]
      assert.equal(method:upper(), request.method)
      assert.matches("\r\nContent%-Length: 0\r\n", request.head)
      assert.is_nil(request.head:find "\nContent%-Type:")
    end
  end)
end)
