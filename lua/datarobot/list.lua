--- Lists over the pages of a REST collection, read as they are needed. Once a page gives how many items there are,
-- the pages behind it are asked for at the same time, since their latency costs more than all else.
local core = require "datarobot.core"
local guard = require "datarobot.call.guard"

---@class datarobot.List A collection whose pages are read as they are needed. `for item in list do`
---  goes through all of it, each loop from the beginning; it raises the error object when a page cannot
---  be had, since ending quietly would lose items.
---@field what string what it holds
local List = { __name = "datarobot.list" }
List.__index = List

guard.class("list", List)

-- ipairs, too, asks for a number.
setmetatable(List, { __index = function(_, name)
  if type(name) == "number" then
    core.raise "a list has no items by number before it is read: loop with 'for item in list do', or use list:collect()"
  end
end })

-- A server that never stops saying "next" is stopped here.
local MAX_PAGES <const> = 10000
local PAGE <const> = 100

-- Pages under way or unread behind the one that is being read: a thousand items are two latencies.
local AHEAD <const> = 9

--- Makes a list.
---@param what string what it holds, for tostring and messages
---@param begin function (query) -> call | nil, err; the query is the first page's table, later the query part of `next`
---@param finish function (call) -> items, next query or nil, total or nil | nil, err
---@param query table the first page's parameters; limit is the most items that the list gives
---@return table list
function List.new(what, begin, finish, query)
  local first = {}
  for k, v in next, query do first[k] = v end
  local limit = first.limit
  if type(limit) == "number" then limit = math.tointeger(limit) or limit end
  -- What is not a number >= 0 is refused by validation.
  local bounded = math.type(limit) == "integer" and limit >= 0
  first.offset = first.offset or 0
  first.limit = bounded and limit > 0 and math.min(limit, PAGE) or limit or PAGE
  return setmetatable({
    what = what,
    _begin = begin,
    _finish = finish,
    _first = first,
    _limit = bounded and limit or math.huge,
    _item = false, _cursor = false, -- of the loop that took the last step
    _parked = setmetatable({}, { __mode = "k" }), -- item -> cursor of other loops under way
  }, List)
end

-- `most` items are wanted at most.
local function new_cursor(self, most)
  local first = self._first
  local wanted = math.min(self._limit, most or math.huge)
  if most and most < PAGE and math.type(first.limit) == "integer" and most < first.limit then
    first = {}
    for k, v in next, self._first do first[k] = v end
    first.limit = most
  end
  return {
    items = {}, at = 0, given = 0, pages = 0, wanted = wanted, next = first, seen = {},
    offset = math.tointeger(first.offset), -- of the page that is read next
    ahead = {}, -- pages under way or unread, in order: { query =, call = }
  }
end

-- {=== Reading ahead

local function give_up(cursor)
  for _, page in ipairs(cursor.ahead) do core.drop(page.call) end
  cursor.ahead = {}
end

-- The query of another page; nil when the query does not say where its page begins.
local function at_offset(query, offset)
  local moved, n = ("&" .. query):gsub("(&offset=)%d+", "%1" .. offset)
  return n == 1 and moved:sub(2) or nil
end

local function offset_of(query)
  return math.tointeger(tonumber(("&" .. query):match "&offset=(%d+)"))
end

-- Asks for pages behind the one of `size` items that was just read.
local function read_ahead(self, cursor, size, total)
  local start = cursor.next and offset_of(cursor.next)
  local step = start and cursor.offset and start - cursor.offset
  cursor.offset = start
  if not step or step <= 0 or math.type(total) ~= "integer" or cursor.alone then return end
  local wanted = math.min(cursor.wanted - cursor.given - size, total - start)
  local pages = math.min(AHEAD, math.ceil(wanted / step))
  for i = #cursor.ahead + 1, pages do
    local query = at_offset(cursor.next, start + (i - 1) * step)
    if not query then return end
    local begun, call = pcall(self._begin, query)
    if not begun then
      give_up(cursor)
      error(call, 0)
    end
    if not call then return end
    cursor.ahead[i] = { query = query, call = call }
  end
end

-- The call of a page that was asked for ahead. A server whose `next` is another than it was taken for is read page by
-- page from here.
local function take_ahead(cursor)
  local page = table.remove(cursor.ahead, 1)
  if not page then return nil end
  if page.query == cursor.next then return page.call end
  core.drop(page.call)
  give_up(cursor)
  cursor.alone = true
  return nil
end

-- }===

