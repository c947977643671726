local sandbox = require "datarobot.sandbox"

-- The steps of DataRobot's own client with the HTTP library that it uses.
local FLOW = [[
import os, requests
endpoint, token = os.environ["ENDPOINT"], os.environ["TOKEN"]
deployment = endpoint + "/deployments/" + os.environ["DEPLOYMENT"]
session = requests.Session()
session.headers.update({"Authorization": "Token " + token, "User-Agent": "DataRobotPythonClient/3.4.0",
                        "X-DataRobot-Api-Consumer-Trace": ""})

def ask(method, url, status, **options):
    reply = session.request(method, url, allow_redirects=False, **options)
    assert reply.status_code == status, (method, url, reply.status_code, reply.text)
    if reply.text:
        assert reply.headers["Content-Type"] == "application/json", reply.headers
    return reply

ask("GET", endpoint + "/version/", 401, headers={"Authorization": "Token wrong"})
version = ask("GET", endpoint + "/version/", 200).json()
assert (version["major"], version["minor"]) >= (2, 33) and version["major"] == 2
owner = ask("GET", deployment + "/", 200).json()["owners"]["preview"][0]["id"]
job = ask("PATCH", deployment + "/settings/", 202, json={"challengerModels": {"enabled": True}})
done = ask("GET", job.headers["Location"], 303)
assert done.headers["Location"] == deployment + "/"
ask("PATCH", deployment + "/retrainingSettings", 204, json={
    "retrainingUserId": owner, "datasetId": os.environ["DATASET"], "predictionEnvironmentId": os.environ["PLACE"]})
with open("spec/contract/seed-drift-policy.json", "rb") as body:
    policy = ask("POST", deployment + "/retrainingPolicies/", 200, data=body.read(),
                 headers={"Content-Type": "application/json"}).json()
assert policy["name"] == "MultiClass Drift Tracking Policy" and policy["latestRun"] is None
page = ask("GET", deployment + "/retrainingPolicies/", 200, params={"offset": 0, "limit": 100}).json()
assert page["data"] == [policy] and page["next"] is None and page["previous"] is None
bad = ask("POST", deployment + "/retrainingPolicies/", 422, json={})
assert bad.json()["errors"] == {"name": "is required"}
ask("DELETE", deployment + "/retrainingPolicies/" + policy["id"] + "/", 204)
print("flow complete")
]]

describe("the official client's flow", function()
  it("works through python3-requests", function()
    if not os.execute "/usr/bin/python3 -c 'import requests' 2>/dev/null" then
      return pending "python3-requests is not installed"
    end
    local running <close> = assert(sandbox.start())
    local name = os.tmpname()
    local file = assert(io.open(name, "w"))
    file:write(FLOW)
    file:close()
    local setting = ("ENDPOINT=%s TOKEN=%s DEPLOYMENT=%s DATASET=%s PLACE=%s "):format(
      running.endpoint, running.token, running.deployment_id, running.dataset_id, running.prediction_environment_id)
    local pipe = io.popen(setting .. "/usr/bin/python3 " .. name .. " 2>&1")
    local output = pipe:read "a"
    pipe:close()
    os.remove(name)
    assert.equal("flow complete\n", output)
  end)
end)
