--- The tables of the core as values: fields of every kind, words of every enumeration. Loaded at first use.
local core = require "datarobot.core"

local discovery = {}

---@class datarobot.Field What a member of a table may be; `tostring` describes it in words.
---@field name string Lua name
---@field wire string name in the JSON text
---@field type datarobot.FieldType
---@field doc string what it is for
---@field expected string what is allowed, in the words of an error message
---@field required? boolean
---@field nullable? boolean `dr.null` is allowed
---@field enum? string name in `dr.enums`
---@field words? string[] the legal words of an enum
---@field min? number inclusive
---@field max? number inclusive
---@field min_length? integer characters of a string, elements of a list
---@field max_length? integer characters of a string, elements of a list
---@field among? integer[] the legal numbers, where not all of a range are
---@field schema? string name of the table inside
---@field fields? datarobot.Field[] of the table inside
---@field item? datarobot.Field of a list: what an element is, without a name
---@field otherwise? string the word that stands for null on the server
---@field fill? "false"|"null"|"daily" what a trigger that goes out is completed with

---@alias datarobot.FieldType
---| "string" # text in UTF-8
---| "boolean" # true or false
---| "integer" # 64 bits; 3.0 is one
---| "number" # integer or float, finite
---| "enum" # one of `words`
---| "id" # 24 hexadecimal digits
---| "duration" # ISO 8601, such as "P7D"
---| "time" # RFC 3339, such as "2026-01-31T09:00:00Z"
---| "object" # a table; `fields` are its members
---| "list" # a list; `item` is what an element may be
---| "schedule" # cron text, a `dr.schedule`, or the five lists in `fields`
---| "free" # any table, names as given

---@class datarobot.Enums The legal words by the name of their enumeration; a wrong name raises.

local WIDTH <const> = 80

-- {=== text ===}

