--- Files that are whole or not there.
local failure = require "datarobot.cli.failure"

local files = {}

local function check(path, done, why)
  if not done then failure.raise("file", ("%s: %s"):format(path, why), "no file was left half-written") end
end

--- Writes a file under another name first, so that whatever happens there is the old one or the new one.
---@param path string
---@param text string
function files.write(path, text)
  local part = path .. ".part"
  local file, why = io.open(part, "wb")
  check(part, file, why)
  local _ <close> = setmetatable({}, { __close = function() os.remove(part) end }) -- not there after the rename
  local written, unwritten = file:write(text)
  local closed, unclosed = file:close()
  check(path, written and closed, unwritten or unclosed)
  check(path, os.rename(part, path))
end

return files
