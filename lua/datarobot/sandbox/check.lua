--- Wrong calls of the sandbox's own functions, raised as Lua does: at the line of the script, with the function's name.

local check = {}

local OWN = debug.getinfo(1, "S").source:match "^(.*)check%.lua$"

--- Raises a text at the nearest line that is not in a file of the sandbox.
function check.raise(text)
  local level, frame = 2, debug.getinfo(2, "Sl")
  while frame and (frame.what == "C" or frame.source:sub(1, #OWN) == OWN) do
    level = level + 1
    frame = debug.getinfo(level, "Sl")
  end
  error(frame and ("%s:%d: %s"):format(frame.short_src, frame.currentline, text) or text, 0)
end

local function wrong(name, text, n)
  check.raise(("bad argument #%d to '%s' (%s)"):format(n or 1, name, text))
end

-- The number of slips (a letter wrong, missing, too many, or two exchanged) between two words.
local function distance(a, b)
  local rows = { [-1] = {}, [0] = {} }
  for j = 0, #b do rows[0][j] = j end
  for i = 1, #a do
    rows[i] = { [0] = i }
    for j = 1, #b do
      local x, y = a:byte(i), b:byte(j)
      local least = math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (x == y and 0 or 1))
      if i > 1 and j > 1 and x == b:byte(j - 1) and a:byte(i - 1) == y then
        least = math.min(least, rows[i - 2][j - 2] + 1)
      end
      rows[i][j] = least
    end
  end
  return rows[#a][#b]
end

local function names_of(rules)
  local names = {}
  for name in pairs(rules) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function nearest(word, names)
  local best, slips = nil, 1 + #word // 3
  for _, name in ipairs(#word <= 40 and names or {}) do
    local n = distance(word:lower(), name)
    if n < slips then best, slips = name, n end
  end
  return best
end

local function unknown(key, rules)
  local names = names_of(rules)
  if type(key) ~= "string" then
    return ("options have names (%s), got [%s]"):format(table.concat(names, ", "), tostring(key))
  end
  local near = nearest(key, names)
  if near then return ("unknown option '%s' (did you mean '%s'?)"):format(key, near) end
  return ("unknown option '%s'; there are %s"):format(key, table.concat(names, ", "))
end

local function given(value)
  if type(value) == "string" then return ('"%s"'):format(value:sub(1, 40)) end
  return (type(value) == "number" or type(value) == "boolean") and tostring(value) or type(value)
end

-- Type word of a rule -> what is expected, and whether a value is it.
local TYPES = {
  string = { "a string", function(v) return type(v) == "string" end },
  boolean = { "a boolean", function(v) return type(v) == "boolean" end },
  number = { "a number", function(v) return type(v) == "number" end },
  table = { "a table", function(v) return type(v) == "table" end },
  client = { "a client", function(v)
    return (type(v) == "table" or type(v) == "userdata") and v.get ~= nil and v.deployments ~= nil
  end },
  integer = { "an integer", function(v) return math.type(v) == "integer" end },
}

local function among(value, words)
  for _, word in ipairs(words) do
    if value == word then return true end
  end
  return false
end

local function expected(rule)
  if rule.words then return '"' .. table.concat(rule.words, '" or "') .. '"' end
  local text = TYPES[rule[1]][1]
  if rule.least and rule.most then return ("%s from %d to %d"):format(text, rule.least, rule.most) end
  return rule.least and ("%s of at least %d"):format(text, rule.least) or text
end

local function fits(rule, value)
  if not TYPES[rule[1]][2](value) or rule.words and not among(value, rule.words) then return false end
  return (not rule.least or value >= rule.least) and (not rule.most or value <= rule.most)
end

--- Raises unless `options` is nil or a table of known options with values of their kind.
-- @param options what the caller gave
-- @param rules table: option -> { type word, least=, most= }
-- @param name the public function
-- @param example how to call it
-- @param n which argument they are, default the first
function check.options(options, rules, name, example, n)
  if options == nil then return end
  if type(options) ~= "table" then
    wrong(name, ("table expected, got %s; write %s"):format(type(options), example), n)
  end
  for key, value in pairs(options) do
    local rule = rules[key] or wrong(name, unknown(key, rules), n)
    if not fits(rule, value) then
      wrong(name, ("option '%s': %s expected, got %s"):format(key, expected(rule), given(value)), n)
    end
  end
end

--- Raises: a value is not a duration.
function check.duration(value, name)
  wrong(name, ('a duration such as "2d", "36h", "90m", "10s" or "1d12h" expected, got %s'):format(given(value)))
end

--- Raises unless a value is a text.
-- @param what it should be
function check.text(value, name, n, what)
  if type(value) ~= "string" then wrong(name, ("%s expected, got %s"):format(what, given(value)), n) end
end

--- Raises unless a value is one of some words.
function check.word(value, name, n, words)
  if among(value, words) then return end
  wrong(name, ('"%s" expected, got %s'):format(table.concat(words, '" or "'), given(value)), n)
end

--- Raises unless just one of some options is there.
function check.one_of(options, names, name, n)
  local count = 0
  for _, one in ipairs(names) do count = count + (options[one] ~= nil and 1 or 0) end
  if count == 1 then return end
  wrong(name, ("one of the options %s expected, got %d of them"):format(table.concat(names, ", "), count), n)
end

--- Raises unless `self` is of the class; a method that was called with a dot gets an error that asks for a colon.
function check.self(self, class, name)
  if getmetatable(self) == class then return end
  local text = "calling '%s' on bad self (%s expected, got %s; call it with a colon: sandbox:%s(...))"
  check.raise(text:format(name, class.__name, type(self), name))
end

--- Raises when a function of the module was called with a colon.
function check.no_self(first, module, name)
  if first ~= module then return end
  check.raise(("calling '%s' with a colon; write sandbox.%s { ... }"):format(name, name))
end

return check
