--- From words to what they say. argparse costs more than most commands do, so a parser is built for one command, the
-- one that is called; for completion one of all.
local core = require "datarobot.core"
local failure = require "datarobot.cli.failure"
local options = require "datarobot.cli.options"

local parse = {}

local found, argparse = pcall(require, "argparse")

local WIDTH <const> = 80

local function wrong(message, command, advice)
  failure.raise("usage", message, advice
    or ("datarobot %s--help shows how it is called"):format(command and command .. " " or ""), command)
end

-- {=== the command among the words ===}

-- "--config" -> whether it takes a value: of what may stand before the command.
local function leading()
  local values = {}
  for _, group in ipairs { options.connection, options.everywhere } do
    for _, option in ipairs(group) do
      for name in option.name:gmatch "%S+" do values[name] = not option.flag end
    end
  end
  return values
end

-- The place of the first word that is no option and no option's value.
local function place_of_command(words)
  local takes_value, i = leading(), 1
  while words[i] do
    local name, equals = words[i]:match "^(%-%-?[^=]+)(=?)"
    if not name then return i end
    if takes_value[name] == nil then wrong(("unknown option '%s' before the command"):format(core.words(name))) end
    i = i + (takes_value[name] and equals == "" and 2 or 1)
  end
end

local function unknown_command(name, commands)
  local near = core.nearest(name, commands.names())
  local meant = near and (", did you mean '%s'?"):format(near) or ""
  wrong(("there is no command '%s'%s"):format(core.words(name), meant), nil, "datarobot help lists the commands")
end

local NO_TOKEN <const> = "a token would stand in the list of processes. Set DATAROBOT_API_TOKEN and DATAROBOT_ENDPOINT,"
  .. " or write both into a file (--config FILE, or ~/.config/datarobot/drconfig.yaml)"

-- What counts wherever it stands.
local function has(words, ...)
  for _, word in ipairs(words) do
    if word == "--" then return false end
    for _, name in ipairs { ... } do
      if word == name or word:sub(1, #name + 1) == name .. "=" then return true end
    end
  end
  return false
end

--- Whether --json is among the words, also where they cannot be understood.
---@param words string[]
---@return boolean
function parse.wants_json(words)
  return has(words, "--json")
end

-- {=== parsers ===}

local function add(parser, command)
  for _, argument in ipairs(command.arguments or {}) do parser:argument(argument) end
  for _, option in ipairs(options.of(command)) do
    if option.flag then parser:flag(option) else parser:option(option) end
  end
end

local function described(command)
  local text = command.summary:gsub("^%l", string.upper) .. "."
  return command.description and text .. "\n\n" .. command.description or text
end

local function new_parser(name)
  if not found then
    failure.raise("usage", "the Lua module argparse is missing", "Debian: apt install lua-argparse; LuaRocks:"
      .. " luarocks install argparse")
  end
  return argparse(name):add_help(false):help_max_width(WIDTH):usage_max_width(WIDTH)
end

local function parser_of(name, command)
  local parser = new_parser("datarobot " .. name)
  parser:description(described(command))
  add(parser, command)
  return parser
end

--- A parser of all commands, for completion.
---@param commands table of commands.lua
---@return table
function parse.all(commands)
  local parser = new_parser "datarobot"
  commands.each(function(name, command)
    local sub = parser:command(name):add_help(false):summary(command.summary):description(command.summary)
    add(sub, command)
  end)
  for _, option in ipairs(options.everywhere) do
    if option.flag then parser:flag(option) else parser:option(option) end
  end
  return parser
end

--- How a command is called.
---@param name string
---@param command table
---@return string text
function parse.help(name, command)
  return (parser_of(name, command):get_help())
end

--- Takes the words apart.
---@param words string[]
---@param commands table of commands.lua
---@return string|nil name of the command; nil: --help or --version of the whole
---@return table command
---@return table o what was given, by name; `help`, `version`
function parse.words(words, commands)
  if has(words, "--token") then wrong("there is no option '--token'", nil, NO_TOKEN) end
  local place = place_of_command(words)
  local asked = { help = has(words, "-h", "--help"), version = has(words, "--version"), json = parse.wants_json(words) }
  if not place then
    if asked.help or asked.version then return nil, {}, asked end
    wrong("a command is missing", nil, "datarobot help lists the commands")
  end
  local name = words[place]
  local command = commands.load(name)
  if not command then unknown_command(name, commands) end
  if asked.help or asked.version then return name, command, asked end
  local rest = table.move(words, 1, #words, 1, {})
  table.remove(rest, place)
  local done, o = parser_of(name, command):pparse(rest)
  if not done then
    local advice = o == "too many arguments" and command.advice or nil
    wrong(core.words(o:gsub("\nDid", "; did"), "lines"), name, advice)
  end
  return name, command, o
end

return parse
