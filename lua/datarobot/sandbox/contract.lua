--- Checks a body against the JSON Schemas of the REST contract (contract/*.json): exactly the keywords which those
-- files use, every fault with its place. Written because no JSON Schema library for Lua 5.4 is packaged.

local json = require "datarobot.sandbox.json"

local found, rex = pcall(require, "rex_pcre2")
if not found then
  error("the sandbox needs rex_pcre2 (Debian: lua-rex-pcre2, LuaRocks: lrexlib-pcre2): " .. tostring(rex), 0)
end

local contract = {}

local FLAGS = rex.flags().UTF | rex.flags().DOLLAR_ENDONLY

local _, this_file = ...
local folder = tostring(this_file):gsub("%.lua$", "/")

local files = {} -- file name -> schema
local patterns = {} -- pattern -> compiled

local function load_file(name)
  if not files[name] then
    local handle = assert(io.open(folder .. name, "rb"))
    local text = handle:read "a"
    handle:close()
    files[name] = assert(json.decode(text))
  end
  return files[name]
end

-- Every reference is "file.json" or "file.json#/a/b", relative to the one folder.
local function resolve(reference)
  local file, pointer = reference:match "^([^#]+)#?(.*)$"
  local schema = load_file(file)
  for step in pointer:gmatch "[^/]+" do schema = schema[step] end
  return schema
end

local function compiled(pattern)
  patterns[pattern] = patterns[pattern] or rex.new(pattern, FLAGS)
  return patterns[pattern]
end

local function is_object(value)
  return type(value) == "table" and not json.is_list(value)
end

local function is_integer(value)
  return math.type(value) == "integer" or math.type(value) == "float" and value % 1 == 0
end

local TYPES = {
  null = function(v) return v == json.null end,
  boolean = function(v) return type(v) == "boolean" end,
  string = function(v) return type(v) == "string" end,
  number = function(v) return type(v) == "number" end,
  integer = is_integer,
  array = json.is_list,
  object = is_object,
}

local function has_type(value, wanted)
  if type(wanted) == "string" then return TYPES[wanted](value) end
  for _, name in ipairs(wanted) do
    if TYPES[name](value) then return true end
  end
  return false
end

local function words(list)
  local texts = {}
  for i, word in ipairs(list) do texts[i] = type(word) == "string" and word or json.encode(word) end
  return table.concat(texts, ", ")
end

local check

-- A body has no more faults than this, so that its size alone does not make the answer slow.
local MOST_FAULTS = 100

local function is_full(faults)
  return #faults >= MOST_FAULTS
end

-- Faults are { path = list of names and numbers from 0, message = text }.
local function report(faults, path, message)
  if is_full(faults) then return end
  faults[#faults + 1] = { path = table.move(path, 1, #path, 1, {}), message = message }
end

local function report_at(faults, path, step, message)
  path[#path + 1] = step
  report(faults, path, message)
  path[#path] = nil
end

local function check_at(faults, schema, value, path, step)
  path[#path + 1] = step
  check(faults, schema, value, path)
  path[#path] = nil
end

local function faults_of(schema, value, path)
  local faults = {}
  check(faults, schema, value, path)
  return faults
end

local function dotted(path)
  return table.concat(path, ".")
end

-- Of the forms a value may take, the one that was probably meant: of those with the value's type the one with the
-- fewest faults.
local function nearest(attempts, depth)
  local best, best_rank
  for _, faults in ipairs(attempts) do
    local wrong_kind = #faults == 1 and #faults[1].path == depth and faults[1].of_type
    local rank = wrong_kind and math.huge or #faults
    if not best or rank <= best_rank and rank < math.huge then best, best_rank = faults, rank end
  end
  return best
end

-- Whether another form accepts a place that this one refuses: then the value mixes forms.
local function is_mixed(attempts, best, depth)
  for _, other in ipairs(attempts) do
    local refused, below = {}, false
    for _, fault in ipairs(other) do
      refused[dotted(fault.path)] = true
      below = below or #fault.path > depth
    end
    for _, fault in ipairs(other ~= best and below and best or {}) do
      if not refused[dotted(fault.path)] then return true end
    end
  end
  return false
end

local function check_any(faults, forms, value, path)
  local attempts = {}
  for i, form in ipairs(forms) do
    attempts[i] = faults_of(form, value, path)
    if #attempts[i] == 0 then return end
  end
  local best = nearest(attempts, #path)
  if is_mixed(attempts, best, #path) then report(faults, path, "mixes two forms of which only one may be used") end
  table.move(best, 1, #best, #faults + 1, faults)
end

local function check_one(faults, forms, value, path)
  local matches = 0
  for _, form in ipairs(forms) do
    if #faults_of(form, value, path) == 0 then matches = matches + 1 end
  end
  if matches ~= 1 then
    report(faults, path, matches == 0 and "none of the alternatives is given" or "alternatives exclude each other")
  end
end

local function count(object)
  local n = 0
  for _ in pairs(object) do n = n + 1 end
  return n
end

local function has_repeats(list)
  local seen = {}
  for _, item in ipairs(list) do
    local text = json.encode(item)
    if seen[text] then return true end
    seen[text] = true
  end
  return false
end

local function check_members(faults, schema, value, path)
  for name, member in pairs(value) do
    if is_full(faults) then return end
    local known = schema.properties and schema.properties[name]
    if known then
      check_at(faults, known, member, path, name)
    elseif schema.additionalProperties == false then
      report_at(faults, path, name, "is not a known field")
    end
  end
end

-- Keyword -> check. KIND says for which values a keyword speaks; the others speak for all.
local KEYWORDS = {
  enum = function(faults, legal, value, path)
    for _, word in ipairs(legal) do
      if word == value then return end
    end
    report(faults, path, "must be one of: " .. words(legal))
  end,
  const = function(faults, legal, value, path)
    if value ~= legal then report(faults, path, "must be " .. words { legal }) end
  end,
  allOf = function(faults, forms, value, path)
    for _, form in ipairs(forms) do check(faults, form, value, path) end
  end,
  anyOf = check_any,
  oneOf = check_one,
  required = function(faults, names, value, path)
    for _, name in ipairs(names) do
      if value[name] == nil then report_at(faults, path, name, "is required") end
    end
  end,
  minProperties = function(faults, least, value, path)
    if count(value) < least then report(faults, path, "must have at least " .. least .. " field(s)") end
  end,
  items = function(faults, schema, value, path)
    for i, item in ipairs(value) do
      if is_full(faults) then return end
      check_at(faults, schema, item, path, i - 1)
    end
  end,
  minItems = function(faults, least, value, path)
    if #value < least then report(faults, path, "must have at least " .. least .. " element(s)") end
  end,
  maxItems = function(faults, most, value, path)
    if #value > most then report(faults, path, "must have at most " .. most .. " element(s)") end
  end,
  uniqueItems = function(faults, wanted, value, path)
    if wanted and has_repeats(value) then report(faults, path, "must not repeat an element") end
  end,
  minLength = function(faults, least, value, path)
    if utf8.len(value) < least then report(faults, path, "must have at least " .. least .. " character(s)") end
  end,
  maxLength = function(faults, most, value, path)
    if utf8.len(value) > most then report(faults, path, "must have at most " .. most .. " characters") end
  end,
  pattern = function(faults, pattern, value, path)
    if not compiled(pattern):find(value) then report(faults, path, "does not have the expected form") end
  end,
  format = function(faults, _, value, path) -- date-time alone is used
    if not compiled [[^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$]]:find(value) then
      report(faults, path, "is not an RFC 3339 time")
    end
  end,
  minimum = function(faults, least, value, path)
    if value < least then report(faults, path, "must be at least " .. least) end
  end,
  maximum = function(faults, most, value, path)
    if value > most then report(faults, path, "must be at most " .. most) end
  end,
}

local KIND = {
  required = "object", minProperties = "object", items = "array", minItems = "array", maxItems = "array",
  uniqueItems = "array", minLength = "string", maxLength = "string", pattern = "string", format = "string",
  minimum = "number", maximum = "number",
}

function check(faults, schema, value, path)
  if schema["$ref"] then check(faults, resolve(schema["$ref"]), value, path) end
  if schema.type and not has_type(value, schema.type) then
    report(faults, path, "must be of type " .. (type(schema.type) == "string" and schema.type or words(schema.type)))
    faults[#faults].of_type = true
    return
  end
  for keyword, argument in pairs(schema) do
    local test, kind = KEYWORDS[keyword], KIND[keyword]
    if test and (not kind or TYPES[kind](value)) then test(faults, argument, value, path) end
  end
  if is_object(value) then check_members(faults, schema, value, path) end
  if schema["if"] and #faults_of(schema["if"], value, path) == 0 then check(faults, schema["then"], value, path) end
end

--- Checks a value against a schema of the contract.
-- @param name file name such as "retraining-policy-create.json"
-- @param value as json.decode gives it
-- @return list of faults { path = "trigger.schedule.hour.0", message = text }, empty when there is none, in the order
-- of the paths, each path once; indices count from 0, the path of the whole body is ""
function contract.check(name, value)
  local by_path, result = {}, {}
  for _, fault in ipairs(faults_of({ ["$ref"] = name }, value, {})) do
    local path = dotted(fault.path)
    local same = by_path[path]
    if not same then
      by_path[path] = { path = path, message = fault.message }
      result[#result + 1] = by_path[path]
    elseif not same.message:find(fault.message, 1, true) then
      same.message = same.message .. "; " .. fault.message
    end
  end
  table.sort(result, function(a, b) return a.path < b.path end)
  return result
end

return contract
