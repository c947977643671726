-- Exactness: what goes out is what was meant, to the last bit: nulls, empty tables, numbers, texts, locales, and tables
-- that come from elsewhere.
local cjson = require "cjson"
local contract = require "spec.support.contract"
local core = require "datarobot.core"
local dr = require "datarobot"
local fixed = require "spec.support.fixed_server"
local process = require "spec.support.process"
local sandboxes = require "datarobot.sandbox"

local ID <const> = "675c98d9f2e4b4189bff25f5"

local function encode(t)
  t.name = t.name or "p"
  return (assert(dr.encode("policy", t)):gsub('^{"name":"p",?', "{"))
end

local function steps(n)
  local text = encode { time_series_options = { periodicities = { { time_steps = n, time_unit = "DAY" } } } }
  return text:match '"timeSteps":([^,]*),'
end

describe("null, absent and empty", function()
  it("are three things", function()
    assert.equal("{}", encode {})
    assert.equal('{"description":null}', encode { description = dr.null })
    assert.equal('{"description":""}', encode { description = "" })
    assert.equal('{"timeSeriesOptions":null}', encode { time_series_options = dr.null })
    assert.equal('{"timeSeriesOptions":{}}', encode { time_series_options = {} })
    assert.equal('{"timeSeriesOptions":{"periodicities":null}}',
      encode { time_series_options = { periodicities = dr.null } })
    assert.equal('{"timeSeriesOptions":{"periodicities":[]}}',
      encode { time_series_options = { periodicities = {} } })
  end)

  it("stay three things on the way back", function()
    local t = dr.normalize("policy", {
      name = "p", description = dr.null, time_series_options = { periodicities = {} } })
    assert.equal(dr.null, t.description)
    assert.is_nil(t.use_case_id)
    assert.equal("[]", core.encode_any(t.time_series_options.periodicities))
  end)

  it("are cjson's, too", function()
    assert.equal(cjson.null, dr.null)
    assert.equal('{"description":null}', encode { description = cjson.null })
  end)
end)

describe("an empty table", function()
  it("is a list where a list belongs, and an object where an object does", function()
    for _, empty in ipairs { {}, dr.array {}, cjson.decode "[]", dr.decode "[]" } do
      assert.equal('{"timeSeriesOptions":{"periodicities":[]}}',
        encode { time_series_options = { periodicities = empty } })
    end
    for _, empty in ipairs { {}, cjson.decode "{}", dr.decode "{}" } do
      assert.equal('{"autopilotOptions":{}}', encode { autopilot_options = empty })
    end
    assert.is_nil((dr.encode("policy", { name = "p", autopilot_options = dr.array {} })))
  end)

  it("is an object without a schema, a list where it is marked", function()
    assert.equal('{"a":{},"b":[]}', core.encode_any { a = {}, b = dr.array {} })
    assert.equal('{"a":{},"b":[]}', core.encode_any(dr.decode '{"a":{},"b":[]}'))
  end)
end)

