-- The tables and the contract's JSON Schemas say the same, and every field does what its row says.
local contract = require "spec.support.contract"
local dr = require "datarobot"
local schemas = require "datarobot.core".schemas()

local ID <const> = "675c98d9f2e4b4189bff25f5"

local kinds, enums = {}, {}
for _, kind in ipairs(schemas.kinds) do kinds[kind.name] = kind.fields end
for _, enum in ipairs(schemas.enums) do enums[enum.name] = enum.words end

-- The schema of a member without its null, and whether it may be null.
local function split_null(schema)
  schema = contract.follow(schema)
  if schema.anyOf and #schema.anyOf == 2 and schema.anyOf[2].type == "null" then
    return contract.follow(schema.anyOf[1]), true
  end
  local types = schema.type
  if type(types) == "table" then return schema, types[2] == "null" end
  for _, word in ipairs(schema.enum or {}) do
    if word == dr.null then return schema, true end
  end
  return schema, false
end

local function first_type(schema)
  return type(schema.type) == "table" and schema.type[1] or schema.type
end

local function type_of(schema)
  local pattern = schema.pattern or ""
  if schema.enum and math.type(schema.enum[1]) then return "integer" end
  if schema.enum or schema.const then return "enum" end
  if schema.format == "date-time" then return "time" end
  if schema.required and schema.required[5] == "dayOfWeek" then return "schedule" end
  if pattern:find("{24}", 1, true) then return "id" end
  if pattern:sub(1, 2) == "^P" then return "duration" end
  if first_type(schema) == "array" then return "list" end
  if first_type(schema) == "object" then return schema.properties and "object" or "free" end
  return first_type(schema)
end

