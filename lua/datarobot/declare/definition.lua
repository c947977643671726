--- Definitions: files that say how a deployment is to be, as Lua that returns a table or as JSON.
local core = require "datarobot.core"
local sandboxed = require "datarobot.declare.sandboxed"

local definition = {}

local MOST <const> = 1 << 20 -- bytes of a text
local LIMITS <const> = { instructions = 1000000, seconds = 2, memory = 64 << 20 }

local function failure(kind, name, why)
  return nil, core.error(kind, ("%s: %s"):format(core.words(name), core.words(why)))
end

-- What a chunk raised, its line before it.
local function placed(why)
  if type(why) ~= "string" then return "it raised a " .. type(why) end
  return (why:gsub("^definition:(%d+): ", "line %1: "))
end

local function run(text, name)
  local environment, strings = sandboxed.environment()
  local chunk, why = load(text, "=definition", "t", environment)
  if why == "not enough memory" then error(why, 0) end
  if not chunk then return failure("validation", name, placed(why)) end
  local done, t = core.run_limited(chunk, strings, LIMITS)
  if not done then
    local limit = type(t) == "string" and (t:match "not enough memory$" or t:match "it takes too long$"
      or t:match "resulting string too large$"
      or t:match "^[%w ]+ costs more than a definition may$")
    return failure(limit and "limit" or "validation", name, limit or placed(t))
  end
  if type(t) ~= "table" then return failure("validation", name, "it returns a " .. type(t) .. ", not a table") end
  return t
end

--- Reads the text of a definition.
---@param text string JSON where it begins with a bracket, else Lua
---@param name string of it, for messages
---@return table|nil t
---@return datarobot.Error? err kind `validation` for mistakes, `limit` when it takes too long or too much memory
function definition.read(text, name)
  if #text > MOST then return failure("limit", name, "a definition has at most 1 MiB") end
  if not text:find "^%s*[{%[]" then return run(text, name) end
  local t, err = core.decode(text)
  if err then return failure("validation", name, err.message) end
  if type(t) ~= "table" or t[1] ~= nil then return failure("validation", name, "an object of JSON expected") end
  return t
end

--- `dr.load_definition`.
---@param path string
---@return table|nil t
---@return datarobot.Error? err kind `config` where there is no such file, or the host gives no files
function definition.load(path)
  if not core.has_files() then
    return nil, core.error("config", "the host gives no io library, so no file can be read")
  end
  local text, why = core.read_file(path, MOST)
  if not text then return failure("config", path, why) end
  return definition.read(text, path)
end

return definition
