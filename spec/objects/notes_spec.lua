-- What create and update tell about a policy that is legal and looks mistaken: a third result and an event of the log.
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"
local sandboxes = require "datarobot.sandbox"

local IDLE <const> = { name = "Nightly", trigger = { type = "schedule", schedule = "*/7 0 31 * *" } }

local function paths(notes)
  local list = {}
  for i, note in ipairs(notes) do
    assert.same({ "string", "string", "string" }, { type(note.path), type(note.pointer), type(note.message) })
    list[i] = note.path
  end
  return list
end

local BOTH <const> = { "trigger.schedule.day_of_month", "trigger.schedule.minute" }

describe("the notes about a policy", function()
  local sandbox, client, deployment, events
  before_each(function()
    sandbox, events = sandboxes.start {}, {}
    client = assert(sandbox:client { log = function(e) events[#events + 1] = e end })
    deployment = assert(client:deployment(sandbox.deployment_id))
    assert(deployment:update_retraining_settings { retraining_user_id = deployment.owners.preview[1].id })
    events = {}
  end)
  after_each(function()
    client:close()
    sandbox:stop()
  end)

  it("are the third result of create and update, after what was made", function()
    local policy, err, notes = deployment:create_retraining_policy(IDLE)
    assert.equal("Nightly", policy.name)
    assert.is_nil(err)
    assert.same(BOTH, paths(notes))
    assert.equal(tostring(select(2, dr.validate("policy", IDLE))), tostring(notes))
    local same
    same, err, notes = policy:update { trigger = { schedule = "0 0 1 * MON" } }
    assert.equal(policy, same)
    assert.is_nil(err)
    assert.same({ "trigger.schedule" }, paths(notes))
  end)

  it("are an empty list where there is nothing to say, also where a change names nothing of it", function()
    local policy, _, notes = deployment:create_retraining_policy { name = "p" }
    assert.same({}, notes)
    assert.same({ n = 3, policy, nil, {} }, table.pack(policy:update { description = "d" }))
    policy = assert(deployment:create_retraining_policy(IDLE))
    assert.same({}, (select(3, policy:update { name = "q" })))
    assert.same(BOTH, paths(select(3, policy:update(IDLE))))
  end)

  it("look at the deployment whose policy it is", function()
    local t = { name = "p", project_options = { metric = "RMSE" } }
    assert.same({}, select(2, dr.validate("policy", t)))
    local _, _, notes = deployment:create_retraining_policy(t)
    assert.same({ "project_options.metric" }, paths(notes))
  end)

  it("are told to the log before the policy is sent, and only where there are any", function()
    assert(deployment:create_retraining_policy { name = "p" })
    local _, _, notes = deployment:create_retraining_policy(IDLE)
    local said = {}
    for i, e in ipairs(events) do said[i] = e.event .. " " .. e.method end
    assert.same({ "request POST", "reply POST", "notes POST", "request POST", "reply POST" }, said)
    local event = events[3]
    assert.same(notes, event.notes)
    assert.equal(events[4].path, event.path)
    assert.is_nil(event.attempt)
  end)

  it("are not returned by what fails", function()
    local results = table.pack(deployment:create_retraining_policy { name = "", trigger = IDLE.trigger })
    assert.same({ 2, "validation" }, { results.n, results[2].kind })
    sandbox:fail { path = "retrainingPolicies", status = 403 }
    results = table.pack(deployment:create_retraining_policy(IDLE))
    assert.same({ 2, "forbidden" }, { results.n, results[2].kind })
  end)

  it("come with a call that waits in a coroutine, too", function()
    for _, policy, err in client:each({ 1 }, function()
      local policy, _, notes = deployment:create_retraining_policy(IDLE)
      assert.same(BOTH, paths(notes))
      return policy
    end) do
      assert(policy, err)
    end
  end)
end)

describe("the notes about a policy whose answer", function()
  local ID <const>, A <const> = "6759e8aebd38a7fca6ba234a", ("a"):rep(24)
  local POLICIES <const> = "/api/v2/deployments/" .. ID .. "/retrainingPolicies/"
  local POLICY <const> = ([[{"id":"%s","name":"Nightly","trigger":{"type":"schedule"}}]]):format(A)
  local fault, client, deployment
  before_each(function()
    fault = Fault.start()
    fault:play { replies = { { status = 404 } }, routes = {
      ["GET /api/v2/deployments/" .. ID .. "/"] = { { body = ('{"id":"%s","label":"d"}'):format(ID) } },
      ["GET " .. POLICIES .. A .. "/"] = { { body = POLICY } },
      ["PATCH " .. POLICIES .. A .. "/"] = { { raw = "HTTP/1.1 204 No Content\r\n\r\n" } },
      ["POST " .. POLICIES] = { { cut = 0 }, { status = 201, body = POLICY } },
      ["GET " .. POLICIES] = { { body = [[{"data":[],"next":null,"totalCount":0}]] } } } }
    client = fault:client { settle_pause = 0.01, timeout = 20 }
    deployment = assert(client:deployment(ID))
  end)
  after_each(function()
    client:close()
    fault:stop()
  end)

  it("was lost come with the one that settled it", function()
    local policy, err, notes = deployment:create_retraining_policy(IDLE)
    assert.equal(A, policy.id)
    assert.is_nil(err)
    assert.same(BOTH, paths(notes))
  end)

  it("was lost come with the policy that was found", function()
    fault:play { replies = { { status = 404 } }, routes = { ["POST " .. POLICIES] = { { cut = 0 } },
      ["GET " .. POLICIES] = { { body = ([[{"data":[{"id":"%s","name":"p","projectOptionsStrategy":"custom"}],
        "next":null,"totalCount":1}]]):format(A) } } } }
    local policy, err, notes = deployment:create_retraining_policy { name = "p", project_options_strategy = "custom" }
    assert(policy, err)
    assert.same({ A, nil, { "project_options_strategy" } }, { policy.id, err, paths(notes) })
    assert.equal(1, fault:count "POST")
  end)

  it("had no body come behind the look at it", function()
    local policy = assert(deployment:retraining_policy(A))
    local same, err, notes = policy:update { trigger = { schedule = "*/7 0 31 * *" } }
    assert.equal(policy, same)
    assert.is_nil(err)
    assert.same(BOTH, paths(notes))
  end)
end)
