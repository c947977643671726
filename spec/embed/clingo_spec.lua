-- clingo: a solver whose programs hold Lua; here facts about a deployment come out of DataRobot.

local canary = require "spec.support.canary"
local hosts = require "spec.embed.hosts"
local process = require "spec.support.process"

local PROGRAM <const> = [[
#script (lua)
local clingo = require "clingo"
local dr = require "datarobot"
local client = assert(dr.client {
  endpoint = os.getenv "SANDBOX", token = os.getenv "SANDBOX_TOKEN", retries = 0, timeout = 10,
})

function valid(name, action)
  local ok, err = dr.validate("policy", { name = name.string, action = action.string })
  return ok and clingo.Number(1) or clingo.Number(-#err.problems)
end

function label()
  local deployment, err = client:deployment(os.getenv "DEPLOYMENT")
  if not deployment then error(tostring(err)) end -- clingo shows only texts
  return clingo.String(deployment.label)
end

function kind_of_error()
  local _, err = client:deployment(("0"):rep(24))
  return clingo.String(err.kind)
end
#end.

deployment(@label()).
missing(@kind_of_error()).
good(@valid("Weekly", "create_challenger")).
bad(@valid("", "create_chalenger")).
{ retrain(L) : deployment(L) } = 1.
]]

describe("clingo", function()
  it("validates a policy and fetches a deployment", function()
    local sandbox <close> = hosts.sandbox()
    local folder <close> = process.folder()
    local status, text = process.run({ "clingo", "0", folder:write("program.lp", PROGRAM) }, hosts.environment {
      SANDBOX = sandbox.endpoint, SANDBOX_TOKEN = canary, DEPLOYMENT = sandbox.deployment_id,
    })
    assert.equal(30, status, text) -- satisfiable, and all models found
    assert.matches('retrain%("[^"]+"%)', text)
    assert.matches('missing%("not_found"%)', text)
    assert.matches("good%(1%)", text)
    assert.matches("bad%(%-%d%)", text)
    assert.is_nil(text:find(canary, 1, true))
  end)

  it("tells a network that fails as an error of the script", function()
    local folder <close> = process.folder()
    local status, text = process.run({ "clingo", "0", folder:write("program.lp", PROGRAM) }, hosts.environment {
      SANDBOX = "http://127.0.0.1:" .. process.free_port(), SANDBOX_TOKEN = canary, DEPLOYMENT = ("0"):rep(24),
    })
    assert.not_equal(30, status)
    assert.matches("no connection", text)
    assert.is_nil(text:find(canary, 1, true))
  end)
end)
