-- What goes out, byte for byte, and what is filled in.
local cjson = require "cjson"
local contract = require "spec.support.contract"
local dr = require "datarobot"

local DAILY <const> = '{"minute":[0],"hour":[0],"dayOfMonth":["*"],"month":["*"],"dayOfWeek":["*"]}'
local ID <const> = "675c98d9f2e4b4189bff25f5"

local NOTEBOOK <const> = {
  name = "MultiClass Drift Tracking Policy",
  description = dr.null,
  action = "create_challenger",
  model_selection_strategy = "autopilot_recommended",
  feature_list_strategy = "informative_features",
  project_options_strategy = "same_as_champion",
  project_options = {
    cv_method = "RandomCV", holdout_pct = dr.null, metric = "Accuracy", reps = dr.null,
    validation_pct = dr.null, validation_type = "CV",
  },
  autopilot_options = {
    blend_best_models = false, mode = "auto", run_leakage_removed_feature_list = true,
    scoring_code_only = false, shap_only_mode = false,
  },
  trigger = {
    min_interval_between_runs = dr.null, schedule = "@daily", status_declines_to_failing = false,
    status_declines_to_warning = true, status_still_in_decline = false, type = "data_drift_decline",
  },
}

local function trigger(t)
  return assert(dr.encode("policy", { name = "p", trigger = t })):match '^{"name":"p","trigger":(.*)}$'
end

