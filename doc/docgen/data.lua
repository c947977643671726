--- lua/datarobot/help/data.lua: the catalogue as a Lua table, for dr.help.
local text = require "doc.docgen.text"

local WIDTH <const> = 100

-- A string as Lua source, broken at blanks where it is long.
local function quoted(s, indent)
  local lines = text.wrap(s, WIDTH - #indent - 8)
  for i, line in ipairs(lines) do
    lines[i] = ("%q"):format(i < #lines and line .. " " or line):gsub("\\\n", "\\n")
  end
  return #lines == 0 and '""' or table.concat(lines, "\n" .. indent .. "    .. ")
end

local function row(out, indent, item, keys)
  local parts = {}
  for _, key in ipairs(keys) do
    local value = item[key]
    if value == true then parts[#parts + 1] = key .. " = true" end
    if type(value) == "string" and value ~= "" then
      parts[#parts + 1] = key .. " = " .. quoted(value, indent .. "  ")
    end
  end
  local line = "{ " .. table.concat(parts, ", ") .. " }"
  if #indent + #line < WIDTH and not line:find "\n" then return out:add("%s%s,", indent, line) end
  out:add("%s{", indent)
  for _, part in ipairs(parts) do out:add("%s  %s,", indent, part) end
  out:add("%s},", indent)
end

local function rows(out, indent, name, items, keys)
  if #items == 0 then return end
  out:add("%s%s = {", indent, name)
  for _, item in ipairs(items) do row(out, indent .. "  ", item, keys) end
  out:add("%s},", indent)
end

local FIELD <const> = { "name", "type", "optional", "doc" }

local function add_function(out, f)
  out:add("        {")
  for _, key in ipairs { "name", "signature", "doc", "rest", "body", "query", "errors" } do
    if f[key] and f[key] ~= "" then out:add("          %s = %s,", key, quoted(f[key], "          ")) end
  end
  rows(out, "          ", "params", f.params, FIELD)
  rows(out, "          ", "returns", f.returns, FIELD)
  out:add("        },")
end

local function add_class(out, class)
  out:add("    {")
  for _, key in ipairs { "name", "type", "doc" } do
    if class[key] and class[key] ~= "" then out:add("      %s = %s,", key, quoted(class[key], "      ")) end
  end
  rows(out, "      ", "fields", class.fields, FIELD)
  if class.functions and #class.functions > 0 then
    out:add("      functions = {")
    for _, f in ipairs(class.functions) do add_function(out, f) end
    out:add("      },")
  end
  out:add("    },")
end

--- The text of the file.
---@param catalogue table
---@return string
return function(catalogue)
  local out = text.writer()
  out:add("--- What is public, for dr.help; %s.", text.GENERATED)
  out:add("-- luacheck: ignore 631 (long lines)")
  out:add("return {")
  out:add("  head = %s,", quoted(catalogue.head, "  "))
  out:add("  classes = {")
  for _, class in ipairs(catalogue.classes) do add_class(out, class) end
  out:add("  },")
  out:add("  types = {")
  for _, item in ipairs(catalogue.types) do add_class(out, item) end
  out:add("  },")
  for _, alias in ipairs(catalogue.aliases) do
    rows(out, "  ", '["' .. alias.name .. '"]', alias.words, { "word", "doc" })
  end
  out:add("}")
  return out:text()
end
