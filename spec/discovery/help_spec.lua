-- dr.help: a page for everything that has a name, and for every object.
local core = require "datarobot.core"
local dr = require "datarobot"
local data = require "datarobot.help.data"
local discovery = require "datarobot.help.discovery"
local sandboxes = require "datarobot.sandbox"

-- Every line but the first, which may be the value's own, fits a terminal.
local function fits(text, title)
  local first = true
  for line in (text .. "\n"):gmatch "(.-)\n" do
    assert.is_true((utf8.len(line) or #line) <= 80 or first and title, line)
    assert.is_nil(line:find "[ \t]$", line)
    first = false
  end
  return text
end

describe("dr.help", function()
  it("gives an overview", function()
    local text = fits(dr.help())
    assert.equal(text, dr.help(nil))
    assert.equal(text, dr.help(dr))
    assert.equal(text, dr.help "")
    for _, word in ipairs { "dr.client([options])", "retraining_policy", "policy_update", "trigger_type" } do
      assert.is_truthy(text:find(word, 1, true), word)
    end
  end)

  it("never prints", function()
    local printed, real = false, print
    _G.print = function() printed = true end
    dr.help()
    dr.help "policy"
    _G.print = real
    assert.is_false(printed)
  end)

  it("has a page for every kind, field, enumeration, class and function", function()
    local count = 0
    local function page(name, contains)
      local text = fits(dr.help(name))
      assert.is_nil(text:find "^nothing is named", name)
      assert.is_truthy(text:find(contains, 1, true), name .. ": " .. text)
      count = count + 1
    end
    for _, group in ipairs { discovery.schemas().kinds, discovery.schemas().queries } do
      for _, schema in ipairs(group) do
        page(schema.name, 'The table "' .. schema.name .. '"')
        discovery.each_field(schema, function(path) page(path, path .. "\n") end)
      end
    end
    for name in pairs(dr.enums) do page("dr.enums." .. name, "Legal in ") end
    for _, class in ipairs(data.classes) do
      page(class.name, class.name == "dr" and "Functions" or "")
      for _, f in ipairs(class.functions or {}) do
        page(f.signature, f.signature)
        page(f.signature:match "^[^(]+", f.signature)
        page(f.name, "")
      end
    end
    for _, item in ipairs(data.types) do page(item.name:match "[^.]+$", "") end
    for _, w in ipairs(data["datarobot.ErrorKind"]) do page(w.word:gsub('"', ""), "") end
    assert.is_true(count > 250)
  end)

  it("searches texts in a sane order and names the rest", function()
    local text = dr.help "policy"
    assert.matches('^The table "policy"', text)
    assert.matches('See also dr%.help "retraining_policy"%.$', text)
    assert.matches("^policy%.trigger%.type\n", dr.help "trigger.type")
    assert.matches("^policy%.trigger%.min_interval_between_runs\n", dr.help "minIntervalBetweenRuns")
    assert.matches("^policy%.trigger%.schedule\n", dr.help "policy.trigger.schedule")
    assert.matches("^deployment:create_retraining_policy%(t%[, o%]%)", dr.help "create_retraining_policy")
    assert.matches("^policy:refresh", dr.help "policy:refresh")
    assert.matches("^Client\n", dr.help "client")
    assert.matches("^dr%.client%(", dr.help "dr.client")
    assert.matches("^dr%.validate%(", dr.help " dr.validate() ")
    assert.matches("^dr%.enums%.action\n", dr.help "action")
    assert.matches("^err%.kind == \"ambiguous\"", dr.help "ambiguous")
  end)

  it("answers what it does not know with the nearest", function()
    assert.equal('nothing is named "polcy"; did you mean dr.help "policy"?', dr.help "polcy")
    assert.equal('nothing is named "policy.trgger"; did you mean dr.help "policy.trigger"?', dr.help "policy.trgger")
    assert.equal('nothing is named "create_retraning_policy"; did you mean dr.help "create_retraining_policy"?',
      dr.help "create_retraning_policy")
    assert.equal('nothing is named "zzzzzzzzz"; dr.help() lists what there is', dr.help "zzzzzzzzz")
    assert.matches("no help on a number", dr.help(42))
    assert.matches("A table that is not of this module", dr.help {})
    assert.matches("A function that is not of this module", dr.help(print))
    assert.matches("no help on a userdata", dr.help(io.stdout))
  end)

  it("knows functions by themselves", function()
    assert.matches("^dr%.validate%(kind, t%[, context%]%)", dr.help(dr.validate))
    assert.matches("^dr%.help%(%[x%]%)", dr.help(dr.help))
    assert.matches("^deployment:create_retraining_policy",
      dr.help(core.classes.deployment.create_retraining_policy))
    assert.matches("^client:close%(%)", dr.help(core.classes.client.close))
  end)

  it("prints fields and words as they print", function()
    assert.equal(tostring(dr.enums.action), dr.help(dr.enums.action))
    assert.equal(tostring(dr.enums), dr.help(dr.enums))
    local fields = dr.fields "policy"
    assert.equal(tostring(fields), dr.help(fields))
    assert.equal(tostring(fields[1]), dr.help(fields[1]))
  end)
end)

describe("dr.help of an object", function()
  local sandbox <const> = sandboxes.start()
  local client <const> = sandbox:client()
  lazy_teardown(function()
    client:close()
    sandbox:stop()
  end)

  local function shows(x, ...)
    sandbox:requests { clear = true }
    local text = fits(dr.help(x), true)
    assert.same({}, sandbox:requests())
    for _, word in ipairs { ... } do assert.is_truthy(text:find(word, 1, true), word .. "\n" .. text) end
  end

  it("shows fields of the reply and methods, and sends nothing", function()
    local deployment = assert(client:deployment(sandbox.deployment_id))
    local policy = assert(deployment:create_retraining_policy { name = "a\tb \"quoted\" é" })
    shows(client, tostring(client), "Methods\n", "client:find_deployment(label)")
    shows(deployment, tostring(deployment), '\n  status                    "active"', "table: count, preview",
      "deployment:get_settings([o])")
    shows(policy, tostring(policy), '"a\\tb \\"quoted\\" é"', "policy:update(t[, o])")
    shows(deployment:retraining_policies(), "list:collect([n])", "\n  what ")
    shows(assert(client:get "version/"), "\n  status                    200", "response:json()")
    shows(deployment.owners, "\n  count                     1", "list of 1")
    shows(select(2, client:deployment "x"), 'err.kind == "validation"', "\n  message ")
    shows(dr.schedule "@daily", "0 0 * * *", "schedule:describe()")
  end)

  it("works on a closed client", function()
    local other = sandbox:client()
    other:close()
    assert.matches("%(closed%)\n", dr.help(other))
  end)

  it("finds what a person would type", function()
    local words = [[cron crontab token sandbox trigger triggers schedule proxy timeout retry retries login password
      certificate tls ssl ca endpoint url config environment env file yaml log logging debug error errors status 401 403
      404 409 422 429 500 503 null nil json list lists page pages paging loop async coroutine parallel concurrency
      map each
      wait sleep job jobs policy policies retrain retraining deployment deployments model challenger challengers drift
      accuracy autopilot metric project dataset datasets credentials prediction user owner update delete create find get
      post patch put settings retraining_settings latest_run run runs whoami version account get_settings daily weekly
      monthly @daily hour minute day month timezone UTC next_runs describe example examples help quickstart test threads
      fork close token_type allow_http max_body max_retries connect_timeout settle ambiguous validate validation encode
      normalize array enums fields iso8601 duration P7D interval feature_list use_case time_series name description
      action
      create_challenger data_drift_decline retraining_user uid major challenger_models finish_time
      problems
      where candidates max_connections ca_file user_agent_suffix config_path ssl_verify]]
    local count = 0
    for word in words:gmatch "%S+" do
      local page = dr.help(word)
      assert.is_nil(page:find "^nothing is named", word .. ": " .. page)
      for line in page:gmatch "[^\n]+" do assert.is_true(utf8.len(line) <= 80, word .. ": " .. line) end
      for name in page:gmatch 'dr%.help "([^"]+)"' do
        assert.is_nil(dr.help(name):find "^nothing is named", word .. " -> " .. name)
      end
      count = count + 1
    end
    assert.is_true(count >= 150, count)
  end)

  it("offers no table that no method takes", function()
    local overview = dr.help()
    local taken = {}
    for _, operation in ipairs(discovery.schemas().operations) do taken[operation.body or ""] = true end
    for _, kind in ipairs(discovery.schemas().kinds) do
      local shown = overview:find("\n  " .. kind.name .. " ", 1, true) ~= nil
      assert.equal(taken[kind.name] == true, shown, kind.name)
      assert.is_nil(dr.help(kind.name):find "^nothing is named") -- dr.validate knows it
    end
  end)
end)
