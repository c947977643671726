--- doc/reference/*.md: one page for each class and each table that can be sent.
local discovery = require "datarobot.help.discovery"
local text = require "doc.docgen.text"

local WIDTH <const> = 80

-- "RetrainingPolicy" -> "Retraining policy"
local function title_of(class)
  return (class.title:gsub("(%l)(%u)", function(a, b) return a .. " " .. b:lower() end))
end

local function class_page(name)
  return name:gsub("_", "-") .. ".md"
end

-- {=== types as links ===}

-- Where each type is documented: classes, bodies that are kinds or queries, further types.
local function pages_of_types(catalogue)
  local pages = { ["datarobot.Enums"] = "enums.md", ["datarobot.ErrorKind"] = "error.md#kinds" }
  for _, class in ipairs(catalogue.classes) do pages[class.type] = class_page(class.name) end
  for _, item in ipairs(catalogue.types) do
    pages[item.name] = pages[item.name] or "types.md#" .. item.name:match "[^.]+$":lower()
  end
  for _, alias in ipairs(catalogue.aliases) do
    pages[alias.name] = pages[alias.name] or "types.md#" .. alias.name:match "[^.]+$":lower()
  end
  for _, kind in ipairs(discovery.schemas().kinds) do
    pages["datarobot.body." .. kind.name] = "bodies/" .. class_page(kind.name)
  end
  for _, query in ipairs(discovery.schemas().queries) do
    pages["datarobot.body." .. query.name] = "queries.md#" .. query.name
  end
  return pages
end

local pages

-- A type for people: our names as links, "nil" and "?" left to the sentence.
local function type_text(type, base)
  local plain = type:gsub("|nil$", ""):gsub("%?$", "")
  local name, list = plain:match "^(datarobot[%w_.]*)(%[?%]?)$"
  local page = name and pages[name]
  if not page then return "`" .. plain:gsub("datarobot%.body%.", ""):gsub("datarobot%.", "") .. "`" end
  return ("[`%s%s`](%s%s)"):format(name:match "[^.]+$", list, base, page)
end

-- {=== functions ===}

-- Parameters or fields, one an item.
local function add_items(out, items)
  for _, item in ipairs(items) do
    local line = ("`%s` (%s%s)"):format(item.name, type_text(item.type, ""), item.optional and ", optional" or "")
    text.paragraph(out, text.join(" ", line, text.sentence(item.doc)), WIDTH, "- ", "  ")
  end
  out:blank()
end

local function add_returns(out, f)
  local parts = {}
  local fails = #f.returns == 2 and f.returns[2].type:find "datarobot.Error" ~= nil
  for i, r in ipairs(f.returns) do
    if not (fails and i == 2 and r.type == "datarobot.Error?") then
      local words = r.name == "" and type_text(r.type, "") or ("`%s` (%s)"):format(r.name, type_text(r.type, ""))
      parts[#parts + 1] = text.join(" ", words, r.doc)
    end
  end
  if #parts == 0 then return end
  local words = "**Returns** " .. table.concat(parts, "; and ")
  if fails then words = words .. "; or `nil, err`" end
  text.paragraph(out, text.sentence(words), WIDTH, "")
  out:blank()
end

local function add_errors(out, f)
  local err = f.returns[2]
  local words = err and err.type == "datarobot.Error?" and err.doc or ""
  if f.errors then words = text.join("; ", words, f.errors) .. (words .. f.errors == "" and "" or "; and ")
    .. "those of [every request](error.md#kinds)" end
  if words == "" then return end
  text.paragraph(out, "**Errors** " .. text.sentence(words), WIDTH, "")
  out:blank()
end

local function add_function(out, f)
  out:blank():add("### %s", f.name):blank():add("```lua"):add("%s", f.signature):add("```"):blank()
  text.paragraph(out, text.sentence(f.doc), WIDTH, "")
  out:blank()
  add_items(out, f.params)
  add_returns(out, f)
  add_errors(out, f)
  if f.rest then
    text.paragraph(out, ("**REST** `%s`"):format(f.rest), WIDTH, "")
    out:blank()
  end
end

local function first_sentence(doc)
  return doc:match "^(.-%.)%s" or doc
end

local function add_words(out, alias)
  for _, w in ipairs(alias.words) do
    text.paragraph(out, ("`%s` %s"):format(w.word:gsub('"', ""), text.sentence(w.doc)), WIDTH, "- ", "  ")
  end
end

local function add_kinds_of_error(out, catalogue)
  out:blank():add("## Kinds"):blank()
  text.paragraph(out, "A wrong call raises; everything that the world or data can do is `nil, err`. Every "
    .. "request can end with any of these kinds but `config`.", WIDTH, "")
  out:blank()
  add_words(out, catalogue.aliases["datarobot.ErrorKind"])
end

local function class_text(class, catalogue)
  local out = text.writer()
  out:add("<!-- %s -->", text.GENERATED):blank():add("# %s", title_of(class)):blank()
  text.paragraph(out, text.sentence(class.name == "dr" and catalogue.head or class.doc), WIDTH, "")
  out:blank()
  if #class.functions > 0 then
    for _, f in ipairs(class.functions) do
      text.paragraph(out, ("[`%s`](#%s) %s"):format(f.name, f.name, first_sentence(text.sentence(f.doc))),
        WIDTH, "- ", "  ")
    end
  end
  if #class.fields > 0 then
    out:blank():add("## Fields"):blank()
    add_items(out, class.fields)
  end
  if class.parent and pages[class.parent] then
    text.paragraph(out, "And the members of " .. type_text(class.parent, "") .. ".", WIDTH, "")
    out:blank()
  end
  if #class.functions > 0 then
    out:blank():add(class.name == "dr" and "## Functions" or "## Methods")
    for _, f in ipairs(class.functions) do add_function(out, f) end
  end
  if class.name == "error" then add_kinds_of_error(out, catalogue) end
  return out:text()
end

-- {=== tables that can be sent ===}

local FILLS <const> = {
  ["false"] = "Filled in: `false`.", null = "Filled in: `dr.null`.",
  daily = "Filled in for the health types: daily at 0:00.",
}

-- What is allowed, with words and the names of this language as code.
local function allowed_text(field)
  local words = discovery.allowed(field):gsub("; required$", "")
  local names = words:match ": ([%w_, ]+)$"
  if names and (field.fields or field.item and field.item.fields) and field.type ~= "schedule" then
    words = words:sub(1, -#names - 3)
  end
  return (words:gsub('"[^"]*"', "`%0`"):gsub("dr%.null", "`dr.null`"):gsub("dr%.schedule",
    "[`dr.schedule`](../dr.md)"))
end

local function add_members(out, fields, base, prefix)
  for _, field in ipairs(fields) do
    local head = ("**`%s`**%s"):format(field.name, field.required and " (required)" or "")
    local place = (prefix .. field.name):gsub("%.", "")
    local allowed = allowed_text(field):gsub("%.%./", base)
    if field.fields or field.item and field.item.fields then
      allowed = allowed:gsub("table", "[table](#" .. place .. ")", 1)
    end
    text.paragraph(out, text.join(": ", head, text.sentence(allowed)), WIDTH, "- ", "  ")
    local more = text.join(" ", field.doc and text.sentence(field.doc), field.fill and FILLS[field.fill])
    if more ~= "" then
      out:blank()
      text.paragraph(out, more, WIDTH, "  ")
    end
    out:blank()
  end
end

local function add_inner(out, schema, base)
  discovery.each_field(schema, function(path, field)
    local fields = field.fields or field.item and field.item.fields
    if not fields then return end
    out:blank():add("## `%s`", path:match "%.(.*)$"):blank()
    if field.item then
      text.paragraph(out, "Each element of the list:", WIDTH, "")
      out:blank()
    end
    add_members(out, fields, base, path:match "%.(.*)$" .. ".")
  end)
end

local function users_of(name, catalogue, key)
  local users = {}
  for _, class in ipairs(catalogue.classes) do
    for _, f in ipairs(class.functions) do
      if f[key] == name then
        users[#users + 1] = ("[`%s`](../%s#%s)"):format(f.signature, class_page(class.name), f.name)
      end
    end
  end
  return users
end

local function rules_of(schema)
  return text.join(" ", schema.not_empty and "At least one member." or nil,
    schema.open and "Further members are passed on." or nil,
    schema.read_only and ("Only replies have `%s`."):format(table.concat(schema.read_only, "`, `")) or nil)
end

local function body_text(schema, catalogue)
  local out = text.writer()
  out:add("<!-- %s -->", text.GENERATED):blank():add("# The table `%s`", schema.name):blank()
  text.paragraph(out, schema.doc, WIDTH, "")
  out:blank()
  local users = users_of(schema.name, catalogue, "body")
  if #users > 0 then
    text.paragraph(out, "Sent by " .. table.concat(users, ", ") .. ".", WIDTH, "")
    out:blank()
  end
  text.paragraph(out, ("Checked without a request by `dr.validate(\"%s\", t)`. Names may also be spelt as on the "
    .. "wire, so a body of the REST documentation can be pasted."):format(schema.name), WIDTH, "")
  out:blank()
  if rules_of(schema) ~= "" then
    text.paragraph(out, rules_of(schema), WIDTH, "")
    out:blank()
  end
  add_members(out, schema.fields, "../", "")
  add_inner(out, schema, "../")
  return out:text()
end

-- {=== the other pages ===}

local function types_text(catalogue)
  local out = text.writer()
  out:add("<!-- %s -->", text.GENERATED):blank():add("# Tables of options and results")
  for _, item in ipairs(catalogue.types) do
    if #item.fields > 0 then
      out:blank():add("## %s", item.name:match "[^.]+$"):blank()
      local more = item.parent and "All of " .. type_text(item.parent, "") .. ", and:" or ""
      local words = text.join(" ", text.sentence(item.doc), more)
      if words ~= "" then text.paragraph(out, words, WIDTH, "") end
      out:blank()
      add_items(out, item.fields)
    end
  end
  for _, alias in ipairs(catalogue.aliases) do
    if pages[alias.name]:find "^types" then
      out:blank():add("## %s", alias.name:match "[^.]+$"):blank()
      add_words(out, alias)
    end
  end
  return out:text()
end

local function queries_text()
  local out = text.writer()
  out:add("<!-- %s -->", text.GENERATED):blank():add("# Parameters of lists"):blank()
  text.paragraph(out, "The optional table of the methods that return a [list](list.md).", WIDTH, "")
  for _, query in ipairs(discovery.schemas().queries) do
    out:blank():add("## %s", query.name):blank()
    text.paragraph(out, query.doc, WIDTH, "")
    out:blank()
    add_members(out, query.fields, "", "")
  end
  return out:text()
end

local function enums_text()
  local out = text.writer()
  out:add("<!-- %s -->", text.GENERATED):blank():add("# Enumerations"):blank()
  text.paragraph(out, "`dr.enums.NAME` is the list of the legal words; a wrong name raises.", WIDTH, "")
  local where = {}
  for _, group in ipairs { discovery.schemas().kinds, discovery.schemas().queries } do
    for _, schema in ipairs(group) do
      discovery.each_field(schema, function(path, field)
        local name = field.enum or field.item and field.item.enum
        if name then where[name] = text.join(", ", where[name], "`" .. path .. "`") end
      end)
    end
  end
  for _, name in ipairs(discovery.names(discovery.enums())) do
    out:blank():add("## %s", name):blank()
    local words = discovery.quoted(discovery.enums()[name]):gsub('"[^"]*"', "`%0`")
    text.paragraph(out, words .. ".", WIDTH, "")
    out:blank()
    text.paragraph(out, "Legal in " .. where[name] .. ".", WIDTH, "")
  end
  return out:text()
end

local function index_text(catalogue)
  local out = text.writer()
  out:add("<!-- %s -->", text.GENERATED):blank():add("# Reference"):blank()
  text.paragraph(out, catalogue.head, WIDTH, "")
  out:blank()
  text.paragraph(out, "The same at the prompt: `print(dr.help())`, `print(dr.help(policy))`, "
    .. "`print(dr.help \"policy.trigger\")`.", WIDTH, "")
  out:blank():add("## Objects"):blank()
  for _, class in ipairs(catalogue.classes) do
    local doc = class.name == "dr" and "`require \"datarobot\"`." or first_sentence(text.sentence(class.doc))
    text.paragraph(out, ("[%s](%s): %s"):format(title_of(class), class_page(class.name), doc), WIDTH, "- ", "  ")
  end
  out:add("- [Tables of options and results](types.md)")
  out:blank():add("## Tables that can be sent"):blank()
  for _, kind in ipairs(discovery.sent()) do
    text.paragraph(out, ("[`%s`](bodies/%s): %s"):format(kind.name, class_page(kind.name), kind.doc), WIDTH, "- ", "  ")
  end
  out:add("- [Parameters of lists](queries.md)"):add("- [Enumerations](enums.md)")
  out:blank():add("## REST operations"):blank()
  text.paragraph(out, "DataRobot documents those of retraining policies at", WIDTH, "")
  out:add("<https://docs.datarobot.com/en/docs/api/reference/public-api/mitigation_retraining.html>"):blank()
  for _, operation in ipairs(discovery.schemas().operations) do
    text.paragraph(out, ("`%s %s`: %s"):format(operation.method, operation.named_path, operation.doc),
      WIDTH, "- ", "  ")
  end
  return out:text()
end

--- All pages.
---@param catalogue table
---@return table<string, string> files text by path
return function(catalogue)
  pages = pages_of_types(catalogue)
  local root, files = "doc/reference/", {}
  for _, class in ipairs(catalogue.classes) do files[root .. class_page(class.name)] = class_text(class, catalogue) end
  for _, kind in ipairs(discovery.schemas().kinds) do
    files[root .. "bodies/" .. class_page(kind.name)] = body_text(kind, catalogue)
  end
  files[root .. "types.md"] = types_text(catalogue)
  files[root .. "queries.md"] = queries_text()
  files[root .. "enums.md"] = enums_text()
  files[root .. "README.md"] = index_text(catalogue)
  return files
end