local function words_of(schema)
  if schema.const then return { schema.const } end
  local words = {}
  for _, word in ipairs(schema.enum) do
    if word ~= dr.null then words[#words + 1] = word end
  end
  return words
end

local compare_fields

-- Objects whose further members the contract leaves open.
local open = {}

local function compare(field, member, where)
  local schema, nullable = split_null(member)
  assert.equal(type_of(schema), field.type, where)
  assert.equal(nullable, field.nullable == true, where .. " nullable")
  assert.equal(schema.minimum, field.min, where .. " minimum")
  -- 64 bits are no limit: no Lua integer is greater.
  local maximum = schema.maximum
  assert.equal(maximum and maximum < 2 ^ 63 and maximum or nil, field.max, where .. " maximum")
  assert.equal(schema.minLength or schema.minItems, field.min_length, where .. " least length")
  assert.equal(schema.maxLength or schema.maxItems, field.max_length, where .. " greatest length")
  if field.type == "integer" then assert.same(schema.enum, field.among, where) end
  if field.type == "enum" then
    assert.same(words_of(schema), field.words, where)
    assert.same(field.words, enums[field.enum], where)
  elseif field.type == "object" then
    if schema.additionalProperties then open[#open + 1] = where end
    compare_fields(field.fields, schema, where)
  elseif field.type == "list" then
    compare(field.item, schema.items, where .. "[]")
  end
end

function compare_fields(fields, schema, where)
  local required, seen = {}, {}
  for _, wire in ipairs(schema.required or {}) do required[wire] = true end
  for _, field in ipairs(fields) do
    local at = where .. "." .. field.wire
    assert.is_table(schema.properties[field.wire], at)
    assert.equal(required[field.wire] == true, field.required == true, at .. " required")
    assert.is_string(field.doc, at)
    compare(field, schema.properties[field.wire], at)
    seen[field.wire] = true
  end
  for wire in pairs(schema.properties) do
    assert.is_true(seen[wire], where .. "." .. wire .. " is not in the tables")
  end
end

describe("the tables of", function()
  for name, kind in pairs(contract.kinds) do
    it(kind .. " are those of " .. name, function()
      compare_fields(kinds[kind], contract.schema(name), kind)
    end)
  end

  it("every body that the contract has, but those named as coming later", function()
    local seen = 0
    for _, name in ipairs(contract.names()) do
      if contract.schema(name).additionalProperties == false then -- requests are strict, replies are open
        assert.not_equal(contract.kinds[name] ~= nil, contract.later[name] == true, name)
        seen = seen + 1
      end
    end
    for name in pairs(contract.later) do assert.is_table(contract.schema(name)) end
    assert.is_true(seen > 10)
  end)

  it("nothing but the known bodies", function()
    local known = {}
    for _, kind in pairs(contract.kinds) do known[kind] = true end
    for kind in pairs(kinds) do assert.is_true(known[kind], kind) end
  end)

  it("an object are closed but where the contract leaves it open", function()
    open = {}
    compare_fields(kinds.settings, contract.schema "deployment-settings-update.json", "settings")
    assert.same({ "settings.predictionWarning" }, open)
    for _, field in ipairs(kinds.settings) do
      if field.type == "object" then
        local t = { [field.name] = { enabled = true, columnNames = field.name == "association_id" and { "a" } or nil } }
        if field.name == "association_id" then t.association_id.enabled = nil end
        assert.is_true(dr.validate("settings", t), field.name)
        t[field.name].no_such_member = 1
        assert.equal(field.name == "prediction_warning", dr.validate("settings", t) == true, field.name)
      end
    end
  end)

  it("a schedule are those of the contract", function()
    local lists
    for _, field in ipairs(kinds.policy) do
      for _, inner in ipairs(field.fields or {}) do
        if inner.type == "schedule" then lists = inner.fields end
      end
    end
    local properties = contract.schema("common.json#/$defs/schedule").properties
    assert.equal(5, #lists)
    for _, field in ipairs(lists) do
      local list = properties[field.wire].anyOf[2]
      local item = list.items.anyOf and list.items.anyOf[1] or list.items
      assert.equal(list.minItems, field.min_length, field.wire)
      assert.equal(list.maxItems, field.max_length, field.wire)
      assert.equal(item.minimum, field.item.min, field.wire)
      assert.equal(item.maximum, field.item.max, field.wire)
    end
  end)
end)

-- {=== every field: absent, null, each edge, beyond each edge, wrong types ===}

local function text(n) return ("é"):rep(n) end

-- Values of a field that are allowed, and values that are not.
local function samples(field)
  local good, bad = {}, { function() end, io.stdout }
  local function add(list, ...) table.move({ ... }, 1, select("#", ...), #list + 1, list) end
  local kind = field.type
  if kind == "string" then
    add(good, text(math.max(field.min_length or 0, 1)), "a\0b")
    if field.max_length then add(good, text(field.max_length)) add(bad, text(field.max_length + 1)) end
    if field.min_length then add(bad, "") else add(good, "") end
    add(bad, 1, true, {}, "\xff")
  elseif kind == "boolean" then
    add(good, true, false)
    add(bad, "true", 1, 0, {})
  elseif field.among then
    for _, n in ipairs(field.among) do add(good, n, n + 0.0) end
    add(bad, field.among[1] - 1, field.among[#field.among] + 1, field.among[1] + 0.5, "1", true, {})
  elseif kind == "integer" or kind == "number" then
    local low, high = field.min or -1, field.max or 1
    add(good, low, high < 2 ^ 53 and high or math.maxinteger, low + 1)
    if field.min then add(bad, field.min - 1) end
    if field.max and high < 2 ^ 53 then add(bad, high + 1) end
    if kind == "integer" then add(bad, low + 0.5, 2 ^ 63) end
    add(bad, tostring(low), true, {}, 0 / 0, 1 / 0, -1 / 0)
  elseif kind == "enum" then
    add(good, table.unpack(field.words))
    add(bad, field.words[1] .. "x", field.words[1]:upper() .. "_", "", 1, true, {})
  elseif kind == "id" then
    add(good, ID, ID:upper())
    add(bad, ID .. "0", ID:sub(2), ID:gsub("^.", "g"), "", 1, true, { id = ID })
  elseif kind == "duration" then
    add(good, "P7D", "PT12H", "P1DT6H", "P1Y2M3W4DT5H6M7.5S")
    add(bad, "P", "PT", "P1DT", "7 days", "p7d", "P7D ", "", 7, true, {})
  elseif kind == "time" then
    add(good, "2024-12-20T09:00:00Z", "2024-12-20T09:00:00.000001Z", "2024-12-20T09:00:00+05:30")
    add(bad, "2024-12-20", "2024-12-20 09:00:00Z", "2024-12-20T09:00:00", "2024-12-20T09:00:00+0530", "", 7, true, {})
  elseif kind == "schedule" then
    add(good, "@daily", "0 9 * * MON")
    add(bad, "@never", "", 5, true, {}, { "*" })
  elseif kind == "list" then
    add(bad, "a", 1, true, { a = 1 }, { [2] = 1 })
    if field.min_length then add(bad, {}) else add(good, {}) end
  elseif kind == "free" then
    add(good, {}, { a = { 1 } })
    add(bad, "a", 1, true, { 1 })
  else
    add(bad, "a", 1, true, { 1 }, { no_such_member = 1 })
  end
  return good, bad
end

-- The least table that the fields allow, without the member `except`.
local function least(fields, except)
  local t = {}
  for _, field in ipairs(fields) do
    if field.required and field ~= except then t[field.name] = samples(field)[1] end
  end
  return t
end

-- Calls `check` for each field at every depth with a function that puts a value there and asks.
local function each_field(kind, fields, wrap, where, check)
  for _, field in ipairs(fields) do
    local path = where .. field.name
    local function ask(value)
      local t = least(fields, field)
      t[field.name] = value
      local ok, err = dr.validate(kind, wrap(t))
      local at = {}
      for _, p in ipairs(not ok and err.problems or {}) do at[#at + 1] = p.path end
      return ok, at
    end
    check(field, path, ask)
    if field.type == "object" then
      local outer = least(fields, field)
      each_field(kind, field.fields, function(t)
        if field.name == "trigger" and t.type == nil then t.type = dr.null end -- a rule across members
        outer[field.name] = t
        return wrap(outer)
      end, path .. ".", check)
    elseif field.type == "list" and field.item.fields then
      local outer = least(fields, field)
      each_field(kind, field.item.fields, function(t)
        outer[field.name] = { t }
        return wrap(outer)
      end, path .. "[1].", check)
    end
  end
end

describe("every field of", function()
  -- Rules across members that a single field breaks.
  local RULES <const> = {
    ["trigger.type"] = { schedule = true },
    ["time_series_options.differencing_method"] = { seasonal = true },
  }

  for _, kind in pairs(contract.kinds) do
    local needs_model = kind == "model_replacement" or kind == "replacement_check"
    local function wrap(t)
      if needs_model and not t.model_id and not t.model_package_id then t.model_id = ID end
      return t
    end

    it(kind .. " keeps to its row", function()
      each_field(kind, kinds[kind], needs_model and wrap or function(t) return t end, "", function(field, path, ask)
        if needs_model and field.name == "model_id" then return end
        local good, bad = samples(field)
        for _, value in ipairs(good) do
          local ok, at = ask(value)
          local exempt = RULES[path] and RULES[path][value]
          assert.equal(not exempt, ok == true, ("%s = %q: %s"):format(path, tostring(value), at[1]))
        end
        for i, value in ipairs(bad) do
          local ok, at = ask(value)
          assert.is_nil(ok, ("%s accepts wrong value %d"):format(path, i))
          assert.equal(path, at[1]:sub(1, #path), path)
        end
        assert.equal(field.nullable == true, ask(dr.null) == true, path .. " = dr.null")
        local ok, at = ask(nil)
        if field.required then assert.equal(path, at[1]) end
        if not ok and not field.required then assert.equal("", at[1], path .. " absent") end
      end)
    end)
  end
end)