describe("a number", function()
  local EDGES <const> = {
    0, 1, 2 ^ 31 | 0, (1 << 53) - 1, 1 << 53, (1 << 53) + 1, math.maxinteger - 1, math.maxinteger,
  }

  it("that is an integer is exact", function()
    for _, i in ipairs(EDGES) do assert.equal(("%d"):format(i), steps(i)) end
    for _, i in ipairs { -1, math.mininteger, math.mininteger + 1, -(1 << 53) - 1, table.unpack(EDGES) } do
      assert.equal(("[%d]"):format(i), core.encode_any { i })
      local back = dr.decode(("[%d]"):format(i))[1]
      assert.equal("integer", math.type(back))
      assert.equal(i, back)
    end
  end)

  it("that is whole is an integer where it fits into 64 bits", function()
    assert.equal("3", steps(3.0))
    assert.equal("9007199254740992", steps(2.0 ^ 53))
    assert.equal("9223372036854774784", steps(2.0 ^ 63 - 1024))
    assert.is_nil((dr.encode("policy", { name = "p", time_series_options = {
      periodicities = { { time_steps = 2.0 ^ 63, time_unit = "DAY" } } } })))
  end)

  it("that is a float has the fewest digits that read back the same", function()
    local function check(d)
      local text = assert(core.encode_any { d }):match "^%[(.*)%]$"
      local back = tonumber(text)
      assert.equal(string.pack("n", d), string.pack("n", back + 0.0), text)
      local shortest
      for precision = 1, 17 do
        shortest = ("%%.%dg"):format(precision):format(d)
        if tonumber(shortest) == d then break end
      end
      local function digits(s) return #s:gsub("[eE].*", ""):gsub("[^%d]", ""):gsub("^0+", ""):gsub("0+$", "") end
      assert.equal(digits(shortest), digits(text), text)
      assert.equal(string.pack("n", d), string.pack("n", dr.decode("[" .. text .. "]")[1] + 0.0), text)
    end
    for _, d in ipairs {
      0.1, 0.3, 1 / 3, 12.5, 1e21, 1e22, 1e23, 1e-7, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 0.1 + 0.2,
      123456789.125, 1e15, 1e16, 2 ^ 53 + 2.0, -2.5,
    } do
      check(d)
    end
    math.randomseed(4)
    for _ = 1, 5000 do
      local d = string.unpack("n", string.pack("j", math.random(0)))
      if d == d and d - d == 0 then check(d) end
    end
  end)

  it("below zero keeps its sign, and zero its own", function()
    assert.equal("[-0]", core.encode_any { -0.0 }:gsub("%-0%.0", "-0"))
    assert.equal("-inf", tostring(1 / dr.decode "[-0.0]"[1]))
  end)
end)

describe("the locale", function()
  -- A locale whose decimal point is a comma, made on the spot.
  local SOURCE <const> = "comment_char %\nescape_char /\nLC_NUMERIC\ndecimal_point \",\"\nthousands_sep \".\"\n"
    .. "grouping 3;3\nEND LC_NUMERIC\n"

  local SCRIPT <const> = [[
    local dr, cjson = require "datarobot", require "cjson"
    local function all()
      local _, err = dr.validate("policy", { name = "p", project_options = { holdout_pct = 98.5, reps = 2.5 } })
      return table.concat({
        dr.encode("policy", { name = "p", project_options = { holdout_pct = 12.5 } }),
        require "datarobot.core".encode_any { 0.1, 1e300, -2.5e-7, 1234567.125 },
        tostring(dr.decode "[12.5]"[1] == 25 / 2), tostring(dr.decode "[1.5e3]"[1] == 1500),
        tostring(err), tostring(dr.schedule "30 9 * * *"),
        dr.encode("policy", dr.normalize("policy", { name = "p", project_options = { holdout_pct = 12.5 } })),
      }, "\n")
    end
    local before = all()
    assert(os.setlocale "xx_XX" == "xx_XX", "no locale")
    assert(("%.1f"):format(1.5) == "1,5", "no comma")
    local after = all()
    assert(before == after, before .. "\n" .. after)
    assert(os.setlocale() == "xx_XX")
    print "same"
  ]]

  it("changes nothing", function()
    if process.run "command -v localedef >/dev/null" ~= 0 then return pending "localedef is not installed" end
    local folder <close> = process.folder()
    local source = folder:write("comma", SOURCE)
    process.run { "localedef", "-c", "-i", source, "-f", "ANSI_X3.4-1968", folder.path .. "/xx_XX" }
    -- glibc keeps what it read from LOCPATH, which a sanitizer would take for a leak
    local env = { LOCPATH = folder.path, ASAN_OPTIONS = "detect_leaks=0" }
    local status, text = process.run({ "lua5.4", folder:write("script.lua", SCRIPT) }, env)
    if text:find "no locale" then return pending "localedef makes no locale here (Debian: locales)" end
    assert.equal(0, status, text)
    assert.equal("same\n", text)
  end)
end)

