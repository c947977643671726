-- What needs no network never loads libcurl: the network's module is loaded when the first client is made.
local process = require "spec.support.process"

-- Runs a script in a fresh interpreter, in which `mapped()` says whether libcurl is in the process.
local function run(script, env)
  local folder <close> = process.folder()
  local path = folder:write("script.lua", [[
    local function mapped()
      local file <close> = assert(io.open "/proc/self/maps")
      return file:read "a":find("libcurl", 1, true) ~= nil
    end
    local dr = require "datarobot"
    local place = { endpoint = "http://127.0.0.1:9", token = "t" }
  ]] .. script .. "\nio.write 'done'")
  local status, said = process.run({ "lua5.4", path, folder.path }, env)
  assert.equal(0, status, said)
  assert.equal("done", said)
end

describe("libcurl", function()
  it("is loaded for the first client, and for nothing before it", function()
    run [[
      assert(dr.validate("policy", { name = "x" }))
      assert(dr.encode("policy", { name = "x" }) and dr.normalize("policy", { name = "x" }) and dr.decode "[1]")
      assert(not dr.validate("policy", { name = 1 }))
      assert(tostring(dr.schedule "0 9 * * MON") and dr.schedule("@daily"):next_runs { count = 3 })
      assert( dr.schedule("@daily"):describe())
      assert(dr.help() and dr.help "policy" and dr.fields "policy" and dr.enums.action and dr.is_error(1) == false)
      assert(not mapped(), "before a client")
      assert(dr.client(place))
      assert(mapped(), "after it")
    ]]
  end)

  it("is not loaded by a command that needs no server", function()
    run [[
      local argument = { "schedule", "0 9 * * MON" }
      local print, write = print, io.write
      print, io.write = function() end, function() end
      arg = argument
      local ok = pcall(require, "datarobot.cli")
      print, io.write = print, write
      assert(ok)
      assert(not mapped())
    ]]
  end)
end)

describe("a client without the network's module", function()
  it("is nil and an error of kind config, which says what is missing", function()
    run [[
      table.insert(package.searchers, 1, function(name)
        if name == "datarobot.net" then error "net.so: undefined symbol: curl_easy_init" end
      end)
      for _ = 1, 2 do
        local client, err = dr.client(place)
        assert(client == nil and err.kind == "config", tostring(client))
        assert(err.message:find("the module datarobot.net cannot be loaded: ", 1, true), err.message)
        assert(err.message:find("undefined symbol: curl_easy_init", 1, true), err.message)
      end
      local core = require "datarobot.core"
      local client, err = core.client(place)
      assert(client == nil and err.kind == "config" and err.message:find "datarobot.net is not loaded", err.message)
      local none, why = core.endpoint(place.endpoint)
      assert(none == nil and why:find "datarobot.net is not loaded", why)
      table.remove(package.searchers, 1)
      assert(dr.client(place))
    ]]
  end)

  it("tells of a module that is of another version", function()
    run [[
      package.preload["datarobot.net"] = function() return true end
      local client, err = dr.client(place)
      assert(client == nil and err.message:find "datarobot.net is not loaded", err.message)
    ]]
  end)
end)
