-- A read-only client: whatever would write is refused before a byte is sent, whatever reads is as always.
local core = require "datarobot.core"
local dr = require "datarobot"
local sandboxes = require "datarobot.sandbox"

local PACKAGE <const> = "675c98d9f2e4b4189bff2500"

-- Public methods by class: what they are called with. Every method that there is stands in one of the two tables.
local WRITES <const> = {
  client = { post = { "x/", {} }, patch = { "x/", {} }, put = { "x/", {} }, delete = { "x/" } },
  deployment = {
    create_retraining_policy = { { name = "p" } }, update_settings = { { humility = { enabled = true } } },
    update_challenger_models_settings = { { enabled = true } },
    update_retraining_settings = { { dataset_id = PACKAGE } },
    create_challenger = { { model_package_id = PACKAGE, name = "c" } },
    replace_model = { { model_package_id = PACKAGE } }, rollback = {},
    update_drift_tracking_settings = { { target_drift = { enabled = true } } },
    update_association_id_settings = { { column_names = { "id" } } },
    update_predictions_data_collection_settings = { { enabled = true } },
    update_health_settings = { { data_drift = { drift_threshold = 0.2 } } },
    update_challenger_replay_settings = { { enabled = false } }, replay_challengers = { {} },
    update = { { label = "x" } }, activate = {}, deactivate = {},
    apply = { { name = "p", description = "new" } },
  },
  retraining_policy = { update = { { name = "q" } }, delete = {}, start_run = {} },
  retraining_run = { cancel = {}, promote = {} },
  challenger = { update = { { name = "q" } }, delete = {} },
}
local READS <const> = {
  client = { get = { "version/" }, list = { "deployments/" }, deployment = { "6759e8aebd38a7fca6ba234a" },
    deployments = {}, find_deployment = { "x" }, datasets = {}, prediction_environments = {}, credentials = {},
    version = {}, whoami = {}, wait = "", each = "", map = "", sleep = { 0 }, pollfd = {}, events = {}, timeout = {},
    step = {}, on_wait = {}, close = "" },
  deployment = { refresh = {}, get_settings = {}, get_retraining_settings = {}, retraining_policies = {},
    get_health_settings = {}, get_challenger_replay_settings = {}, retraining_policy = { PACKAGE },
    find_retraining_policy = { "p" }, challengers = {}, challenger = { PACKAGE },
    plan = { { name = "p", description = "new" } }, export = {},
    compare = { { challenger = PACKAGE, metric = "LogLoss" } }, champion_model_package = {}, model_history = {},
    capabilities = {}, shared_roles = {},
    validate_replacement_model = { { model_package_id = PACKAGE } }, to_table = {}, to_json = {} },
  retraining_policy = { explain = {},
    export = {}, refresh = {}, run = { PACKAGE }, runs = {}, definition = {}, to_table = {},
    to_json = {} },
  retraining_run = { refresh = {}, state = {}, wait = {}, to_table = {}, to_json = {} },
  challenger = { refresh = {}, to_table = {}, to_json = {} },
}

describe("a read-only client", function()
  local sandbox, objects
  setup(function()
    sandbox = sandboxes.start()
    local writer <close> = assert(sandbox:client())
    local deployment = assert(writer:deployment(sandbox.deployment_id))
    assert(deployment:update_retraining_settings { dataset_id = sandbox.dataset_id,
      prediction_environment_id = sandbox.prediction_environment_id, retraining_user_id = writer:whoami().uid })
    assert(deployment:update_challenger_models_settings { enabled = true })
    local policy = assert(deployment:create_retraining_policy { name = "p" })
    local run = assert(policy:start_run())
    sandbox:advance "2h"
    run = assert(policy:run(run.id))
    local challenger = assert(deployment:challenger(run.challenger_id))
    local client = assert(sandbox:client { read_only = true })
    local own = assert(client:deployment(sandbox.deployment_id))
    objects = {
      client = client, deployment = own, challenger = assert(own:challenger(challenger.id)),
      retraining_policy = assert(own:retraining_policy(policy.id)),
      retraining_run = assert(assert(own:retraining_policy(policy.id)):run(run.id)),
    }
  end)
  teardown(function()
    objects.client:close()
    sandbox:stop()
  end)

  local function methods()
    local all = {}
    for class in pairs(objects) do
      for name in pairs(core.classes[class]) do
        if not name:find "^_" then all[#all + 1] = { class, name } end
      end
    end
    return all
  end

  it("has every method in one of the tables above", function()
    for _, method in ipairs(methods()) do
      local class, name = table.unpack(method)
      local writes, reads = WRITES[class][name] ~= nil, READS[class][name] ~= nil
      assert.is_true(writes ~= reads, class .. ":" .. name .. " stands in neither table, or in both")
    end
  end)

  it("refuses what writes, and sends nothing", function()
    for class, list in pairs(WRITES) do
      for name, arguments in pairs(list) do
        sandbox:requests { clear = true }
        local object = objects[class]
        local done, err = object[name](object, table.unpack(arguments))
        assert.is_nil(done, name)
        assert.equal("read_only", err.kind, name)
        assert.matches("nothing was sent", tostring(err), 1, true)
        assert.same({}, sandbox:requests(), name)
      end
    end
  end)

  it("refuses every operation that is no read, and a wrong call still raises", function()
    local operations = core.schemas().operations
    local ids = { "6759e8aebd38a7fca6ba234a", PACKAGE, PACKAGE }
    for _, operation in ipairs(operations) do
      local _, wanted = operation.path:gsub("{}", "")
      local arguments = table.move(ids, 1, wanted, 1, {})
      local self = operation.on == "client" and objects.client or objects.deployment
      if self == objects.deployment then table.remove(arguments, 1) end
      if wanted < 3 then
        sandbox:requests { clear = true }
        if operation.body then arguments[#arguments + 1] = {} end
        local _, err = core.calls[operation.name](self, table.unpack(arguments))
        if operation.writes then
          assert.equal("read_only", err and err.kind, operation.name)
          assert.same({}, sandbox:requests(), operation.name)
        else
          assert.not_equal("read_only", err and err.kind, operation.name)
        end
      end
    end
    assert.has_error(function() objects.retraining_policy:update(7) end)
    assert.has_error(function() objects.client:post({}) end)
  end)

  it("reads", function()
    sandbox:requests { clear = true }
    for class, list in pairs(READS) do
      for name, arguments in pairs(list) do
        if arguments ~= "" then
          local object = objects[class]
          local _, err = object[name](object, table.unpack(arguments))
          assert.not_equal("read_only", dr.is_error(err) and err.kind, class .. ":" .. name)
        end
      end
    end
    for _, request in ipairs(sandbox:requests()) do
      assert.is_true(request.method == "GET" or request.path:find "model/validation/$" ~= nil, request.method)
    end
  end)

  it("says so", function()
    assert.matches("read only", tostring(objects.client), 1, true)
    assert.has_error(function() sandbox:client { read_only = 1 } end)
  end)
end)
