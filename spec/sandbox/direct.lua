--- A sandbox without its server: requests that go straight to what the server asks.

local contract = require "datarobot.sandbox.contract"
local json = require "datarobot.sandbox.json"
local http = require "datarobot.sandbox.http"

local Direct = {}
Direct.__index = Direct

local HEADERS <const> = { "Host", "127.0.0.1:1", "Authorization", "Bearer t" }

--- Opens a world.
-- @param options table: as http.open takes them, without the token
function Direct.open(options)
  local all = { token = "t" }
  for name, value in pairs(options or {}) do all[name] = value end
  return setmetatable({ functions = http.open(json.encode(all)) }, Direct)
end

--- One request.
-- @param path below the endpoint, or with a slash in front at the root; with its query
-- @return status, decoded body, headers
function Direct:ask(method, path, body)
  local place, query = path:match "^([^?]*)%??(.*)$"
  if place:sub(1, 1) ~= "/" then place = "/api/v2/" .. place end
  local status, headers, text = self.functions.handle(method, place, query ~= "" and query or nil, HEADERS,
    body and json.encode(body) or "", 0)
  return status, text and assert(json.decode(text)), headers
end

--- The body of a GET, which must succeed and fit a schema of the contract.
function Direct:get(path, schema)
  local status, body = self:ask("GET", path)
  assert(status == 200, ("%s: %s %s"):format(path, status, body and json.encode(body)))
  for _, fault in ipairs(schema and contract.check(schema .. ".json", body) or {}) do
    error(("%s does not fit %s: %s %s"):format(path, schema, fault.path, fault.message))
  end
  return body
end

--- A change, which must succeed.
-- @return the body of the answer
function Direct:change(method, path, body)
  local status, answer, headers = self:ask(method, path, body)
  assert(status < 300, ("%s %s: %s %s"):format(method, path, status, answer and json.encode(answer)))
  return answer, headers
end

--- What the owner of a sandbox does: a function of control.
function Direct:control(name, value)
  local text = self.functions[name](json.encode(value == nil and json.null or value))
  return text and json.plain(text)
end

return Direct
