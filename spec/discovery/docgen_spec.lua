-- What is generated is what the sources say, and nothing public is without a word.
local core = require "datarobot.core"
local discovery = require "datarobot.help.discovery"
local docgen = require "doc.docgen"
local dr = require "datarobot"

local catalogue = require "doc.docgen.catalogue"()
local files = docgen.generate()

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

describe("the generated files", function()
  it("are not stale (lua5.4 doc/docgen.lua)", function()
    assert.same({}, docgen.stale(files))
  end)

  it("are the same every time", function()
    assert.same(files, docgen.generate())
  end)

  it("are good Lua where they are Lua", function()
    local names = {}
    for path, text in pairs(files) do
      if path:find "%.lua$" then
        assert(load(text, "@" .. path, "t", {}))
        names[#names + 1] = path
      end
    end
    table.sort(names)
    assert.same({ "lua/datarobot/help/data.lua", "types/datarobot.lua" }, names)
  end)

  it("have no broken link", function()
    local function headings(path)
      local anchors = {}
      for title in (files[path] or ""):gmatch "\n#+ ([^\n]+)" do
        anchors[title:lower():gsub("[^%w_ -]", ""):gsub(" ", "-")] = true
      end
      return anchors
    end
    local count = 0
    for path, text in pairs(files) do
      if path:find "%.md$" then
        for link in text:gmatch "%]%(([^)]+)%)" do
          local page, anchor = link:match "^([^#]*)#?(.*)$"
          local target = page == "" and path or path:match "^(.*/)" .. page
          target = target:gsub("/[^/]+/%.%./", "/")
          assert.is_string(files[target], path .. " -> " .. link)
          assert.is_true(anchor == "" or headings(target)[anchor] == true, path .. " -> " .. link)
          count = count + 1
        end
      end
    end
    assert.is_true(count > 100)
  end)

  it("are readable in a terminal", function()
    for path, text in pairs(files) do
      if path:find "%.md$" then
        for line in text:gmatch "[^\n]+" do
          -- An item may hold one word or link that is longer.
          assert.is_true(utf8.len(line) <= 80 or not line:gsub("%b``", ""):find "%S%s+%S+%s+%S", path .. ": " .. line)
        end
      end
    end
  end)
end)

describe("the types", function()
  it("name every class, kind and enumeration once, and nothing unknown", function()
    local text = read "types/datarobot.lua"
    local defined = {}
    for name in text:gmatch "\n%-%-%-@class ([%w_.]+)" do
      assert.is_nil(defined[name], name)
      defined[name] = true
    end
    for name in text:gmatch "\n%-%-%-@alias ([%w_.]+)" do
      assert.is_nil(defined[name], name)
      defined[name] = true
    end
    for line in text:gmatch "\n%-%-%-@(%l+ [^\n]+)" do
      local types = line:match "^field [%w_]+%?? (%S+)" or line:match "^param [%w_]+%?? (%S+)"
        or line:match "^return (%S+)" or ""
      for name in types:gmatch "datarobot[%w_.]*" do assert.is_true(defined[name], line) end
    end
    for _, kind in ipairs(discovery.schemas().kinds) do assert.is_true(defined["datarobot.body." .. kind.name]) end
    for name in pairs(dr.enums) do assert.is_true(defined["datarobot.enum." .. name]) end
  end)

  it("are those of the module", function()
    local meta = assert(load(read "types/datarobot.lua"))()
    for name in pairs(meta) do assert.is_function(dr[name], name) end
  end)
end)

describe("every public function", function()
  -- Internal names of the module table and the method tables.
  local function documented(class, methods)
    local missing = {}
    for name, value in pairs(methods) do
      if type(value) == "function" and not name:find "^_" and not class.functions[name] then
        missing[#missing + 1] = class.name .. "." .. name
      end
    end
    table.sort(missing)
    assert.same({}, missing)
    for _, f in ipairs(class.functions) do
      assert.is_function(methods[f.name], f.signature .. " is documented and not there")
    end
  end

  require "datarobot.client" -- completes the classes
  local tables = {
    dr = dr, list = require "datarobot.list", response = core.classes.response.__index,
    plan = require "datarobot.declare.plan".methods,
    schedule = require "datarobot.schedule" and core.classes.schedule,
  }

  for _, class in ipairs(catalogue.classes) do
    it("of " .. class.name .. " has a doc comment, and every doc comment a function", function()
      local methods = tables[class.name] or core.classes[class.name]
      if class.name == "error" then return end
      if class.name == "list" then
        local public = {}
        for name, f in pairs(methods) do
          if not name:find "^__" and name ~= "new" then public[name] = f end
        end
        methods = public
      end
      documented(class, methods)
    end)
  end

  it("tells parameters, results and errors", function()
    for _, class in ipairs(catalogue.classes) do
      for _, f in ipairs(class.functions) do
        assert.is_true(#f.doc > 10, f.signature)
        local inside = f.signature:match "%((.*)%)$"
        for _, p in ipairs(f.params) do
          assert.is_truthy(inside:find("%f[%w_]" .. p.name .. "%f[^%w_]"), f.signature .. ": " .. p.name)
        end
        local count = select(2, inside:gsub("[%w_]+", ""))
        assert.equal(count, #f.params, f.signature)
        if f.rest then assert.is_true(#f.returns > 0, f.signature) end
      end
    end
  end)

  it("that is a REST operation names it", function()
    local used = {}
    for _, class in ipairs(catalogue.classes) do
      for _, f in ipairs(class.functions) do
        if f.rest then
          assert.matches("^%u+ %S+/$", f.rest)
          used[f.operation] = true
        end
      end
    end
    for _, operation in ipairs(discovery.schemas().operations) do
      assert.is_true(used[operation.name], operation.name)
    end
  end)
end)

it("every kind of error of the core is told", function()
  local told = {}
  for _, w in ipairs(catalogue.aliases["datarobot.ErrorKind"].words) do told[w.word] = true end
  local names = read "src/core/error.c":match "kind_names%[%] = (%b{})"
  for word in names:gmatch '"[%w_]+"' do
    assert.is_true(told[word] or word == '"none"', word)
  end
end)
