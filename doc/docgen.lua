--- Writes what is generated from the schema tables, the operations and the doc comments: doc/reference/,
-- lua/datarobot/help/data.lua and types/datarobot.lua; doc/datarobot.1 from the commands of the command line.
--
--     lua5.4 doc/docgen.lua [--check]
--
-- in the root of the checkout, with the core built in build/ or found by LUA_CPATH. --check writes
-- nothing and fails when a file is stale. How doc comments are written: doc/docgen/comments.lua.

local required = ... == "doc.docgen"
if not required then
  package.path = "./?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
  package.cpath = package.cpath .. ";./build/?.so;./build/plain/?.so"
end

local docgen = {}

--- Everything that is generated.
---@return table<string, string> files text by path
function docgen.generate()
  require "datarobot.client" -- completes the classes of the core
  local catalogue = require "doc.docgen.catalogue"()
  local files = require "doc.docgen.pages"(catalogue)
  files["lua/datarobot/help/data.lua"] = require "doc.docgen.data"(catalogue)
  files["doc/datarobot.1"] = require "doc.docgen.man"()
  files["types/datarobot.lua"] = require "doc.docgen.meta"(catalogue)
  return files
end

local function read(path)
  local file <close> = io.open(path, "rb")
  return file and file:read "a"
end

--- The files whose text is not what would be generated, and the pages that nothing generates.
---@param files table<string, string>
---@return string[] stale sorted paths
function docgen.stale(files)
  local list = {}
  for path, text in pairs(files) do
    if read(path) ~= text then list[#list + 1] = path end
  end
  local pipe <close> = assert(io.popen "find doc/reference -name '*.md' 2>/dev/null")
  for path in pipe:lines() do
    if not files[path] then list[#list + 1] = path end
  end
  table.sort(list)
  return list
end

local function write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(text))
end

local function main(option)
  assert(os.execute "mkdir -p doc/reference/bodies")
  local files = docgen.generate()
  local stale = docgen.stale(files)
  for _, path in ipairs(stale) do
    if option == "--check" then
      io.stderr:write(path, " is stale: lua5.4 doc/docgen.lua\n")
    elseif files[path] then
      write(path, files[path])
      print(path)
    else
      assert(os.remove(path))
    end
  end
  return option ~= "--check" or #stale == 0
end

if required then return docgen end
os.exit(main(...), true)
