-- A host that leaves `io` out gives no file away: neither through the core, nor through an option that names one, nor
-- through the sandbox, whose own state has every library.
local canary = require "spec.support.canary"
local process = require "spec.support.process"

-- Runs a script in a fresh interpreter from which `prepare` has taken something, or to which it has added something,
-- before the module is loaded. arg: a YAML file, a token file, a PEM file; each exists and is good.
local function run(prepare, script)
  local folder <close> = process.folder()
  local yaml = folder:write("drconfig.yaml", "endpoint: http://127.0.0.1:9\ntoken: " .. canary .. "\n")
  local token = folder:write("token", canary)
  local pem = folder:write("ca.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
  assert.equal(0, (process.run { "chmod", "600", yaml, token, pem }))
  local text = [[
    local open, said = io.open, print
    local function print(...) said(...) end
    PREPARE
    local dr = require "datarobot"
    local core = require "datarobot.core"
    local function refused(options)
      local client, err = dr.client(options)
      assert(client == nil and err.kind == "config", tostring(client or err))
      assert(err.message:find("this host gives no access to files", 1, true), err.message)
    end
    SCRIPT
    print "done"
  ]]
  text = text:gsub("PREPARE", function() return prepare end):gsub("SCRIPT", function() return script end)
  local status, said = process.run({ "lua5.4", folder:write("script.lua", text), yaml, token, pem },
    { HOME = folder.path, DATAROBOT_CONFIG_FILE = false, DATAROBOT_API_TOKEN = false, DATAROBOT_ENDPOINT = false })
  assert.equal(0, status, said)
  assert.is_nil(said:find(canary, 1, true))
  assert.equal("done\n", said)
end

local EVERYWHERE <const> = [[
  local place = { endpoint = "http://127.0.0.1:9", token = "t" }
  local function with(name, value)
    local all = { [name] = value }
    for k, v in pairs(place) do all[k] = all[k] == nil and v or all[k] end
    return all
  end
  assert(core.has_files() == false and core.read_file == nil)
  refused { config_path = arg[1] }
  refused(with("token", { file = arg[2] }))
  refused(with("ca_file", arg[3]))
  refused(with("ssl_verify", arg[3]))
  local made, err = core.client(with("ca_file", arg[3]))
  assert(made == nil and err.kind == "config", tostring(made))
  local server = require "datarobot.sandbox.server"
  local started, why = server.start { package_path = arg[1], package_cpath = "", module = "x", options_json = "{}" }
  assert(started == nil and why:find "no access to files", tostring(why))
  assert(dr.client(place))
]]

local GONE <const> = "io, package.loaded.io = nil, nil"

-- Each is a way to make the state look as if it had the library.
local LATER <const> = {
  ["nothing else"] = "",
  ["io = {}"] = "io = {}",
  ["a forged library"] = "io = { open = open, read = print }; package.loaded.io = io",
  ["the real function"] = "io = { open = open }; package.loaded.io = io",
}

describe("in a state without io,", function()
  for name, later in pairs(LATER) do
    it("no file is read: " .. name, function()
      run(GONE, later .. "\n" .. EVERYWHERE)
    end)
  end

  it("a library whose open is not C's is none", function()
    run("io = { open = function() end }; package.loaded.io = io", EVERYWHERE)
    run("package.loaded.io = false", EVERYWHERE)
    run("package.loaded.io = setmetatable({}, { __index = io })", EVERYWHERE)
  end)

  it("a class of handles is asked for, too, which no script can make", function()
    run([[debug.getregistry()["FILE*"] = nil]], EVERYWHERE)
  end)

  it("loading the module once more gives nothing back", function()
    run(GONE, [[
      package.loaded.io = { open = open }
      for name in pairs(package.loaded) do
        if name:find "^datarobot" then package.loaded[name] = nil end
      end
      dr, core = require "datarobot", require "datarobot.core"
    ]] .. EVERYWHERE)
  end)

  it("loading it once more without io takes files away", function()
    run("", [[
      assert(core.has_files() and core.read_file)
      io, package.loaded.io = nil, nil
      for name in pairs(package.loaded) do
        if name:find "^datarobot" then package.loaded[name] = nil end
      end
      dr, core = require "datarobot", require "datarobot.core"
    ]] .. EVERYWHERE)
  end)

  it("the core hands out nothing else that takes a path", function()
    run(GONE, [[
      for name, f in pairs(core) do
        if type(f) == "function" and name ~= "client" then
          for _, path in ipairs { arg[1], arg[2] } do
            for _, more in ipairs { false, { path }, { file = path }, 100 } do
              local results = table.pack(pcall(f, path, more or nil))
              for i = 1, results.n do
                assert(not tostring(results[i]):find("canary", 1, true), name)
              end
            end
          end
        end
      end
    ]])
  end)
end)

it("with io, files are read, also when a script takes the library away later", function()
  run("", [[
    assert(core.has_files())
    io, package.loaded.io = nil, nil
    assert(dr.client { config_path = arg[1] })
    assert(dr.client { endpoint = "http://127.0.0.1:9", token = { file = arg[2] } })
  ]])
end)
