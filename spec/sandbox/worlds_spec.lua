-- Replies of random worlds fit the contract's schemas. WORLDS=10000 for the whole number, SEED to see one again:
--
--     WORLDS=10000 busted spec/sandbox/worlds_spec.lua
local Direct = require "spec.sandbox.direct"
local json = require "datarobot.sandbox.json"

local ROUTES <const> = {
  [""] = "deployment", ["settings/"] = "deployment-settings", ["retrainingSettings/"] = "retraining-settings",
  ["healthSettings/"] = "health-settings", ["healthSettings/defaults/"] = "health-settings",
  ["featureDrift/"] = "feature-drift", ["targetDrift/"] = "target-drift", ["accuracy/"] = "accuracy",
  ["accuracyOverTime/"] = "accuracy-over-time", ["serviceStats/"] = "service-stats", ["capabilities/"] = "capabilities",
  ["championModelPackage/"] = "model-package", ["challengerReplaySettings/"] = "challenger-replay-settings",
  ["retrainingPolicies/"] = "page", ["modelHistory/"] = "page", ["sharedRoles/?offset=0&limit=0"] = "page",
}
local STATUSES <const> = { "passing", "warning", "failing" }
local ACTIONS <const> = { "create_challenger", "create_model_package", "model_replacement" }
local OWNER <const> = "65a7c2d94f1e8b3a6c5d0e11"

local function one_of(list) return list[math.random(#list)] end

local function trigger()
  local all = { "*" }
  return {
    type = one_of { "schedule", "data_drift_decline", "accuracy_decline", json.null },
    schedule = { minute = { 0 }, hour = { math.random(0, 23) }, dayOfMonth = all, month = all, dayOfWeek = all },
    minIntervalBetweenRuns = one_of { json.null, "P2D", "PT12H" },
    statusDeclinesToWarning = math.random(2) == 1, statusDeclinesToFailing = math.random(2) == 1,
    statusStillInDecline = math.random(2) == 1,
  }
end

-- What may happen; whether it is allowed depends on what has happened before.
local EVENTS <const> = {
  function(w, d) w:ask("PATCH", d .. "settings/", { challengerModels = { enabled = math.random(3) > 1 } }) end,
  function(w, d) w:ask("PATCH", d .. "settings/", { associationId = { columnNames = { "id" } } }) end,
  function(w, d) w:ask("PATCH", d .. "settings/", { featureDrift = { enabled = math.random(2) == 1 } }) end,
  function(w, d)
    w:ask("PATCH", d .. "retrainingSettings/", { datasetId = "675c98d9f2e4b4189bff25f5", retrainingUserId = OWNER })
  end,
  function(w, d)
    w:ask("POST", d .. "retrainingPolicies/", { name = "p", action = one_of(ACTIONS), trigger = trigger() })
  end,
  function(w, d) w:ask("POST", "/sandbox/drift", { deploymentId = d:match "/(%x+)/", status = one_of(STATUSES) }) end,
  function(w, d)
    w:ask("POST", "/sandbox/accuracy", { deploymentId = d:match "/(%x+)/", percentChange = math.random(-30, 10) })
  end,
  function(w, d)
    w:ask("PATCH", d .. "healthSettings/", { dataDrift = { driftThreshold = math.random(0, 100) / 100,
      timeInterval = one_of { "P7D", "T2H", "P30D" } }, accuracy = { warningThreshold = one_of { json.null, 3 } } })
  end,
  function(w, d) w:ask("POST", d .. "challengerPredictions/") end,
  function(w, d)
    local challenger = w:get(d .. "challengers/").data[1]
    if challenger then
      w:ask("PATCH", d .. "model/", { modelPackageId = challenger.modelPackage.id, reason = "OTHER" })
    end
  end,
  function(w, d)
    local policy = w:get(d .. "retrainingPolicies/").data[1]
    if policy then w:ask("POST", d .. "retrainingPolicies/" .. policy.id .. "/runs/") end
  end,
  function(w, d)
    local policy = w:get(d .. "retrainingPolicies/").data[1]
    local run = policy and policy.latestRun ~= json.null and policy.latestRun
    if run then
      w:ask("PATCH", d .. "retrainingPolicies/" .. policy.id .. "/runs/" .. run.id .. "/", { status = "cancelled" })
    end
  end,
  function(w) w:control("advance", math.random(0, 5 * 86400)) end,
  function(w) w:control("restore", w:control "snapshot") end,
}

local function look(world, path)
  for route, schema in pairs(ROUTES) do world:get(path .. route, schema) end
  world:get(path .. "featureDriftOverTime/?bucketSize=P1D&featureNames=" ..
    world:get(path .. "featureDrift/").data[1].name, "feature-drift-over-time")
  for _, challenger in ipairs(world:get(path .. "challengers/").data) do
    world:get(path .. "challengers/" .. challenger.id .. "/", "challenger")
    world:get(path .. "accuracy/?modelId=" .. challenger.model.id, "accuracy")
  end
  for _, policy in ipairs(world:get(path .. "retrainingPolicies/").data) do
    local place = path .. "retrainingPolicies/" .. policy.id .. "/"
    world:get(place, "retraining-policy")
    for _, run in ipairs(world:get(place .. "runs/?limit=5", "page").data) do
      world:get(place .. "runs/" .. run.id .. "/", "retraining-run")
    end
  end
end

describe("a random world", function()
  it("answers as the contract's schemas say", function()
    local count, seed = tonumber(os.getenv "WORLDS") or math.huge, tonumber(os.getenv "SEED") or os.time()
    local last = count == math.huge and os.clock() + 3 or math.huge
    local worlds = 0
    while worlds < count and os.clock() < last do
      math.randomseed(seed + worlds)
      local world = Direct.open { deployments = 4 }
      local id = "deployments/" .. one_of(world:get("deployments/", "page").data).id .. "/"
      local ok, problem = pcall(function()
        for _ = 1, math.random(3, 20) do one_of(EVENTS)(world, id) end
        look(world, id)
      end)
      assert.is_true(ok, ("SEED=%d WORLDS=1: %s"):format(seed + worlds, tostring(problem)))
      worlds = worlds + 1
    end
    print(("# %d random worlds fit the contract"):format(worlds))
    assert.is_true(worlds >= 5)
  end)
end)
