-- Makes one Lua file of the client's Lua modules, for hosts that ship no folder: run, it puts them into
-- package.preload. Without the sandbox, which is for tests and reads files of its own, and without the command line.
-- Arguments: the folder lua/, the file to write.

local root <const>, out <const> = arg[1], arg[2]

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

-- A literal of any text: no bracket in it has so many equals signs.
local function quote(text)
  local level = ""
  while text:find("]" .. level .. "]", 1, true) do level = level .. "=" end
  return ("[%s[\n%s]%s]"):format(level, text, level)
end

-- meta.lua is for language servers; nothing in it is run.
local FIND <const> = "cd '%s' && find datarobot -name '*.lua' ! -path '*/sandbox/*' ! -path '*/cli/*' ! -name meta.lua"
local files = {}
for path in io.popen(FIND:format(root)):lines() do files[#files + 1] = path end
table.sort(files)
assert(#files > 0, "no Lua files in " .. root)

local parts = { "-- The Lua modules of lua-datarobot; made by cmake/bundle.lua.\n" }
for _, path in ipairs(files) do
  local name = path:gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
  parts[#parts + 1] = ("package.preload[%q] = assert(load(%s, %q, \"t\"))\n"):format(
    name, quote(read(root .. "/" .. path)), "@" .. path)
end
local file <close> = assert(io.open(out, "wb"))
assert(file:write(table.concat(parts)))
