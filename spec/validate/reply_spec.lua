-- The server's own word about a body: mapped to the paths that our checks use; unknown shapes are kept as text.
local dr = require "datarobot"
local fixed = require "spec.support.fixed_server"

local ID <const> = "6759e8aebd38a7fca6ba234a"

-- The error that a call gives for a reply of 422 with this body. Its message names the method before the server's word.
local function refused(body, status)
  local server <close> = fixed.start { status = status or 422, body = body }
  local client <close> = assert(dr.client { endpoint = server.endpoint, token = "t", retries = 0 })
  local value, err = client:deployment(ID)
  assert.is_nil(value)
  assert.equal(status or 422, err.status)
  assert.equal("deployment: ", err.message:sub(1, 12))
  err.message = err.message:sub(13)
  return err
end

local function places(err)
  local list = {}
  for i, p in ipairs(err.problems or {}) do list[i] = ("%s %s %s"):format(p.path, p.pointer, p.message) end
  return list
end

describe("a 422", function()
  it("of dotted names is mapped to Lua's paths", function()
    local err = refused [[{"message": "Invalid field data", "errors": {
      "trigger.schedule.hour.0": "must be at most 23", "minIntervalBetweenRuns": "not a duration"}}]]
    assert.equal("validation", err.kind)
    assert.equal("Invalid field data", err.message)
    assert.same({
      "trigger.schedule.hour[1] /trigger/schedule/hour/0 must be at most 23",
      "min_interval_between_runs /minIntervalBetweenRuns not a duration",
    }, places(err))
    assert.matches("^%S+:%d+: validation: Invalid field data %(status 422, GET deployments/" .. ID .. "/%)\n"
      .. "  trigger.schedule.hour%[1%]: must be at most 23\n  min_interval", tostring(err))
  end)

  it("of nested objects and lists is mapped, too", function()
    assert.same({
      "trigger.schedule.hour[2] /trigger/schedule/hour/1 too large",
      "project_options.reps /projectOptions/reps first",
      "project_options.reps /projectOptions/reps second",
      "name /name 5", "action /action null", "use_case_id /useCaseId true",
    }, places(refused [[{"message": "Invalid field data", "errors": {
      "trigger": {"schedule": {"hour": {"1": "too large"}}}, "projectOptions": {"reps": ["first", "second"]},
      "name": 5, "action": null, "useCaseId": true}}]]))
    local list = refused '{"message":"x","errors":[{"":"a"},{"name":"b"}]}'
    assert.same({ "[1] /0 a", "[2].name /1/name b" }, places(list))
  end)

  it("whose message is an object names the problems in it", function()
    local err = refused '{"message": {"trigger": {"type": "unknown"}}}'
    assert.same({ "trigger.type /trigger/type unknown" }, places(err))
    assert.is_string(err.message)
  end)

  it("keeps names that need it escaped", function()
    assert.same({ "a/b~c /a~1b~0c x" }, places(refused '{"message":"m","errors":{"a/b~c":"x"}}'))
  end)

  it("has the server's name of the error", function()
    local err = refused '{"message": "The job exists", "errorName": "JobAlreadyAdded", "jobId": "12"}'
    assert.equal("JobAlreadyAdded", err.code)
    assert.is_nil(err.problems)
  end)

  it("of an unknown shape is kept as text", function()
    for _, body in ipairs {
      '{"detail": [{"loc": ["body", "name"], "msg": "too short"}]}', '["no"]', '"no"', "5", "true", '{"message": 5}',
      '{"message": ""}', '{"errors": "all wrong"}', "{}", "[]", "no", '{"broken":',
    } do
      local err = refused(body)
      assert.equal("validation", err.kind)
      assert.equal(body, err.message)
      assert.is_nil(err.problems)
    end
    assert.equal("no further word from the server", refused "".message)
    assert.matches("^10000 bytes that are no JSON", refused(("é"):rep(5000)).message)
    assert.equal(200, #refused(('{"detail": "%s"}'):format(("é"):rep(5000))).message)
  end)

  it("that is a page is told as one, not quoted", function()
    local err = refused "<html>no</html>"
    assert.equal("validation", err.kind)
    assert.matches("^a page of 15 bytes instead of JSON", err.message)
    assert.is_nil(err.problems)
  end)

  it("of any size is told in little", function()
    local many = {}
    for i = 1, 5000 do many[i] = ('"field%d":"wrong"'):format(i) end
    local err = refused('{"message":"m","errors":{' .. table.concat(many, ",") .. "}}")
    assert.equal(100, #err.problems)
    assert.equal("wrong", err.problems[100].message)
    local long = ("a."):rep(200000)
    err = refused('{"message":"m","errors":{"' .. long .. '":{"b":"wrong"}}}')
    assert.is_true(#err.problems[1].path <= 1100 and #err.problems[1].pointer <= 1100)
    assert.is_true(#tostring(refused('{"message":"' .. ("x"):rep(100000) .. '"}')) < 2000)
  end)
end)