describe("dr.encode", function()
  it("writes the notebook's policy", function()
    assert.same(contract.example "seed-drift-policy.json", cjson.decode(dr.encode("policy", NOTEBOOK)))
    assert.is_true(dr.validate("policy", NOTEBOOK))
  end)

  it("writes members in the order of the schema, whatever the table's", function()
    local bytes = dr.encode("policy", NOTEBOOK)
    for _ = 1, 20 do
      local shuffled, keys = {}, {}
      for k in pairs(NOTEBOOK) do table.insert(keys, math.random(#keys + 1), k) end
      for _, k in ipairs(keys) do shuffled[k] = NOTEBOOK[k] end
      assert.equal(bytes, dr.encode("policy", shuffled))
    end
  end)

  it("takes names in either spelling and tells when both are given", function()
    assert.equal(dr.encode("policy", { name = "p", featureListStrategy = "same_as_champion" }),
      dr.encode("policy", { name = "p", feature_list_strategy = "same_as_champion" }))
    local _, err = dr.encode("policy", {
      name = "p", featureListStrategy = "same_as_champion", feature_list_strategy = "same_as_champion" })
    assert.equal(1, #err.problems)
    assert.equal("feature_list_strategy", err.problems[1].path)
    assert.matches("twice", err.problems[1].message)
  end)

  it("keeps 64 bits and takes 3.0 for 3", function()
    local function steps(n)
      return dr.encode("policy", {
        name = "p", time_series_options = { periodicities = { { time_steps = n, time_unit = "DAY" } } } })
    end
    assert.matches('"timeSteps":9223372036854775807,', steps(math.maxinteger), 1, true)
    assert.matches('"timeSteps":9007199254740993,', steps(9007199254740993), 1, true)
    assert.matches('"timeSteps":3,', steps(3.0), 1, true)
    assert.is_nil((steps(2 ^ 63)))
    assert.is_nil((steps(3.5)))
  end)

  it("writes numbers with a point and strings escaped, in every locale", function()
    local body = { name = 'a\0"\\\n\u{2028}é', project_options = { holdout_pct = 12.5 } }
    local bytes = dr.encode("policy", body)
    assert.equal([[{"name":"a\u0000\"\\\n]] .. "\u{2028}é" .. [[","projectOptions":{"holdoutPct":12.5}}]], bytes)
    local old = os.setlocale(nil, "numeric")
    for _, locale in ipairs { "de_DE.UTF-8", "de_DE", "fr_FR.UTF-8" } do
      if os.setlocale(locale, "numeric") then assert.equal(bytes, dr.encode("policy", body)) end
    end
    os.setlocale(old, "numeric")
  end)

  it("counts characters, not bytes", function()
    assert.is_string(dr.encode("policy", { name = ("é"):rep(512) }))
    local _, err = dr.encode("policy", { name = ("é"):rep(513) })
    assert.matches("513 characters", err.problems[1].message)
    assert.matches("^\"" .. ("é"):rep(40) .. "…\"$", err.problems[1].got)
  end)

  it("writes an empty table as the schema says", function()
    assert.equal('{"name":"p","autopilotOptions":{}}', dr.encode("policy", { name = "p", autopilot_options = {} }))
    assert.equal('{"name":"p","timeSeriesOptions":{"periodicities":[]}}',
      dr.encode("policy", { name = "p", time_series_options = { periodicities = {} } }))
    assert.equal('{"segmentAnalysis":{"enabled":true,"attributes":[]}}',
      dr.encode("settings", { segment_analysis = { enabled = true, attributes = {} } }))
  end)

  it("passes free members on, sorted", function()
    assert.equal('{"predictionWarning":{"enabled":true,"a_b":{"y":[],"z":{}},"customBoundaries":null}}',
      dr.encode("settings", { prediction_warning = {
        customBoundaries = dr.null, a_b = { z = {}, y = dr.array {} }, enabled = true } }))
    assert.equal('{"biasAndFairness":{"a":[1,2.5,"x",true,null],"b":{"c":{}}}}',
      dr.encode("settings", { bias_and_fairness = { b = { c = {} }, a = { 1, 2.5, "x", true, dr.null } } }))
  end)

  it("passes on as many free elements and members as there are", function()
    local list, members, text = {}, {}, {}
    for i = 1, 20000 do
      list[i], members[("m%05d"):format(i)] = i, i
      text[i] = ('"m%05d":%d'):format(i, i)
    end
    assert.equal(('{"biasAndFairness":{"list":[%s],"members":{%s}}}'):format(table.concat(list, ","),
      table.concat(text, ",")), dr.encode("settings", { bias_and_fairness = { list = list, members = members } }))
  end)
end)

describe("a schedule", function()
  it("is cron text or five lists", function()
    local lists = { minute = { 0, 30 }, hour = { 9 }, day_of_month = { "*" }, month = { "*" }, day_of_week = { 1 } }
    local bytes = trigger { type = "schedule", schedule = lists }
    assert.equal(bytes, trigger { type = "schedule", schedule = "0,30 9 * * MON" })
    if dr.schedule then assert.equal(bytes, trigger { type = "schedule", schedule = dr.schedule(lists) }) end
    lists.dayOfWeek, lists.day_of_week = lists.day_of_week, nil
    assert.equal(bytes, trigger { type = "schedule", schedule = lists })
  end)

  it("in cron text gets the same advice with any blanks", function()
    local function fix(text)
      local _, err = dr.encode("policy", { name = "p", trigger = { type = "schedule", schedule = text } })
      return err.problems[1].message:match '; (write .*)$'
    end
    for text, advice in pairs { ["0 0 9 * * *"] = 'write "0 9 * * *"', ["0 9 * *"] = 'write "0 9 * * *"' } do
      for _, blanks in ipairs { " ", "  ", "     " } do
        assert.equal(advice, fix((text:gsub(" ", blanks))))
        assert.equal(advice, fix(blanks .. text .. blanks))
      end
    end
  end)

  it("keeps names as they were given", function()
    assert.matches('"month":["jan","April",7],"dayOfWeek":["Sat",0]', trigger { type = "schedule", schedule = {
      minute = { 0 }, hour = { 6 }, day_of_month = { 1 }, month = { "jan", "April", 7.0 },
      day_of_week = { "Sat", 0 } } }, 1, true)
  end)
end)

describe("a trigger", function()
  it("goes out in full once it has a type", function()
    assert.equal('{"type":"data_drift_decline","schedule":' .. DAILY .. ',"minIntervalBetweenRuns":null,'
      .. '"statusDeclinesToWarning":true,"statusDeclinesToFailing":false,"statusStillInDecline":false}',
      trigger { type = "data_drift_decline", status_declines_to_warning = true })
    assert.equal('{"type":null,"minIntervalBetweenRuns":null,"statusDeclinesToWarning":false,'
      .. '"statusDeclinesToFailing":false,"statusStillInDecline":false,"customJobId":"' .. ID .. '"}',
      trigger { type = dr.null, custom_job_id = ID })
    assert.matches('"schedule":null', trigger { type = "accuracy_decline", schedule = dr.null }, 1, true)
    assert.matches('"statusStillInDecline":null', trigger {
      type = "accuracy_decline", status_still_in_decline = dr.null }, 1, true)
  end)

  it("is as if it were absent when it is empty", function()
    assert.equal('{"name":"p"}', dr.encode("policy", { name = "p", trigger = {} }))
    assert.equal('{"name":"p"}', dr.encode("policy_update", { name = "p", trigger = {} }))
    assert.is_nil((dr.encode("policy_update", { trigger = {} })))
    assert.is_nil((dr.encode("policy", { name = "p", trigger = dr.array {} })))
    assert.is_nil((dr.encode("policy", { name = "p", trigger = setmetatable({}, { __index = {} }) })))
    assert.equal('{"name":"p","autopilotOptions":{}}', dr.encode("policy", { name = "p", autopilot_options = {} }))
  end)

  it("must have one beside other members", function()
    local function fix(t, kind)
      local ok, err = dr.encode(kind or "policy", { name = "p", trigger = t })
      if ok then return nil end
      assert.equal("trigger.type", err.problems[1].path)
      assert.equal("/trigger/type", err.problems[1].pointer)
      return err.problems[1].message:match "^missing; write (.*), or dr%.null to start it manually only$"
    end
    assert.equal('type = "schedule"', fix { schedule = "@daily" })
    assert.equal('type = "schedule"', fix { schedule = "@daily", status_declines_to_warning = false })
    assert.equal('type = "schedule"', fix { schedule = "@daily", custom_job_id = ID })
    assert.equal('type = "custom_job"', fix { custom_job_id = ID })
    assert.equal('type = "schedule" and a schedule', fix { min_interval_between_runs = "P7D" })
    for _, flag in ipairs { "status_declines_to_warning", "statusDeclinesToFailing", "status_still_in_decline" } do
      assert.equal('type = "data_drift_decline" or "accuracy_decline"', fix { schedule = "@daily", [flag] = true })
    end
    assert.is_nil(fix { type = dr.null, schedule = "@daily" })
    assert.is_nil(fix({ schedule = "@daily" }, "policy_update"))
  end)
end)

describe("dr.normalize", function()
  it("shows what will go out", function()
    local t = dr.normalize("policy", {
      name = "p", projectOptions = { reps = 5.0 }, trigger = { type = "schedule", schedule = "@weekly" } })
    assert.same({
      name = "p",
      project_options = { reps = 5 },
      trigger = {
        type = "schedule",
        schedule = { minute = { 0 }, hour = { 0 }, day_of_month = { "*" }, month = { "*" }, day_of_week = { 0 } },
        min_interval_between_runs = dr.null, status_declines_to_warning = false,
        status_declines_to_failing = false, status_still_in_decline = false,
      },
    }, t)
    assert.equal("integer", math.type(t.project_options.reps))
    assert.equal(dr.encode("policy", t), dr.encode("policy", dr.normalize("policy", t)))
  end)
end)
