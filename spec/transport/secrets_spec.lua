-- The token is in no text of ours, and goes to the configured origin only.
local canary = require "spec.support.canary"
local dr = require "datarobot"
local Listener = require "spec.support.listener"
local process = require "spec.support.process"
local sandboxes = require "datarobot.sandbox"

describe("the token (C-17)", function()
  local sandbox
  before_each(function() sandbox = sandboxes.start { token = canary } end)
  after_each(function() sandbox:stop() end)

  -- Everything that can be read of a value without the debug library's help to cheat: and with it.
  local function collect(value, texts, seen)
    texts[#texts + 1] = tostring(value)
    if type(value) ~= "table" and type(value) ~= "userdata" then return end
    if seen[value] then return end
    seen[value] = true
    if type(value) == "table" or (getmetatable(value) or {}).__pairs then
      for k, v in pairs(value) do
        collect(k, texts, seen)
        collect(v, texts, seen)
      end
    end
    if type(value) == "userdata" then
      for i = 1, 4 do collect(debug.getuservalue(value, i), texts, seen) end
    end
    collect(getmetatable(value), texts, seen)
  end

  -- The token, and what base64 makes of it behind 0, 1 and 2 bytes, without its ends, which depend on what is beside.
  local forms = { canary }
  for before = 0, 2 do
    local _, text = process.run(("printf %%s '%s%s' | base64 -w 0"):format(("x"):rep(before), canary))
    forms[#forms + 1] = text:sub(5, -6)
  end

  local function assert_clean(...)
    local texts = {}
    for _, value in ipairs { ... } do collect(value, texts, {}) end
    for _, text in ipairs(texts) do
      for _, form in ipairs(forms) do assert.is_nil(text:find(form, 1, true), text) end
    end
    assert.is_true(#texts > 0)
  end

  it("is in no object, error or message", function()
    local client = assert(sandbox:client())
    local deployment = assert(client:deployment(sandbox.deployment_id))
    local policy = assert(deployment:create_retraining_policy { name = "p" })
    local _, not_found = client:deployment(("0"):rep(24))
    local _, invalid = deployment:create_retraining_policy { name = canary:sub(1, 3), token = 1 }
    sandbox:fail { status = 503, count = 10 }
    local _, unavailable = client:whoami({ retry = false })
    local reply = client:get("version/", { retry = false }) or {}
    assert_clean(client, deployment, policy, not_found, invalid, unavailable, reply, policy:to_table())
    assert_clean(tostring(sandbox))
    client:close()
    assert_clean(client)
    local ok, err = pcall(client.whoami, client)
    assert.is_false(ok)
    assert_clean(err)
  end)

  it("is in no traceback, and no upvalue of a method", function()
    local client = assert(sandbox:client())
    local deployment = assert(client:deployment(sandbox.deployment_id))
    for _, object in ipairs { client, deployment } do
      for _, f in pairs { own = getmetatable(object), methods = getmetatable(object).__index } do
        for _, method in pairs(type(f) == "table" and f or { f }) do
          for i = 1, type(method) == "function" and 255 or 0 do
            local name, value = debug.getupvalue(method, i)
            if not name then break end
            local texts = {} -- not what the specs themselves hold
            collect(value, texts, { [_G] = true, [package.loaded] = true })
            for _, text in ipairs(texts) do assert.is_nil(text:find(canary, 1, true), name) end
          end
        end
      end
    end
    client:close()
    for _, f in ipairs { function() client:whoami() end, function() deployment:refresh() end,
      function() dr.client { endpoint = sandbox.endpoint, token = canary, retires = 1 } end } do
      local _, traceback = xpcall(f, function(err) return debug.traceback(tostring(err)) end)
      assert.matches("stack traceback", traceback)
      assert_clean(traceback)
    end
  end)

  it("is not shown when a server echoes it in a 401", function()
    sandbox:fail { status = 401, count = 1, message = "the provided token of " .. canary .. " is bad" }
    local client <close> = assert(sandbox:client())
    local _, err = client:whoami()
    assert.equal("auth", err.kind)
    assert_clean(err)
  end)

  it("may not hold control bytes, and the message does not show it", function()
    for _, byte in ipairs { "\r\n", "\0", "\127", "\t" } do
      local ok, err = pcall(dr.client, { endpoint = sandbox.endpoint, token = canary .. byte .. "X: y" })
      assert.is_false(ok)
      assert.matches("option 'token': byte %d+ is a control character", err)
      assert_clean(err)
    end
  end)

  it("over plain http passes no proxy, whatever the environment says", function()
    local listener <close> = Listener.start()
    local script = ([[
      local dr = require "datarobot"
      local client = assert(dr.client { endpoint = %q, token = %q })
      print(assert(client:deployment(%q)).id)
    ]]):format(sandbox.endpoint, canary, sandbox.deployment_id)
    local env = {}
    for _, name in ipairs { "http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY" } do
      env[name] = listener.url
    end
    local status, text = process.run({ "lua5.4", "-e", script }, env)
    assert.equal(0, status, text)
    assert.equal(sandbox.deployment_id .. "\n", text)
    assert.equal("", listener:bytes())
  end)

  it("is never part of a CONNECT", function()
    local listener <close> = Listener.start()
    local client <close> =
      assert(dr.client { endpoint = "https://127.0.0.1:9/api/v2", token = canary, proxy = listener.url, retries = 0 })
    local _, err = client:whoami()
    assert.equal("transport", err.kind)
    assert_clean(err)
    local seen = listener:bytes()
    assert.matches("^%[connection%]\nCONNECT 127.0.0.1:9 HTTP/1.1\r\n", seen)
    assert.is_nil(seen:find(canary, 1, true))
    assert.is_nil(seen:lower():find("authorization", 1, true))
  end)

  it("goes to nobody by an address that is not below the endpoint", function()
    local listener <close> = Listener.start()
    local client <close> = assert(sandbox:client())
    for _, address in ipairs { listener.url .. "/api/v2/status/x/", "//127.0.0.1:" .. listener.port .. "/", "/etc/",
      sandbox.endpoint:gsub("127.0.0.1", "127.0.0.2") .. "/status/x/" } do
      local response = setmetatable({ status = 202, headers = { location = address }, text = "" },
        getmetatable(assert(client:get "version/")))
      local product, err = client:wait(response)
      assert.is_nil(product)
      -- A path below the endpoint is asked of the endpoint itself, whatever server stands before it.
      assert.equal(address:find "/api/v2/" and "not_found" or "protocol", err.kind, address)
    end
    assert.equal("", listener:bytes())
  end)
end)
