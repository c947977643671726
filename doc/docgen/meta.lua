--- types/datarobot.lua: the types of the module for the Lua language server.
local discovery = require "datarobot.help.discovery"
local text = require "doc.docgen.text"

local WIDTH <const> = 110

local TYPES <const> = {
  string = "string", id = "string", duration = "string", time = "string", boolean = "boolean", integer = "integer",
  number = "number", free = "table<string, any>",
}

-- A tag and its text stand on one line, since the server takes a further line for the next tag's.
local function tag(out, head, doc)
  out:add("---@%s%s", head, doc and doc ~= "" and " " .. doc or "")
end

local function prose(out, doc)
  if doc ~= "" then text.paragraph(out, doc, WIDTH, "--- ") end
end

local type_of

function type_of(field)
  local kind = TYPES[field.type]
  if field.type == "enum" then kind = "datarobot.enum." .. field.enum end
  if field.type == "object" then kind = "datarobot.body." .. field.schema end
  if field.type == "schedule" then kind = "string|datarobot.Schedule|datarobot.body.schedule" end
  if field.type == "list" then
    kind = type_of(field.item)
    if field.item.type == "integer" then kind = "(integer|string)" end -- names of months, "*"
    kind = kind .. "[]"
  end
  return field.nullable and kind .. "|lightuserdata" or kind
end

local function add_enums(out)
  for _, name in ipairs(discovery.names(discovery.enums())) do
    out:blank():add("---@alias datarobot.enum.%s", name)
    for _, word in ipairs(discovery.enums()[name]) do out:add('---| "%s"', word) end
  end
end

local function add_body(out, name, doc, fields)
  out:blank()
  prose(out, doc)
  tag(out, "class datarobot.body." .. name)
  for _, field in ipairs(fields) do
    tag(out, ("field %s%s %s"):format(field.name, field.required and "" or "?", type_of(field)), field.doc)
  end
end

local function add_bodies(out)
  local seen = {}
  local function inner(_, field)
    local holder = field.schema and field or field.item
    if not holder or not holder.schema or seen[holder.schema] then return end
    seen[holder.schema] = true
    add_body(out, holder.schema, field.doc, holder.fields)
  end
  local schemas = discovery.schemas()
  for _, group in ipairs { schemas.kinds, schemas.queries } do
    for _, schema in ipairs(group) do
      add_body(out, schema.name, schema.doc, schema.fields)
      discovery.each_field(schema, inner)
    end
  end
end

local function add_class(out, class)
  out:blank()
  local name = class.type or class.name
  prose(out, class.doc)
  tag(out, "class " .. name .. (class.parent and ": " .. class.parent or ""))
  for _, field in ipairs(class.fields) do
    tag(out, ("field %s%s %s"):format(field.name, field.optional and "?" or "", field.type), field.doc)
  end
end

local function add_function(out, variable, f)
  out:blank()
  prose(out, f.doc)
  for _, p in ipairs(f.params) do
    tag(out, ("param %s%s %s"):format(p.name, p.optional and "?" or "", p.type), p.doc)
  end
  for _, r in ipairs(f.returns) do tag(out, text.join(" ", "return " .. r.type, r.name), r.doc) end
  local names = {}
  for i, p in ipairs(f.params) do names[i] = p.name end
  out:add("function %s%s%s(%s) end", variable, f.separator, f.name, table.concat(names, ", "))
end

local function add_alias(out, alias)
  out:blank():add("---@alias %s", alias.name)
  for _, w in ipairs(alias.words) do out:add("---| %s # %s", w.word, w.doc) end
end

--- The text of the file.
---@param catalogue table
---@return string
return function(catalogue)
  local out = text.writer()
  out:add("---@meta datarobot")
  out:add("-- The types of the module for the Lua language server; %s.", text.GENERATED)
  out:add("-- luacheck: ignore 211 212 241 631 (nothing here is run)")
  for _, alias in ipairs(catalogue.aliases) do add_alias(out, alias) end
  add_enums(out)
  for _, item in ipairs(catalogue.types) do
    if item.name ~= "datarobot.Enums" then add_class(out, item) end
  end
  out:blank():add("---@class datarobot.Enums The legal words by the name of their enumeration; a wrong name raises.")
  for _, name in ipairs(discovery.names(discovery.enums())) do
    out:add("---@field %s datarobot.enum.%s[]", name, name)
  end
  add_bodies(out)
  for _, class in ipairs(catalogue.classes) do
    add_class(out, class)
    out:add("local %s = {}", class.var)
    for _, f in ipairs(class.functions) do add_function(out, class.var, f) end
  end
  out:blank():add("return dr")
  return out:text()
end
