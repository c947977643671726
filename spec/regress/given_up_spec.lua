-- Calls given up while their connection is made, and sockets that cannot be watched: libcurl 7.88 knows easy handles by
-- the number of a socket and touches them when it comes again. Freed memory is overwritten, so that it shows.
local build = require "spec.support.build"
local process = require "spec.support.process"

local REUSE <const> = [[
  local held = {}
  local function reuse()
    for _ = 1, 5 do held[#held + 1] = assert(io.open "/dev/null") end
    for size = 200, 2000 do held[#held + 1] = ("x"):rep(size) end
  end
]]

-- Runs a script in a process of its own; what it printed behind its status.
local function run(script, env)
  env.MALLOC_PERTURB_ = "165"
  local status, text = process.run({ "timeout", "60", "lua5.4", "-e", REUSE .. script }, env)
  return status .. " " .. text
end

-- How a call is given up while its connection is made. Afterwards nobody listens; the number of its socket is free and
-- no lower one, so that the next call gets it, and its freed memory is used for something else.
local WAYS <const> = {
  ["its deadline"] = "assert(select(2, client:get('version/', { timeout = 0.05 })).kind == 'timeout')",
  ["its connect_timeout"] = "assert(select(2, client:version()).kind == 'timeout')",
  ["the end of its coroutine"] = [[
    client:on_wait(coroutine.yield)
    local co = coroutine.create(client.version)
    assert(coroutine.resume(co, client))
    coroutine.close(co)
    client:on_wait(nil)
  ]],
}

describe("a call that is given up at once", function()
  for name, way in pairs(WAYS) do
    it("by " .. name .. " leaves nothing behind at the number of its socket", function()
      assert.equal("0 good\n", run(([[
        local port, stop = require "spec.support.fault_server".black_hole()
        local client = assert(require "datarobot".client { endpoint = "http://127.0.0.1:" .. port, token = "t",
          allow_http = true, retries = 0, connect_timeout = 0.1, timeout = 5 })
        for _ = 1, 2 do %s end
        stop()
        reuse()
        for _ = 1, 4 do
          local _, err = client:version()
          assert(err.kind == "transport" and err.message:find("^no connection"), err.message)
        end
        print "good"
      ]]):format(way), {}))
    end)
  end

  it("leaves a client that works", function()
    assert.equal("0 good\n", run([[
      local sandbox = require "datarobot.sandbox".start()
      local client = assert(sandbox:client { timeout = 5, retries = 0 })
      for round = 1, 5 do
        client:on_wait(coroutine.yield)
        for _ = 1, round do
          local co = coroutine.create(client.version)
          assert(coroutine.resume(co, client))
          coroutine.close(co)
        end
        client:on_wait(nil)
        for _ = 1, 5 do assert(client:version()) end
      end
      print "good"
    ]], {}))
  end)
end)

describe("a socket that the system does not watch", function()
  it("fails its call alone, and leaves nothing behind at its number", function()
    for nth = 1, 2 do
      assert.equal("0 transport\tgood\n", run([[
        local Fault = require "spec.support.fault_server"
        local port, stop = Fault.black_hole()
        local client = assert(require "datarobot".client { endpoint = "http://127.0.0.1:" .. port, token = "t",
          allow_http = true, retries = 0, timeout = 0.1 })
        local kind
        for _ = 1, 2 do
          local _, err = client:version()
          if err.kind ~= "timeout" then kind = err.kind end
        end
        stop()
        reuse()
        for _ = 1, 4 do
          local _, err = client:version()
          assert(err.kind == "transport" and err.message:find("^no connection"), err.message)
        end
        print(kind, "good")
      ]], {
        SPEC_UNWATCHED = tostring(nth), LD_PRELOAD = build.program "preload.so",
        ASAN_OPTIONS = (os.getenv "ASAN_OPTIONS" or "") .. ":verify_asan_link_order=0:detect_leaks=0",
      }))
    end
  end)
end)
