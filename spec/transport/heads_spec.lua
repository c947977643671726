-- What a request says of itself: every line of its head.
local canary = require "spec.support.canary"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"

-- The head's lines but the first, sorted.
local function lines(head)
  local list = {}
  for line in head:gmatch "([^\r\n]+)\r\n" do list[#list + 1] = line end
  table.remove(list, 1)
  table.sort(list)
  return list
end

describe("the head of a request", function()
  it("has these lines and no others", function()
    local fault <close> = Fault.start()
    local client <close> = fault:client()
    local common = {
      "Accept-Encoding: ", "Accept: application/json", "Authorization: Bearer " .. canary,
      "Host: 127.0.0.1:" .. fault.port, "User-Agent: ",
    }
    local json = { "Content-Type: application/json" }
    for _, row in ipairs {
      { "GET", function() return client:get "x/" end, {} },
      { "DELETE", function() return client:delete "x/" end, {} },
      { "POST", function() return client:post("x/", { a = 1 }) end, { "Content-Length: 7", json[1] } },
      { "PATCH", function() return client:patch("x/", {}) end, { "Content-Length: 2", json[1] } },
      { "PUT", function() return client:put("x/", {}) end, { "Content-Length: 2", json[1] } },
      { "POST", function() return client:post "x/" end, { "Content-Length: 0" } },
    } do
      fault:play { replies = { {} } }
      assert(row[2]())
      local request = fault:seen()[1]
      assert.equal(row[1] .. " /api/v2/x/ HTTP/1.1", request.head:match "^[^\r]*")
      local expected = table.move(row[3], 1, #row[3], #common + 1, table.move(common, 1, #common, 1, {}))
      table.sort(expected)
      local got = lines(request.head)
      assert.equal(#expected, #got, request.head)
      for i, line in ipairs(expected) do
        -- What libcurl can decode, and its version, are the system's.
        local open = line:find "^Accept%-Encoding" or line:find "^User%-Agent"
        assert.equal(line, open and got[i]:sub(1, #line) or got[i])
      end
      assert.matches("User%-Agent: lua%-datarobot/" .. dr._VERSION:match "[%d.]+$", request.head)
    end
  end)
end)
