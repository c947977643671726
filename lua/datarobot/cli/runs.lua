--- What commands about runs share: how a run is shown, and waiting for one.
local core = require "datarobot.core"
local failure = require "datarobot.cli.failure"
local options = require "datarobot.cli.options"
local show = require "datarobot.show"

local runs = {}

--- Seconds of a wait in all.
runs.DEADLINE = { name = "--deadline", argname = "S", convert = options.number("--deadline", 0.001),
  description = "Seconds to wait in all (default 86400)." }

--- A run as an object for --json: its fields and its state.
---@param run datarobot.RetrainingRun
---@param more? table further members
---@return table
function runs.object(run, more)
  local t = run:to_table()
  t.state = run:state()
  for k, v in pairs(more or {}) do t[k] = v end
  return t
end

local function text_of(run)
  local lines = { tostring(run) }
  local why = show.word(run.error_message)
  if why and why ~= "" then lines[#lines + 1] = "  " .. why end
  for _, name in ipairs { "challenger_id", "model_package_id" } do
    if show.word(run[name]) then lines[#lines + 1] = ("  %s %s"):format(name, show.word(run[name])) end
  end
  return table.concat(lines, "\n")
end

--- Shows a run as the answer.
---@param out table output.lua's
---@param run datarobot.RetrainingRun
---@param more? table further members for --json
function runs.show(out, run, more)
  out:answer(text_of(run), runs.object(run, more))
end

--- The reader is told how to follow a run that goes on when the command is interrupted.
---@param out table
---@param run datarobot.RetrainingRun
function runs.goes_on(out, run)
  out.when_interrupted = ("the run goes on; datarobot watch %s %s --run %s follows it"):format(core.ids(run))
end

-- On a terminal one line that is rewritten; Ctrl-C leaves it open.
local function progress_of(out)
  if not core.is_terminal(io.stderr) then return nil end
  local progress = require "datarobot".progress(io.stderr)
  return function(run, ...)
    out.line_open = run:state() == "active"
    progress(run, ...)
  end
end

--- Waits for a run and shows what became of it.
---@param out table
---@param deadline? number seconds
---@param run datarobot.RetrainingRun
---@return integer status
function runs.wait(out, deadline, run)
  runs.goes_on(out, run)
  local done, err = run:wait { timeout = deadline, on_progress = progress_of(out) }
  out:end_line()
  runs.show(out, run)
  if done then return 0 end
  if err.kind == "timeout" then failure.advise(err, out.when_interrupted) end
  error(err, 0)
end

return runs