describe("bytes that are not UTF-8", function()
  local BAD <const> = {
    "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xe2\x82", "\xe2(\xa1",
    "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf0\x9f\x98", "\xf4\x90\x80\x80",
    "\xf5\x80\x80\x80", "\xfe", "\xff", "\xf8\x88\x80\x80\x80",
  }
  local GOOD <const> = { "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}" }

  local PLACES <const> = {
    name = function(s) return "policy", { name = s } end,
    description = function(s) return "policy", { name = "p", description = s } end,
    ["a word"] = function(s) return "policy", { name = "p", action = s } end,
    ["an id"] = function(s) return "policy", { name = "p", use_case_id = s } end,
    ["a duration"] = function(s)
      return "policy", { name = "p", trigger = { type = dr.null, min_interval_between_runs = s } }
    end,
    ["cron text"] = function(s) return "policy", { name = "p", trigger = { type = "schedule", schedule = s } } end,
    ["the name of a month"] = function(s)
      return "policy", { name = "p", trigger = { type = "schedule", schedule = {
        minute = { 0 }, hour = { 0 }, day_of_month = { "*" }, month = { s }, day_of_week = { "*" } } } }
    end,
    ["a member's name"] = function(s) return "policy", { name = "p", [s] = 1 } end,
    ["an element"] = function(s)
      return "settings", { segment_analysis = { enabled = true, attributes = { "a", s } } }
    end,
    ["a free value"] = function(s) return "settings", { bias_and_fairness = { a = { s } } } end,
    ["a free name"] = function(s) return "settings", { bias_and_fairness = { [s] = { 1 } } } end,
    ["an open object's name"] = function(s) return "settings", { prediction_warning = { enabled = true, [s] = 1 } } end,
  }
  local FREE <const> = {
    name = true, description = true, ["an element"] = true, ["a free value"] = true, ["a free name"] = true,
    ["an open object's name"] = true,
  }

  for place, make in pairs(PLACES) do
    it("are refused as " .. place .. ", and said in UTF-8", function()
      for _, bad in ipairs(BAD) do
        for _, text in ipairs { bad, "a" .. bad, bad .. "a", ("é"):rep(9) .. bad .. "é" } do
          local ok, err = dr.validate(make(text))
          assert.is_nil(ok)
          assert.is_truthy(utf8.len(tostring(err)), tostring(err))
          if FREE[place] and place ~= "a free name" and place ~= "an open object's name" then
            local at = select(2, utf8.len(text))
            assert.is_truthy(err.problems[1].message:find("byte " .. at, 1, true), err.problems[1].message)
          end
        end
      end
      for _, good in ipairs(GOOD) do assert.equal(FREE[place] == true, dr.validate(make(good)) == true, good) end
    end)
  end

  it("are refused by the reader", function()
    for _, bad in ipairs(BAD) do
      for _, text in ipairs {
        '["' .. bad .. '"]', '{"' .. bad .. '":1}', '"aaaaaaaa' .. bad .. 'b"', "[" .. bad .. "]",
      } do
        local value, err = dr.decode(text)
        assert.is_nil(value)
        assert.equal("protocol", err.kind)
      end
    end
    for _, good in ipairs(GOOD) do assert.equal(good, dr.decode('["' .. good .. '"]')[1]) end
  end)
end)

-- {=== tables from elsewhere ===}

local READ_ONLY <const> = { id = true, latestRun = true, latest_run = true, useCase = true, use_case = true }

local function writable(t)
  local copy = {}
  for k, v in pairs(t) do
    if not READ_ONLY[k] then copy[k] = v end
  end
  return copy
end

