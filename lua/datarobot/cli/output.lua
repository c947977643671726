--- What a command writes: the answer on stdout, everything else on stderr.
local core = require "datarobot.core"
local failure = require "datarobot.cli.failure"

local Output = {}
Output.__index = Output

local BOLD <const>, RED <const>, GREEN <const>, YELLOW <const> = "1", "31", "32", "33"

-- A colour by what a cell says.
local COLOURS <const> = {
  head = BOLD, error = RED, failed = RED, failing = RED, warning = YELLOW, cancelled = YELLOW,
  succeeded = GREEN, passing = GREEN, removed = RED, added = GREEN, changed = YELLOW, ok = GREEN,
}

local function wants_colour(when, file)
  if when == "always" or when == "never" then return when == "always" end
  local none, terminal = os.getenv "NO_COLOR", os.getenv "TERM"
  return (none == nil or none == "") and terminal ~= "dumb" and core.is_terminal(file)
end

local function painter(on)
  return function(text, word)
    local colour = on and COLOURS[word]
    return colour and ("\27[%sm%s\27[0m"):format(colour, text) or text
  end
end

--- Makes the output of a command.
---@param o {json: boolean?, color: string?}
---@return table
function Output.new(o)
  return setmetatable({
    json = o.json, paint = painter(not o.json and wants_colour(o.color, io.stdout)),
    paint_error = painter(wants_colour(o.color, io.stderr)),
  }, Output)
end

local function check(self, done, why)
  if done then return end
  self.broken = true
  failure.raise("output", "the answer could not be written to stdout: " .. tostring(why))
end

local function write(self, text)
  check(self, io.stdout:write(text, "\n"))
end

--- Everything that was written is out; raises where that failed.
function Output:flush()
  check(self, io.stdout:flush())
end

--- One piece of the answer: a text for people, an object for --json.
---@param text string|nil nil: nothing for people
---@param object table|nil nil: nothing for programs
function Output:answer(text, object)
  if not self.json then
    if text then write(self, text) end
  elseif object then
    write(self, assert(core.encode_any(object)))
  end
end

--- An answer that is one document, line end included.
---@param text string
function Output:document(text)
  check(self, io.stdout:write(text))
end

--- A table for people; for programs an object for each of its things.
---@param head string[]
---@param rows any[][] also with `object` in each row
function Output:columns(head, rows)
  if self.json then
    for _, row in ipairs(rows) do self:answer(nil, row.object) end
  elseif #rows > 0 then
    write(self, require "datarobot.cli.columns"(head, rows, core.terminal_width(io.stdout), self.paint))
  end
end

--- A sentence for whoever sits at the terminal: of what is no answer and no error.
---@param text string
function Output.note(text)
  if core.is_terminal(io.stderr) then io.stderr:write(core.words(text, "lines"), "\n") end
end

--- Ends the line of progress that is shown on stderr.
function Output:end_line()
  if self.line_open then io.stderr:write "\n" end
  self.line_open = false
end

--- What ended the command: on stderr, with --json as an object on stdout, too.
---@param who string the program and its command
---@param ended table of failure.describe
function Output:failure(who, ended)
  self:end_line()
  io.stderr:write(who, ": ", self.paint_error(ended.text, "error"), "\n")
  if ended.advice then io.stderr:write("  ", ended.advice, "\n") end
  if self.json and not self.broken then
    pcall(function()
      self:answer(nil, { error = ended.object })
      self:flush()
    end)
  end
end

return Output
