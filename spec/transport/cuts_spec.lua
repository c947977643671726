-- C-25: the answer of twelve exchanges is cut behind each of its bytes, by FIN and by RST. In between every 16th byte;
-- CUT_STEP=1 cuts at every one.
local canary = require "spec.support.canary"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"
local sandboxes = require "datarobot.sandbox"
local together = require "spec.support.together"

local STEP <const> = tonumber(os.getenv "CUT_STEP") or 16

-- The kinds that a lost answer may have.
local SAFE <const> = { transport = true, protocol = true, timeout = true }
local UNSAFE <const> = { ambiguous = true }

-- name; method and path of the exchange that is cut; whether it may be sent again; the call.
local EXCHANGES <const> = {
  { "version", "GET", "/version/", true, function(c) return c.client:version() end },
  { "whoami", "GET", "/account/info/", true, function(c) return c.client:whoami() end },
  { "a deployment", "GET", "/deployments/$d/", true, function(c) return c.deployment:refresh() end },
  { "a page", "GET", "/deployments/", true, function(c) return c.client:deployments():collect() end },
  { "settings", "GET", "/deployments/$d/settings/", true, function(c) return c.deployment:get_settings() end },
  { "a settings change", "PATCH", "/deployments/$d/settings/", false,
    function(c)
      return c.deployment:update_settings({ humility = { enabled = true } }, { wait = false, retry = false })
    end },
  { "a retraining settings change", "PATCH", "/deployments/$d/retrainingSettings/", true,
    function(c) return c.deployment:update_retraining_settings { dataset_id = c.dataset } end },
  { "a create", "POST", "/deployments/$d/retrainingPolicies/", false,
    function(c) return c.deployment:create_retraining_policy({ name = "new" }, { retry = false }) end },
  { "a policy change", "PATCH", "/deployments/$d/retrainingPolicies/$p/", true,
    function(c) return c.policy:update { description = "new" } end },
  { "a delete", "DELETE", "/deployments/$d/retrainingPolicies/$p/", true, function(c) return c.policy:delete() end },
  { "a raw create", "POST", "/datasets/", false, function(c) return c.client:post("datasets/", { name = "x" }) end },
  { "a refusal", "GET", "/nowhere/", true, function(c) return c.client:get "nowhere/" end },
}

