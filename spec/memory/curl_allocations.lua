-- Calls over the network while each of libcurl's own allocations is refused in turn; run by curl_host, which also
-- checks that not a block of libcurl's is left. OpenSSL's and the resolver's allocations never fail here.
-- Argument: a Lua pattern of names to run.
local curl_alloc = rawget(_G, "curl_alloc")
local core = require "datarobot.core"
local dr = require "datarobot"
local process = require "spec.support.process"
local socket = require "socket"
local tls = require "spec.support.tls"

local TOKEN <const> = "token-of-the-spec"
local REPEATED <const> = 200
local MOST <const> = 100000 -- far more allocations than any of the calls makes
local TIMEOUT <const> = 10 -- seconds of a call; one that needs half of them hangs
local KINDS <const> = {
  memory = true, transport = true, tls = true, protocol = true, limit = true, timeout = true, ambiguous = true,
  config = true,
}

-- The sandbox in a process of its own, with pages of two elements.
local SANDBOX <const> = [[
local sandbox <close> = require "datarobot.sandbox".start { token = "%s", page_limit = 2 }
require "datarobot.sandbox.server".wait_signal(function()
  print(sandbox.endpoint)
  print(sandbox.deployment_id)
  io.stdout:flush()
end)]]

local sandbox <close> = process.start { "lua5.4", "-e", SANDBOX:format(TOKEN) }
local endpoint, deployment_id = assert(sandbox.out:read "l"), assert(sandbox.out:read "l")
local front <close> = tls.start { upstream = endpoint }

local function new_client(address)
  return dr.client {
    endpoint = address or endpoint, token = TOKEN, ca_file = front.ca_file,
    retries = 0, timeout = TIMEOUT, settle_pause = 0,
  }
end

local client <close> = assert(new_client())
local deployment = assert(client:deployment(deployment_id))
local NAMES <const> = { "kept 1", "kept 2", "kept 3" }
for _, name in ipairs(NAMES) do assert(deployment:create_retraining_policy { name = name }) end
local secure <close> = assert(new_client(front.endpoints.good))
local secure2 <close> = assert(new_client(front.endpoints.http2))

-- What is asked for is there, or the error is passed on.
local function complete(what, ...)
  local result, err = ...
  if result == nil then return nil, err end
  assert(what(result), "a success with missing data")
  return true
end

local function is_account(account)
  return account.email == "owner@example.com" and account.uid and account.org_id and account.first_name == "Olive"
end

local function whoami(c) return complete(is_account, c:whoami()) end

-- Without the query it would be two.
local function get_one(c)
  return complete(function(reply)
    local page = reply.status == 200 and assert(reply:json())
    return page and #page.data == 1 and page.data[1].name == NAMES[1]
  end, c:get("deployments/" .. deployment_id .. "/retrainingPolicies/", { query = { limit = 1 } }))
end

local function two_pages()
  return complete(function(policies)
    for i, name in ipairs(NAMES) do
      if not policies[i] or policies[i].name ~= name then return false end
    end
    return #policies == #NAMES
  end, deployment:retraining_policies():collect())
end

-- An error that says that the server cannot have acted is true.
local unmade

local function create_and_delete()
  local policy, err = deployment:create_retraining_policy { name = "swept" }
  unmade = not policy and err.kind ~= "ambiguous" and err
  if not policy then return nil, err end
  assert(policy.id and policy.name == "swept", "a success with missing data")
  return policy:delete()
end

local function delete_leftovers()
  for policy in deployment:retraining_policies() do
    if policy.name == "swept" then
      assert(policy:delete())
      if unmade then error("made in spite of " .. tostring(unmade), 0) end
    end
  end
end

local function update_settings()
  return complete(function(done) return done == true end,
    deployment:update_settings { humility = { enabled = true } })
end

-- What is wrong is never the address.
local function follow()
  local reply, err = core.calls.follow(client, "version/")
  if not reply and err.kind == "protocol" then error(err, 0) end
  return reply, err
end

