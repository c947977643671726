--- How long validation and reading take, beside what they can be compared with; started by run.sh with
-- the build folder as argument. Prints one table and fails when a budget is missed.

local build <const> = arg[1] or "build/plain"
package.cpath = build .. "/spec/?.so;" .. package.cpath

local cjson = require "cjson"
local dr = require "datarobot"
local floor = require "validate_floor"

local ROUNDS <const> = math.tointeger(os.getenv "BENCH_ROUNDS" or "21")
local SLACK <const> = os.getenv "BENCH_MOST" and 1.4 or 1 -- in the short form, on a machine that does other things

-- {=== what is measured ===}

local POLICY <const> = {
  name = "MultiClass Drift Tracking Policy",
  description = dr.null,
  action = "create_challenger",
  model_selection_strategy = "autopilot_recommended",
  feature_list_strategy = "informative_features",
  project_options_strategy = "same_as_champion",
  project_options = {
    cv_method = "RandomCV", holdout_pct = dr.null, metric = "Accuracy", reps = dr.null, validation_pct = dr.null,
    validation_type = "CV",
  },
  autopilot_options = {
    blend_best_models = false, mode = "auto", run_leakage_removed_feature_list = true, scoring_code_only = false,
    shap_only_mode = false,
  },
  trigger = {
    type = "data_drift_decline",
    schedule = { minute = { 0 }, hour = { 0 }, day_of_month = { "*" }, month = { "*" }, day_of_week = { "*" } },
    min_interval_between_runs = dr.null, status_declines_to_failing = false, status_declines_to_warning = true,
    status_still_in_decline = false,
  },
}

-- The same with the wire's names, for lua-cjson.
local WIRE <const> = dr.decode(assert(dr.encode("policy", POLICY)))
local function plain(value)
  if type(value) ~= "table" then return value end
  local copy = {}
  for k, v in pairs(value) do copy[k] = plain(v) end
  return copy
end
local PLAIN <const> = plain(WIRE)

-- {=== the same check, written for this one body: it finds the first mistake and says nothing about it ===}

local function one_of(...)
  local set = {}
  for _, word in ipairs { ... } do set[word] = true end
  return function(v) return set[v] == true end
end

-- A text of so many characters, in UTF-8.
local function text(least, most)
  return function(v)
    local n = type(v) == "string" and utf8.len(v)
    return n and n >= least and n <= most
  end
end

local function or_null(rule)
  return function(v) return v == cjson.null or rule(v) end
end

local function plain_table(t)
  if type(t) ~= "table" then return false end
  local meta = getmetatable(t)
  return not meta or meta.__index == nil and meta.__pairs == nil
end

local function boolean(v) return type(v) == "boolean" end

local function number(least, most)
  return function(v) return type(v) == "number" and v >= least and v <= most end
end

-- A list without holes, repeats and other keys; "*" stands alone.
local function list(least, most)
  return function(t)
    if not plain_table(t) or #t == 0 then return false end
    local n, seen = 0, {}
    for i, v in next, t do
      n = n + 1
      if math.type(i) ~= "integer" or i < 1 or i > #t or seen[v] then return false end
      seen[v] = true
      if v == "*" then
        if #t > 1 then return false end
      elseif math.type(v) ~= "integer" or v < least or v > most then
        return false
      end
    end
    return n == #t
  end
end

local function object(rules, required)
  return function(t)
    if not plain_table(t) then return false end
    for name, value in next, t do
      local rule = rules[name]
      if not rule or not rule(value) then return false end
    end
    for _, name in ipairs(required or {}) do
      if t[name] == nil then return false end
    end
    return true
  end
end

local check_plain = object({
  name = text(1, 512),
  description = or_null(text(0, 10000)),
  action = one_of("create_challenger", "create_model_package", "model_replacement"),
  modelSelectionStrategy = one_of("autopilot_recommended", "same_blueprint", "same_hyperparameters", "custom_job"),
  featureListStrategy = one_of("informative_features", "same_as_champion"),
  projectOptionsStrategy = one_of("same_as_champion", "override_champion", "custom"),
  autopilotOptions = object {
    mode = one_of("auto", "comprehensive", "quick"), blendBestModels = boolean, runLeakageRemovedFeatureList = boolean,
    scoringCodeOnly = boolean, shapOnlyMode = boolean,
  },
  projectOptions = object {
    cvMethod = one_of("RandomCV", "StratifiedCV"), validationType = one_of("CV", "TVH"),
    metric = one_of("Accuracy", "AUC", "LogLoss", "RMSE"), holdoutPct = or_null(number(0, 98)),
    validationPct = or_null(number(1, 99)), reps = or_null(number(2, 50)),
  },
  trigger = object {
    type = or_null(one_of("schedule", "data_drift_decline", "accuracy_decline", "custom_job")),
    schedule = or_null(object({
      minute = list(0, 59), hour = list(0, 23), dayOfMonth = list(1, 31), month = list(1, 12), dayOfWeek = list(0, 6),
    }, { "minute", "hour", "dayOfMonth", "month", "dayOfWeek" })),
    minIntervalBetweenRuns = or_null(function(v) return type(v) == "string" and v:find "^P%w+$" ~= nil end),
    statusDeclinesToWarning = boolean, statusDeclinesToFailing = boolean, statusStillInDecline = or_null(boolean),
  },
}, { "name" })