--- Breaks a text at blanks into lines.
---@param text string
---@param width integer of a line, without the indent
---@return string[] lines
function discovery.wrap(text, width)
  local lines, line = {}, ""
  for word in text:gmatch "%S+" do
    local longer = line == "" and word or line .. " " .. word
    if line ~= "" and utf8.len(longer) > width then
      lines[#lines + 1], line = line, word
    else
      line = longer
    end
  end
  lines[#lines + 1] = line
  return lines
end

--- Words in quotes, separated by commas.
---@param words string[]
---@return string
function discovery.quoted(words)
  local parts = {}
  for i, word in ipairs(words) do parts[i] = '"' .. word .. '"' end
  return table.concat(parts, ", ")
end

local function indented(text, indent)
  return (" "):rep(indent) .. table.concat(discovery.wrap(text, WIDTH - indent), "\n" .. (" "):rep(indent))
end

--- What a field may be, in words: what is allowed, an element's too, and whether it must be there.
---@param field datarobot.Field
---@return string
function discovery.allowed(field)
  local text = field.expected
  if field.item and not text:find " numbers? from " then text = text .. "; each " .. field.item.expected end
  local inner = field.type ~= "schedule" and (field.fields or field.item and field.item.fields)
  if inner then
    local names = {}
    for i, f in ipairs(inner) do names[i] = f.name end
    text = text .. ": " .. table.concat(names, ", ")
  end
  if field.required then text = text .. "; required" end
  return text
end

-- A field in three lines or so: name, what is allowed, what it is for.
local function field_text(field)
  local lines = {}
  if field.name then lines[1] = field.name .. (field.required and " (required)" or "") end
  lines[#lines + 1] = indented(discovery.allowed(field):gsub("; required$", ""), 4)
  if field.doc then lines[#lines + 1] = indented(field.doc, 4) end
  return table.concat(lines, "\n")
end

local field_class = { __name = "datarobot.field", __tostring = field_text }
local fields_class = { __name = "datarobot.fields" }

function fields_class.__tostring(fields)
  local texts = {}
  for i, field in ipairs(fields) do texts[i] = field_text(field) end
  return table.concat(texts, "\n")
end

-- {=== the core's tables ===}

local enum_class = { __name = "datarobot.enum", __tostring = discovery.quoted }

local function decorate(fields)
  for _, field in ipairs(fields) do
    local item = field.item
    setmetatable(field, field_class)
    if field.words then setmetatable(field.words, enum_class) end
    if field.fields then decorate(field.fields) end
    if item then decorate { item } end
  end
  return setmetatable(fields, fields_class)
end

local schemas

--- The core's tables, made once: kinds and queries (schemas by name and in order), operations.
---@return table schemas { kinds, queries, enums, operations }
function discovery.schemas()
  if schemas then return schemas end
  local made = core.schemas()
  for _, group in ipairs { made.kinds, made.queries } do
    for _, schema in ipairs(group) do
      decorate(schema.fields)
      group[schema.name] = schema
    end
  end
  for _, operation in ipairs(made.operations) do made.operations[operation.name] = operation end
  schemas = made
  return schemas
end

--- Calls `visit(path, field)` for every field of a schema, also those inside.
---@param schema table
---@param visit fun(path: string, field: datarobot.Field)
function discovery.each_field(schema, visit)
  local function add(prefix, fields)
    for _, field in ipairs(fields) do
      local path = prefix .. "." .. field.name
      visit(path, field)
      local inner = field.fields or field.item and field.item.fields
      if inner then add(path, inner) end
    end
  end
  add(schema.name, schema.fields)
end

-- {=== enumerations ===}

local enums

--- The words of every enumeration, those of the lists' parameters included.
---@return table<string, string[]> enums
function discovery.enums()
  if enums then return enums end
  local all = {}
  local function add(_, field)
    local e = field.words and field or field.item
    if e and e.words then all[e.enum] = e.words end
  end
  for _, group in ipairs { discovery.schemas().kinds, discovery.schemas().queries } do
    for _, schema in ipairs(group) do discovery.each_field(schema, add) end
  end
  enums = all
  return enums
end

--- The keys of a table, sorted.
---@param t table
---@return string[]
function discovery.names(t)
  local names = {}
  for name in next, t do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

--- The kinds of tables that a method sends; dr.validate and dr.encode know more of them.
---@return table[] kinds
function discovery.sent()
  local bodies, kinds = {}, {}
  for _, operation in ipairs(discovery.schemas().operations) do bodies[operation.body or ""] = true end
  for _, kind in ipairs(discovery.schemas().kinds) do
    if bodies[kind.name] then kinds[#kinds + 1] = kind end
  end
  return kinds
end

--- `dr.enums[name]`; raises at the caller's line when there is none.
---@param name any
---@return string[] words
function discovery.enum(name)
  local words = discovery.enums()[name]
  if words then return words end
  local near = type(name) == "string" and core.nearest(name, discovery.names(enums))
  core.raise(("there is no enumeration %s%s"):format(require "datarobot.show".value(name),
    near and (" (did you mean '%s'?)"):format(near) or "; print(dr.enums) lists them"))
end

--- `tostring(dr.enums)`: every enumeration with its words.
---@return string
function discovery.enums_text()
  local lines = {}
  for _, name in ipairs(discovery.names(discovery.enums())) do
    lines[#lines + 1] = name .. "\n" .. indented(discovery.quoted(enums[name]), 4)
  end
  return table.concat(lines, "\n")
end

-- {=== paths ===}

local function member(fields, name)
  for _, field in ipairs(fields or {}) do
    if field.name == name or field.wire == name then return field end
  end
end

-- The fields inside a field, if it is a table or a list of tables.
local function inside(field)
  return field.fields or field.item and field.item.fields
end

local function kind_names()
  local names = {}
  for i, kind in ipairs(discovery.schemas().kinds) do names[i] = kind.name end
  for _, query in ipairs(schemas.queries) do names[#names + 1] = query.name end
  return names
end

-- The path with its last name corrected, or nil.
local function corrected(prefix, name, fields)
  local names = {}
  for i, field in ipairs(fields or {}) do names[i] = field.name end
  local near = core.nearest(name, fields and names or kind_names())
  return near and prefix .. near
end

--- The schema or field at a path like "policy.trigger.schedule"; names may be wire names.
---@param path string
---@return table|nil found schema or field
---@return string? path in Lua names; when nothing was found: a path that is near
function discovery.find(path)
  local first, rest = path:match "^([^.]*)(.*)$"
  local found = discovery.schemas().kinds[first] or schemas.queries[first]
  if not found then return nil, corrected("", first) end
  for name in rest:gmatch "%.([^.]*)" do
    local fields = inside(found)
    found = member(fields, name)
    if not found then return nil, corrected(first .. ".", name, fields or {}) end
    first = first .. "." .. found.name
  end
  return found, first
end

-- Fields are given away as copies: a caller may change them.
local function copy(value)
  if type(value) ~= "table" then return value end
  local t = {}
  for k, v in next, value do t[k] = copy(v) end
  return setmetatable(t, getmetatable(value))
end

local function unknown(path, near)
  local hint = near and ("did you mean '%s'? "):format(near) or ""
  return ("nothing is named '%s'; %sthere are: %s"):format(path, hint, table.concat(kind_names(), ", "))
end

--- `dr.fields(path)`.
---@param path string
---@return datarobot.Field[]|nil fields copies
---@return string? why
function discovery.fields(path)
  local found, name = discovery.find(path)
  if not found then return nil, unknown(path, name) end
  if not inside(found) then return nil, ("'%s' is %s and has no fields"):format(name, found.expected) end
  return copy(inside(found))
end

return discovery
