-- dr.enums and dr.fields: the tables of the core as values.
local cjson = require "cjson"
local dr = require "datarobot"

local KINDS <const> = {
  policy = "retraining-policy-create", policy_update = "retraining-policy-update",
  retraining_settings = "retraining-settings-update", settings = "deployment-settings-update",
  model_replacement = "model-replacement", replacement_check = "model-replacement-check",
  challenger = "challenger-create", challenger_update = "challenger-update", run_update = "retraining-run-update",
  deployment_update = "deployment-update", deployment_status_update = "deployment-status-update",
  challenger_replay = "challenger-score", replay_settings = "challenger-replay-settings-update",
  health_settings = "health-settings-update",
}

local function contract(name)
  local file <close> = assert(io.open("lua/datarobot/sandbox/contract/" .. name .. ".json"))
  return cjson.decode(file:read "a")
end

local function by_name(fields)
  local map = {}
  for _, field in ipairs(fields) do map[field.name] = field end
  return map
end

local function sorted(t)
  local keys = {}
  for k in pairs(t) do keys[#keys + 1] = k end
  table.sort(keys)
  return keys
end

describe("dr.enums", function()
  it("lists the legal words and prints them", function()
    assert.same({ "create_challenger", "create_model_package", "model_replacement" },
      table.move(dr.enums.action, 1, #dr.enums.action, 1, {}))
    assert.equal('"create_challenger", "create_model_package", "model_replacement"', tostring(dr.enums.action))
    assert.equal(dr.enums.action, dr.enums.action)
    assert.matches('\ntrigger_type\n    "schedule", "data_drift_decline"', tostring(dr.enums))
  end)

  it("can be walked", function()
    local names = {}
    for name, words in pairs(dr.enums) do
      assert.is_true(#words > 0, name)
      names[name] = true
    end
    for _, name in ipairs { "action", "metric", "trigger_type", "time_unit", "deployment_order" } do
      assert.is_true(names[name], name)
    end
  end)

  it("raise for a wrong name, at the caller's line, with the nearest", function()
    local ok, message = pcall(function() return dr.enums.trigertype end)
    assert.is_false(ok)
    assert.matches("^spec/discovery/fields_spec%.lua:%d+: ", message:gsub("^%./", ""))
    assert.matches("no enumeration \"trigertype\" %(did you mean 'trigger_type'%?%)", message)
    assert.error_matches(function() return dr.enums.qqqqqqqq end, "print%(dr%.enums%) lists them")
    assert.error_matches(function() return dr.enums[1] end, "no enumeration 1")
  end)
end)

describe("dr.fields", function()
  it("describes fields in the order in which they go out", function()
    local fields = dr.fields "policy"
    local sent = assert(dr.encode("policy", {
      use_case_id = ("a"):rep(24), name = "n", trigger = { type = dr.null }, description = "d" }))
    local at = 0
    for _, field in ipairs(fields) do
      local found = sent:find('"' .. field.wire .. '"', 1, true)
      assert.is_true(not found or found > at, field.wire)
      at = found or at
    end
    assert.equal("name", fields[1].name)
    assert.is_true(fields[1].required)
    assert.equal(1, fields[1].min_length)
    assert.equal(512, fields[1].max_length)
    assert.equal("string", fields[1].type)
    assert.equal("a string of 1 to 512 characters", fields[1].expected)
  end)

  it("tells types, limits, words, fills and what is inside", function()
    local trigger = by_name(dr.fields "policy.trigger")
    assert.equal("trigger_type", trigger.type.enum)
    assert.same(dr.enums.trigger_type, trigger.type.words)
    assert.is_true(trigger.type.nullable)
    assert.equal("minIntervalBetweenRuns", trigger.min_interval_between_runs.wire)
    assert.equal("null", trigger.min_interval_between_runs.fill)
    assert.equal("daily", trigger.schedule.fill)
    assert.equal(5, #trigger.schedule.fields)
    local options = by_name(dr.fields "policy.project_options")
    assert.equal(0, options.holdout_pct.min)
    assert.equal(98, options.holdout_pct.max)
    assert.equal("integer", math.type(options.holdout_pct.max))
    local series = by_name(dr.fields "policy.timeSeriesOptions")
    assert.equal("object", series.periodicities.item.type)
    assert.is_nil(by_name(series.periodicities.item.fields).time_steps.max)
    assert.same({ "time_steps", "time_unit" }, sorted(by_name(dr.fields "policy.time_series_options.periodicities")))
    assert.equal("hour", dr.fields "policy.trigger.schedule"[2].name)
    assert.equal("string", by_name(dr.fields "deployments_query").search.type)
  end)

  it("prints", function()
    assert.matches("^name %(required%)\n    a string of 1 to 512 characters\n    Name%.", tostring(dr.fields "policy"))
    assert.matches("^dataset_id\n    an id of 24", tostring(dr.fields "retraining_settings"[1]))
    for line in (tostring(dr.fields "policy") .. "\n"):gmatch "(.-)\n" do assert.is_true(utf8.len(line) <= 80, line) end
  end)

  it("gives copies", function()
    dr.fields "policy"[1].name = "changed"
    assert.equal("name", dr.fields "policy"[1].name)
  end)

  it("raises for a wrong kind with the nearest and the list", function()
    local ok, message = pcall(function()
      local fields = dr.fields "polcy"
      return fields
    end)
    assert.is_false(ok)
    assert.matches("fields_spec%.lua:%d+: bad argument #1 to 'fields' %(nothing is named 'polcy'; did you mean "
      .. "'policy'%? there are: policy, policy_update,", message)
    assert.error_matches(function() return dr.fields "policy.trgger" end, "did you mean 'policy%.trigger'%?")
    assert.error_matches(function() return dr.fields "policy.name" end,
      "'policy%.name' is a string of 1 to 512 characters and has no fields")
    assert.error_matches(function() return dr.fields() end, "string expected, got nil")
    assert.error_matches(function() return dr.fields "" end, "nothing is named ''")
  end)

  it("agrees with the contract", function()
    local count = 0
    for kind, name in pairs(KINDS) do
      local schema, wire, required = contract(name), {}, {}
      for _, field in ipairs(dr.fields(kind)) do
        wire[field.wire] = true
        if field.required then required[field.wire] = true end
        count = count + 1
      end
      assert.same(sorted(schema.properties), sorted(wire), kind)
      local listed = {}
      for _, member in ipairs(schema.required or {}) do listed[member] = true end
      assert.same(sorted(listed), sorted(required), kind)
    end
    assert.is_true(count > 40)
  end)
end)