-- A call on a client that was made for it; the client is usable afterwards if it was made at all.
local function cold(address)
  local fresh
  return {
    call = function()
      local err
      fresh, err = new_client(address)
      if not fresh then return nil, err end
      return whoami(fresh)
    end,
    after = function()
      if fresh then
        assert(whoami(fresh))
        fresh:close()
        fresh = nil
      end
    end,
  }
end

local function warm(call, c)
  return {
    call = function() return call(c) end,
    after = function() assert(whoami(c or client)) end,
  }
end

local functions = {
  ["cold"] = cold(),
  ["cold by name"] = cold((endpoint:gsub("127%.0%.0%.1", "localhost"))),
  ["cold tls"] = cold(front.endpoints.good),
  ["cold tls, HTTP/2"] = cold(front.endpoints.http2),
  ["warm"] = warm(whoami, client),
  ["warm tls"] = warm(whoami, secure),
  ["warm tls, HTTP/2"] = warm(whoami, secure2),
  ["raw get"] = warm(get_one, client),
  ["two pages"] = warm(two_pages),
  ["address in a reply"] = warm(follow),
  ["update_settings"] = warm(update_settings),
  ["create and delete"] = { call = create_and_delete, after = delete_leftovers },
}

-- libcurl 8 lends its allocator to nghttp2, whose session is not to be used after a refusal; closing the connection
-- (8.14, nghttp2 1.64) uses it all the same and ends the process.
if curl_alloc.version() >= 8 then
  for name in pairs(functions) do
    if name:find "HTTP/2" then functions[name] = nil end
  end
end

local kinds -- how often each outcome came, of one function

local function note(n, times, ok, result, err, hit)
  local outcome
  if not ok then
    outcome = type(result) == "string" and result:find("not enough memory", 1, true) and "raised"
  elseif result then
    outcome = "success"
  else
    outcome = dr.is_error(err) and KINDS[err.kind] and err.kind
  end
  -- Memory is what was refused.
  if dr.is_error(err) and err.message:find("refuses to watch", 1, true) then outcome = false end
  if hit == 0 then outcome = outcome == "success" and outcome end
  if not outcome then
    error(("allocation %d refused (%s in a row): %s"):format(n, times, tostring(ok and err or result)), 0)
  end
  kinds[outcome] = (kinds[outcome] or 0) + 1
end

-- One call with the n-th allocation refused. Returns how many were.
local function refuse(f, n, times)
  local started = socket.gettime()
  curl_alloc.fail(n, times)
  local ok, result, err = pcall(f.call)
  local _, hit = curl_alloc.stop()
  local took = socket.gettime() - started
  note(n, tostring(times), ok, result, err, hit)
  if took > TIMEOUT / 2 then error(("allocation %d refused (%s): %.1f s, %s"):format(n, times, took, err), 0) end
  f.after()
  return hit
end

local function sweep(f)
  for _, times in ipairs { 1, true } do
    local n = 1
    while refuse(f, n, times) > 0 do
      n = n + 1
      assert(n < MOST, "allocations without end")
    end
    kinds.allocations = n - 1
  end
end

-- The same failure again and again leaves nothing behind.
local function repeated(f)
  refuse(f, 1, true)
  collectgarbage()
  local before = curl_alloc.blocks()
  for i = 1, REPEATED do refuse(f, 1 + i % kinds.allocations, true) end
  refuse(f, 1, true)
  collectgarbage()
  return curl_alloc.blocks() - before
end

local function summary()
  local words = {}
  for kind, n in pairs(kinds) do words[#words + 1] = kind .. " " .. n end
  table.sort(words)
  return table.concat(words, ", ")
end

local names = {}
for name in pairs(functions) do
  if name:find(arg[1] or "") then names[#names + 1] = name end
end
table.sort(names)
for _, name in ipairs(names) do
  kinds = {}
  local f, started = functions[name], socket.gettime()
  assert(f.call())
  f.after()
  local ok, why = pcall(sweep, f)
  if not ok then error(name .. ": " .. tostring(why), 0) end
  local text, growth = summary(), repeated(f)
  print(("%-18s %5.2f s: %s; growth %d"):format(name, socket.gettime() - started, text, growth))
  assert(growth <= 0, "blocks grow")
end
print(("%d functions"):format(#names))
