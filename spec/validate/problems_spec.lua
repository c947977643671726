-- Mistakes: where, what was given, what is allowed, what was meant.
local dr = require "datarobot"

local ID <const> = "675c98d9f2e4b4189bff25f5"

-- The problems of a table as a map from path to problem; nil when there is none.
local function problems(kind, t)
  local ok, err = dr.validate(kind, t)
  if ok then return nil end
  local map = { count = #err.problems, list = err.problems }
  for _, p in ipairs(err.problems) do map[p.path] = map[p.path] or p end
  return map
end

local function policy(t)
  t.name = t.name or "p"
  return problems("policy", t)
end

local function only(map, path)
  assert(map, "accepted")
  assert.equal(1, map.count, map.list[2] and map.list[1].path .. ", " .. map.list[2].path)
  assert.equal(path, map.list[1].path)
  return map.list[1]
end

describe("a problem", function()
  it("has path, pointer, message, got and expected", function()
    assert.same({
      path = "trigger.schedule.hour[2]", pointer = "/trigger/schedule/hour/1",
      message = "24 is too large (0 to 23)", got = "24", expected = "0 to 23",
    }, only(policy { trigger = { type = "schedule", schedule = {
      minute = { 0 }, hour = { 9, 24 }, day_of_month = { "*" }, month = { "*" }, day_of_week = { "*" } } } },
      "trigger.schedule.hour[2]"))
  end)

  it("is found wherever it is, all at once, in the order of the schema", function()
    local map = problems("policy", {
      extra = 1, action = "retrain", autopilot_options = { mode = "fast", zz = 1, aa = 1 },
      trigger = { type = "schedule" } })
    local paths = {}
    for i, p in ipairs(map.list) do paths[i] = p.path end
    assert.same({ "name", "action", "autopilot_options.mode", "autopilot_options.aa", "autopilot_options.zz",
      "trigger.schedule", "extra" }, paths)
  end)

  it("keeps odd keys readable and pointers right", function()
    local map = policy { ["odd key"] = 1, ["end"] = 1, ["a/b~c"] = 1, ["\xff"] = 1 }
    assert.equal("/odd key", map['["odd key"]'].pointer)
    assert.equal("/end", map['["end"]'].pointer)
    assert.equal("/a~1b~0c", map['["a/b~c"]'].pointer)
    assert.is_table(map['["\\xff"]'])
  end)

  it("is reported a hundred times at most, with the number of the others", function()
    local t = { name = "p" }
    for i = 1, 250 do t["x" .. i] = i end
    local map = problems("policy", t)
    assert.equal(101, map.count)
    assert.equal("", map.list[101].path)
    assert.equal("150 more problems are not listed", map.list[101].message)
  end)
end)

describe("the message of the error", function()
  local function message(t)
    local _, err = dr.validate("policy", t)
    return err.message:match "^validate: (.*)$", tostring(err):match "^.-: (validation: .*)$"
  end

  it("is the only problem, with its place", function()
    local text, whole = message { name = "p", zzz = 1 }
    assert.equal('zzz: no such member (dr.help "policy" lists them)', text)
    assert.equal("validation: validate: 1 problem\n  " .. text, whole)
    assert.equal("a list of 1 is not a table with named members", (message { { name = "p" } }):match "^[^;]*")
  end)

  it("is the first of several, and the number of the others", function()
    assert.equal("name: missing (a string of 1 to 512 characters); and 1 other problem", (message { zzz = 1 }))
    local text, whole = message { zzz = 1, yyy = 2 }
    assert.equal("name: missing (a string of 1 to 512 characters); and 2 other problems", text)
    assert.matches("^validation: validate: 3 problems\n  name: missing[^\n]*\n  yyy:[^\n]*\n  zzz:[^\n]*$", whole)
  end)

  it("counts no more problems than are listed", function()
    local t = { name = "p" }
    for i = 1, 99 do t["x" .. i] = i end
    assert.matches("; and 98 other problems$", (message(t)))
    for i = 1, 200 do t["x" .. i] = i end
    assert.matches("; and more other problems than are listed$", (message(t)))
  end)
end)

describe("a member", function()
  it("that is unknown is told with the nearest one, in the spelling given", function()
    assert.matches("did you mean blendBestModels%?",
      only(policy { autopilotOptions = { blendBestModel = true } }, "autopilot_options.blendBestModel").message)
    assert.matches("did you mean blend_best_models%?",
      only(policy { autopilot_options = { blend_best_model = true } }, "autopilot_options.blend_best_model").message)
    assert.equal('no such member (dr.help "policy" lists them)', only(policy { zzz = 1 }, "zzz").message)
  end)

  it("that only replies have says so", function()
    for _, name in ipairs { "id", "latest_run", "latestRun", "useCase" } do
      assert.matches("^only replies have it", only(policy { [name] = "x" }, name).message)
    end
    assert.matches("dataset_id", only(problems("retraining_settings", { dataset = ID }), "dataset").message)
  end)

  it("that must be there is missed, and null is no value", function()
    assert.matches("^missing", only(problems("policy", {}), "name").message)
    assert.matches("null is not allowed.*leave it out", only(policy { action = dr.null }, "action").message)
    assert.matches("^null is not allowed", only(problems("policy", { name = dr.null }), "name").message)
  end)

  it("needs a name, not an index", function()
    assert.matches("a list of 1 is not", only(problems("policy", { { name = "p" } }), "").message)
    assert.matches("an empty list is not", only(problems("policy", dr.array {}), "").message)
    assert.matches("keys that are not names", only(policy { [1] = "x" }, "").message)
    assert.matches("keys that are not names", only(policy { [true] = "x" }, "").message)
  end)
end)

describe("an empty change", function()
  for _, kind in ipairs { "policy_update", "retraining_settings", "settings", "challenger_update" } do
    it("of kind " .. kind .. " is none", function()
      local p = only(problems(kind, {}), "")
      assert.equal("", p.pointer)
      assert.matches("nothing to change", p.message)
    end)
  end
end)

describe("a value of the wrong type", function()
  it("is told what to do", function()
    local function message(t, path) return only(policy(t), path).message end
    assert.equal('the string "3" is not a number; remove the quotes (0 to 98 or dr.null)',
      message({ project_options = { holdout_pct = "3" } }, "project_options.holdout_pct"))
    assert.equal('the string "true" is not a boolean; remove the quotes (true or false)',
      message({ autopilot_options = { shap_only_mode = "true" } }, "autopilot_options.shap_only_mode"))
    assert.matches("put it in quotes", message({ description = 5 }, "description"))
    assert.matches("pass its id", message({ use_case_id = { id = ID } }, "use_case_id"))
    assert.matches("^true is not", message({ autopilot_options = true }, "autopilot_options"))
    assert.matches("^a function is not", message({ action = print }, "action"))
    assert.matches("^a FILE", message({ action = io.stdout }, "action"))
    assert.matches("1.5 is not a whole number %(2 to 50 or dr.null%)",
      message({ project_options = { reps = 1.5 } }, "project_options.reps"))
  end)

  it("that JSON does not have is refused", function()
    for text, d in pairs { nan = 0 / 0, inf = 1 / 0, ["-inf"] = -1 / 0 } do
      assert.equal(text, only(policy { project_options = { holdout_pct = d } }, "project_options.holdout_pct").got)
      local free = problems("settings", { bias_and_fairness = { a = { d } } })
      assert.equal(text, only(free, "bias_and_fairness.a[1]").got)
    end
    assert.matches("UTF%-8 at byte 2", only(policy { description = "a\xff" }, "description").message)
    assert.matches("UTF%-8", only(problems("settings", { bias_and_fairness = { ["\xff"] = 1 } }),
      'bias_and_fairness["\\xff"]').message)
  end)
end)

describe("a word", function()
  it("is exact, and slips are known", function()
    for given, meant in pairs {
      CREATE_CHALLENGER = "create_challenger", ["create-challenger"] = "create_challenger",
      ["create challenger"] = "create_challenger", createChallenger = "create_challenger",
      create_chalenger = "create_challenger", create_model_pakcage = "create_model_package",
      modelreplacement = "model_replacement",
    } do
      assert.matches('did you mean "' .. meant .. '"?', only(policy { action = given }, "action").message, 1, true)
    end
    assert.not_matches("did you mean", only(policy { action = "zzz" }, "action").message)
    assert.matches("did you mean \"LogLoss\".*dr.enums.metric",
      only(policy { project_options = { metric = "logloss" } }, "project_options.metric").message)
  end)

  it("for a policy started manually is dr.null", function()
    for _, given in ipairs { "None", "none", "manual", "null" } do
      assert.matches("dr%.null or leave the trigger out",
        only(policy { trigger = { type = given } }, "trigger.type").message)
    end
  end)
end)

describe("C-38 a list", function()
  local function columns(list)
    return problems("settings", { segment_analysis = { enabled = true, attributes = list } })
  end

  it("begins at 1, has no holes and nothing else", function()
    local path = "segment_analysis.attributes"
    assert.is_nil(columns { "a", "b" })
    assert.is_nil(columns {})
    assert.matches("index 0 is not allowed; lists begin at 1", only(columns { [0] = "a" }, path).message)
    assert.matches("index 0", only(columns { [0] = "a", "b" }, path).message)
    assert.matches("element 2 is missing, but 3 is there", only(columns { "a", nil, "c" }, path).message)
    assert.matches("element 1 is missing, but 1000000000 is there", only(columns { [1000000000] = "c" }, path).message)
    assert.matches("keys must be 1, 2, 3", only(columns { "a", n = 1 }, path).message)
    assert.matches("keys must be 1, 2, 3", only(columns { [1.5] = "a" }, path).message)
    assert.matches("named members", only(columns { a = "b" }, path).message)
    assert.matches("write {\"a\"}", only(columns "a", path).message)
    assert.matches("null is not allowed", only(columns { "a", dr.null }, path .. "[2]").message)
  end)

  it("keeps to its length", function()
    local function association(list) return problems("settings", { association_id = { column_names = list } }) end
    assert.is_nil(association { "a" })
    assert.is_table(association {})
    assert.is_table(association { "a", "b" })
    assert.is_table(association { "" })
  end)
end)

describe("a schedule", function()
  local function schedule(s) return policy { trigger = { type = "schedule", schedule = s } } end
  local function lists(change)
    local t = { minute = { 0 }, hour = { 0 }, day_of_month = { "*" }, month = { "*" }, day_of_week = { "*" } }
    for k, v in pairs(change) do t[k] = v end
    return schedule(t)
  end

  it("needs all five lists", function()
    local map = schedule { hour = { 9 } }
    assert.equal(4, map.count)
    for _, name in ipairs { "minute", "day_of_month", "month", "day_of_week" } do
      assert.matches('^missing.*{"%*"} means all', map["trigger.schedule." .. name].message)
    end
  end)

  it("needs lists", function()
    assert.matches('write {"*"}', only(lists { hour = "*" }, "trigger.schedule.hour").message, 1, true)
    assert.matches("write {9}", only(lists { hour = 9 }, "trigger.schedule.hour").message, 1, true)
    assert.matches("never fires", only(lists { hour = {} }, "trigger.schedule.hour").message)
    assert.matches("stands alone", only(lists { hour = { "*", 1 } }, "trigger.schedule.hour").message)
    assert.matches("3 is in the list more than once",
      only(lists { hour = { 3, 4, 3.0 } }, "trigger.schedule.hour").message)
    assert.matches("remove the quotes", only(lists { minute = { "30" } }, "trigger.schedule.minute[1]").message)
    assert.matches("Sunday is 0", only(lists { day_of_week = { 7 } }, "trigger.schedule.day_of_week[1]").message)
    assert.is_table(lists { hour = { "mon" } })
    assert.matches("is not a month; did you mean \"January\"",
      only(lists { month = { "januar" } }, "trigger.schedule.month[1]").message)
    assert.is_nil(lists { month = { "jan", "FEBRUARY" }, day_of_week = { "Mon" } })
  end)

  it("as cron text is read whole", function()
    assert.is_nil(schedule "*/5 0 1,15 JAN-MAR mon")
    for _, text in ipairs { "", "* * * *", "60 0 * * *", "@never", "0 0 * * * *" } do
      local p = only(schedule(text), "trigger.schedule")
      assert.equal(("%q"):format(text), p.got)
      assert.is_string(p.expected)
    end
  end)

  it("is needed by a schedule trigger", function()
    assert.matches("needs a schedule", only(policy { trigger = { type = "schedule" } }, "trigger.schedule").message)
    assert.is_table(policy { trigger = { type = "schedule", schedule = dr.null } })
    assert.is_table(policy { trigger = { type = "schedule", schedule = 5 } })
  end)
end)

describe("C-38 tables of every kind", function()
  it("are read raw or not at all", function()
    local touched = 0
    local function touch() touched = touched + 1 end
    for _, name in ipairs { "__index", "__pairs" } do
      assert.matches(name, only(problems("policy", setmetatable({ name = "p" }, { [name] = touch })), "").message)
      assert.matches(name, only(policy { trigger = setmetatable({}, { [name] = touch }) }, "trigger").message)
      assert.matches(name, only(problems("settings", {
        bias_and_fairness = setmetatable({}, { [name] = touch }) }), "bias_and_fairness").message)
    end
    local other = setmetatable({ name = "p" }, { __len = touch, __tostring = touch, __name = "x" })
    assert.is_true(dr.validate("policy", other))
    assert.equal(0, touched)
  end)

  it("may hold themselves without harm", function()
    local loop = { name = "p" }
    loop.trigger, loop.autopilot_options, loop.description = loop, loop, loop
    assert.is_table(problems("policy", loop))
    local free = { a = {} }
    free.a.b, free.a.c = free, free.a
    local map = problems("settings", { bias_and_fairness = free })
    assert.equal(2, map.count)
    assert.matches("contains itself", map["bias_and_fairness.a.b"].message)
    local shared = { 1 }
    assert.is_nil(problems("settings", { bias_and_fairness = { a = shared, b = shared } }))
  end)

  it("may be a hundred deep", function()
    local function deep(n)
      local t = {}
      for _ = 2, n do t = { a = t } end
      return problems("settings", { bias_and_fairness = t })
    end
    assert.is_nil(deep(100))
    assert.matches("too deeply", deep(102).list[1].message)
    assert.matches("too deeply", deep(100000).list[1].message)
  end)

  it("may be huge", function()
    local t = {}
    for i = 1, 100000 do t["k" .. i] = i end
    assert.equal(101, problems("policy", t).count)
    assert.is_nil(problems("settings", { bias_and_fairness = t }))
  end)
end)

describe("a replaced model", function()
  it("is named in one way", function()
    assert.is_nil(problems("model_replacement", { model_package_id = ID, reason = "OTHER" }))
    assert.matches("both", only(problems("replacement_check", { model_package_id = ID, model_id = ID }), "").message)
    assert.matches("the model is missing", only(problems("replacement_check", {}), "").message)
  end)
end)