describe("C-25 an answer that is cut", function()
  local fault, sandbox, warm, dataset
  setup(function()
    fault = Fault.start()
    sandbox = sandboxes.start { token = canary }
    local client <close> = assert(sandbox:client())
    local deployment = assert(client:deployment(sandbox.deployment_id))
    local policy = assert(deployment:create_retraining_policy { name = "p" })
    dataset = sandbox.dataset_id
    warm = { deployment = deployment:to_json(), policy = policy:to_json(), d = deployment.id, p = policy.id }
  end)
  teardown(function()
    fault:stop()
    sandbox:stop()
  end)

  local function path_of(exchange) return (exchange[3]:gsub("%$(%a)", { d = warm.d, p = warm.p })) end

  -- A client with a deployment and a policy, fetched over a connection that stays open or not.
  local function context(options, wait)
    local client = fault:client(options)
    client:on_wait(wait)
    local c = { client = client, dataset = dataset }
    c.deployment = assert(client:deployment(warm.d))
    c.policy = assert(c.deployment:retraining_policy(warm.p))
    return setmetatable(c, { __close = function() client:close() end })
  end

  local function warm_routes(routes, prefix, reused)
    local headers = reused and {} or { "Connection: close" }
    routes["GET " .. prefix .. "/deployments/" .. warm.d .. "/"] =
      { { body = warm.deployment, headers = headers, close = not reused } }
    routes["GET " .. prefix .. "/deployments/" .. warm.d .. "/retrainingPolicies/" .. warm.p .. "/"] =
      { { body = warm.policy, headers = headers, close = not reused } }
  end

  -- The bytes with which the sandbox answers.
  local function record(exchange)
    local routes = {}
    warm_routes(routes, "/api/v2", true)
    local key = exchange[2] .. " /api/v2" .. path_of(exchange)
    if exchange[1] == "a deployment" then routes[key] = { routes[key][1], { upstream = sandbox.port } }
    else routes[key] = { { upstream = sandbox.port } } end
    fault:play { routes = routes }
    local c <close> = context {}
    exchange[5](c)
    for _, request in ipairs(fault:seen()) do
      if request.reply then return request.reply end
    end
  end

  -- Cases of one exchange: { prefix =, cut =, how =, reused =, tries = }.
  local function cases_of(bytes)
    local cases = {}
    for cut = 0, #bytes - 1, STEP do
      for _, how in ipairs { "fin", "rst" } do
        for _, reused in ipairs { true, false } do
          cases[#cases + 1] = { cut = cut, how = how, reused = reused, tries = cut % 5 == 0 and 2 or 1 }
        end
      end
    end
    return cases
  end

  local function add_routes(routes, exchange, bytes, case)
    warm_routes(routes, case.prefix, case.reused)
    local key = exchange[2] .. " " .. case.prefix .. path_of(exchange)
    local replies = { { raw = bytes, cut = case.cut, how = case.how }, { raw = bytes } }
    if routes[key] then table.insert(replies, 1, routes[key][1]) end
    routes[key] = replies
  end

  local function run(exchange, case, wait)
    local c <close> = context({ endpoint = fault.url .. case.prefix, retries = case.tries - 1 }, wait)
    local before = c.policy:to_json() .. c.deployment:to_json()
    case.value, case.err = exchange[5](c)
    case.whole = before == c.policy:to_json() .. c.deployment:to_json()
  end

  -- How often the cut exchange came for each prefix.
  local function counts(exchange)
    local seen, path = {}, path_of(exchange)
    for _, request in ipairs(fault:seen()) do
      local target = request.target:match "^[^?]*"
      if request.method == exchange[2] and target:sub(-#path) == path then
        local prefix = target:sub(1, #target - #path)
        seen[prefix] = (seen[prefix] or 0) + 1
      end
    end
    return seen
  end

  local function check(exchange, case, sent)
    local name = ("%s, cut behind byte %d by %s, %s connection, %d tries: %s"):format(exchange[1], case.cut, case.how,
      case.reused and "reused" or "new", case.tries, tostring(case.err))
    if exchange[1] == "a deployment" then sent = sent - 1 end -- it was fetched before
    if not exchange[4] then
      assert.equal(1, sent, name)
      assert.is_nil(case.value, name)
      assert.is_true(UNSAFE[case.err.kind], name)
      assert.is_false(case.err.retryable, name)
    elseif case.tries == 2 or sent == 2 then -- libcurl itself repeats what a reused connection did not answer at all
      assert.equal(2, sent, name)
      if exchange[1] == "a refusal" then assert.equal("not_found", case.err.kind, name)
      else assert.is_truthy(case.value, name) end
      return
    else
      assert.equal(1, sent, name)
      assert.is_nil(case.value, name)
      assert.is_true(SAFE[case.err.kind], name)
      assert.is_true(case.err.retryable, name)
    end
    assert.is_true(dr.is_error(case.err), name)
    assert.is_true(case.whole, name .. ": an object was changed")
  end

  for index, exchange in ipairs(EXCHANGES) do
    it(("is no answer: %s"):format(exchange[1]), function()
      local bytes = assert(record(exchange), "no answer was recorded")
      local cases, routes, functions = cases_of(bytes), {}, {}
      for i, case in ipairs(cases) do
        case.prefix = ("/%d/%d"):format(index, i)
        add_routes(routes, exchange, bytes, case)
        functions[i] = function(wait) run(exchange, case, wait) end
      end
      fault:play { routes = routes }
      together(functions)
      local sent = counts(exchange)
      for _, case in ipairs(cases) do check(exchange, case, sent[case.prefix] or 0) end
    end)
  end
end)

describe("C-25 a request that is cut", function()
  local fault
  setup(function() fault = Fault.start() end)
  teardown(function() fault:stop() end)

  local function ask(method, play, body)
    fault:play(play)
    local client <close> = fault:client { retries = 1 }
    local value, err = client[method](client, "things/", body)
    return value, err, fault:seen()
  end

  local BIG <const> = { text = ("x"):rep(8000000) }

  it("is sent again whatever it is, since nobody can have acted on its half", function()
    for _, method in ipairs { "post", "patch", "put" } do
      local play = { replies = { { cut = 0, how = "rst" } }, early = 1000 }
      local value, err, seen = ask(method, play, BIG)
      assert.is_nil(value)
      assert.equal("transport", err.kind)
      assert.is_true(err.retryable)
      assert.equal(2, err.attempts)
      assert.equal(2, #seen)
      for _, request in ipairs(seen) do assert.equal(1000, #request.head + #request.body) end
    end
  end)

  it("by an answer of the server is answered", function()
    for status, kind in pairs { [413] = "api", [401] = "auth", [422] = "validation" } do
      local value, err, seen = ask("post", { replies = { { status = status, close = true } }, early = 1000 }, BIG)
      assert.is_nil(value)
      assert.is_true(err.kind == kind or err.kind == "transport", tostring(err))
      assert.is_true(#seen <= 2)
    end
  end)

  it("and was written whole is never sent again when it is unsafe", function()
    for _, how in ipairs { "fin", "rst" } do
      for method, times in pairs { post = 1, patch = 1, put = 2 } do
        local value, err, seen = ask(method, { replies = { { cut = 0, how = how } } }, { text = ("x"):rep(100000) })
        assert.is_nil(value)
        assert.equal(times, #seen, method)
        assert.equal(times == 1 and "ambiguous" or "transport", err.kind)
      end
    end
  end)
end)
