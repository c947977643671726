--- The log of a sandbox's requests: the newest ones, as many as fit into two caps.

local Log = {}
Log.__index = Log

local MOST_REQUESTS = 10000
local MOST_BYTES = 16 * 1024 * 1024

-- About what Lua needs for an entry and for a header, beside their texts.
local ENTRY, HEADER = 500, 80

function Log.new()
  return setmetatable({ entries = {}, costs = {}, first = 1, last = 0, bytes = 0 }, Log)
end

local function cost(entry)
  local bytes = ENTRY + #entry.method + #entry.path + #(entry.query or "") + #(entry.body or "")
  for name, value in pairs(entry.headers) do bytes = bytes + HEADER + #name + #value end
  return bytes
end

local function forget_oldest(self)
  self.bytes = self.bytes - self.costs[self.first]
  self.entries[self.first], self.costs[self.first] = nil, nil
  self.first = self.first + 1
end

--- Adds a request: method, path, query, headers, body, status, time. The oldest ones are dropped for it.
function Log:add(entry)
  self.last = self.last + 1
  self.entries[self.last], self.costs[self.last] = entry, cost(entry)
  self.bytes = self.bytes + self.costs[self.last]
  while self.first < self.last and (self.bytes > MOST_BYTES or self.last - self.first >= MOST_REQUESTS) do
    forget_oldest(self)
  end
end

--- All that is kept, oldest first.
function Log:all()
  return table.move(self.entries, self.first, self.last, 1, {})
end

function Log:clear()
  self.entries, self.costs, self.first, self.last, self.bytes = {}, {}, 1, 0, 0
end

return Log
