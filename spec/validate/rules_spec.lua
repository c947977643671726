-- The rules across members that have no case among the contract's examples, and what they must leave alone.
local dr = require "datarobot"

local function notes(t, context, kind)
  t.name = t.name or "p"
  local ok, list = dr.validate(kind or "policy", t, context)
  assert.is_true(ok, ok == nil and list.problems[1].path .. ": " .. list.problems[1].message or nil)
  local found = {}
  for _, note in ipairs(list) do found[note.path] = note.message end
  return found
end

local function trigger(t, context)
  return notes({ trigger = t }, context)
end

describe("notes about triggers", function()
  it("ask for a schedule only where it was taken away", function()
    local flags = { type = "accuracy_decline", status_declines_to_failing = true }
    assert.same({}, trigger(flags))
    flags.schedule = dr.null
    assert.is_string(trigger(flags)["trigger.schedule"])
  end)

  it("know every flag that is not read", function()
    local found = trigger { type = "schedule", schedule = "@daily", status_declines_to_warning = true,
      status_declines_to_failing = true, status_still_in_decline = true }
    for _, name in ipairs { "status_declines_to_warning", "status_declines_to_failing", "status_still_in_decline" } do
      assert.is_string(found["trigger." .. name])
    end
  end)

  it("miss the type in a change of a policy that is not known", function()
    for _, t in ipairs { { schedule = "0 0 * * *" }, { min_interval_between_runs = "P7D" } } do
      assert.matches("^left out", notes({ trigger = t }, nil, "policy_update")["trigger.type"])
      t.type = "schedule"
      t.schedule = "@daily"
      assert.same({}, notes({ trigger = t }, nil, "policy_update"))
    end
    assert.same({}, notes({ trigger = {} }, nil, "policy_update"))
  end)

  it("look at the retraining user only where the settings are known", function()
    local t = { type = "schedule", schedule = "@daily" }
    assert.same({}, trigger(t))
    assert.is_string(trigger(t, { retraining_settings = {} }).trigger)
    assert.is_string(trigger(t, { retraining_settings = { retraining_user = dr.null } }).trigger)
    assert.is_string(trigger(t, { retraining_settings = { retrainingUser = dr.null } }).trigger)
    assert.same({}, trigger(t, { retraining_settings = { retraining_user = { id = "x" } } }))
    assert.same({}, trigger({ type = dr.null }, { retraining_settings = {} }))
  end)

  it("need both kinds of drift tracking off", function()
    local t = { type = "data_drift_decline", status_declines_to_failing = true }
    local function settings(target, feature)
      return { settings = { target_drift = { enabled = target }, featureDrift = { enabled = feature } } }
    end
    assert.is_string(trigger(t, settings(false, false))["trigger.type"])
    assert.same({}, trigger(t, settings(true, false)))
    assert.same({}, trigger(t, settings(false, nil)))
  end)
end)