-- {=== a page of a list: 100 deployments, 382 kB ===}

local SIZE <const> = 382000

local function page()
  local file <close> = assert(io.open("spec/contract/response-deployment.json", "rb"))
  local data, example = {}, file:read "a"
  for i = 1, 100 do
    local deployment = cjson.decode(example)
    deployment.id, deployment.label = ("%024x"):format(i), ("Deployment %d"):format(i)
    local people = deployment.owners.preview
    for n = #people + 1, 19 do
      local email = ("person%d@example.com"):format(n)
      people[n] = { id = ("%024x"):format(n), email = email, firstName = "A", lastName = "B" }
    end
    data[i] = deployment
  end
  local function encoded() return cjson.encode { count = 100, data = data, next = cjson.null, totalCount = 100 } end
  local missing = (SIZE - #encoded()) // 100
  assert(missing > 0, "the page is too large")
  for _, deployment in ipairs(data) do
    deployment.description = deployment.description .. ("x"):rep(missing)
  end
  return encoded()
end

local PAGE <const> = page()

-- {=== the measurement ===}

-- Microseconds of one call of f: the processor's time, since other programs do not matter then.
local function time(f, calls)
  local begin = os.clock()
  for _ = 1, calls do f() end
  return (os.clock() - begin) / calls * 1e6
end

local ENCODE <const> = { calls = 5000 }
local READ <const> = { calls = 20 }

local LINES <const> = {
  { "check and encode a policy", ENCODE, function() return dr.encode("policy", POLICY) end },
  { "  one body in C, no rules", ENCODE, function() return floor.encode(POLICY) end },
  { "  check in Lua, lua-cjson", ENCODE, function() return check_plain(PLAIN) and cjson.encode(PLAIN) end },
  { "validate a policy with notes", ENCODE, function() return dr.validate("policy", POLICY) end },
  { ("index of a page, %d kB"):format(#PAGE // 1000), READ, function() return floor.index(PAGE) end },
  { "  lua-cjson's decode", READ, function() return cjson.decode(PAGE) end },
  { "dr.decode of the page", READ, function() return dr.decode(PAGE) end },
}

-- A line and the line it is compared with: at most so many times its time, or at least so many times faster.
local BUDGETS <const> = { { 1, 2, most = 1.4 }, { 1, 3, least = 3.3 }, { 5, 6, least = 11 } }

assert(floor.encode(POLICY) == dr.encode("policy", POLICY), "the floor writes something else")
assert(check_plain(PLAIN), "the check in Lua refuses the policy")

-- Interleaved, so that what else the machine does meets all lines alike; what disturbs a program only ever
-- makes it slower, so that the best of the rounds counts.
local figures = {}
local function measure()
  for _ = 1, ROUNDS do
    for i, line in ipairs(LINES) do
      collectgarbage()
      figures[i] = math.min(figures[i] or math.huge, time(line[3], line[2].calls))
    end
  end
end

local function is_good(budget)
  local ours, other = figures[budget[1]], figures[budget[2]]
  if budget.most then return ours <= budget.most * SLACK * other end
  return ours * budget.least <= other * SLACK
end

local function all_good()
  for _, budget in ipairs(BUDGETS) do
    if not is_good(budget) then return false end
  end
  return true
end

for _ = 1, 3 do
  measure()
  if all_good() then break end
end

print(("%-32s %12s"):format("validation", "us a call"))
for i, line in ipairs(LINES) do print(("%-32s %12.2f"):format(line[1], figures[i])) end
for _, budget in ipairs(BUDGETS) do
  local ours, other = figures[budget[1]], figures[budget[2]]
  local figure = budget.most and ("%.2f times (at most %g)"):format(ours / other, budget.most)
    or ("%.1f times faster (at least %g)"):format(other / ours, budget.least)
  print(("%s, beside %s: %s%s"):format(LINES[budget[1]][1], LINES[budget[2]][1]:gsub("^ +", ""), figure,
    is_good(budget) and "" or ", missed"))
end
os.exit(all_good(), true)
