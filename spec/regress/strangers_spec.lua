-- Everything that can be reached from the module, called with strangers: values of other types and classes, and tables
-- and userdata of others that carry the metatables of ours. Refused or not, the process lives (the sanitizers look).
local process = require "spec.support.process"

local SCRIPT <const> = [==[
local dr, sandboxes = require "datarobot", require "datarobot.sandbox"
local core = require "datarobot.core"
local sandbox = sandboxes.start { deployments = 2 }
local server = sandbox.server
local function new_client() return assert(sandbox:client { retries = 0, timeout = 5 }) end
local client = new_client()
local deployment = assert(client:deployment(sandbox.deployment_id))
local policy = assert(deployment:create_retraining_policy { name = "p" })
assert(deployment:update_challenger_models_settings { enabled = true })
assert(deployment:update_retraining_settings { dataset_id = sandbox.dataset_id })
local run = assert(policy:start_run())
assert(sandbox:advance "2h")
local challenger = assert(deployment:challengers())[1]
local other = new_client()
local _, err = dr.schedule "0 25 * * *"
local step, each = client:each({ 1 }, function(x) return x end)

-- What a task waits for comes to whoever resumes it directly.
local yields = {}
do
  local task
  local co = coroutine.create(function()
    client:map({ 1, 2 }, function(i)
      if i == 1 then
        task = coroutine.running()
        return client:sleep(0.1)
      end
      yields = table.pack(coroutine.resume(task))
    end)
  end)
  assert(coroutine.resume(co))
  assert(yields[1])
end

local roots = {
  dr = dr, core = core, sandboxes = sandboxes, sandbox = sandbox, client = client, deployment = deployment,
  policy = policy, run = run, challenger = challenger, plan = assert(deployment:plan { name = "q" }),
  schedule = dr.schedule "@daily", err = err, response = assert(client:get "version/"),
  list = client:deployments(), step = step, each = each, yields = yields,
  begun = core.calls.begin.get(client, "version/"),
  fields = dr.fields "policy", enums = dr.enums, runs = dr.schedule "@daily":next_runs { count = 2 },
  decoded = dr.decode "[{}, null]", array = dr.array {}, loaded = {},
}
for _, name in ipairs { "config", "help.discovery", "call.guard", "help", "help.text", "list", "loop.select",
  "loop.waiting", "sandbox.server", "schedule", "call.settle", "show", "call.tasks", "call.job", "error" } do
  roots.loaded[name] = require("datarobot." .. name)
end
client:on_wait(coroutine.yield) -- whoever would wait is given up
other:on_wait(coroutine.yield)

-- {=== what can be reached: functions, metatables, one value of each class

local functions, metas, values, seen, met = {}, {}, {}, {}, {}
local LAST <const> = { close = true, __close = true, __gc = true, stop = true, drop = true, finish = true }

for name, module in pairs(package.loaded) do
  if not name:find "^datarobot" and type(module) == "table" then
    seen[module] = true
    for _, f in next, module do
      if type(f) == "function" then seen[f] = true end
    end
  end
end

local visit

local function visit_meta(path, x)
  local meta = debug.getmetatable(x)
  if type(meta) ~= "table" or meta == debug.getmetatable(io.stdout) then return end
  if not met[meta] then
    met[meta] = true
    metas[#metas + 1], values[#values + 1] = meta, x
  end
  visit(path .. "<meta>", meta)
end

function visit(path, x)
  local kind = type(x)
  if x == nil or seen[x] or not (kind == "function" or kind == "table" or kind == "userdata") then return end
  if kind == "function" then
    seen[x] = true
    local name = path:match "[%w_]+$"
    if name ~= "wait_signal" then functions[#functions + 1] = { name, x, path } end
    return
  end
  visit_meta(path, x)
  seen[x] = true
  if kind == "userdata" then return end
  for key, value in next, x do
    visit(path .. "." .. tostring(key):gsub("[^%w_]", ""), value)
    if type(key) == "table" then visit(path .. ".key", key) end
  end
end

visit("", roots)
table.sort(functions, function(a, b) -- those that end things last
  local x, y = LAST[a[1]] and 1 or 0, LAST[b[1]] and 1 or 0
  if x ~= y then return x < y end
  return a[3] < b[3]
end)

-- {=== strangers

local restore = {}

local function strangers()
  local all = { false, 0, 0.5, "", "x", {}, print, coroutine.create(print), dr.null, io.stdout }
  for i, meta in ipairs(metas) do
    all[#all + 1] = values[i]
    all[#all + 1] = setmetatable({ __name = meta.__name }, { __name = meta.__name })
    all[#all + 1] = setmetatable({}, meta)
    if arg[1] == "userdata" and type(values[i]) == "userdata" then
      for _, x in ipairs { assert(io.open "/dev/null"), assert(require "socket".tcp()) } do
        restore[#restore + 1] = { x, debug.getmetatable(x) }
        all[#all + 1] = debug.setmetatable(x, meta)
      end
    end
  end
  return all
end

local tried = 0

local function quietly(f, ...)
  tried = tried + 1
  local co = coroutine.create(f)
  coroutine.resume(co, ...)
  coroutine.close(co)
end

local all = strangers()
for n, entry in ipairs(functions) do
  local f = entry[2]
  if arg[2] then io.stderr:write(entry[3], "\n") end
  quietly(f)
  for i, x in ipairs(all) do
    quietly(f, x)
    quietly(f, x, x, x)
    quietly(f, x, "id", {}, {})
    quietly(f, all[(i * 7 + n) % #all + 1], x)
  end
end
for i, x in ipairs(all) do -- operators reach metamethods, too
  local y = all[i % #all + 1]
  for _, f in ipairs {
    function() return x.label end, function() return x[1] end, function() x.label = 1 end, tostring,
    function() return #x end, function() for _ in pairs(x) do break end end, function() return x == y end,
    function() return x < y end, function() return x .. y end, function() return -x end, function() return x(y) end,
    function() for _ in x do break end end, dr.help, function() local slot <close> = x return slot end,
  } do quietly(f, x) end
end
for _, pair in ipairs(restore) do debug.setmetatable(pair[1], pair[2]) end
server:stop()
print("good", #functions, #metas, tried)
]==]

describe("strangers in every function and metamethod that can be reached", function()
  local folder
  setup(function()
    folder = process.folder()
    folder:write("script.lua", SCRIPT)
  end)
  teardown(function() folder:remove() end)

  local function sweep(what)
    local status, text = process.run { "timeout", "120", "lua5.4", folder.path .. "/script.lua", what }
    assert.equal(0, status, text)
    local functions, metas, tried = text:match "good\t(%d+)\t(%d+)\t(%d+)\n$"
    assert.is_truthy(functions, text)
    assert.is_true(tonumber(functions) > 150 and tonumber(metas) >= 14 and tonumber(tried) > 40000, text)
  end

  it("are values of other classes, and tables with our metatables", function() sweep "tables" end)

  it("are userdata of others with our metatables", function() sweep "userdata" end)
end)
