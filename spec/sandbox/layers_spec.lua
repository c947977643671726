-- What each part of the sandbox may require of the others, and that no two files require each other.
local process = require "spec.support.process"

local ROOT <const> = "lua/datarobot/sandbox"

-- Part -> the parts it may use. A file at the top is a part by itself, a folder is one.
local MAY <const> = {
  init = { check = true, json = true, server = true, world = true },
  check = {},
  json = {},
  contract = { json = true },
  control = { json = true, world = true },
  world = { json = true },
  api = { json = true, world = true, http = true },
  http = { json = true, contract = true, world = true, control = true, api = true },
}

-- Of http, what resources may use; and the one file of it that may use resources.
local FOR_API <const> = { ["http.refuse"] = true, ["http.listing"] = true }
local OF_API <const> = "http.router"

local function modules()
  local list = {}
  local _, text = process.run { "find", ROOT, "-name", "*.lua", "-type", "f" }
  for path in text:gmatch "[^\n]+" do
    local name = path:sub(#ROOT + 2):gsub("%.lua$", ""):gsub("/", ".")
    list[name] = path
  end
  return list
end

local function required(path)
  local file <close> = assert(io.open(path))
  local names = {}
  for name in file:read("a"):gmatch 'require[%s,(]*"datarobot%.?([%w_.]*)"' do names[#names + 1] = name end
  return names
end

local function part(name)
  return name:match "^[^.]+"
end

describe("a file of the sandbox", function()
  it("uses the parts that it may", function()
    local count = 0
    for name, path in pairs(modules()) do
      local may = assert(MAY[part(name)], "unknown part: " .. name)
      for _, other in ipairs(required(path)) do
        local below = other:match "^sandbox%.(.*)$"
        local own = below ~= nil or name == "init" and (other == "" or other == "sandbox")
        assert.is_true(own, name .. " requires datarobot." .. other)
        if below and part(below) ~= part(name) then
          local fits = may[part(below)]
          if part(name) == "api" and part(below) == "http" then fits = FOR_API[below] end
          if part(below) == "api" then fits = name == OF_API end
          assert.is_true(fits == true, name .. " requires " .. below)
        end
        count = count + 1
      end
    end
    assert.is_true(count > 40)
  end)

  it("requires none that requires it", function()
    local graph, state = {}, {}
    local list = modules()
    for name, path in pairs(list) do
      graph[name] = {}
      for _, other in ipairs(required(path)) do
        local below = other:match "^sandbox%.(.*)$" or ""
        local file = list[below] and below or list[below .. ".init"] and below .. ".init"
        if file then table.insert(graph[name], file) end
      end
    end
    local function visit(name)
      assert.not_equal("open", state[name], name .. " requires itself in a circle")
      if state[name] then return end
      state[name] = "open"
      for _, other in ipairs(graph[name]) do visit(other) end
      state[name] = "done"
    end
    for name in pairs(graph) do visit(name) end
  end)
end)
