--- What is public: classes with their functions and fields, from doc comments and the core's operations.
local comments = require "doc.docgen.comments"
local core = require "datarobot.core"
local discovery = require "datarobot.help.discovery"

-- Classes that stand for nothing the server has; `owners` are the names by which sources call the class.
local MODULE <const> = { name = "dr", type = "datarobot", title = "The module", var = "dr", owners = { "dr" } }
local OTHERS <const> = {
  { name = "list", title = "List", var = "list", owners = { "List", "list" } },
  { name = "response", title = "Response", var = "response", owners = { "response" } },
  { name = "error", title = "Error", var = "err", owners = { "error" } },
  { name = "plan", title = "Plan", var = "plan", owners = { "plan" } },
  { name = "schedule", title = "Schedule", var = "schedule", owners = { "schedule", "Schedule" } },
}

-- All in the order of the reference; `table` is the class's name in core.classes, `ids` are those that an object brings
-- to the path of an operation.
local function all_classes()
  local list = { MODULE }
  for _, row in ipairs(discovery.schemas().classes) do
    list[#list + 1] = {
      name = row.name, title = row.title, var = row.variable, table = row.name, ids = row.ids,
      owners = { row.name, row.variable, row.ids > 0 and "object" or nil },
    }
  end
  table.move(OTHERS, 1, #OTHERS, #list + 1, list)
  for _, class in ipairs(list) do
    list[class.name] = class
    class.type = class.type or "datarobot." .. class.title
  end
  return list
end

-- What has a page of its own, or is generated.
local OTHER_PAGES <const> = { "lua/datarobot/sandbox/", "lua/datarobot/loop/", "lua/datarobot/help/data.lua" }

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function sources(folder, ending)
  local list = {}
  local pipe <close> = assert(io.popen(("find '%s' -name '*%s'"):format(folder, ending)))
  for path in pipe:lines() do
    local documented = true
    for _, other in ipairs(OTHER_PAGES) do documented = documented and not path:find(other, 1, true) end
    if documented then list[#list + 1] = path end
  end
  table.sort(list)
  assert(#list > 0, folder .. " has no sources; run in the root of the checkout")
  return list
end

-- {=== functions from operations ===}

-- Type and variable of a reply: an object's are those of its class.
local function reply_of(operation)
  local class = all_classes()[operation.reply]
  if class then return class.type, class.name == "response" and "reply" or class.var end
  return operation.reply or "true", operation.reply and "t" or "done"
end

-- "deployments/{}/settings/" with names, as the REST documentation has them.
local function named_path(path)
  local last
  return (path:gsub("([^/]+)/", function(part)
    if part ~= "{}" then
      last = part
      return part .. "/"
    end
    local singular = last:gsub("ies$", "y"):gsub("([^su])s$", "%1")
    return "{" .. singular .. "Id}/"
  end))
end

local function ids_of(path)
  return select(2, path:gsub("{}", ""))
end

local function parameters_of(operation, class)
  local list = {}
  for _ = (class.ids or 0) + 1, ids_of(operation.path) do
    list[#list + 1] = { name = "id", type = "string", doc = "24 hexadecimal digits" }
  end
  if operation.body then list[#list + 1] = { name = "t", type = "datarobot.body." .. operation.body, doc = "" } end
  if operation.query then
    list[#list + 1] = { name = "query", optional = true, type = "datarobot.body." .. operation.query,
      doc = "which of them; read at the first page" }
  end
  if operation.reply ~= "list" then
    list[#list + 1] = { name = "o", optional = true, type = "datarobot.CallOptions", doc = "" }
  end
  return list
end

-- What those operations reply whose reply is a plain table; documented in replies.lua.
local REPLIES <const> = {
  whoami = "datarobot.Account", version = "datarobot.Version", get_settings = "datarobot.DeploymentSettings",
  get_retraining_settings = "datarobot.RetrainingSettings", get_health_settings = "datarobot.HealthSettings",
  get_challenger_replay_settings = "datarobot.ReplaySettings",
}

local function returns_of(operation)
  if operation.reply == "list" then
    local item = all_classes()[operation.item]
    local items = (item and item.var or operation.item):gsub("y$", "ie") .. "s"
    return { { type = "datarobot.List", name = "list", doc = "of " .. items .. "; sends nothing before it is read" } }
  end
  local kind, name = reply_of(operation)
  kind = REPLIES[operation.name] or kind
  return {
    { type = kind .. "|nil", name = name, doc = "" },
    { type = "datarobot.Error?", name = "err", doc = "" },
  }
end

-- The kinds of error that an operation adds to those of every request.
local function kinds_of(operation, doc, params)
  if operation.reply == "list" then return nil end
  local kinds, has_id, has_table = {}, params[1] and params[1].name == "id", false
  for _, p in ipairs(params) do has_table = has_table or p.name == "t" end
  local function add(applies, kind, why)
    if applies and not doc:find("`" .. kind .. "`", 1, true) then kinds[#kinds + 1] = ("`%s` %s"):format(kind, why) end
  end
  add(has_id, "validation", "when the id is not 24 hexadecimal digits (nothing is sent then)")
  add(has_table, "validation", "when there is a mistake in the table (nothing is sent then)")
  add(operation.retry == "unsafe", "ambiguous", "when the answer was lost")
  return table.concat(kinds, "; ")
end

-- Completes a documented function by its operation.
local function complete(f, class)
  local operation = f.operation and discovery.schemas().operations[f.operation]
  assert(operation or not f.operation, f.name .. ": unknown operation " .. tostring(f.operation))
  if not operation then return f end
  if f.doc == "" then f.doc = operation.doc end
  if #f.params == 0 then f.params = parameters_of(operation, class) end
  if #f.returns == 0 then f.returns = returns_of(operation) end
  f.rest = operation.method .. " " .. named_path(operation.path)
  f.body, f.query = operation.body, operation.query
  f.errors = kinds_of(operation, f.returns[2] and f.returns[2].doc or "", f.params)
  return f
end

-- {=== the catalogue ===}

local function signature_of(class, f)
  if f.arguments then return class.var .. f.separator .. f.name .. f.arguments end
  local text, depth = "", 0
  for i, p in ipairs(f.params) do
    local comma = i > 1 and ", " or ""
    text = text .. (p.optional and "[" .. comma or comma) .. p.name
    if p.optional then depth = depth + 1 end
  end
  return class.var .. f.separator .. f.name .. "(" .. text .. ("]"):rep(depth) .. ")"
end

local function collect()
  local functions, types, aliases, head = {}, {}, {}, nil
  local function emit(kind, item)
    if kind == "function" then
      functions[item.owner] = functions[item.owner] or {}
      table.insert(functions[item.owner], item)
    elseif kind == "class" then
      assert(not types[item.name] or #item.fields == 0 or #types[item.name].fields == 0, item.name .. " twice")
      types[#types + 1] = item
      types[item.name] = item
    else
      aliases[#aliases + 1] = item
      aliases[item.name] = item
    end
  end
  for _, path in ipairs(sources("lua/datarobot", ".lua")) do
    local text = comments.lua(read(path), emit)
    if path == "lua/datarobot/init.lua" then head = text end
  end
  comments.lua(read "doc/docgen/replies.lua", emit)
  for _, path in ipairs(sources("src/bind", ".c")) do comments.c(read(path), emit) end
  return functions, types, aliases, head
end

local function copy(t)
  local c = {}
  for k, v in pairs(t) do c[k] = v end
  return c
end

local function add_functions(class, documented)
  local methods = class.table and core.classes[class.table]
  for _, owner in ipairs(class.owners) do
    for _, f in ipairs(documented[owner] or {}) do
      local method = f.separator == ":" or class.name == "dr" -- List.new is nobody's business
      if method and (owner ~= "object" or methods and methods[f.name]) then class.functions[f.name] = copy(f) end
    end
  end
  for _, method in ipairs(discovery.schemas().methods) do
    if method.class == class.name then
      class.functions[method.name] = {
        name = method.name, operation = method.operation, doc = method.doc or "", params = {}, returns = {},
      }
    end
  end
  for _, name in ipairs(discovery.names(class.functions)) do
    local f = complete(class.functions[name], class)
    f.separator = f.separator or ":"
    f.signature = signature_of(class, f)
    class.functions[#class.functions + 1] = f
  end
end

--- Everything that is public.
---@return table catalogue { head, classes, types, aliases }: classes and types as lists and by name
return function()
  local documented, types, aliases, head = collect()
  local classes = {}
  for _, class in ipairs(all_classes()) do
    local type_of = types[class.type]
    class.functions = {}
    class.doc, class.fields = type_of and type_of.doc or "", type_of and type_of.fields or {}
    class.parent = type_of and type_of.parent
    add_functions(class, documented)
    if #class.functions > 0 or type_of then
      classes[#classes + 1], classes[class.name] = class, class
    end
  end
  local others = {}
  for _, item in ipairs(types) do
    local is_class = false
    for _, class in ipairs(classes) do is_class = is_class or class.type == item.name end
    if not is_class then others[#others + 1] = item end
  end
  for _, operation in ipairs(discovery.schemas().operations) do operation.named_path = named_path(operation.path) end
  return { head = head, classes = classes, types = others, aliases = aliases }
end
