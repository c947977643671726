--- dr.help: finds what is asked for and gives its page. Loaded at first use.
local core = require "datarobot.core"
local data = require "datarobot.help.data"
local discovery = require "datarobot.help.discovery"
local guard = require "datarobot.call.guard"
local text = require "datarobot.help.text"
local topics = require "datarobot.help.topics"

-- {=== by name ===}

-- Every field with its path, in Lua names and in wire names.
local function each_path(visit)
  for _, group in ipairs { discovery.schemas().kinds, discovery.schemas().queries } do
    for _, schema in ipairs(group) do discovery.each_field(schema, visit) end
  end
end

local function ends_with(path, name)
  return path:sub(-#name - 1) == "." .. name
end

local function class_names(class)
  local var = class.functions and class.functions[1].signature:match "^[%w_]+"
  return { [class.name] = true, [var or ""] = true, [class.type:match "[^.]+$"] = true }
end

-- Each of these adds what bears the name: { key that finds it alone, its page }.

local function find_schema(name, add)
  local found, path = discovery.find(name)
  if not found then return end
  add(path, function()
    return found.wire and text.field(path, found) or text.schema(found)
  end)
end

local function find_class(name, add)
  for _, class in ipairs(data.classes) do
    if class.name ~= "dr" and class_names(class)[name] then
      add(class.name, function() return text.class(class) end)
    end
  end
end

local function find_function(name, add)
  local owner, method = name:match "^([%w_]+)[.:]([%w_]+)$"
  for _, class in ipairs(data.classes) do
    for _, f in ipairs(class.functions or {}) do
      if f.name == (method or name) and (not owner or class_names(class)[owner]) then
        add(f.signature:match "^[%w_]+[.:][%w_]+", function() return text.func(f) end)
      end
    end
  end
end

local function find_enum(name, add)
  if name == "enums" then add(name, discovery.enums_text) end
  name = name:match "^enums%.(.*)$" or name
  if not discovery.enums()[name] then return end
  local paths = {}
  each_path(function(path, field)
    if field.enum == name or field.item and field.item.enum == name then paths[#paths + 1] = path end
  end)
  add("enums." .. name, function() return text.enum(name, paths) end)
end

local function find_field(name, add)
  each_path(function(path, field)
    if ends_with(path, name) or field.wire == name then add(path, function() return text.field(path, field) end) end
  end)
end

local function find_type(name, add)
  for _, item in ipairs(data.types) do
    if item.name:match "[^.]+$" == name then add(name, function() return text.type(item) end) end
  end
end

-- A member of a table of options or results.
local function find_member(name, add)
  for _, group in ipairs { data.types, data.classes } do
    for _, item in ipairs(group) do
      for _, field in ipairs(item.fields or {}) do
        local owner = item.type or item.name
        if field.name == name then
          add(owner:match "[^.]+$" .. "." .. name, function() return text.member(owner:match "[^.]+$", field) end)
        end
      end
    end
  end
end

-- A legal word of an enumeration.
local function find_enum_word(name, add)
  for _, enum in ipairs(discovery.names(discovery.enums())) do
    for _, word in ipairs(discovery.enums()[enum]) do
      if word == name then find_enum(enum, add) end
    end
  end
end

local function find_error_kind(name, add)
  local page = text.error_kind(name)
  if page then add(name, function() return page end) end
end

-- In the order in which they are shown.
local SEARCH <const> = {
  find_schema, find_class, find_function, find_enum, find_field, find_type, find_error_kind,
}
local MOST_OTHERS <const> = 5

local function matches(name, search)
  local found, seen = {}, {}
  local function add(key, page)
    if seen[key] then return end
    seen[key] = true
    found[#found + 1] = { key = key, page = page }
  end
  for _, find in ipairs(search) do find(name, add) end
  return found
end

local function all_names()
  local names = discovery.names(discovery.enums())
  local function add(name) names[#names + 1] = name end
  for _, kind in ipairs(discovery.schemas().kinds) do add(kind.name) end
  for _, class in ipairs(data.classes) do
    add(class.name)
    for _, f in ipairs(class.functions or {}) do add(f.name) end
  end
  for _, item in ipairs(data.types) do add(item.name:match "[^.]+$") end
  each_path(function(_, field) add(field.name) end)
  return names
end

-- Up to eight names that hold the word.
local function holding(word)
  local list = {}
  if #word < 4 then return list end
  for _, known in ipairs(all_names()) do
    if known:find(word:lower(), 1, true) and #list < 8 and not list[known] then
      list[#list + 1], list[known] = ('dr.help "%s"'):format(known), true
    end
  end
  return list
end

local function nothing(name)
  local _, near = discovery.find(name)
  near = name:find(".", 1, true) and near or core.nearest(name:match "[^.:]*$", all_names())
  local quoted = require "datarobot.show".quote(name)
  if near then return ('nothing is named %s; did you mean dr.help "%s"?'):format(quoted, near) end
  local names = holding(name)
  if #names > 0 then return ("nothing is named %s; see %s"):format(quoted, table.concat(names, ", ")) end
  return ("nothing is named %s; dr.help() lists what there is"):format(quoted)
end

local by_name

function by_name(dr, name)
  local asked = name:gsub("^%s+", ""):gsub("%s+$", ""):gsub("%(.*%)$", ""):gsub("^dr%.enums", "enums")
  if asked == "" or asked == "dr" then return text.overview(dr) end
  local found = matches(asked, SEARCH)
  if #found == 0 then
    local topic, known = topics.find(asked)
    if topic then return topic end
    found = matches(asked:match "[^.]*$", { find_member, find_enum_word })
    if #found == 0 and known then return by_name(dr, known) end
  end
  if #found == 0 then return nothing(name) end
  local others = {}
  for i = 2, math.min(#found, MOST_OTHERS + 1) do others[#others + 1] = ('dr.help "%s"'):format(found[i].key) end
  local page = found[1].page()
  if #others == 0 then return page end
  local lines = discovery.wrap("See also " .. table.concat(others, ", ") .. ".", 80)
  return page .. "\n\n" .. table.concat(lines, "\n")
end

-- {=== by value ===}

local function methods_of(dr, class)
  require "datarobot.client" -- completes the classes
  local classes = core.classes
  local tables = { dr = dr, list = require "datarobot.list", response = classes.response.__index }
  return tables[class.name] or classes[class.name] or {}
end

local function by_function(dr, f)
  for _, class in ipairs(data.classes) do
    local methods = methods_of(dr, class)
    for _, known in ipairs(class.functions or {}) do
      if rawequal(methods[known.name], f) then return text.func(known) end
    end
  end
  return "A function that is not of this module; dr.help() lists what there is."
end

-- What a value is by the name of its metatable; a stranger that carries it is none.
local function class_of(x)
  local meta = getmetatable(x)
  local name = type(meta) == "table" and rawget(meta, "__name")
  if type(name) ~= "string" then return nil end
  local short = name:match "^datarobot%.(.*)$"
  for _, class in ipairs(data.classes) do
    if class.name == short then
      if guard.is(x, short) then return class, short end
      return nil
    end
  end
  return nil, short
end

local PRINTABLE <const> = { field = true, fields = true, enum = true, enums = true, schedule_runs = true }

local function by_value(x)
  local class, name = class_of(x)
  if class then return text.object(x, class) end
  if PRINTABLE[name] then return tostring(x) end
  if name == "object" or name == "array" then return text.object(x) end
  if type(x) == "table" then
    return 'A table that is not of this module; dr.validate("policy", t) checks one\nthat is to be sent.'
  end
  return ("There is no help on a %s; dr.help() lists what there is."):format(type(x))
end

--- The text of `dr.help(x)`.
---@param dr table the module
---@param x any
---@return string
return function(dr, x)
  if x == nil or rawequal(x, dr) then return text.overview(dr) end
  if type(x) == "string" then return by_name(dr, x) end
  if type(x) == "function" then return by_function(dr, x) end
  return by_value(x)
end
