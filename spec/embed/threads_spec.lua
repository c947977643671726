-- C-40: several states in threads of their own, at the same time. In the plain build the host and the module are
-- built with ThreadSanitizer; where another sanitizer is in, it looks at the same threads.

local canary = require "spec.support.canary"
local hosts = require "spec.embed.hosts"
local process = require "spec.support.process"
local tls = require "spec.support.tls"

local IN_EACH_THREAD <const> = [[
local number, endpoint, token, id, secure, ca_file, nowhere = ...
local dr = require "datarobot"
local function new_client(o)
  o.token, o.retries, o.timeout = token, 0, 60
  return assert(dr.client(o))
end
for round = 1, 3 do
  local plain <close> = new_client { endpoint = endpoint }
  local encrypted <close> = new_client { endpoint = secure, ca_file = ca_file }
  local broken <close> = new_client { endpoint = nowhere }
  for _, client in ipairs { plain, encrypted } do
    local deployment = assert(client:deployment(id))
    assert(deployment.id == id and deployment:to_table())
    assert(#deployment:retraining_policies():collect() == 0)
    local created, err = deployment:create_retraining_policy { name = "", action = "x" }
    assert(not created and err.kind == "validation" and #tostring(err) > 0)
  end
  local reply, err = broken:version()
  assert(not reply and err.kind == "transport")
  local waiting = {}
  plain:on_wait(coroutine.yield)
  for i = 1, 10 do waiting[i] = coroutine.create(function() return assert(plain:deployment(id)).id end) end
  local done = 0
  while done < 10 do
    plain:step()
    for i = 1, 10 do
      if coroutine.status(waiting[i]) == "suspended" then
        local ok, value = coroutine.resume(waiting[i])
        assert(ok, value)
        if coroutine.status(waiting[i]) == "dead" then
          assert(value == id)
          done = done + 1
        end
      end
    end
    assert(round > 1 or dr.schedule("0 9 * * MON"):next_runs { count = 2 })
  end
end
]]

describe("C-40 states in threads", function()
  it("call at the same time without a race", function()
    local sandbox <close> = hosts.sandbox()
    local front <close> = tls.start { upstream = sandbox.endpoint }
    local folder <close> = process.folder()
    local ignored = folder:write("ignored", "called_from_lib:libcrypto\n") -- its atomics are not seen
    local nowhere = ("http://127.0.0.1:%d/api/v2"):format(process.free_port())
    local status, text = hosts.run("threads_host", [[
      local path, script = ...
      assert(host.threads(4, 4096, script, path, "", select(3, ...)))
    ]], {
      env = { TSAN_OPTIONS = "exitcode=66 suppressions=" .. ignored },
      arguments = {
        package.path, IN_EACH_THREAD, sandbox.endpoint, canary, sandbox.deployment_id, front.endpoints.good,
        front.ca_file, nowhere,
      },
    })
    assert.equal("", text)
    assert.equal(0, status)
  end)

  it("are looked at by a sanitizer", function()
    local _, text = process.run { "nm", "-D", require "spec.support.build".program "threads_host" }
    assert.is_truthy(text:find "__tsan_init" or text:find "__asan_init")
  end)
end)
