-- C-18 and C-19: no text of a caller becomes another header, another request or another path than it should. The oracle
-- is what the server received, byte for byte.
local canary = require "spec.support.canary"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"

local ID <const> = ("a"):rep(24)

-- Each byte at the beginning, in the middle and at the end of a good text.
local function each_byte(good, f)
  for byte = 0, 255 do
    local c = string.char(byte)
    for place, text in ipairs { c .. good, good:sub(1, 2) .. c .. good:sub(3), good .. c } do f(text, byte, place) end
  end
end

describe("injection (C-18):", function()
  local fault
  before_each(function()
    if not fault then fault = Fault.start() end
    fault:play { replies = { { body = "{}" } } }
  end)
  teardown(function() fault:stop() end)

  -- The one request that came, its lines by name; fails when there is more than one or an odd line.
  local function request(name)
    local seen = fault:seen()
    assert.equal(1, #seen, name)
    local lines, first = {}, seen[1].head:match "^([^\r\n]*)\r\n"
    assert.matches("^%u+ /%S* HTTP/1%.1$", first, name)
    for line in seen[1].head:sub(#first + 3):gmatch "(.-)\r\n" do
      if line ~= "" then
        local key, value = line:match "^([%w%-]+): (.*)$"
        assert.is_truthy(key, name .. ": a line " .. ("%q"):format(line))
        assert.is_nil(lines[key:lower()], name .. ": twice " .. key)
        lines[key:lower()] = value
      end
    end
    return lines, seen[1]
  end

  local KNOWN <const> = { host = 1, ["user-agent"] = 1, ["accept-encoding"] = 1, accept = 1, authorization = 1,
    ["content-type"] = 1, ["content-length"] = 1 }

  -- Whether a client with these options can be made and asks as it should; else it is refused before any request.
  local function works(options, name)
    fault:play { replies = { { body = "{}" } } }
    options.endpoint, options.token, options.retries = options.endpoint or fault.endpoint, options.token or canary, 0
    local made, client, refusal = pcall(dr.client, options)
    if not made or client == nil then
      local err = made and refusal or client
      assert.is_true(type(err) == "string" or dr.is_error(err), name)
      assert.is_nil(tostring(err):find(canary, 1, true), name)
      assert.equal(0, fault:count(), name)
      return nil, tostring(err)
    end
    local value, err = client:version()
    client:close()
    if value == nil then
      assert.equal(0, fault:count(), name .. ": " .. tostring(err))
      return nil, tostring(err)
    end
    local lines = request(name)
    for key in pairs(lines) do assert.is_truthy(KNOWN[key], name .. ": header " .. key) end
    return lines
  end

  local function is_control(byte) return byte < 0x20 or byte == 0x7f end

  for _, option in ipairs { "token", "token_type", "user_agent_suffix" } do
    it("every byte in " .. option, function()
      each_byte(option == "token" and canary or "word", function(text, byte, place)
        local name = ("%s with byte %d at place %d"):format(option, byte, place)
        local lines, err = works({ [option] = text }, name)
        if is_control(byte) then
          assert.is_nil(lines, name)
          assert.matches("control character", err, name)
        elseif lines and option == "token" then
          assert.is_truthy(("Bearer " .. text):find(lines.authorization, 1, true), name)
        elseif lines and option == "token_type" then
          assert.equal(text .. " " .. canary, lines.authorization, name)
        end
      end)
    end)
  end

  it("every byte in a token that a function gives", function()
    for byte = 0, 255 do
      local name = "token with byte " .. byte
      fault:play { replies = { { body = "{}" } } }
      local client <close> = fault:client { token = function() return canary .. string.char(byte) .. "x" end }
      local ok, err = pcall(client.version, client)
      if is_control(byte) then
        assert.is_false(ok, name)
        assert.matches("byte " .. #canary + 1 .. " is a control character", err, name)
        assert.equal(0, fault:count(), name)
      elseif byte > 127 then
        assert.is_false(ok, name)
        assert.matches("byte " .. #canary + 1 .. " is not an ASCII character", err, name)
        assert.equal(0, fault:count(), name)
      else
        assert.is_true(ok, name)
        assert.equal("Bearer " .. canary .. string.char(byte) .. "x", request(name).authorization, name)
      end
    end
  end)

  it("every byte in the endpoint", function()
    each_byte("api/v2", function(text, byte, place)
      local name = ("endpoint with byte %d at place %d"):format(byte, place)
      local lines = works({ endpoint = fault.url .. "/" .. text }, name)
      if is_control(byte) or byte == 32 then assert.is_nil(lines, name) end
      if lines then assert.equal("127.0.0.1:" .. fault.port, lines.host) end
    end)
    for byte = 0, 255 do -- in the host's name, where there is no server to ask
      local made, client = pcall(dr.client, { endpoint = ("https://exa%smple.invalid"):format(string.char(byte)),
        token = canary })
      if is_control(byte) or byte == 32 or byte == 92 or byte == 37 then
        assert.is_true(not made or client == nil, "host with byte " .. byte)
      end
    end
  end)

  -- What is asked when f(client, text) is called, or nil when it was refused before any request.
  local function asks(f, text, name, client)
    fault:play { replies = { { body = "{}" } } }
    local ok, _, err = pcall(f, client, text)
    if not ok or fault:count() == 0 then
      assert.is_truthy(not ok or dr.is_error(err), name)
      if ok then assert.equal("validation", err.kind, name) end
      return nil
    end
    local lines, seen = request(name)
    for key in pairs(lines) do assert.is_truthy(KNOWN[key], name .. ": header " .. key) end
    assert.equal("Bearer " .. canary, lines.authorization)
    return seen
  end

  it("every byte in a raw path", function()
    local client <close> = fault:client()
    each_byte("dir/x/", function(text, byte, place)
      local name = ("path with byte %d at place %d"):format(byte, place)
      local seen = asks(client.get, text, name, client)
      if is_control(byte) or byte == 32 or byte >= 128 or byte == 92 or byte == 35 then assert.is_nil(seen, name) end
      if seen then
        local expected = "/api/v2" .. (text:sub(1, 1) == "/" and "" or "/") .. text
        assert.equal(expected, seen.target, name)
      end
    end)
  end)

  it("every byte in a query, name and value", function()
    local client <close> = fault:client()
    local function by_value(c, text) return c:get("x/", { query = { a = text } }) end
    local function by_name(c, text) return c:get("x/", { query = { [text] = "a" } }) end
    local function decoded(s) return (s:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)) end
    each_byte("v&=", function(text, byte, place)
      local name = ("query with byte %d at place %d"):format(byte, place)
      local seen = asks(by_value, text, name, client)
      assert.equal(byte < 128, seen ~= nil, name) -- others are no UTF-8
      if seen then
        assert.equal(text, decoded(seen.target:match "^/api/v2/x/%?a=([%w%%%-._~]*)$"), name)
        seen = assert(asks(by_name, text, name, client), name)
        assert.equal(text, decoded(seen.target:match "^/api/v2/x/%?([%w%%%-._~]*)=a$"), name)
      end
    end)
    assert.equal("/api/v2/x/?a=%C3%A9", asks(by_value, "é", "é", client).target)
  end)

  it("every byte in a body is JSON and nothing else", function()
    local client <close> = fault:client()
    for byte = 0, 127 do
      fault:play { replies = { { body = "{}" } } }
      local text = "a" .. string.char(byte) .. "\r\n\r\nGET / HTTP/1.1\r\n"
      assert(client:post("x/", { a = text }))
      local _, seen = request("body with byte " .. byte)
      assert.equal(text, dr.decode(seen.body).a)
    end
  end)

  -- C-19
  local ODD <const> = { "", ".", "..", "../..", "%2e%2e", "%2E%2E%2f", "/", "//", "a/b", "?", "?x=y", "#", "#f", ";",
    ";a=b", "\\", "..\\", "\u{2024}\u{2024}", "\u{ff0e}\u{ff0e}", "\u{2215}", ("a"):rep(10240), "\0", ID .. "\0",
    ID .. "/", "/" .. ID, ID .. "?", ID .. "#", ID .. "%", ID .. " ", " " .. ID, ID .. "\n", ID:sub(2), ID .. "a",
    "g" .. ID:sub(2), "../" .. ID, ID .. "/../" .. ID, "settings", "*", "{}", "%s", "%00", "\xff",
    "0x" .. ("a"):rep(22) }

  it("odd ids are refused before any request, by every method that takes one (C-19)", function()
    fault:play { replies = { { body = ('{"id":"%s"}'):format(ID) } } }
    local client <close> = fault:client()
    local deployment = assert(client:deployment(ID))
    assert.equal("/api/v2/deployments/" .. ID .. "/", fault:seen()[1].target)
    for _, id in ipairs(ODD) do
      for name, f in pairs { deployment = function() return client:deployment(id) end,
        retraining_policy = function() return deployment:retraining_policy(id) end } do
        fault:play { replies = { {} } }
        local value, err = f()
        assert.is_nil(value)
        assert.equal("validation", err.kind, ("%s %q"):format(name, id))
        assert.matches("24 hexadecimal digits", err.message)
        assert.is_true(#tostring(err) < 1500 and not tostring(err):find "[%z\1-\9\11-\31]", name)
        assert.equal(0, fault:count())
      end
    end
    fault:play { replies = { { body = ('{"id":"%s"}'):format(ID) } } }
    assert(client:deployment(ID:upper()))
  end)

  it("odd paths lead below the endpoint or nowhere (C-19)", function()
    local client <close> = fault:client()
    for _, path in ipairs { "..", "../users/", "a/../../b", "a/..", "./a", "a/.", "%2e%2e/x", "a/%2E%2e/b", "a/.%2e/b",
      "..%2fx", "%2e%2e%5cx", "..\\x", "//evil.invalid/x", "http://evil.invalid/", "HTTPS://evil.invalid",
      "file:///etc/passwd", "x:y", "a#b", "a b", "a\0b", "é", "a/%2e%2E", "%2e", "a%2F.", "a%5c%2e" } do
      for _, f in ipairs { client.get, client.delete, function(c, p) return c:post(p, {}) end,
        function(c, p) return c:list(p):collect() end } do
        assert.is_nil(asks(f, path, ("path %q"):format(path), client))
      end
    end
    for path, target in pairs { [""] = "/api/v2/", ["/"] = "/api/v2/", ["/a/b/"] = "/api/v2/a/b/",
      ["a?b=c"] = "/api/v2/a?b=c", ["a/...b/..c/d../"] = "/api/v2/a/...b/..c/d../",
      ["a%20b;c=d/"] = "/api/v2/a%20b;c=d/",
      ["a?b=../.."] = "/api/v2/a?b=../.." } do
      local seen = assert(asks(client.get, path, path, client), path)
      assert.equal(target, seen.target)
    end
  end)

  it("ids of a reply go into a path only when they are plain (C-19)", function()
    local client <close> = fault:client()
    for _, id in ipairs(ODD) do
      local text = require("cjson").encode { id = id }
      fault:play { replies = { { body = text } } }
      local value, err = client:deployment(ID)
      if value then -- such an id is nothing but letters and digits
        assert.matches("^[%w_-]+$", id)
        value:refresh()
        assert.equal("/api/v2/deployments/" .. id .. "/", fault:seen()[2].target)
      else
        assert.equal("protocol", err.kind, id)
      end
    end
    for length, good in pairs { [1] = true, [64] = true, [65] = false } do
      fault:play { replies = { { body = ('{"id":"%s"}'):format(("a"):rep(length)) } } }
      assert.equal(good, client:deployment(ID) ~= nil, "length " .. length)
    end
  end)
end)
