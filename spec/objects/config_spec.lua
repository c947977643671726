-- Where endpoint and token come from (doc/configuration.md), each case in a process of its own.
local function shell_quote(s) return "'" .. s:gsub("'", "'\\''") .. "'" end

local function lines(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return text
end

local PRINT <const> = [[
  local dr = require "datarobot"
  warn "@on"
  local client, err = dr.client(%s)
  if not client then print(err.kind, tostring(err)) else print(tostring(client)) end
]]

describe("the configuration", function()
  local home
  before_each(function() home = lines("mktemp -d"):gsub("\n", "") end)
  after_each(function() os.execute("rm -rf " .. shell_quote(home)) end)

  local function write(name, text)
    os.execute("mkdir -p " .. shell_quote(home .. "/.config/datarobot"))
    local file = assert(io.open(home .. "/" .. name, "w"))
    file:write(text)
    file:close()
    os.execute("chmod 600 " .. shell_quote(home .. "/" .. name))
  end

  -- What a script with these options prints in an environment of just these variables.
  local function client(options, environment)
    local parts = { "env -u DATAROBOT_ENDPOINT -u DATAROBOT_API_TOKEN -u DATAROBOT_CONFIG_FILE HOME=",
      shell_quote(home) }
    for k, v in pairs(environment or {}) do parts[#parts + 1] = " " .. k .. "=" .. shell_quote(v) end
    parts[#parts + 1] = " lua5.4 -e " .. shell_quote(PRINT:format(options)) .. " 2>&1"
    return lines(table.concat(parts))
  end

  local ENV <const> = { DATAROBOT_ENDPOINT = "https://env.example.com/api/v2", DATAROBOT_API_TOKEN = "s3cret" }

  it("says every way when nothing is there", function()
    local said = client("{}")
    assert.matches("^config\t", said)
    for _, way in ipairs { "endpoint = ", "config_path", "DATAROBOT_CONFIG_FILE", "DATAROBOT_API_TOKEN",
      "drconfig.yaml" } do
      assert.is_truthy(said:find(way, 1, true), way)
    end
  end)

  it("takes options, then a named file, the environment, the default file", function()
    write(".config/datarobot/drconfig.yaml", "endpoint: https://default.example.com\ntoken: s3cret\n")
    write("named.yaml", "endpoint: https://named.example.com/api/v2/\ntoken: s3cret\n")
    local named = home .. "/named.yaml"
    assert.equal("datarobot.client (https://default.example.com/api/v2, endpoint and token from file "
      .. "~/.config/datarobot/drconfig.yaml)\n", client "nil")
    assert.equal("datarobot.client (https://env.example.com/api/v2, endpoint from DATAROBOT_ENDPOINT, "
      .. "token from DATAROBOT_API_TOKEN)\n", client("{}", ENV))
    assert.matches("example.com/api/v2, endpoint and token from file ~/named.yaml %(DATAROBOT_CONFIG_FILE%)",
      client("{}", { DATAROBOT_CONFIG_FILE = "~/named.yaml", DATAROBOT_API_TOKEN = "x", DATAROBOT_ENDPOINT = "y" }))
    assert.matches("https://named.example.com", client(("{ config_path = %q }"):format(named), ENV))
    assert.matches("https://code.example.com/api/v2, endpoint and token from options",
      client([[{ endpoint = "https://code.example.com", token = "t" }]], ENV))
    assert.matches("https://r.example.com/api/v2, endpoint from DATAROBOT_API_ENDPOINT, token from DATAROBOT_API_TOKEN",
      client("{}", { DATAROBOT_API_ENDPOINT = "https://r.example.com", DATAROBOT_API_TOKEN = "t" }))
  end)

  it("sends a token without endpoint to DataRobot's cloud only when nothing names another place", function()
    assert.matches("https://app.datarobot.com/api/v2, endpoint by default, token from options",
      client [[{ token = "t" }]])
    assert.matches("https://app.datarobot.com/api/v2, endpoint by default, token from DATAROBOT_API_TOKEN",
      client("{}", { DATAROBOT_API_TOKEN = "t" }))
    assert.matches("^config\t.*DATAROBOT_ENDPOINT names the endpoint https://env.example.com/api/v2; give both",
      client([[{ token = "t" }]], ENV))
    write(".config/datarobot/drconfig.yaml", "endpoint: https://default.example.com\ntoken: s3cret\n")
    assert.matches("^config\t.*drconfig.yaml names the endpoint https://default.example.com",
      client("{}", { DATAROBOT_API_TOKEN = "t" }))
    assert.matches("^config\t.*config_path and endpoint or token exclude each other",
      client [[{ token = "t", config_path = "x.yaml" }]])
  end)

  it("never mixes token and endpoint of two sources", function()
    write(".config/datarobot/drconfig.yaml", "endpoint: https://default.example.com\ntoken: s3cret\n")
    assert.matches("^config\t.*the endpoint from DATAROBOT_ENDPOINT comes without a token",
      client("{}", { DATAROBOT_ENDPOINT = "https://env.example.com" }))
    assert.matches("^config\t.*the endpoint from options comes without a token",
      client([[{ endpoint = "https://code.example.com" }]], ENV))
  end)

  it("names a file that is missing, no YAML or of the wrong types, and never its content", function()
    assert.matches("^config\t.*DATAROBOT_CONFIG_FILE: /nowhere.yaml cannot be read: No such file",
      client("{}", { DATAROBOT_CONFIG_FILE = "/nowhere.yaml" }))
    write("bad.yaml", "token: [s3cret\nendpoint: }\n")
    local said = client(("{ config_path = %q }"):format(home .. "/bad.yaml"))
    assert.matches("is not YAML", said)
    assert.is_nil(said:find("s3cret", 1, true))
    write("types.yaml", "token: [s3cret]\nendpoint: https://x.example.com\n")
    assert.matches("types.yaml, line 1: 'token': one value expected, not a list or table",
      client(("{ config_path = %q }"):format(home .. "/types.yaml")))
  end)

  it("says in which line a file is not YAML", function()
    local faults = {
      ["bad.yaml is not YAML: did not find expected ',' or ']' at line 3 while parsing a flow sequence at line 2"] =
        "endpoint: https://x.example.com\ntoken: [s3cret\nretries: }\n",
      ["bad.yaml is not YAML: found a tab character that violates indentation at line 3"] =
        "endpoint: https://x.example.com\n\n\ttoken: s3cret\n",
      ["bad.yaml is not YAML: mapping values are not allowed in this context at line 2\n"] =
        "endpoint: https://x.example.com\ntoken: s3cret: x\n",
      ["bad.yaml, line 3: 'token': tags (!...) are not read; write the value itself\n"] =
        "a: b\nc: d\ntoken: !vault s3cret\n",
      ["bad.yaml is not YAML: control characters are not allowed\n"] = "token: s3cret\0\n",
    }
    for fault, text in pairs(faults) do
      write("bad.yaml", text)
      local said = client(("{ config_path = %q }"):format(home .. "/bad.yaml"))
      assert.matches(fault, said, 1, true)
      assert.is_nil(said:find("s3cret", 1, true))
    end
  end)

  it("says what is wrong with a value of a file or of the environment", function()
    write("zero.yaml", "token: s3cret\nendpoint: https://x.example.com\nconnect_timeout: 0\n")
    assert.matches("^config\t.*zero.yaml, line 3: 'connect_timeout' must be seconds > 0, not 0",
      client(("{ config_path = %q }"):format(home .. "/zero.yaml")))
    for _, bad in ipairs { "500", "2.5", "many" } do
      assert.matches("^config\t.*DATAROBOT_MAX_RETRIES must be a whole number from 0 to 100",
        client("{}", { DATAROBOT_API_TOKEN = "t", DATAROBOT_MAX_RETRIES = bad }))
    end
  end)

  it("leaves a default file out that it cannot use when the token is known", function()
    write(".config/datarobot/drconfig.yaml", "token: [s3cret\n")
    local said = client [[{
      endpoint = "https://code.example.com", token = "t", log = function(e) print(e.message) end }]]
    assert.matches("left out: .*is not YAML", said)
    assert.matches("https://code.example.com/api/v2, endpoint and token from options", said)
    assert.matches("^config\t.*is not YAML", client "{}")
  end)

  it("refuses plain http except to loopback, and endpoints that are none", function()
    assert.matches("^config\t", client [[{ endpoint = "http://example.com", token = "t" }]])
    for _, host in ipairs { "126.255.255.255", "128.0.0.1", "[::2]", "[::ffff:127.0.0.1]", "localhost.example.com" } do
      assert.matches("^config\t.*unencrypted", client(('{ endpoint = "http://%s", token = "t" }'):format(host)))
    end
    for _, host in ipairs { "127.0.0.1", "127.255.255.255", "[::1]", "LOCALHOST" } do
      assert.matches("http://" .. host:lower() .. "/api/v2",
        client(('{ endpoint = "http://%s", token = "t" }'):format(host)), 1, true)
    end
    assert.matches("http://localhost:8080/api/v2", client [[{ endpoint = "http://localhost:8080", token = "t" }]])
    assert.matches("http://example.com/api/v2",
      client [[{ endpoint = "http://example.com", token = "t", allow_http = true }]])
    assert.matches("^config\t", client [[{ endpoint = "ftp://example.com", token = "t" }]])
    assert.matches("^config\t.*empty segment", client [[{ endpoint = "https://example.com//api/v2", token = "t" }]])
    assert.matches("^config\t", client [[{ endpoint = "https://user:pass@example.com", token = "t" }]])
  end)
end)
