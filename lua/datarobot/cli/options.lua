--- The options that many commands take, as argparse takes them, and what a value must be.

local options = {}

--- A converter for argparse: a number within bounds.
---@param name string the option
---@param least number
---@param most? number
---@param kind? "integer"
---@return function convert
function options.number(name, least, most, kind)
  return function(text)
    local n = text:find "^%s*%-?[%d.]" and tonumber(text)
    if n and kind then n = math.tointeger(n) end
    if n and n >= least and n <= (most or math.huge) and n < math.huge then return n end
    return nil, ("option '%s': a %snumber %s expected, got '%s'"):format(name, kind and "whole " or "",
      most and ("from %d to %d"):format(least, most) or ("of at least %g"):format(least), text)
  end
end

options.everywhere = {
  { name = "--json", flag = true, description = "Print JSON, one object a line." },
  { name = "--color", argname = "WHEN", choices = { "auto", "always", "never" },
    description = "Colours: auto (on a terminal, unless NO_COLOR is set), always, never." },
  { name = "-h --help", flag = true, description = "Show this text." },
  { name = "--version", flag = true, description = "Show the version." },
}

options.connection = {
  { name = "--config", argname = "FILE",
    description = "A file with `endpoint: ...` and `token: ...`, as DataRobot's drconfig.yaml." },
  { name = "--endpoint", argname = "URL",
    description = "Address of the API; the token is that of DATAROBOT_API_TOKEN." },
  { name = "--timeout", argname = "S", convert = options.number("--timeout", 0.001),
    description = "Seconds for each call with all its retries (default 60)." },
  { name = "--read-only", flag = true, description = "Refuse whatever would change anything, before it is sent." },
  { name = "--verbose", flag = true, description = "Show requests, replies and retries on stderr." },
}

--- The options of a command, those of all commands behind its own.
---@param command table
---@return table[]
function options.of(command)
  local all = {}
  for _, group in ipairs { command.options or {}, command.offline and {} or options.connection, options.everywhere } do
    table.move(group, 1, #group, #all + 1, all)
  end
  return all
end

return options
