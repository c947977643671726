--- Wrong calls of Lua methods reported as Lua's own functions do: at the caller's line, with the
-- method's name and the argument's number as the caller counts. Public functions must not tail-call
-- these, or the caller's line is lost.
local guard = {}

--- Raises `bad argument #n to 'name' (text)` at the line that called the public function.
---@param n integer the argument's number as the caller counts; 0: the object of the method
---@param name string the public function
---@param text string
---@param depth? integer functions between the public one and this, default 0
function guard.argument(n, name, text, depth)
  local what = n == 0 and ("calling '%s' on bad self"):format(name) or ("bad argument #%d to '%s'"):format(n, name)
  error(("%s (%s)"):format(what, text), 3 + (depth or 0))
end

--- Raises unless the value has the type.
---@param value any
---@param wanted string
---@param n integer
---@param name string
---@param optional? boolean nil is good, too
---@param depth? integer as in `argument`
function guard.check(value, wanted, n, name, optional, depth)
  if type(value) == wanted or (optional and value == nil) then return end
  guard.argument(n, name, ("%s expected, got %s"):format(wanted, type(value)), 1 + (depth or 0))
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
  guard.argument(0, name, text, 1)
end

-- Everything but a wrong argument goes up as it came: error objects, "not enough memory", a hook's error.
local function pass(name, shift, ok, ...)
  if ok then return ... end
  local message = ...
  if type(message) == "string" then
    local n, text = message:match "^bad argument #(%d+) to '[^']*' (%(.*%))$"
    if n then guard.argument(tonumber(n) - shift, name, text:sub(2, -2), 2) end
  end
  error(message, 0)
end

--- Calls a function of the core for the method `name` of its first argument.
function guard.method(name, f, ...)
  local a, b, c = pass(name, 1, pcall(f, ...))
  return a, b, c
end

--- Calls a function of the core for the function `name` of the module.
function guard.call(name, f, ...)
  local a, b, c = pass(name, 0, pcall(f, ...))
  return a, b, c
end

return guard
