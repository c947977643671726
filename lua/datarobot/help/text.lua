--- The pages of dr.help: each function here makes one, as text for a terminal of 80 columns.
local core = require "datarobot.core"
local data = require "datarobot.help.data"
local discovery = require "datarobot.help.discovery"
local show = require "datarobot.show"

local help_text = {}

local WIDTH <const>, COLUMN <const> = 80, 28

-- {=== lines ===}

-- Markdown of doc comments as plain text.
local function plain(text)
  return (text:gsub("`", ""))
end

local function sentence(text)
  return text:find "[.:!?]$" and text or text .. "."
end

local function first_sentence(text)
  if not text then return "" end
  return sentence(text:match "^(.-%.)%s" or text)
end

local function join(separator, ...)
  local parts = {}
  for i = 1, select("#", ...) do
    local part = select(i, ...)
    if part and part ~= "" then parts[#parts + 1] = part end
  end
  return table.concat(parts, separator)
end

local function wrapped(text, indent)
  local pad = (" "):rep(indent or 0)
  return pad .. table.concat(discovery.wrap(plain(text), WIDTH - #pad), "\n" .. pad)
end

-- Two columns; a long left one has a line of its own.
local function row(left, right)
  left = "  " .. left
  if right == "" then return left end
  local text = wrapped(right, COLUMN)
  if #left >= COLUMN then return left .. "\n" .. text end
  return left .. text:sub(#left + 1)
end

local function section(title, rows)
  if #rows == 0 then return nil end
  return title .. "\n" .. table.concat(rows, "\n")
end

-- {=== pieces ===}

local function type_name(type)
  local name = plain(type:gsub("|nil$", ""):gsub("%?$", ""))
  name = name:gsub("datarobot%.body%.([%w_]+)", 'table "%1"'):gsub("datarobot%.", "")
  return name
end

local function items(list)
  local rows = {}
  for i, item in ipairs(list or {}) do
    local kind = type_name(item.type) .. (item.optional and ", optional" or "")
    rows[i] = row(item.name, join(": ", kind, item.doc))
  end
  return rows
end

local function summaries(functions)
  local rows = {}
  for i, f in ipairs(functions or {}) do rows[i] = row(f.signature, first_sentence(f.doc)) end
  return rows
end

-- Our own types among the parameters, with their members: options and the like.
local function option_sections(f)
  local texts = {}
  for _, p in ipairs(f.params or {}) do
    for _, item in ipairs(data.types) do
      if p.type == item.name then texts[#texts + 1] = help_text.type(item) end
    end
  end
  return table.concat(texts, "\n\n")
end

local function returns_text(f)
  local parts, fails = {}, false
  for i, r in ipairs(f.returns or {}) do
    if i == 2 and r.type == "datarobot.Error?" then
      fails = true
    else
      parts[#parts + 1] = join(" ", join(", ", r.name, type_name(r.type)) .. (r.doc and ":" or ""), r.doc)
    end
  end
  if #parts == 0 then return nil end
  return wrapped("Returns " .. sentence(table.concat(parts, "; and ") .. (fails and "; or nil, err" or "")))
end

local function errors_text(f)
  local err = f.returns and f.returns[2]
  local own = err and err.type == "datarobot.Error?" and err.doc or ""
  local text = join("; ", own, f.errors)
  if f.rest and f.params and text == "" then return nil end
  return text ~= "" and wrapped("Errors: " .. sentence(text)) or nil
end

-- {=== pages ===}

--- A function or method.
---@param f table of help_data
---@return string
function help_text.func(f)
  local rest = f.rest and wrapped(("REST: " .. f.rest))
  return join("\n\n", f.signature, wrapped(sentence(f.doc)),
    join("\n", table.concat(items(f.params), "\n"), returns_text(f), errors_text(f), rest), option_sections(f))
end

--- A table of options or results.
---@param item table of help_data
---@return string
function help_text.type(item)
  local name = item.name:match "[^.]+$"
  return section(item.doc and wrapped(name .. ": " .. item.doc) or name, items(item.fields)) or name
end

--- A member of a table of options or results.
---@param owner string the table's name
---@param field table of help_data
---@return string
function help_text.member(owner, field)
  return join("\n\n", table.concat(items { field }, "\n"), ('A member of %s: dr.help "%s".'):format(owner, owner))
end

--- A class without an object.
---@param class table of help_data
---@return string
function help_text.class(class)
  return join("\n\n", class.type:match "[^.]+$", class.doc and wrapped(sentence(class.doc)),
    section("Fields", items(class.fields)), section("Methods", summaries(class.functions)))
end

-- A value on the rest of a line.
local function value_text(value)
  local text
  if type(value) == "table" and next(value) == nil then
    text = "{}"
  elseif type(value) == "table" and #value > 0 then
    text = ("list of %d"):format(#value)
  elseif type(value) == "table" then
    text = "table: " .. core.words(table.concat(discovery.names(value), ", "))
  else
    text = show.value(value)
  end
  local space = WIDTH - COLUMN
  if utf8.len(text, 1, -1, true) and utf8.len(text, 1, -1, true) <= space then return text end
  local stop = utf8.offset(text, space - 2, 1) or space - 2
  return text:sub(1, stop - 1) .. "..."
end

-- A list refuses pairs.
local function raw_pairs(object)
  if type(object) == "table" then return next, object end
  return pairs(object)
end

-- The fields of an object as they are; docs of known ones are in the class's own page.
local function values(object)
  local fields = {}
  for k, v in raw_pairs(object) do
    if type(k) == "string" and not k:find "^_" then fields[k] = v end
  end
  local rows = {}
  for _, name in ipairs(discovery.names(fields)) do
    local left = "  " .. core.words(name)
    local pad = #left < COLUMN and (" "):rep(COLUMN - #left) or "\n" .. (" "):rep(COLUMN)
    rows[#rows + 1] = left .. pad .. value_text(fields[name])
  end
  return rows
end

--- An object: what it holds, and what can be done with it.
---@param object any
---@param class? table of help_data; nil: a table of a reply
---@return string
function help_text.object(object, class)
  local title = class and tostring(object) or "A table of a reply"
  local readable = type(object) == "table" or getmetatable(object).__pairs
  local kind = class and class.name == "error" and help_text.error_kind(object.kind)
  if kind then title = title .. "\n\n" .. kind end
  return join("\n\n", title, class and not kind and class.doc and wrapped(sentence(class.doc)),
    readable and section("Fields, as they are now", values(object)),
    class and section("Methods", summaries(class.functions)))
end

--- What a kind of error says, or nil when it is none.
---@param word string
---@return string|nil
function help_text.error_kind(word)
  for _, w in ipairs(data["datarobot.ErrorKind"]) do
    if w.word == '"' .. tostring(word) .. '"' then
      return wrapped(("err.kind == %s: %s"):format(w.word, sentence(w.doc)))
    end
  end
end


local function members(fields)
  local rows = {}
  for _, field in ipairs(fields) do
    local allowed = discovery.allowed(field):gsub("; required$", "")
    rows[#rows + 1] = "  " .. field.name .. (field.required and " (required)" or "")
    rows[#rows + 1] = wrapped(allowed, 6)
    if field.doc then rows[#rows + 1] = wrapped(field.doc, 6) end
  end
  return rows
end

local function inner_paths(prefix, fields)
  local paths = {}
  for _, field in ipairs(fields) do
    if field.fields or field.item and field.item.fields then
      paths[#paths + 1] = ('dr.help "%s.%s"'):format(prefix, field.name)
    end
  end
  return #paths > 0 and wrapped("Inside: " .. table.concat(paths, ", ") .. ".") or nil
end

local function senders(name)
  local list = {}
  for _, class in ipairs(data.classes) do
    for _, f in ipairs(class.functions or {}) do
      if f.body == name or f.query == name then list[#list + 1] = f.signature end
    end
  end
  return #list > 0 and wrapped("Taken by " .. table.concat(list, ", ") .. ".") or nil
end

--- A table that can be sent, or the parameters of a list.
---@param schema table of the core
---@return string
function help_text.schema(schema)
  local rules = join(" ", schema.not_empty and "At least one member." or nil,
    schema.read_only and ("Only replies have %s."):format(table.concat(schema.read_only, ", ")) or nil)
  return join("\n\n", wrapped(('The table "%s". %s'):format(schema.name, schema.doc)), senders(schema.name),
    rules ~= "" and wrapped(rules) or nil, section("Members", members(schema.fields)),
    inner_paths(schema.name, schema.fields))
end

--- A member of such a table.
---@param path string in Lua names
---@param field datarobot.Field
---@return string
function help_text.field(path, field)
  local allowed = discovery.allowed(field):gsub("; required$", "")
  local facts = join(", ", "on the wire " .. field.wire, field.required and "required" or "may be left out",
    field.enum and "dr.enums." .. field.enum)
  local inner = field.fields or field.item and field.item.fields
  return join("\n\n", path, wrapped(sentence(allowed)) .. (field.doc and "\n" .. wrapped(field.doc) or ""),
    wrapped("(" .. facts .. ")"), inner and section("Members", members(inner)),
    inner and inner_paths(path, inner))
end

--- An enumeration.
---@param name string
---@param paths string[] where its words are legal
---@return string
function help_text.enum(name, paths)
  return join("\n\n", "dr.enums." .. name, wrapped(discovery.quoted(discovery.enums()[name]), 2),
    wrapped("Legal in " .. table.concat(paths, ", ") .. "."))
end

--- What there is.
---@param dr table the module
---@return string
function help_text.overview(dr)
  local objects, kinds = {}, {}
  for _, class in ipairs(data.classes) do
    if class.name ~= "dr" then objects[#objects + 1] = row(class.name, first_sentence(class.doc)) end
  end
  for _, kind in ipairs(discovery.sent()) do kinds[#kinds + 1] = row(kind.name, first_sentence(kind.doc)) end
  return join("\n\n", dr._VERSION, wrapped(data.head), section("Functions", summaries(data.classes[1].functions)),
    section('Objects: dr.help "client", or dr.help(client)', objects),
    section('Tables that can be sent: dr.help "policy", dr.help "policy.trigger"', kinds),
    wrapped("Legal words: dr.enums." .. table.concat(discovery.names(discovery.enums()), ", ") .. "."))
end

return help_text
