-- The core is private, and every script can require it: whatever its functions are called with, the process lives.
local process = require "spec.support.process"

-- Each function that the core's table leads to, with every three of some values; in a process of its own, since what
-- this looks for is a crash. The arguments of a call that ends the process are the last line.
local SCRIPT <const> = [[
local core = require "datarobot.core"
local dr = require "datarobot"
local closed = dr.client { endpoint = "http://127.0.0.1:9", token = "t" }
closed:close()
local schedule = dr.schedule "@daily"
local values = { false, "", "policy", {}, { "a", { b = 1 } }, { file = "x", concurrency = 1 }, 0, -1, 1 << 62, 1.5,
  function() end, io.stdout, print, coroutine.create(print), dr.null, closed, schedule, core.error("config", "x"),
  setmetatable({}, getmetatable(closed)), setmetatable({}, getmetatable(schedule)) }
local functions, seen = {}, { [values] = true }
local function walk(value, name)
  if seen[value] then return end
  if type(value) == "function" then
    functions[#functions + 1] = { name = name, call = value }
  elseif type(value) == "table" and not name:find "places" and not name:find "tasks" then
    seen[value] = true
    for key, inner in pairs(value) do walk(inner, name .. "." .. tostring(key)) end
  end
end
walk(core, "core")
table.sort(functions, function(a, b) return a.name < b.name end)
local calls, log = 0, assert(io.open(arg[1], "w"))
log:setvbuf "no"
local function try(f, ...)
  calls = calls + 1
  pcall(f, ...)
end
for _, f in ipairs(functions) do
  log:write(f.name, "\n")
  try(f.call)
  for _, a in ipairs(values) do
    try(f.call, a)
    for _, b in ipairs(values) do
      try(f.call, a, b)
      for i, c in ipairs(values) do
        if (i + calls) % 17 == 0 then try(f.call, a, b, c) end
      end
    end
  end
end
assert(dr.client { endpoint = "http://127.0.0.1:9", token = "t" })
print(#functions, calls)
]]

it("no function of the core crashes, whoever calls it with what", function()
  local folder <close> = process.folder()
  local status, said = process.run({ "lua5.4", folder:write("script.lua", SCRIPT), folder.path .. "/log" },
    { HOME = folder.path })
  local last = ""
  for line in io.lines(folder.path .. "/log") do last = line end
  assert.equal(0, status, "in " .. last .. ": " .. said)
  local functions, calls = said:match "^(%d+)\t(%d+)\n$"
  assert.is_true(tonumber(functions) > 40 and tonumber(calls) > 20000, said)
end)