local function fetch(self, cursor)
  local ahead = take_ahead(cursor)
  if ahead then
    local items, next_or_err, total = self._finish(ahead)
    -- While the reader was busy elsewhere nobody may have attended to the page until its time was over.
    local late = not items and (next_or_err.kind == "timeout" or next_or_err.kind == "transport")
    if not late then return items, next_or_err, total end
  end
  local call, err = self._begin(cursor.next)
  if not call then return nil, err end
  return self._finish(call)
end

local function read_page(self, cursor)
  if cursor.seen[cursor.next] then
    return nil, core.error("protocol", self.what .. ": the server gave the same next page twice")
  end
  if cursor.pages == MAX_PAGES then
    return nil, core.error("limit", ("%s: more than %d pages"):format(self.what, MAX_PAGES))
  end
  cursor.seen[cursor.next] = true
  local items, next_or_err, total = fetch(self, cursor)
  if not items then return nil, next_or_err end
  cursor.items, cursor.at, cursor.next = items, 0, next_or_err
  cursor.pages = cursor.pages + 1
  read_ahead(self, cursor, #items, total)
  return true
end

-- The next item; nil at the end; nil and an error when a page cannot be had.
local function advance(self, cursor)
  while cursor.given < cursor.wanted do
    cursor.at = cursor.at + 1
    local item = cursor.items[cursor.at]
    if item ~= nil then
      cursor.given = cursor.given + 1
      return item
    end
    if not cursor.next then break end
    local ok, err = read_page(self, cursor)
    if not ok then
      give_up(cursor)
      return nil, err
    end
  end
  give_up(cursor)
end

-- The cursor of the loop whose last item this is; another loop over the same list may have taken steps since.
local function cursor_of(self, last)
  if self._item ~= false then self._parked[self._item] = self._cursor end
  if last == nil then return new_cursor(self) end
  local cursor = self._parked[last]
  self._parked[last] = nil
  if not cursor then core.raise "attempt to continue a loop over a list with a foreign item" end
  return cursor
end

-- The step of a `for` loop; the cursor travels with the last item.
function List.__call(self, _, last)
  local cursor = self._cursor
  if last == nil or last ~= self._item then cursor = cursor_of(self, last) end
  local item, err = advance(self, cursor)
  self._item, self._cursor = item ~= nil and item, cursor
  if err then error(err, 0) end
  return item
end

--- All items, or the first n, as a table. Reads no page that it does not need.
---@param n? integer
---@return table|nil items
---@return datarobot.Error? err
function List:collect(n)
  guard.self(self, "list", "collect")
  if n ~= nil and (math.type(n) ~= "integer" or n < 0) then
    guard.argument(1, "collect", "an integer >= 0 expected, got " .. tostring(n))
  end
  local items, cursor = {}, new_cursor(self, n)
  while true do
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
  guard.self(self, "list", "first")
  local items, err = self:collect(1)
  if not items then return nil, err end
  if items[1] == nil then return nil, core.error("not_found", self.what .. ": the list is empty") end
  return items[1]
end

-- A field of an item; an item of a raw list may be anything.
local function field_of(item, field)
  local fields = type(item) == "table" or type(item) == "userdata" and item ~= core.null
  if fields then return item[field] end
end

--- The one item whose field has this value. Reads all pages, so that a second one is noticed.
---@param field string
---@param value string compared exactly, case included
---@return any|nil item
---@return datarobot.Error? err kind `not_found` when there is none, `conflict` when there are several
function List:find(field, value)
  guard.self(self, "list", "find")
  guard.check(field, "string", 1, "find")
  guard.check(value, "string", 2, "find")
  local found, cursor = {}, new_cursor(self)
  while true do
    local item, err = advance(self, cursor)
    if err then return nil, err end
    if item == nil then break end
    if field_of(item, field) == value then found[#found + 1] = item end
  end
  if #found == 1 then return found[1] end
  local quoted = require("datarobot.show").quote(value)
  if #found == 0 then
    return nil, core.error("not_found", ("%s: none has the %s %s"):format(self.what, field, quoted))
  end
  local ids = {}
  for i, item in ipairs(found) do ids[i] = type(item.id) == "string" and core.words(item.id) or "one without an id" end
  return nil, core.error("conflict", ("%s: %d have the %s %s: %s"):format(self.what, #found, field, quoted,
    table.concat(ids, ", ")))
end

-- How many there are is known when all pages are read.
function List.__len()
  core.raise "a list has no length before it is read: use #list:collect()"
end

-- Nor can its items be gone through by name; what pairs would show is private.
function List.__pairs()
  core.raise "a list is not a table of items: loop with 'for item in list do', or use pairs(list:collect())"
end

function List:__tostring()
  return ("datarobot.list (%s)"):format(core.words(self.what))
end

return List
