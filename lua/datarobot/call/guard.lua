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

--- Raises unless the value has the type.
---@param value any
---@param wanted string
---@param n integer
---@param name string
---@param optional? boolean nil is good, too
function guard.check(value, wanted, n, name, optional)
  if type(value) == wanted or (optional and value == nil) then return end
  guard.argument(n, name, ("%s expected, got %s"):format(wanted, type(value)))
end

-- "client" -> "datarobot.client", made once each.
local CLASS_NAMES <const> = setmetatable({}, { __index = function(names, class)
  names[class] = "datarobot." .. class
  return names[class]
end })

--- Raises unless `self` is an object of the class. A method that was called with a dot is told to use a colon.
---@param self any
---@param class string "client", "deployment" and so on
---@param name string the method
function guard.self(self, class, name)
  local meta = getmetatable(self)
  local own = type(meta) == "table" and rawget(meta, "__name")
  if own == CLASS_NAMES[class] then return end
  local text = ("datarobot.%s expected, got %s"):format(class, type(own) == "string" and own or type(self))
  if type(self) ~= "userdata" then
    text = ("%s; call it with a colon: %s:%s(...)"):format(text, class:match "[^_]*$", name)
  end
  guard.argument(0, name, text)
end

return guard
