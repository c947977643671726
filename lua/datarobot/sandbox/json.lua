--- JSON for the sandbox: lua-cjson reads structure and strings and writes strings; this file adds what lua-cjson 2.1
-- lacks: exact integers of 64 bits, lists that stay lists when they are empty, and a fixed order of members.

local found, cjson = pcall(require, "cjson")
if not found then
  error("the sandbox needs lua-cjson (Debian: lua-cjson, LuaRocks: lua-cjson): " .. tostring(cjson), 0)
end

local codec = cjson.new()
codec.decode_invalid_numbers(false)

local json = { null = codec.null }

-- A list is a table with this metatable.
local LIST = { __name = "json list" }

-- A byte that no UTF-8 text holds. Before lua-cjson sees a text, each number outside of strings becomes a string that
-- begins with this byte, and each empty list becomes a list of one string that is this byte.
local MARK = "\xFF"

--- Marks a table as a list, so that it is written as [] even when it is empty.
-- @param t table with the keys 1 to n; a new one when left out
-- @return t
function json.list(t)
  return setmetatable(t or {}, LIST)
end

-- Texts of fixed objects, kept as long as the object lives.
local texts = setmetatable({}, { __mode = "k" })

--- Promises that an object and all that it holds will not change any more, so that its text is made once.
-- @return t
function json.fixed(t)
  texts[t] = false
  return t
end

--- Whether an object was promised not to change.
function json.is_fixed(t)
  return texts[t] ~= nil
end

--- Whether a value is a list that was read or marked.
function json.is_list(t)
  return getmetatable(t) == LIST
end

-- Whether a text is a number of JSON; checked here, since lua-cjson takes 01 and 0x1F. Each part is matched once from
-- where the last one ended, so that the time grows with the length alone.
local function is_number(text)
  local at = text:match "^%-?0()" or text:match "^%-?[1-9]%d*()"
  at = at and (text:match("^%.%d+()", at) or at)
  at = at and (text:match("^[eE][+-]?%d+()", at) or at)
  return at == #text + 1
end

local function mark_number(token)
  return is_number(token) and '"' .. MARK .. token .. '"' or "?"
end

local function mark_outside(piece)
  piece = piece:gsub("%-?%d[%w.+-]*", mark_number)
  return (piece:gsub("%[[ \t\r\n]*%]", '["' .. MARK .. '"]'))
end

-- Finds the quote that ends the string which began before `from`.
local function string_end(text, from)
  while true do
    local at = text:find('["\\\0-\31]', from)
    local byte = at and text:byte(at)
    if byte == 0x22 then return at end
    if byte ~= 0x5C then error(at and "control character in a string" or "string without an end", 0) end
    from = at + 2
  end
end

local function mark(text)
  local out, from = {}, 1
  while true do
    local quote = text:find('"', from, true)
    out[#out + 1] = mark_outside(text:sub(from, (quote or #text + 1) - 1))
    if not quote then return table.concat(out) end
    from = string_end(text, quote + 1) + 1
    out[#out + 1] = text:sub(quote, from - 1)
  end
end

local function number(text)
  local value = tonumber(text)
  if value - value ~= 0 then error("a number out of range", 0) end
  return math.tointeger(value) or value
end

-- Turns marks back into numbers and lists, in place.
local function unmark(value)
  if type(value) == "string" and value:byte() == 0xFF then return number(value:sub(2)) end
  if type(value) ~= "table" then return value end
  if value[1] == MARK then return json.list() end
  for key, member in pairs(value) do
    if type(key) == "string" and key:byte() == 0xFF then error("a member name must be a string", 0) end
    value[key] = unmark(member)
  end
  return value[1] ~= nil and json.list(value) or value
end

--- Reads a JSON text.
-- @return the value: null as json.null, whole numbers as integers where 64 bits hold them, lists marked;
-- or nil and a message
function json.decode(text)
  if not utf8.len(text) then return nil, "the text is not UTF-8" end
  local ok, value = pcall(function()
    return unmark(codec.decode(mark(text)))
  end)
  if ok then return value end
  return nil, (tostring(value):gsub("^.-%.lua:%d+: ", ""))
end

--- Reads a JSON text that json.encode wrote; strings may hold any bytes. No lists are marked.
function json.plain(text)
  local function whole(value)
    if type(value) == "table" then
      for key, member in pairs(value) do value[key] = whole(member) end
    end
    return math.type(value) and math.tointeger(value) or value
  end
  return whole(codec.decode(text))
end

-- Digits that read back as the same number, with a point whatever the locale says.
local function float(value)
  if value ~= value or value - value ~= 0 then error("a number that JSON cannot hold", 0) end
  local text = ("%.15g"):format(value)
  if tonumber(text) ~= value then text = ("%.17g"):format(value) end
  return (text:gsub("[^%deE+-]+", "."))
end

local put

local function put_list(out, list)
  out[#out + 1] = "["
  for i = 1, #list do
    if i > 1 then out[#out + 1] = "," end
    put(out, list[i])
  end
  out[#out + 1] = "]"
end

local function put_object(out, object)
  local names = {}
  for name in pairs(object) do names[#names + 1] = name end
  table.sort(names)
  out[#out + 1] = "{"
  for i = 1, #names do
    if i > 1 then out[#out + 1] = "," end
    put(out, names[i])
    out[#out + 1] = ":"
    put(out, object[names[i]])
  end
  out[#out + 1] = "}"
end

local writers = {
  string = function(out, value)
    out[#out + 1] = value:find '[%c"\\]' and codec.encode(value) or '"' .. value .. '"'
  end,
  number = function(out, value)
    out[#out + 1] = math.type(value) == "integer" and ("%d"):format(value) or float(value)
  end,
  boolean = function(out, value)
    out[#out + 1] = tostring(value)
  end,
  userdata = function(out, value)
    if value ~= json.null then error("a value that JSON cannot hold", 0) end
    out[#out + 1] = "null"
  end,
  table = function(out, value)
    if texts[value] then
      out[#out + 1] = texts[value]
    elseif texts[value] == false then
      local own = {}
      put_object(own, value)
      texts[value] = table.concat(own)
      out[#out + 1] = texts[value]
    elseif value[1] ~= nil or json.is_list(value) then
      put_list(out, value)
    else
      put_object(out, value)
    end
  end,
}

function put(out, value)
  local write = writers[type(value)] or error("a value that JSON cannot hold", 0)
  write(out, value)
end

--- Writes a value as JSON: members in alphabetical order, an unmarked empty table as {}.
-- @return the text; raises for what JSON cannot hold
function json.encode(value)
  local out = {}
  put(out, value)
  return table.concat(out)
end

return json
