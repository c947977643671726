--- The commands by name, in the order in which they are shown. Each is a file of its name in `commands/`, which
-- gives a table:
--   summary      one line
--   description  more lines for its --help, optional
--   arguments, options   tables as argparse takes them; an option with `flag = true` has no value
--   offline      true: it needs no server, and takes no options of a connection
--   run          function(o, out, commands) -> exit status: o holds what was given, out is output.lua's
--   advice       what to do where there are more words than arguments, optional

local commands = {
  { title = "Looking", "list", "show", "explain", "watch", "whoami" },
  { title = "Acting", "run", "cancel", "promote", "rollback", "pause", "resume" },
  { title = "Declared state", "plan", "apply", "diff", "export" },
  { title = "Without a server", "schedule", "validate", "sandbox", "help", "completion", "version" },
}

--- Calls a function for each command.
---@param visit fun(name: string, command: table)
function commands.each(visit)
  for _, group in ipairs(commands) do
    for _, name in ipairs(group) do visit(name, commands.load(name)) end
  end
end

--- A command's table; nil when there is none of the name.
---@param name string
---@return table|nil command
function commands.load(name)
  for _, group in ipairs(commands) do
    for _, known in ipairs(group) do
      if name == known then return require("datarobot.cli.commands." .. name) end
    end
  end
end

--- All names.
---@return string[]
function commands.names()
  local names = {}
  for _, group in ipairs(commands) do table.move(group, 1, #group, #names + 1, names) end
  return names
end

return commands
