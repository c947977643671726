-- Every member of every recorded reply replaced by each type of JSON, through every method that reads it: the result is
-- a value, or nil and an error; nothing raises, and a create that was lost stays settled or `ambiguous`.
local contract = require "spec.support.contract"
local core = require "datarobot.core"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"
local sandboxes = require "datarobot.sandbox"

local ID <const> = "6759e8aebd38a7fca6ba234a"
local POLICY <const> = "675f00000000000000000001"
local NAME <const> = "Nightly"
local BODY <const> = {
  name = NAME, action = "create_challenger", use_case_id = ("a"):rep(24),
  trigger = { type = "schedule", schedule = "@daily" }, autopilot_options = { mode = "quick" },
}

local TYPES <const> = { core.null, false, 5, 1e300, "x", dr.array {}, {} }

-- The text with each of its values, the whole among them, replaced by each type; of lists the first two elements.
local function variants(text)
  local root, texts = { assert(dr.decode(text)) }, {}
  local function visit(parent, key)
    local value = parent[key]
    for _, other in ipairs(TYPES) do
      parent[key] = other
      texts[#texts + 1] = core.encode_any(root[1])
    end
    parent[key] = value
    for inner in pairs(type(value) == "table" and value or {}) do
      if type(inner) == "string" or inner <= 2 then visit(value, inner) end
    end
  end
  visit(root, 1)
  return texts
end

-- Calls it; what it did wrong, or nil. Whatever comes of it can be shown.
local function fault_of(call, ...)
  local ok, value, err = pcall(call, ...)
  if not ok then return "raised " .. tostring(value) end
  if value == nil and not dr.is_error(err) then return "nil without an error" end
  if value == nil and type(err.message) ~= "string" then return "an error without a message" end
  local shown, text = pcall(function()
    return tostring(value) .. tostring(err) .. dr.help(err or value)
  end)
  return not shown and "cannot be shown: " .. tostring(text) or nil
end

describe("a member of another type", function()
  local fault, client, recorded
  setup(function()
    fault = Fault.start()
    client = fault:client { settle_pause = 0.0001, timeout = 30 }
    recorded = {}
    local sandbox <close> = sandboxes.start()
    local sandbox_client <close> = assert(sandbox:client())
    local deployment = assert(sandbox_client:deployment(ID))
    assert(deployment:update_retraining_settings { retraining_user_id = deployment.owners.preview[1].id })
    local policy = assert(deployment:create_retraining_policy {
      name = NAME, action = BODY.action, trigger = BODY.trigger, autopilot_options = BODY.autopilot_options,
    })
    local place = "deployments/" .. ID .. "/"
    for name, path in pairs {
      deployment = place, deployments = "deployments/?offset=0&limit=2", settings = place .. "settings/",
      retraining_settings = place .. "retrainingSettings/", policies = place .. "retrainingPolicies/",
      policy = place .. "retrainingPolicies/" .. policy.id .. "/", version = "version/", account = "account/info/",
      datasets = "datasets/?offset=0&limit=2", environments = "predictionEnvironments/?offset=0&limit=2",
      credentials = "credentials/?offset=0&limit=2",
    } do
      recorded[name] = { assert(sandbox_client:get(path)).text }
    end
    for name, example in pairs {
      deployment = "response-deployment", policies = "response-policy-page", settings = "response-settings",
      policy = "response-policy", version = "response-version", account = "response-account",
    } do
      table.insert(recorded[name], contract.text(example .. ".json"))
    end
  end)
  teardown(function()
    client:close()
    fault:stop()
  end)

  -- Calls it once for each variant of these texts as the reply; `status` of the reply.
  local function replay(texts, call, status)
    local faults, count = {}, 0
    for _, text in ipairs(texts) do
      local all = variants(text)
      local replies = {}
      for i, variant in ipairs(all) do replies[i] = { status = status, body = variant } end
      fault:play { replies = replies }
      for _, variant in ipairs(all) do
        local found = fault_of(call)
        if found then faults[#faults + 1] = found .. ": " .. variant:sub(1, 300) end
      end
      count = count + #all
    end
    assert.equal("", table.concat(faults, "\n", 1, math.min(#faults, 3)))
    assert.is_true(count >= #TYPES)
  end

  -- An object of ours whose server says nothing else.
  local function object(name)
    fault:play { replies = { { body = ('{"id":"%s","label":"d"}'):format(ID) }, { body = recorded.policy[1] } } }
    local deployment = assert(client:deployment(ID))
    return name == "policy" and assert(deployment:retraining_policy(POLICY)) or deployment
  end

  -- Reads all that an object has.
  local function read(value)
    if type(value) ~= "userdata" then return value end
    for key in pairs(value) do assert(value[key] == value[key]) end
    assert(type(value.id) == "string" and value:to_table() and value:to_json())
    if value.definition then assert(value:definition()) end
    return value
  end

  it("of a deployment", function()
    replay(recorded.deployment, function()
      local deployment, err = client:deployment(ID)
      if not deployment then return nil, err end
      tostring(deployment:retraining_policies())
      dr.validate("policy", BODY, { deployment = deployment })
      return read(deployment)
    end)
  end)

  it("whose name is that of the id, in another spelling", function()
    for _, other in ipairs { "Id", "ID", "i_d" } do
      for _, value in ipairs { "null", "5", '"x"', "{}" } do
        local body = ('{"id":"%s","label":"d","%s":%s}'):format(ID, other, value)
        fault:play { replies = { { body = body }, { body = ('{"data":[%s],"next":null}'):format(body) } } }
        local deployment = assert(client:deployment(ID))
        assert.equal(ID, deployment.id)
        assert.matches(ID, tostring(deployment:retraining_policies()))
        assert.equal(ID, assert(deployment:retraining_policies():collect())[1].id)
      end
    end
  end)

  it("of a deployment that is read anew", function()
    local deployment = object "deployment"
    replay(recorded.deployment, function() return deployment:refresh() end)
  end)

  it("of a list", function()
    local lists = {
      deployments = client.deployments, datasets = client.datasets, environments = client.prediction_environments,
      credentials = client.credentials, policies = function() return object "deployment":retraining_policies() end,
    }
    for name, make in pairs(lists) do
      local list = make(client)
      replay(recorded[name], function() return list:collect(1) end)
      replay(recorded[name], function() return list:find("name", NAME) end)
      replay(recorded[name], function()
        local ok, err = pcall(function()
          for item in list do read(item) end
        end)
        if ok then return true end
        assert(dr.is_error(err), err)
        return nil, err
      end)
    end
  end)

  it("of a raw list", function()
    for _, name in ipairs { "deployments", "datasets", "policies" } do
      replay(recorded[name], function() return client:list("x/"):find("id", ID) end)
      replay(recorded[name], function() return client:list("x/"):collect(3) end)
    end
  end)

  it("of a policy", function()
    local deployment = object "deployment"
    replay(recorded.policy, function()
      local policy, err = deployment:retraining_policy(POLICY)
      if not policy then return nil, err end
      local change = { trigger = { status_declines_to_failing = true }, autopilot_options = { mode = "auto" },
        project_options = { validation_pct = 20 } }
      assert(dr.encode("policy_update", change, policy) or true)
      assert(dr.normalize("policy_update", change, policy) or true)
      dr.validate("policy_update", change, { policies = { policy } })
      dr.validate("policy", policy:definition())
      return read(policy)
    end)
  end)

  it("of a policy that is read anew, or changed", function()
    local policy = object "policy"
    replay(recorded.policy, function() return policy:refresh() end)
    replay(recorded.policy, function() return policy:update({ name = "p" }, { retry = false }) end)
  end)

  it("of settings, an account, a version", function()
    local deployment = object "deployment"
    replay(recorded.settings, function()
      local settings, err = deployment:get_settings()
      if not settings then return nil, err end
      return dr.validate("policy", BODY, { settings = settings })
    end)
    replay(recorded.retraining_settings, function()
      local settings, err = deployment:get_retraining_settings()
      if not settings then return nil, err end
      return dr.validate("policy", BODY, { retraining_settings = settings })
    end)
    replay(recorded.account, function() return client:whoami() end)
    replay(recorded.version, function() return client:version() end)
  end)

  it("of an error", function()
    for _, name in ipairs { "404", "409", "422", "422-nested", "job" } do
      local text = contract.text("response-error-" .. name .. ".json")
      for _, status in ipairs { 404, 409, 422, 500 } do
        replay({ text }, function() return client:version() end, status)
      end
    end
  end)

  it("of a job", function()
    local started = setmetatable({ status = 202, headers = { location = "status/1/" }, text = "" },
      core.classes.response)
    for _, name in ipairs { "response-status", "response-status-error" } do
      replay({ contract.text(name .. ".json") }, function() return client:wait(started, { timeout = 0.02 }) end)
    end
  end)

  -- Each variant alone, as what every reading after a lost write gives; pred: what may come of it.
  local function settle(texts, path, call, good)
    local deployment = object "deployment"
    local faults = {}
    for _, text in ipairs(texts) do
      for _, variant in ipairs(variants(text)) do
        fault:play { routes = { ["GET /api/v2/deployments/" .. ID .. path] = { { body = variant } } },
          replies = { { cut = 0 } } }
        local value, err
        local found = fault_of(function()
          value, err = call(deployment)
          return value, err
        end)
        if not found and not value and not good(err) then found = tostring(err) end
        if found then faults[#faults + 1] = found .. ": " .. variant:sub(1, 300) end
      end
    end
    assert.equal("", table.concat(faults, "\n", 1, math.min(#faults, 3)))
  end

  it("of what a lost create is settled with", function()
    settle({ recorded.policies[1] }, "/retrainingPolicies/", function(deployment)
      return deployment:create_retraining_policy(BODY)
    end, function(err) return err.kind == "ambiguous" end)
  end)

  it("of what a lost change of settings is settled with", function()
    local change = { challenger_models = { enabled = true }, predictions_by_forecast_date = { enabled = true } }
    settle({ recorded.settings[1] }, "/settings/", function(deployment)
      return deployment:update_settings(change)
    end, function(err) return err.kind == "ambiguous" end)
  end)
end)
