-- Routes of challengers, model packages and replacement, as somebody without our client meets them.
local contract = require "datarobot.sandbox.contract"
local http = require "spec.sandbox.http"
local json = require "datarobot.sandbox.json"
local sandboxes = require "datarobot.sandbox"

local NOBODY <const> = ("0"):rep(24)

describe("the sandbox's models", function()
  local sandbox, here, package

  local function send(method, path, body) return http.request(sandbox, method, here .. path, { body = body }) end
  local function read(path) return assert(json.decode(send("GET", path).text)) end

  -- A run has made a challenger.
  before_each(function()
    sandbox = sandboxes.start()
    here = "deployments/" .. sandbox.deployment_id .. "/"
    send("PATCH", "settings/", { challengerModels = { enabled = true } })
    send("PATCH", "retrainingSettings/", { datasetId = sandbox.dataset_id })
    local policy = "retrainingPolicies/" .. send("POST", "retrainingPolicies/", { name = "p" }).json.id .. "/"
    send("POST", policy .. "runs/")
    sandbox:advance "2h"
    package = read(policy .. "runs/").data[1].modelPackageId
  end)
  after_each(function() sandbox:stop() end)

  it("show of a challenger exactly what DataRobot's Python client demands, none of it null", function()
    local list = read "challengers/"
    assert.equal("data", next(list))
    assert.is_nil(next(list, "data"))
    local names = {}
    for name, value in pairs(list.data[1]) do
      names[#names + 1] = name
      assert.not_equal(json.null, value)
    end
    table.sort(names)
    assert.same({ "id", "model", "modelPackage", "name", "predictionEnvironment" }, names)
    assert.same(list.data[1], read("challengers/" .. list.data[1].id))
    assert.same({}, contract.check("challenger.json", list.data[1]))
  end)

  it("change, delete and make a challenger", function()
    local id = read("challengers/").data[1].id
    local reply = send("PATCH", "challengers/" .. id,
      { name = "new", predictionEnvironmentId = "5a61d7a0fbd723001a2f70d9" })
    assert.same({ 200, "new", "Shared prediction server" }, { reply.status, reply.json.name,
      reply.json.predictionEnvironment.name })
    assert.equal(200, send("PATCH", "challengers/" .. id, "{}").status) -- no change
    for path, body in pairs {
      name = { name = "" }, predictionEnvironmentId = { predictionEnvironmentId = NOBODY }, id = { id = id },
    } do
      local refused = send("PATCH", "challengers/" .. id, body)
      assert.equal(422, refused.status)
      assert.is_string(refused.json.errors[path])
    end
    assert.equal(422, send("POST", "challengers/", { name = "n", modelPackageId = package }).status) -- it is one
    assert.equal(204, send("DELETE", "challengers/" .. id).status)
    assert.equal(404, send("DELETE", "challengers/" .. id).status)
    assert.equal(422, send("POST", "challengers/", { name = "n", modelPackageId = NOBODY }).status)
    local made = send("POST", "challengers/", { name = "n", modelPackageId = package })
    assert.equal(202, made.status)
    local job = http.request(sandbox, "GET", made.headers.location:match "/api/v2/(.*)$")
    assert.equal(303, job.status)
    local product = job.headers.location:match "/api/v2/(.*)$"
    assert.same({ "n", "/" }, { http.request(sandbox, "GET", product).json.name, product:sub(-1) })
    send("PATCH", "settings/", { challengerModels = { enabled = false } })
    send("DELETE", "challengers/" .. read("challengers/").data[1].id)
    assert.equal(422, send("POST", "challengers/", { name = "n", modelPackageId = package }).status)
  end)

  it("are replaced by a job, with what the check says; the old one becomes a challenger", function()
    local old = read "championModelPackage/"
    assert.same({}, contract.check("model-package.json", old))
    local asked = send("POST", "model/validation/", { modelPackageId = package })
    assert.same({ 200, "passing" }, { asked.status, asked.json.status })
    assert.same({}, contract.check("model-replacement-validation.json", assert(json.decode(asked.text))))
    for _, body in ipairs { "{}", { modelPackageId = package }, { modelPackageId = package, reason = "FUN" },
      { modelPackageId = package, modelId = package, reason = "OTHER" }, { modelPackageId = NOBODY, reason = "OTHER" },
      { modelPackageId = old.id, reason = "OTHER" } } do
      assert.equal(422, send("PATCH", "model/", body).status)
    end
    assert.equal(old.id, read("championModelPackage/").id)
    local reply = send("PATCH", "model/", { modelPackageId = package, reason = "ACCURACY" })
    assert.same({ 202, "passing" }, { reply.status, reply.json.status })
    assert.equal(package, read("championModelPackage/").id)
    assert.same({ old.id }, { read("challengers/").data[1].modelPackage.id, read("challengers/").data[2] })
    local history = read "modelHistory/"
    assert.same({ 1, old.id, "ACCURACY" }, { #history.data, history.data[1].modelPackage.id, history.data[1].reason })
    assert.equal("failing", send("POST", "model/validation/", { modelPackageId = package }).json.status)
  end)
end)
