-- The contract's own examples: valid bodies, bodies that must be refused, bodies that deserve a word.
local cjson = require "cjson"
local contract = require "spec.support.contract"
local dr = require "datarobot"

local function texts(problems)
  local list = {}
  for i, p in ipairs(problems) do list[i] = p.path .. ": " .. p.message end
  return table.concat(list, "\n")
end

local function pointers(list)
  local set = {}
  for _, entry in ipairs(list) do set[entry.pointer] = true end
  return set
end

-- Turns humps into snake_case all the way down.
local function lua_names(value)
  if type(value) ~= "table" then return value end
  local copy = {}
  for k, v in pairs(value) do
    if type(k) == "string" then k = k:gsub("(%l)(%u)", "%1_%2"):lower() end
    copy[k] = lua_names(v)
  end
  return copy
end

-- Every member of `a` is in `b`, with the same value.
local function within(a, b)
  if type(a) ~= "table" then return a == b end
  if type(b) ~= "table" then return false end
  for k, v in pairs(a) do
    if not within(v, b[k]) then return false end
  end
  return true
end

describe("a valid body", function()
  for _, case in ipairs(contract.bodies()) do
    it(case.file .. " is accepted in both spellings and goes out as it stands", function()
      local text = contract.text(case.file)
      local wire, plain = cjson.decode(text), lua_names(cjson.decode(text))
      local bytes, err = dr.encode(case.kind, plain)
      assert(bytes, err and texts(err.problems))
      assert.equal(bytes, assert(dr.encode(case.kind, wire)))
      assert.equal(bytes, assert(dr.encode(case.kind, assert(dr.decode(text)))))
      assert.is_true(within(wire, cjson.decode(bytes)), bytes)
      assert.is_true(dr.validate(case.kind, plain))
    end)
  end
end)

describe("an invalid body", function()
  -- Cron text is legal in Lua although it is not on the wire.
  local LEGAL_IN_LUA <const> = { ["invalid/trigger-cron-string.json"] = true, ["invalid/replay-cron-text.json"] = true }

  local function related(pointer, errors)
    for _, e in ipairs(errors) do
      if e.path:sub(1, #pointer) == pointer or pointer:sub(1, #e.path) == e.path then return true end
    end
    return false
  end

  for _, case in ipairs(contract.cases "invalid") do
    it(case.file .. (LEGAL_IN_LUA[case.file] and " is legal in Lua" or " is refused"), function()
      local ok, err = dr.validate(case.kind, contract.example(case.file))
      if LEGAL_IN_LUA[case.file] then
        assert.is_true(ok)
        return
      end
      assert.is_nil(ok)
      assert.equal("validation", err.kind)
      local found = pointers(err.problems)
      for _, e in ipairs(case.errors) do
        assert.is_true(found[e.path], e.path .. " is not among\n" .. texts(err.problems))
      end
      for pointer in pairs(found) do
        assert.is_true(related(pointer, case.errors), pointer .. " was not asked for")
      end
    end)
  end
end)

describe("a body that deserves a word", function()
  -- The client completes what this one leaves out, so that nothing is left to say.
  local COMPLETED <const> = { ["warnings/health-trigger-no-schedule.json"] = "/trigger/schedule" }

  local function context_of(case)
    local known = case.context or {}
    local policies
    for i, name in ipairs(known.policyNames or {}) do
      policies = policies or {}
      policies[i] = { name = name }
    end
    return {
      deployment = known.deployment,
      settings = known.deploymentSettings,
      retraining_settings = known.retrainingSettings,
      policies = policies,
    }
  end

  for _, case in ipairs(contract.cases "warnings") do
    it(case.file .. " is accepted with notes", function()
      local body, context = contract.example(case.file), context_of(case)
      for _, known in ipairs { context, lua_names(context) } do
        local ok, notes = dr.validate(case.kind, body, known)
        assert.is_true(ok)
        local found = pointers(notes)
        for _, w in ipairs(case.warnings) do
          assert.equal(COMPLETED[case.file] ~= w.path, found[w.path] == true, w.path)
        end
        for _, note in ipairs(notes) do
          assert.is_string(note.path)
          assert.is_string(note.message)
        end
      end
      if COMPLETED[case.file] then
        assert.same({ 0 }, dr.normalize(case.kind, body).trigger.schedule.hour)
      end
    end)
  end

  -- Every word of them; each is said of some case.
  local WORDS <const> = {
    "Autopilot does not run with this model_selection_strategy",
    "the hyperparameters were found on the champion's features, not on these",
    "no decline flag is true, so the policy never starts by itself",
    "only data_drift_decline and accuracy_decline read this flag",
    "blenders are not supported together with shap_only_mode",
    "no project_options are given, so the server chooses them",
    "trigger.custom_job_id does not say which custom job",
    [[the trigger's custom job runs only with "custom_job"]],
    "not allowed for classification",
    "the deployment is not for time series",
    "none of the months has this date",
    "dates and week days add up; it runs on these dates and on these week days",
    "it runs every minute of its hours",
    "the trigger has no type, so the schedule is never used",
    "challenger models are off on this deployment",
    "no retraining user is set, so only manual runs can work",
    "drift tracking is off, so the drift status never changes",
    "no association id is set, so accuracy cannot be computed",
    "the deployment has five policies already; one more is refused",
    "another policy of the deployment has this name",
    "holdout and validation leave no rows to train on",
  }

  it("is told in these words", function()
    local said = {}
    for _, case in ipairs(contract.cases "warnings") do
      local _, notes = dr.validate(case.kind, contract.example(case.file), context_of(case))
      for _, note in ipairs(notes) do said[note.message] = true end
    end
    for _, words in ipairs(WORDS) do
      assert.is_true(said[words], words)
      said[words] = nil
    end
    assert.is_nil(next(said))
  end)

  it("is silent about what it does not know", function()
    for _, case in ipairs(contract.cases "warnings") do
      if case.context then
        local _, notes = dr.validate(case.kind, contract.example(case.file))
        local found = pointers(notes)
        for _, w in ipairs(case.warnings) do assert.is_nil(found[w.path]) end
      end
    end
  end)
end)
