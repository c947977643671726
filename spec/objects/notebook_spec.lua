-- The steps of DataRobot's retraining notebook, and the bodies that the example puts on the wire.
local cjson = require("cjson").new()
local process = require "spec.support.process"
local sandboxes = require "datarobot.sandbox"

local function contract(name)
  local file <close> = assert(io.open("spec/contract/" .. name))
  return cjson.decode(file:read "a")
end

describe("examples/notebook.lua", function()
  it("sends the bodies that the notebook sends", function()
    local sandbox <close> = sandboxes.start {}
    local status, text = process.run({
      "lua5.4", "examples/notebook.lua", sandbox.deployment_id, sandbox.dataset_id, sandbox.prediction_environment_id,
    }, { DATAROBOT_ENDPOINT = sandbox.endpoint, DATAROBOT_API_TOKEN = sandbox.token, DATAROBOT_CONFIG_FILE = false })
    assert.equal(0, status, text)
    local sent = {}
    for _, r in ipairs(sandbox:requests()) do
      if r.body and r.body ~= "" then sent[#sent + 1] = { r.method, r.path, cjson.decode(r.body) } end
    end
    local base = "/api/v2/deployments/" .. sandbox.deployment_id
    assert.same({
      { "PATCH", base .. "/settings/", contract "seed-challenger-settings.json" },
      { "PATCH", base .. "/retrainingSettings/", contract "seed-settings.json" },
      { "POST", base .. "/retrainingPolicies/", contract "seed-drift-policy.json" },
    }, sent)
  end)

  it("runs on its own sandbox, in colour when told so", function()
    local status, text = process.run { "lua5.4", "examples/notebook.lua" }
    assert.equal(0, status, text)
    assert.matches("RetrainingPolicy %x+ \"MultiClass Drift Tracking Policy\" %(data_drift_decline %->", text)
    assert.is_nil(text:find "\27")
    status, text = process.run { "lua5.4", "examples/notebook.lua", "--color" }
    assert.equal(0, status, text)
    assert.is_truthy(text:find "\27")
  end)
end)