describe("a table from elsewhere goes in as it is:", function()
  local sandbox, client, deployment, policy
  setup(function()
    sandbox = sandboxes.start {}
    client = assert(sandbox:client())
    deployment = assert(client:deployment(sandbox.deployment_id))
    assert(deployment:update_retraining_settings { retraining_user_id = deployment.owners.preview[1].id })
    policy = assert(deployment:create_retraining_policy {
      name = "p", action = "create_model_package", use_case_id = ID, description = "d",
      trigger = { type = "schedule", schedule = "0 9,17 * * MON-FRI", min_interval_between_runs = "P7D" },
      time_series_options = {
        periodicities = { { time_steps = 7, time_unit = "DAY" } }, differencing_method = "seasonal",
      },
      project_options = { holdout_pct = 12.5, metric = "AUC", cv_method = "RandomCV", validation_type = "TVH" },
    })
  end)
  teardown(function()
    client:close()
    sandbox:stop()
  end)

  it("one decoded by lua-cjson, one by dr.decode, one typed off the REST documentation", function()
    local text = contract.text "policy-time-series.json"
    local typed = assert(load("return " .. text:gsub('"([%w_]+)"%s*:', "%1 ="):gsub("%[", "{"):gsub("%]", "}")
      :gsub("null", "dr.null"), "typed", "t", { dr = dr }))()
    local bytes = assert(dr.encode("policy", cjson.decode(text)))
    assert.equal(bytes, assert(dr.encode("policy", dr.decode(text))))
    assert.equal(bytes, assert(dr.encode("policy", typed)))
  end)

  it("what another policy's to_table shows, without what only replies have", function()
    assert.is_true(dr.validate("policy", writable(policy:to_table { nulls = true })))
    assert.is_true(dr.validate("policy", writable(policy:to_table())))
    assert.is_true(dr.validate("policy", writable(dr.decode(policy:to_json()))))
    assert.is_true(dr.validate("policy", writable(cjson.decode(policy:to_json()))))
    assert.is_true(dr.validate("policy", writable(contract.example "response-policy.json")))
  end)

  it("a definition", function()
    local definition = policy:definition()
    for name in pairs(READ_ONLY) do assert.is_nil(definition[name]) end
    assert.equal(ID, definition.use_case_id)
    assert.same({ 9, 17 }, definition.trigger.schedule.hour)
    definition.name = "clone"
    local clone = assert(deployment:create_retraining_policy(definition))
    assert.same(definition, clone:definition())
    assert.is_true(assert(policy:update(policy:definition())) == policy)
    assert(clone:delete())
    definition.trigger.type = "x" -- a table of its own
    assert.equal("schedule", policy.trigger.type)
  end)

  it("normalize's, again and again", function()
    local t = assert(dr.normalize("policy", policy:definition()))
    assert.same(t, dr.normalize("policy", t))
  end)
end)

describe("a definition", function()
  local function definition_of(body)
    local server <close> = fixed.start { body = body }
    local client <close> = assert(dr.client { endpoint = server.endpoint, token = "t" })
    -- every path gives the same object: it serves as deployment and as policy
    local deployment = assert(client:deployment(ID))
    return assert(deployment:retraining_policy(ID)):definition()
  end

  local POLICY <const> = '{"id":"' .. ID .. '","name":"p",%s}'

  it("leaves out nulls that the schema refuses, and what it does not know", function()
    local t = definition_of(POLICY:format [["action":null,"description":null,"projectOptions":null,"newMember":1,
      "autopilotOptions":{"mode":null,"blendBestModels":true,"newMember":[1]},"useCase":null,
      "timeSeriesOptions":{"periodicities":[{"timeSteps":9007199254740993,"timeUnit":"DAY","x":1}]},
      "trigger":{"type":null,"schedule":null,"statusDeclinesToWarning":null,"statusStillInDecline":null}]])
    assert.same({
      name = "p", description = dr.null, autopilot_options = { blend_best_models = true },
      time_series_options = { periodicities = { { time_steps = 9007199254740993, time_unit = "DAY" } } },
      trigger = { type = dr.null, schedule = dr.null, status_still_in_decline = dr.null },
    }, t)
    assert.is_true(dr.validate("policy", t))
  end)

  it("keeps words that only a newer server knows, for the check to name", function()
    local t = definition_of(POLICY:format '"action":"new_action","useCase":{"id":5},"trigger":5,"autopilotOptions":[1]')
    assert.equal("new_action", t.action)
    local _, err = dr.validate("policy", t)
    assert.equal("action", err.problems[1].path)
  end)
end)
