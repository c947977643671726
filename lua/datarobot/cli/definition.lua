--- Files that say how deployments are to be: Lua that returns a table, or JSON.
local failure = require "datarobot.cli.failure"

local definition = {}

local MOST <const> = (1 << 20) + 1 -- bytes: more than a definition may have

local function read(path)
  local file, missing = io.stdin, nil
  if path ~= "-" then file, missing = io.open(path, "rb") end
  if not file then failure.raise("file", missing, 'is the path right? "-" is stdin') end
  local text, why = file:read(MOST)
  if file ~= io.stdin then file:close() end
  if why then failure.raise("file", path .. ": " .. why) end
  return text or ""
end

--- Reads a file, which may be a pipe, too.
---@param path string "-": stdin
---@return table|nil t
---@return string? why what is wrong with its text; a file that cannot be read raises
function definition.read(path)
  local t, err = require "datarobot.declare.definition".read(read(path), "definition")
  if not t then return nil, (err.message:gsub("^definition: ", "")) end
  return t
end

return definition
