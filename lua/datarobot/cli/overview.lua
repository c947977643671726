--- The text of `datarobot --help`.
local HEAD <const> = [[
Usage: datarobot COMMAND [arguments] [options]

DataRobot's retraining policies from a shell.]]

local FOOT <const> = [[

datarobot COMMAND --help shows how a command is called, datarobot help TOPIC
what the library's pages say ("policy.trigger", "cron").

Endpoint and token: DATAROBOT_ENDPOINT and DATAROBOT_API_TOKEN, or a file with
both (--config FILE, DATAROBOT_CONFIG_FILE, ~/.config/datarobot/drconfig.yaml).

Exit status: 0 done, or nothing to do; 1 the answer is no; 2 it could not be
done; 130 interrupted. The answer alone goes to stdout.]]

--- The overview.
---@param commands table of commands.lua
---@return string
return function(commands)
  local lines = { HEAD }
  for _, group in ipairs(commands) do
    lines[#lines + 1] = "\n" .. group.title .. ":"
    for _, name in ipairs(group) do
      lines[#lines + 1] = ("   %-11s %s"):format(name, commands.load(name).summary)
    end
  end
  lines[#lines + 1] = FOOT
  return table.concat(lines, "\n")
end
