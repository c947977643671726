-- doc/configuration.md against what happens: every combination of places and what they give, for endpoint and token,
-- and each other setting in each place.
local config = require "datarobot.config"
local process = require "spec.support.process"

local CLOUD <const> = "https://app.datarobot.com/api/v2"
local PLACES <const> = { "options", "config_path", "DATAROBOT_CONFIG_FILE", "environment", "default" }

-- The rows of a table of the page, without its head: lists of cells.
local function rows_of(first_head)
  local rows, inside = {}, false
  for line in io.lines "doc/configuration.md" do
    local cells = {}
    for cell in line:gmatch "|%s*([^|]-)%s*%f[|]" do cells[#cells + 1] = cell end
    if cells[1] == first_head then
      inside = true
    elseif inside and #cells == 0 then
      return rows
    elseif inside and not cells[1]:find "^%-%-%-" then
      rows[#rows + 1] = cells
    end
  end
  error("no table " .. first_head)
end

local function token_of(place) return "t0ken-of-" .. place end
local function endpoint_of(place) return ("https://%s.example.com/api/v2"):format(place:lower():gsub("_", "-")) end

describe("where endpoint and token come from", function()
  local folder, home, environment, getenv

  setup(function()
    folder = process.folder()
    home = folder.path .. "/home"
    assert.equal(0, (process.run { "mkdir", "-p", home .. "/.config/datarobot" }))
    getenv = os.getenv
    os.getenv = function(name) return environment[name] end -- luacheck: ignore 122
  end)
  teardown(function()
    os.getenv = getenv -- luacheck: ignore 122
    folder:remove()
  end)
  before_each(function() environment = { HOME = home } end)

  local function write(path, text)
    local file <close> = assert(io.open(path, "w"))
    file:write(text)
    file:close()
    assert.equal(0, (process.run { "chmod", "600", path }))
    return path
  end

  -- The file of a place that gives this, made once. `more` are further lines.
  local made = {}
  local function file_of(place, state, address, more)
    local key = place .. state .. address .. (more or "")
    if made[key] then return made[key] end
    local lines = { "other: x", more }
    if state == "both" or state == "token" then lines[#lines + 1] = "token: " .. token_of(place) end
    if state == "both" or state == "endpoint" then lines[#lines + 1] = "endpoint: " .. address end
    local n = 0
    for _ in pairs(made) do n = n + 1 end
    made[key] = write(("%s/%d.yaml"):format(folder.path, n), table.concat(lines, "\n") .. "\n")
    return made[key]
  end

  local function set_default(path)
    local default = home .. "/.config/datarobot/drconfig.yaml"
    os.remove(default)
    if path then assert.equal(0, (process.run { "ln", path, default })) end
  end

  -- The settings for states: place -> "both", "token", "endpoint", "neither" or nil (not there). The default file is
  -- set by the caller.
  local function resolve(states, address_of, options)
    options = options or {}
    environment = { HOME = home }
    local function has(place, what) return states[place] == "both" or states[place] == what end
    if has("options", "token") then options.token = token_of "options" end
    if has("options", "endpoint") then options.endpoint = address_of "options" end
    if states.config_path then
      options.config_path = file_of("config_path", states.config_path, address_of "config_path")
    end
    if states.DATAROBOT_CONFIG_FILE then
      environment.DATAROBOT_CONFIG_FILE = file_of("DATAROBOT_CONFIG_FILE", states.DATAROBOT_CONFIG_FILE,
        address_of "DATAROBOT_CONFIG_FILE")
    end
    if has("environment", "token") then environment.DATAROBOT_API_TOKEN = token_of "environment" end
    if has("environment", "endpoint") then environment.DATAROBOT_ENDPOINT = address_of "environment" end
    return config.resolve(options)
  end

  local COLUMNS <const> = { "both", "token", "endpoint", "neither" }

  -- place -> state -> the page's word
  local function table_of_page()
    local cells = {}
    for i, row in ipairs(rows_of "place") do
      cells[PLACES[i]] = {}
      for j, state in ipairs(COLUMNS) do cells[PLACES[i]][state] = row[j + 1] end
    end
    return cells
  end

  -- What the page says of the states: the place of the token, or nil; whether it goes to the cloud.
  local function expected(page, states, others_name_cloud)
    if states.config_path and states.options ~= "neither" then return nil end
    for i, place in ipairs(PLACES) do
      local word = states[place] and page[place][states[place]] or "next"
      if word == "refused" then return nil end
      if word == "used" then return place, false end
      if word == "cloud" then
        for j = i + 1, #PLACES do
          local state = states[PLACES[j]]
          if (state == "both" or state == "endpoint") and not others_name_cloud then return nil end
        end
        return place, true
      end
      assert.equal("next", word)
    end
    return nil
  end

  local function each_combination(f)
    for _, options in ipairs(COLUMNS) do
      for _, default in ipairs { "both", "token", "endpoint", "neither", "absent" } do
        set_default(default ~= "absent" and file_of("default", default, f.address_of "default"))
        for _, path in ipairs { "both", "token", "endpoint", "neither", "absent" } do
          for _, named in ipairs { "both", "token", "endpoint", "neither", "absent" } do
            for _, environs in ipairs(COLUMNS) do
              f.check { options = options, config_path = path ~= "absent" and path or nil,
                DATAROBOT_CONFIG_FILE = named ~= "absent" and named or nil, environment = environs,
                default = default ~= "absent" and default or nil }
            end
          end
        end
      end
    end
  end

  local function described(states)
    local parts = {}
    for _, place in ipairs(PLACES) do parts[#parts + 1] = place .. "=" .. tostring(states[place]) end
    return table.concat(parts, " ")
  end

  local function assert_hidden(text)
    assert.is_nil(tostring(text):find("t0ken", 1, true), text)
  end

  local function play(address_of, others_name_cloud)
    local page, used, refused = table_of_page(), 0, 0
    each_combination {
      address_of = address_of,
      check = function(states)
        local place, cloud = expected(page, states, others_name_cloud)
        local settings, source = resolve(states, address_of)
        local what = described(states)
        if not place then
          refused = refused + 1
          assert.is_nil(settings, what)
          assert.equal("config", source.kind, what)
          assert_hidden(tostring(source))
          return
        end
        used = used + 1
        if not settings then error(what .. ": " .. tostring(source)) end
        assert.equal(token_of(place), settings.token, what)
        assert.equal(cloud and CLOUD or others_name_cloud and CLOUD or endpoint_of(place), settings.endpoint, what)
        assert_hidden(source)
        assert.equal(cloud, source:find("endpoint by default", 1, true) ~= nil, what)
      end,
    }
    return used, refused
  end

  it("is what the page says, in all combinations", function()
    local used, refused = play(endpoint_of, false)
    assert.equal(4 * 4 * 5 ^ 3, used + refused)
    assert.is_true(used > 100 and refused > 100)
  end)

  it("is what the page says where every endpoint is the cloud's", function()
    local forms = { options = "https://app.datarobot.com", config_path = "HTTPS://App.DataRobot.com/",
      DATAROBOT_CONFIG_FILE = "https://app.datarobot.com:443/api/v2/",
      environment = " https://app.datarobot.com/api/v2 ",
      default = "https://app.datarobot.com/" }
    local used = play(function(place) return place == "options" and CLOUD or forms[place] end, true)
    assert.is_true(used > 300)
  end)

  it("a place that cannot be read may name another endpoint", function()
    local bad = write(folder.path .. "/bad.yaml", "endpoint: [\n")
    for _, path in ipairs { bad, "/nowhere.yaml" } do
      environment = { HOME = home, DATAROBOT_CONFIG_FILE = path }
      set_default(nil)
      local settings, err = config.resolve { token = "t0ken" }
      assert.is_nil(settings)
      assert.equal("config", err.kind)
      assert.matches("the token from options comes without an endpoint, and the next source cannot be read: DATAROBOT_",
        err.message, 1, true)
      assert.is_truthy(config.resolve { token = "t0ken", endpoint = CLOUD })
    end
    set_default(bad)
    environment = { HOME = home, DATAROBOT_API_TOKEN = "t0ken" }
    assert.is_nil((config.resolve {}))
    environment.DATAROBOT_ENDPOINT = CLOUD
    local warnings = {}
    assert.is_truthy(config.resolve { log = function(event) warnings[#warnings + 1] = event.message end })
    assert.equal(1, #warnings)
    assert.matches("^left out: ", warnings[1])
  end)

  -- {=== the other settings ===}

  local pem
  local function certificates()
    pem = pem or write(folder.path .. "/ca.pem", "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n")
    return pem
  end

  -- A value of each setting for a place, as text, and what becomes of it. setting -> place -> text, value
  local VALUES <const> = {
    ssl_verify = function() return "false", false end,
    ca_file = function() return certificates(), certificates() end,
    token_type = function(place) return place, place end,
    retries = function(place)
      local n = #place
      return tostring(n), n
    end,
    connect_timeout = function(place) return #place .. ".5", #place + 0.5 end,
    user_agent_suffix = function(place) return place, place end,
  }

  -- Resolves with the token and endpoint in `place` and a setting in `other`.
  local function with_setting(place, other, row, text)
    local key, variable = row[2]:match "`(.*)`", row[3]:match "`(.*)`"
    local states = { options = "neither", environment = "neither", [place] = "both" }
    environment = { HOME = home }
    set_default(nil)
    local options = {}
    local function file(name)
      return file_of(name, states[name] or "neither", endpoint_of(name),
        name == other and key and key .. ": '" .. text .. "'" or nil)
    end
    if place == "default" or other == "default" then set_default(file "default") end
    if place == "options" then options.token, options.endpoint = token_of "options", endpoint_of "options" end
    if place == "config_path" then options.config_path = file "config_path" end
    if place == "DATAROBOT_CONFIG_FILE" or (other == "DATAROBOT_CONFIG_FILE" and place == "options") then
      environment.DATAROBOT_CONFIG_FILE = file "DATAROBOT_CONFIG_FILE"
    end
    if place == "environment" then
      environment.DATAROBOT_API_TOKEN, environment.DATAROBOT_ENDPOINT = token_of(place), endpoint_of(place)
    end
    if other == "environment" and variable then environment[variable] = text end
    return config.resolve(options)
  end

  local NAMED <const> = { config_path = true, DATAROBOT_CONFIG_FILE = true }

  local function is_file(place) return place ~= "options" and place ~= "environment" end

  -- Whether the page lets a setting in `other` count for a token in `place`.
  local function counts(row, place, other)
    local written = is_file(other) and row[2] or row[3]
    if not written:find "`" then return false end
    if row[4] == "from the token's place" then return place == other end
    if row[4] == "from any place" then
      return place == other or other == "default" or (other == "environment" and not NAMED[place])
    end
    return false
  end

  it("and each other setting from where the page says", function()
    local applied, ignored = 0, 0
    for _, row in ipairs(rows_of "setting") do
      local name = row[1]:match "`(.*)`"
      for _, place in ipairs(PLACES) do
        for _, other in ipairs { "config_path", "DATAROBOT_CONFIG_FILE", "environment", "default" } do
          if VALUES[name] and not (other == "config_path" and place ~= other) then
            local text, value = VALUES[name](other)
            local settings, err = with_setting(place, other, row, text)
            local what = name .. " in " .. other .. ", token in " .. place
            if not settings then error(what .. ": " .. tostring(err)) end
            local count = counts(row, place, other)
            applied, ignored = applied + (count and 1 or 0), ignored + (count and 0 or 1)
            if count then
              assert.equal(value, settings[name], what)
            else
              assert.is_nil(settings[name], what)
            end
          end
        end
      end
    end
    assert.is_true(applied > 30 and ignored > 30, applied .. " " .. ignored)
  end)

  it("and options always count", function()
    for name, value in pairs { ssl_verify = true, ca_file = certificates(), token_type = "Token", retries = 9,
      connect_timeout = 7, user_agent_suffix = "mine", proxy = "http://p:1", allow_http = true, timeout = 3 } do
      for _, place in ipairs(PLACES) do
        local states = { options = "neither", environment = "neither", [place] = "both" }
        set_default(place == "default" and file_of(place, "both", endpoint_of(place),
          "ssl_verify: false\ntoken_type: Other\nmax_retries: 1\nconnect_timeout: 1\nuser_agent_suffix: theirs") or nil)
        local settings = assert(resolve(states, endpoint_of, { [name] = value }))
        assert.equal(value, settings[name], name .. " " .. place)
        if name == "ca_file" then assert.is_nil(settings.ssl_verify) end -- not switched off by the file
      end
    end
  end)
end)
