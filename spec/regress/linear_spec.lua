-- No step over data of a server costs more than in proportion: twice the data, about twice the time of the processor.
local canary = require "spec.support.canary"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"

local ID <const> = "6759e8aebd38a7fca6ba234a"

-- A quadratic step takes 16 times as long for four times the data; what is below the floor is not measured.
local MOST <const>, FLOOR <const> = 9, 0.015 -- seconds

describe("four times the data of a server costs no more than in proportion:", function()
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)

  -- The processor's time of the call for a reply, the least of some.
  local function time_of(client, reply, call)
    local least = math.huge
    for _ = 1, 3 do
      fault:play { replies = { reply } }
      collectgarbage()
      local before = os.clock()
      call(client)
      least = math.min(least, os.clock() - before)
    end
    return least
  end

  -- `make(n)`: the reply; n: bytes, about, of the smallest.
  local function linear(n, make, call)
    local client <close> = fault:client { timeout = 60 }
    local times = {}
    for i, factor in ipairs { 1, 2, 4 } do times[i] = time_of(client, make(n * factor), call) end
    local told = ("%.4f %.4f %.4f s"):format(table.unpack(times))
    assert.is_true(times[3] < MOST * math.max(times[1], FLOOR), told)
  end

  local function repeated(text, n) return text:rep(n // #text) end

  local function version(client)
    local value, err = client:version()
    assert(tostring(value or err))
  end

  local function raw(client)
    local reply = assert(client:get "x/")
    assert(tostring(reply))
    dr.decode(reply.text)
  end

  -- Lines of headers; the cap of all is 256 KiB.
  local HEADERS <const> = {
    ["equal headers"] = function() return "A: b" end,
    ["cookies"] = function(i) return "Set-Cookie: c" .. i .. "=1" end,
    ["headers of many names"] = function(i) return ("X-%d: b"):format(i) end,
    ["empty headers"] = function() return "A:" end,
    ["repeats of a few names"] = function(i) return ("X-%d: b"):format(i % 7) end,
  }
  for name, line in pairs(HEADERS) do
    it(name, function()
      linear(56000, function(n)
        local lines, size = {}, 0
        while size < n do
          lines[#lines + 1] = line(#lines + 1)
          size = size + #lines[#lines] + 2
        end
        return { headers = lines, body = "{}" }
      end, raw)
    end)
  end

  it("the joined value of equal headers is all of them, in order", function()
    fault:play { replies = { { headers = { "A: 1", "b: x", "a:  2 ", "A:", "c: y", "B: z", "a: 3" } } } }
    local client <close> = fault:client()
    local headers = assert(client:get "x/").headers
    assert.same({ "1, 2, , 3", "x, z", "y" }, { headers.a, headers.b, headers.c })
  end)

  local function wrapped(before, text, behind)
    return function(n) return { status = 400, body = before .. repeated(text, n) .. behind } end
  end

  local ERRORS <const> = {
    ["a message"] = wrapped('{"message":"', "words ", '"}'),
    ["a message of escapes"] = wrapped('{"message":"', "\\u0063", '"}'),
    ["a message of backslashes"] = wrapped('{"message":"', "\\\\", '"}'),
    ["a message of control characters"] = wrapped('{"message":"', "\\u202e\\u0000", '"}'),
    ["a message that is nearly the token"] = wrapped('{"message":"', canary:sub(1, -2), '"}'),
    ["the token's first letter"] = wrapped('{"message":"', "c", '"}'),
    ["percent signs"] = wrapped('{"message":"', "%", '"}'),
    ["percent signs that stand for themselves"] = wrapped('{"message":"', "%25", '"}'),
    ["entities"] = wrapped('{"message":"', "&amp;", '"}'),
    ["numbers of entities"] = wrapped('{"message":"', "&#0000000000", '"}'),
    ["a code"] = wrapped('{"message":"m","errorName":"', "x", '"}'),
    ["a page"] = wrapped("<html>", "<p>", "</html>"),
    ["problems"] = wrapped('{"errors":{', '"a":["b"],', '"c":"d"}}'),
    ["problems without a word"] = wrapped('{"errors":{"' .. ("a"):rep(900) .. '":[', "[],", "[]]}}"),
    ["the dots of a problem's place"] = wrapped('{"errors":{"', "a.", '":"b"}}'),
    ["the slashes of a problem's place"] = wrapped('{"errors":{"', "/", '":"b"}}'),
    ["a list of problems"] = wrapped('{"errors":[', '{"a":"b"},', '"c"]}'),
  }
  for name, make in pairs(ERRORS) do
    it(name, function() linear(300000, make, version) end)
  end

  local function good(before, text, behind)
    return function(n) return { body = before .. repeated(text, n) .. behind } end
  end

  local GOOD <const> = {
    ["empty objects"] = good("[", "{},", "{}]"), ["lists"] = good("[", "[1],", "[]]"),
    ["members"] = good("{", '"aB":1,', '"c":2}'), ["numbers"] = good("[", "1,", "2]"),
    ["a string of escapes"] = good('["', "\\n", '"]'), ["blanks"] = good("[", " ", "]"),
  }
  for name, make in pairs(GOOD) do
    it(name .. ", read", function()
      linear(300000, make, raw)
      linear(300000, make, version)
    end)
  end

  it("items", function()
    local entity = ('{"id":"%s","name":"n","label":"l"},'):format(ID)
    for _, list in ipairs { function(c) return c:deployments() end, function(c) return c:datasets() end,
      function(c) return c:list "x/" end } do
      linear(300000, good('{"next":null,"data":[', entity, entity:sub(1, -2) .. "]}"), function(client)
        assert(#assert(list(client):collect()) > 500)
        assert(not list(client):find("name", "n"))
      end)
    end
  end)

  it("an object's members", function()
    linear(300000, good(('{"id":"%s",'):format(ID), '"owners":{"a":1},', '"x":1}'), function(client)
      local deployment = assert(client:deployment(ID))
      assert(tostring(deployment) and deployment.owners and deployment:to_table() and deployment:to_json())
      for _ in pairs(deployment) do assert(_) end
    end)
  end)

  it("a page's next", function()
    linear(300000, good('{"data":[],"totalCount":5,"next":"?', "&offset=1", '"}'), function(client)
      assert(not client:list("x/"):collect())
      assert(not client:datasets():collect())
    end)
  end)

  it("a job's status and Location", function()
    local started = { status = 202, headers = { location = "status/1/" }, text = "" }
    setmetatable(started, require "datarobot.core".classes.response)
    linear(300000, good('{"status":"ERROR","code":"c","message":"', "x", '"}'), function(client)
      assert(tostring(select(2, client:wait(started))))
    end)
    linear(56000, function(n) return { status = 303, headers = { "Location: " .. repeated("a/", n) } } end,
      function(client)
        local value, err = client:wait(started, { timeout = 5 })
        assert(tostring(value or err))
      end)
  end)
end)