describe("notes about schedules", function()
  local function schedule(text) return trigger { type = "schedule", schedule = text } end

  it("know the months", function()
    assert.is_string(schedule "0 0 30 2 *" ["trigger.schedule.day_of_month"])
    assert.is_string(schedule "0 0 31 2,4,6,9,11 *" ["trigger.schedule.day_of_month"])
    assert.same({}, schedule "0 0 28 * *")
    assert.same({}, schedule "0 0 30,31 4,6 *")
    assert.is_string(trigger { type = "schedule", schedule = { minute = { 0 }, hour = { 0 }, day_of_month = { 31 },
      month = { "Feb", "APRIL" }, day_of_week = { "*" } } }["trigger.schedule.day_of_month"])
  end)

  it("know dates that only some of the months have", function()
    local function dates(text) return schedule(text)["trigger.schedule.day_of_month"] end
    assert.matches("^only 7 of its 12 months have this date", dates "0 0 31 * *")
    assert.matches("^only 11 of its 12 months have one of these dates", dates "0 0 29,30 * *")
    assert.matches("^only 11 of its 12 months have this date", dates "0 0 29 * *")
    assert.matches("^only 1 of its 2 months have one of these dates", dates "0 0 30,31 2,4 *")
    assert.equal("only leap years have this date", dates "0 0 29 2 *")
    assert.equal("only leap years have this date", dates "0 0 29-31 2 *")
    assert.matches("^none of the months", dates "0 0 30,31 2 *")
    for _, text in ipairs { "0 0 31 1,3,5,7,8,10,12 *", "0 0 1,31 * *", "0 0 28-31 * *", "0 0 * * *", "0 0 * 2 MON" } do
      assert.same({}, schedule(text))
    end
    assert.is_nil(dates "0 0 31 * MON")
  end)

  it("know steps that start anew before they come round, and those that leave one value", function()
    local function steps(text, name, form)
      local given = form and form(text) or text
      return trigger { type = "schedule", schedule = given }["trigger.schedule." .. name]
    end
    for _, form in ipairs { false, dr.schedule } do
      assert.matches("^steps of 7 do not divide the hour %(60 minutes%) evenly", steps("*/7 * * * *", "minute", form))
      assert.matches("^steps of 5 do not divide the day", steps("0 */5 * * *", "hour", form))
      assert.matches("^steps of 2 do not divide the month.*each month$", steps("0 0 */2 * *", "day_of_month", form))
      assert.matches("^steps of 5 do not divide the year", steps("0 0 1 */5 *", "month", form))
      assert.matches("^steps of 2 do not divide the week", steps("0 0 * * */2", "day_of_week", form))
      assert.matches("^steps of 25 do not", steps("5/25 * * * *", "minute", form))
      for _, text in ipairs { "*/90 * * * *", "*/60 * * * *", "45/20 * * * *", "5-10/7 * * * *", "7,*/90 * * * *" } do
        assert.matches("^a step of %d+ leaves one value", steps(text, "minute", form))
      end
      assert.matches("leaves one value", steps("0 */24 * * *", "hour", form))
    end
    for _, text in ipairs { "*/5 * * * *", "*/1 */12 * * *", "5/15 */8 * * *", "0 9-17/3 * * *", "10-50/20 * * * *",
      "0 0 1 */3 *", "0 0 1-31/10 * *" } do
      for path in pairs(schedule(text)) do assert.equal("trigger.schedule", path, text) end
    end
    assert.same({}, trigger { type = "schedule", schedule = assert(dr.schedule "*/7 * * * *"):to_table() })
  end)

  it("know every minute", function()
    assert.is_string(schedule "* 9 * * *" ["trigger.schedule"])
    assert.same({}, schedule "*/2 * * * *")
  end)
end)

describe("notes about projects", function()
  it("want a metric that suits the target", function()
    local function metric(name, target)
      return notes({ project_options = { metric = name } }, { deployment = { model = { target_type = target } } })
    end
    assert.is_string(metric("RMSE", "Binary")["project_options.metric"])
    assert.is_string(metric("LogLoss", "Regression")["project_options.metric"])
    assert.same({}, metric("LogLoss", "Multiclass"))
    assert.same({}, metric("Gini Norm", "Regression"))
    assert.same({}, metric("RMSE", "Unstructured"))
    assert.same({}, notes { project_options = { metric = "RMSE" } })
  end)

  it("add up decimals", function()
    local function rows(a, b)
      return notes { project_options = { holdout_pct = a, validation_pct = b } }
    end
    assert.is_string(rows(49.5, 50.5).project_options)
    assert.same({}, rows(49.5, 50.25))
    assert.same({}, rows(98, dr.null))
  end)

  it("know what classification cannot have, and no more", function()
    local function series(t, target)
      return notes({ time_series_options = t }, { deployment = { model = { target_type = target } } })
    end
    local periods = { { time_steps = 7, time_unit = "DAY" } }
    for _, target in ipairs { "Binary", "Multiclass", "Multilabel" } do
      assert.equal("not allowed for classification",
        series({ periodicities = periods }, target)["time_series_options.periodicities"])
      assert.equal("not allowed for classification",
        series({ differencing_method = "simple" }, target)["time_series_options.differencing_method"])
      assert.equal("not allowed for classification",
        series({ treat_as_exponential = "always" }, target)["time_series_options.treat_as_exponential"])
      assert.same({}, series({ differencing_method = "none", treat_as_exponential = "never" }, target))
    end
    assert.is_nil(series({ periodicities = periods }, "Regression")["time_series_options.periodicities"])
  end)

  it("know units of rows, and a method that becomes seasonal", function()
    local function series(method, unit)
      return notes { time_series_options = {
        differencing_method = method, periodicities = { { time_steps = 1, time_unit = "DAY" },
          { time_steps = 7, time_unit = unit } } } }
    end
    assert.same({}, series("seasonal", "WEEK"))
    assert.is_string(series("seasonal", "ROW")["time_series_options.periodicities[2].time_unit"])
    assert.is_string(series("auto", "DAY")["time_series_options.differencing_method"])
    assert.is_string(series(nil, "DAY")["time_series_options.differencing_method"])
    assert.is_string(series(dr.null, "DAY")["time_series_options.differencing_method"])
  end)

  it("leave alone what the contract calls legal", function()
    assert.same({}, notes { project_options_strategy = "same_as_champion", project_options = { metric = "AUC" } })
    assert.same({}, notes({ project_options = { cv_method = "RandomCV" } }, { deployment = { time_series = true } }))
    assert.same({}, notes { model_selection_strategy = "custom_job", autopilot_options = { mode = "quick" },
      trigger = { type = "custom_job", custom_job_id = "675b0a1c2d3e4f5a6b7c8d08" } })
  end)
end)

