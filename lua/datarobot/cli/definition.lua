--- Files that say how deployments are to be: Lua that returns a table, or JSON.
local failure = require "datarobot.cli.failure"

local definition = {}

local function read(path)
  local file, missing = io.stdin, nil
  if path ~= "-" then file, missing = io.open(path, "rb") end
  if not file then failure.raise("file", missing, 'is the path right? "-" is stdin') end
  local text, why = file:read "a"
  if file ~= io.stdin then file:close() end
  if not text then failure.raise("file", path .. ": " .. why) end
  return text
end

-- A chunk that reaches nothing but dr.null.
local function run(text, dr)
  local function placed(why) return (tostring(why):gsub("^f:(%d+): ", "line %1: ")) end
  local chunk, why = load(text, "=f", "t", { dr = { null = dr.null } })
  if not chunk then return nil, placed(why) end
  local done, t = pcall(chunk)
  if not done then
    if type(t) == "string" and t:find "interrupted!$" then error(t, 0) end
    return nil, placed(t)
  end
  if type(t) ~= "table" then return nil, ("a file for Lua returns a table, this one %s"):format(type(t)) end
  return t
end

--- Reads a file.
---@param path string "-": stdin
---@return table|nil t
---@return string? why what is wrong with its text; a file that cannot be read raises
function definition.read(path)
  local dr = require "datarobot"
  local text = read(path)
  if path:find "%.json$" or text:find "^%s*[{%[]" then
    local t, err = dr.decode(text)
    if t == nil then return nil, err.message end
    if type(t) ~= "table" then return nil, "an object of JSON expected" end
    return t
  end
  return run(text, dr)
end

return definition
