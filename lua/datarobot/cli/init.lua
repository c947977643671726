--- The command line: `datarobot COMMAND …`. Exit status 0: done, or nothing to do; 1: the answer is no; 2: it could not
-- be done; 130: interrupted. The answer alone goes to stdout, all else to stderr.
local core = require "datarobot.core"
local commands = require "datarobot.cli.commands"
local Output = require "datarobot.cli.output"
local failure = require "datarobot.cli.failure"
local parse = require "datarobot.cli.parse"

local CLOSED <const> = 9 -- EBADF

-- A socket must not get the number of a closed stdout, and the answer with it: what is opened gets the lowest number
-- that is free. A write to /dev/full fails.
local function hold_descriptors()
  local held = {}
  for i, file in ipairs { io.stdin, io.stdout, io.stderr } do
    local _, _, code = file:seek()
    if code == CLOSED then held[#held + 1] = io.open(i == 1 and "/dev/null" or "/dev/full", i == 1 and "r" or "w") end
  end
  return held
end

local function run(words, session)
  local name, command, o = parse.words(words, commands)
  session.who = name and "datarobot " .. name or session.who
  session.output = Output.new(o)
  local out = session.output
  local status = 0
  if o.version then
    out:answer(core.version, { version = core.version:match "%S+$" })
  elseif o.help then
    local text = name and parse.help(name, command) or require "datarobot.cli.overview"(commands)
    out:answer(text, { text = text })
  else
    status = command.run(o, out, commands)
  end
  out:flush()
  return status
end

--- Runs a command.
---@param words string[]
---@return integer status
return function(words)
  core.keep_broken_pipes()
  local held <const> = hold_descriptors()
  local session = { who = "datarobot", output = Output.new { json = parse.wants_json(words) } }
  local done, result = xpcall(run, failure.traced, words, session)
  for _, file in ipairs(held) do file:close() end
  if done then return result or 0 end
  local ended = failure.describe(result)
  if ended.status == failure.INTERRUPTED then ended.advice = session.output.when_interrupted end
  session.output:failure(ended.command and "datarobot " .. ended.command or session.who, ended)
  return ended.status
end
