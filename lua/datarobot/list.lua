--- Lists over the pages of a REST collection, read as they are needed.
local core = require "datarobot.core"

---@class datarobot.List A collection whose pages are read as they are needed. `for item in list do`
---  goes through all of it, each loop from the beginning; it raises the error object when a page cannot
---  be had, since ending quietly would lose items.
---@field what string what it holds
local List = { __name = "datarobot.list" }
List.__index = List

-- A server that never stops saying "next" is stopped here.
local MAX_PAGES <const> = 10000
local PAGE <const> = 100

--- Makes a list.
---@param what string what it holds, for tostring and messages
---@param fetch function (query) -> items, next query or nil, total or nil | nil, err; the query is the
---  first page's table, later the query part of `next`
---@param query table the first page's parameters; limit is the most items that the list gives
---@return table list
function List.new(what, fetch, query)
  local first = {}
  for k, v in next, query do first[k] = v end
  local limit = first.limit
  first.offset = first.offset or 0
  first.limit = math.type(limit) == "integer" and limit > 0 and math.min(limit, PAGE) or limit or PAGE
  return setmetatable({
    what = what,
    _fetch = fetch,
    _first = first,
    _limit = math.type(limit) == "integer" and limit or math.huge,
    _cursors = setmetatable({}, { __mode = "k" }),
  }, List)
end

local function new_cursor(self)
  return { items = {}, at = 0, given = 0, pages = 0, next = self._first, seen = {} }
end

local function read_page(self, cursor)
  if cursor.seen[cursor.next] then
    return nil, core.error("protocol", self.what .. ": the server gave the same next page twice")
  end
  if cursor.pages == MAX_PAGES then
    return nil, core.error("limit", ("%s: more than %d pages"):format(self.what, MAX_PAGES))
  end
  cursor.seen[cursor.next] = true
  local items, next_or_err, total = self._fetch(cursor.next)
  if not items then return nil, next_or_err end
  cursor.items, cursor.at, cursor.next = items, 0, next_or_err
  cursor.pages, cursor.total = cursor.pages + 1, total
  return true
end

-- The next item; nil at the end; nil and an error when a page cannot be had.
local function advance(self, cursor)
  while cursor.given < self._limit do
    cursor.at = cursor.at + 1
    local item = cursor.items[cursor.at]
    if item ~= nil then
      cursor.given = cursor.given + 1
      return item
    end
    if not cursor.next then return nil end
    local ok, err = read_page(self, cursor)
    if not ok then return nil, err end
  end
end

-- The step of a `for` loop; the cursor travels with the last item.
function List.__call(self, _, last)
  local cursor
  if last == nil then
    cursor = new_cursor(self)
  else
    cursor = self._cursors[last]
    self._cursors[last] = nil
    if not cursor then error("attempt to continue a loop over a list with a foreign item", 2) end
  end
  local item, err = advance(self, cursor)
  if err then error(err, 0) end
  if item ~= nil then self._cursors[item] = cursor end
  return item
end

--- All items, or the first n, as a table. Reads no page that it does not need.
---@param n? integer
---@return table|nil items
---@return datarobot.Error? err
function List:collect(n)
  if n ~= nil and (math.type(n) ~= "integer" or n < 0) then
    error("bad argument #1 to 'collect' (an integer >= 0 expected, got " .. tostring(n) .. ")", 2)
  end
  local items, cursor = {}, new_cursor(self)
  while #items < (n or math.huge) do
    local item, err = advance(self, cursor)
    if err then return nil, err end
    if item == nil then break end
    items[#items + 1] = item
  end
  return core.array(items) -- prints readably
end

--- The first item.
---@return any|nil item
---@return datarobot.Error? err kind `not_found` when the list is empty
function List:first()
  local items, err = self:collect(1)
  if not items then return nil, err end
  if items[1] == nil then return nil, core.error("not_found", self.what .. ": the list is empty") end
  return items[1]
end

--- The one item whose field has this value. Reads all pages, so that a second one is noticed.
---@param field string
---@param value string compared exactly, case included
---@return any|nil item
---@return datarobot.Error? err kind `not_found` when there is none, `conflict` when there are several
function List:find(field, value)
  local found, cursor = {}, new_cursor(self)
  while true do
    local item, err = advance(self, cursor)
    if err then return nil, err end
    if item == nil then break end
    if item[field] == value then found[#found + 1] = item end
  end
  if #found == 1 then return found[1] end
  local quoted = require("datarobot.show").quote(value)
  if #found == 0 then
    return nil, core.error("not_found", ("%s: none has the %s %s"):format(self.what, field, quoted))
  end
  local ids = {}
  for i, item in ipairs(found) do ids[i] = item.id end
  return nil, core.error("conflict", ("%s: %d have the %s %s: %s"):format(self.what, #found, field, quoted,
    table.concat(ids, ", ")))
end

function List:__tostring()
  return ("datarobot.list (%s)"):format(self.what)
end

return List
