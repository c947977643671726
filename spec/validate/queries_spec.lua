-- The parameters of the lists, word by word and flag by flag, as the contract has them (6.2, 6.5, 6.10).
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"
local schemas = require("datarobot.core").schemas()

-- Each order also backwards.
local function orders(text)
  return (text:gsub("%S+", "%0 -%0"))
end

local ORDERS <const> = orders("label serviceHealth modelHealth accuracyHealth recentPredictions"
  .. " lastPredictionTimestamp "
  .. "currentModelDeployedTimestamp createdAtTimestamp importance fairnessHealth")
local HEALTH <const> = "unknown warning passing unavailable failing"

local QUERIES <const> = {
  deployments_query = {
    { "offset", { "integer", wire = "offset", min = 0, max = 1000000000 } },
    { "limit", { "integer", wire = "limit", min = 1, max = 1000000000 } },
    { "order_by", { "enum", wire = "orderBy", words = ORDERS } },
    { "search", { "string", wire = "search" } },
    { "service_health", { "list", wire = "serviceHealth", item = { "enum", words = HEALTH } } },
    { "model_health", { "list", wire = "modelHealth", item = { "enum", words = HEALTH } } },
    { "accuracy_health", { "list", wire = "accuracyHealth", item = { "enum", words = HEALTH } } },
    { "role", { "enum", wire = "role", words = "OWNER USER" } },
    { "status", { "list", wire = "status",
      item = { "enum", words = "active inactive stopping launching archived replacingModel errored" } } },
    { "importance", { "list", wire = "importance", item = { "enum", words = "CRITICAL HIGH MODERATE LOW" } } },
    { "last_prediction_timestamp_start", { "time", wire = "lastPredictionTimestampStart" } },
    { "last_prediction_timestamp_end", { "time", wire = "lastPredictionTimestampEnd" } },
    { "prediction_usage_daily_avg_greater_than", { "integer", wire = "predictionUsageDailyAvgGreaterThan" } },
    { "prediction_usage_daily_avg_less_than", { "integer", wire = "predictionUsageDailyAvgLessThan" } },
    { "default_prediction_server_id", { "list", wire = "defaultPredictionServerId", item = { "string" } } },
    { "build_environment_type", { "list", wire = "buildEnvironmentType", item = { "string" } } },
    { "execution_environment_type", { "list", wire = "executionEnvironmentType",
      item = { "enum", words = "datarobot external" } } },
    { "prediction_environment_platform", { "list", wire = "predictionEnvironmentPlatform", item = { "string" } } },
    { "has_decision_flow", { "boolean", wire = "hasDecisionFlow" } },
    { "created_by_me", { "boolean", wire = "createdByMe" } },
    { "tag_keys", { "list", wire = "tagKeys", item = { "string" } } },
    { "tag_values", { "list", wire = "tagValues", item = { "string" } } },
  },
  list_query = {
    { "offset", { "integer", wire = "offset", min = 0, max = 1000000000 } },
    { "limit", { "integer", wire = "limit", min = 1, max = 1000000000 } },
  },
  accuracy_query = {
    { "model_id", { "string", wire = "modelId", min_length = 1 } },
    { "metric", { "enum", wire = "metric", words = table.concat(dr.enums.metric, " ") } },
    { "start", { "time", wire = "start" } },
    { "end", { "time", wire = "end" } },
  },
  datasets_query = {
    { "offset", { "integer", wire = "offset", min = 0, max = 1000000000 } },
    { "limit", { "integer", wire = "limit", min = 1, max = 1000000000 } },
    { "category", { "enum", wire = "category", words = "TRAINING PREDICTION" } },
    { "order_by", { "enum", wire = "orderBy", words = "created -created" } },
    { "filter_failed", { "boolean", wire = "filterFailed" } },
  },
  prediction_environments_query = {
    { "offset", { "integer", wire = "offset", min = 0, max = 1000000000 } },
    { "limit", { "integer", wire = "limit", min = 1, max = 1000000000 } },
    { "supported_model_formats", { "list", wire = "supportedModelFormats", item = { "string" } } },
  },
  credentials_query = {
    { "offset", { "integer", wire = "offset", min = 0, max = 1000000000 } },
    { "limit", { "integer", wire = "limit", min = 1, max = 1000000000 } },
    { "types", { "list", wire = "types", item = { "string" } } },
  },
}

local function check(field, row, where)
  local expected = { type = row[1] }
  for name, value in pairs(row) do expected[name] = value end
  expected[1], expected.item = nil, nil
  local given = { type = field.type, wire = field.wire ~= "" and field.wire or nil, min = field.min, max = field.max,
    min_length = field.min_length, max_length = field.max_length, required = field.required or nil,
    nullable = field.nullable or nil, words = field.words and table.concat(field.words, " ") }
  assert.same(expected, given, where)
  assert.equal(row.item ~= nil, field.item ~= nil, where)
  if row.item then check(field.item, row.item, where .. "[]") end
end

describe("the parameters of a list", function()
  for _, query in ipairs(schemas.queries) do
    it("are those of the contract: " .. query.name, function()
      local rows = QUERIES[query.name]
      assert.equal(#rows, #query.fields)
      for i, row in ipairs(rows) do
        assert.equal(row[1], query.fields[i].name)
        check(query.fields[i], row[2], query.name .. "." .. row[1])
      end
    end)
  end

  it("are known of every list", function()
    local names = {}
    for _, query in ipairs(schemas.queries) do names[query.name] = true end
    for name in pairs(QUERIES) do assert.is_true(names[name], name) end
  end)
end)

-- DataRobot's Python client joins exactly these, and the reference calls them comma-separated.
local JOINED <const> = {
  service_health = true, model_health = true, accuracy_health = true, execution_environment_type = true,
  importance = true,
}

describe("a list of words in a query", function()
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)

  it("is one value joined by commas where the API takes it so, and a name for each word elsewhere", function()
    local client <close> = fault:client()
    for _, field in ipairs(schemas.queries[1].fields) do
      if field.type == "list" then
        local words = field.item.words or { "a b", "c,d" }
        for _, name in ipairs { field.name, field.wire } do
          fault:play { replies = { { body = '{"data":[],"next":null}' } } }
          assert.same({}, assert(client:deployments { [name] = { words[1], words[2] } }:collect()))
          local query = fault:seen()[1].target:match "%?(.*)$":gsub("^.-limit=%d+&?", "")
          local a, b = words[1]:gsub(" ", "%%20"), words[2]:gsub(",", "%%2C")
          local wanted = JOINED[field.name] and ("%s=%s%%2C%s"):format(field.wire, a, b)
            or ("%s=%s&%s=%s"):format(field.wire, a, field.wire, b)
          assert.is_truthy(("&" .. fault:seen()[1].target:match "%?(.*)$" .. "&"):find("&" .. wanted .. "&", 1, true),
            query .. " has no " .. wanted)
        end
        fault:play { replies = { { body = '{"data":[],"next":null}' } } }
        client:deployments { [field.name] = { words[1] } }:collect()
        assert.is_nil(fault:seen()[1].target:find("%2C", 1, true))
        client:deployments { [field.name] = {} }:collect()
        assert.is_nil(fault:seen()[2].target:find(field.wire, 1, true))
      end
    end
  end)
end)
