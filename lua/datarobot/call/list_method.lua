--- Methods that list a collection, over one operation.
local core = require "datarobot.core"
local guard = require "datarobot.call.guard"
local list = require "datarobot.list"
local show = require "datarobot.show"

--- Makes the method `name` that lists a collection; the caller's query goes through the operation's table.
---@param class string "client" or the class of the object whose collection it is
---@param name string
---@param begin function of `core.calls.begin`
---@param o {what: string, first: table?, visit: function?} what it holds; parameters of the first page unless the
---  caller gives others; called with the object and each item that is read
---@return function method
return function(class, name, begin, o)
  return function(self, query, more)
    guard.self(self, class, name)
    if more ~= nil then guard.argument(2, name, "a list takes one table, its query") end
    guard.check(query, "table", 1, name, true)
    local parameters = {}
    for k, v in next, o.first or {} do parameters[k] = v end
    for k, v in next, query or {} do parameters[k] = v end
    local function begin_page(page) return begin(self, page) end
    core.name(begin_page, ":" .. name)
    local function finish_page(call)
      local items, next_or_err, total = core.finish(self, call)
      for _, item in ipairs(o.visit and items or {}) do o.visit(self, item) end
      return items, next_or_err, total
    end
    local text = o.what
    if class ~= "client" then text = ("%s of %s %s"):format(text, (class:gsub("_", " ")), show.word(self.id)) end
    return list.new(text, begin_page, finish_page, parameters)
  end
end
