--- Wrong calls of Lua methods, raised as Lua's own functions do: at the script's line, with the method's name and the
-- argument's number as the caller counts.
local core = require "datarobot.core"

local guard = {}

core.own() -- whatever stands in the folder above this file's is no line of a script

--- Raises `bad argument #n to 'name' (text)`.
---@param n integer the argument's number as the caller counts; 0: the object of the method
---@param name string the public function
---@param text string
function guard.argument(n, name, text)
  local what = n == 0 and ("calling '%s' on bad self"):format(name) or ("bad argument #%d to '%s'"):format(n, name)
  core.raise(("%s (%s)"):format(what, text))
end

--- What a value is: its class, unless it only bears the name of the one that is expected.
---@param value any
---@param expected? string
---@return string
function guard.type_of(value, expected)
  local meta = getmetatable(value)
  local own = type(meta) == "table" and rawget(meta, "__name")
  return type(own) == "string" and own ~= expected and core.words(own) or type(value)
end

--- Raises unless the value has the type.
---@param value any
---@param wanted string
---@param n integer
---@param name string
---@param optional? boolean nil is good, too
function guard.check(value, wanted, n, name, optional)
  if type(value) == wanted or (optional and value == nil) then return end
  guard.argument(n, name, ("%s expected, got %s"):format(wanted, guard.type_of(value)))
end

-- "client" -> { its metatable, the type of its objects }: a script can put any metatable on a table.
local classes = {}

--- Makes a class known.
---@param class string "client", "deployment" and so on
---@param meta table the metatable of its objects
---@param kind? string their type, default "table"
function guard.class(class, meta, kind)
  classes[class] = { meta, kind or "table" }
end

for class, meta in next, core.userdata do guard.class(class, meta, "userdata") end
for _, class in ipairs { "response", "error" } do guard.class(class, core.classes[class]) end

--- Whether a value is an object of the class.
---@param value any
---@param class string
---@return boolean
function guard.is(value, class)
  local known = classes[class]
  return known ~= nil and type(value) == known[2] and rawequal(getmetatable(value), known[1])
end

--- Raises unless `self` is an object of the class. A call with a dot gets an error that asks for a colon.
---@param self any
---@param class string "client", "deployment" and so on
---@param name string the method
function guard.self(self, class, name)
  if guard.is(self, class) then return end
  local expected = "datarobot." .. class
  local text = ("%s expected, got %s"):format(expected, guard.type_of(self, expected))
  if type(self) ~= "userdata" then
    text = ("%s; call it with a colon: %s:%s(...)"):format(text, class:match "[^_]*$", name)
  end
  guard.argument(0, name, text)
end

return guard
