--- What handlers take from a request and make of it: its body, its page of a list, addresses in answers.

local contract = require "datarobot.sandbox.contract"
local json = require "datarobot.sandbox.json"
local listing = require "datarobot.sandbox.http.listing"
local refuse = require "datarobot.sandbox.http.refuse"

local Request = {}
Request.__index = Request

--- A request whose route is known.
-- @param fields table: path (below the endpoint, without slashes at its ends), query (text or nil), text (the body; nil
-- when it is too large), endpoint (for addresses in the answer), options (of the sandbox)
function Request.new(fields)
  fields.query = listing.query(fields.query)
  return setmetatable(fields, Request)
end

--- The body, decoded. No body at all counts as {}.
function Request:json()
  if self.text == nil then refuse.with(413) end
  if self.text == "" then return {} end
  local body, problem = json.decode(self.text)
  if body == nil then refuse.with(400, "The body is not JSON: " .. problem) end
  return body
end

--- The body, checked against a schema of the contract; {} passes where `may_be_empty`, although the schemas ask clients
-- for at least one member.
function Request:body(schema, may_be_empty)
  local body = self:json()
  local empty = type(body) == "table" and next(body) == nil and not json.is_list(body)
  if empty and may_be_empty then return body end
  local faults = {}
  for _, fault in ipairs(contract.check(schema, body)) do faults[fault.path] = fault.message end
  refuse.fields(faults)
  return body
end

--- The absolute address of a path below the endpoint.
function Request:url(path)
  return self.endpoint .. "/" .. path .. "/"
end

--- Answers with one page of a list.
-- @param items the whole list
-- @param rule as listing.range takes it
-- @param filter optional: what the list goes by beside offset and limit, see filter.lua
function Request:page(items, rule, filter)
  local faults, cap = {}, self.options.page_limit
  if cap then
    rule = { default = math.min(rule.default or cap, cap), max = rule.max, required = rule.required,
      zero_is_all = rule.zero_is_all }
  end
  local range = listing.range(self.query, rule, faults)
  if cap then range.limit = math.min(range.limit, cap) end
  listing.refuse_unknown(self.query, filter and filter.parameters, faults)
  if filter then items = filter:choose(items, self.query, faults) end
  refuse.fields(faults)
  return 200, listing.page(items, range, self:url(self.path), self.query)
end

--- Answers that a job has begun.
function Request:accepted(job)
  return 202, nil, { Location = self:url("status/" .. job.id) }
end

return Request