describe("the context", function()
  it("counts policies and compares names exactly", function()
    local function among(...)
      local policies = {}
      for i, name in ipairs { ... } do policies[i] = { name = name } end
      return notes({ name = 'a "b"\n' }, { policies = policies })
    end
    assert.same({}, among("a", 'a "b"'))
    assert.is_string(among('a "b"\n').name)
    assert.is_string(among("1", "2", "3", "4", "5")[""])
    assert.same({}, among())
  end)

  it("says nothing about a change of an existing policy", function()
    assert.same({}, notes({ name = "p" }, { policies = { { name = "p" } } }, "policy_update"))
  end)

  local function refused(context, kind)
    local ok, why = pcall(dr.validate, kind or "policy", { name = "p" }, context)
    assert.is_false(ok)
    return why:match "#3 to '[^']*' %((.*)%)$"
  end

  it("is refused where it is none", function()
    local function raise() error "called" end
    local odd = setmetatable({}, { __index = raise, __pairs = raise })
    for _, value in ipairs { 1, "x", true, print, io.stdout, odd, dr.null } do
      assert.matches("^context: a table expected, got ", refused(value))
      for _, name in ipairs { "deployment", "settings", "retraining_settings", "policies", "policy" } do
        assert.matches("^context: '" .. name .. "': .* expected, got ", refused { [name] = value })
      end
      assert.matches("^context: 'policies%[2%]': a policy expected", refused { policies = { {}, value } })
    end
    for _, list in ipairs { { name = "p" }, { nil, { name = "p" } }, { {}, n = 1 } } do
      assert.matches("^context: 'policies': a list of policies", refused { policies = list })
    end
  end)

  it("has no other members", function()
    assert.matches("'deploymnet'; did you mean 'deployment'%?", refused { deploymnet = {} })
    assert.matches("'retrainingSettings'; did you mean 'retraining_settings'%?", refused { retrainingSettings = {} })
    assert.matches("'zzz' %(deployment, settings, retraining_settings, policies or policy%)", refused { zzz = {} })
    assert.matches("a table such as", refused { { name = "p" } })
  end)

  it("may hold any tables without harm", function()
    assert.same({}, notes({ project_options = { metric = "RMSE" }, time_series_options = {} },
      { deployment = { model = 1 }, settings = { target_drift = 1 }, policies = { { name = 1 } } }))
  end)
end)

describe("other kinds", function()
  it("have no notes", function()
    local ok, list = dr.validate("settings", { challenger_models = { enabled = true } })
    assert.is_true(ok)
    assert.same({}, list)
  end)
end)
