--- Calls the command line with random words: lua5.4 spec/cli/words.lua [HOW-MANY [SEED]]. Whatever they are, the status
-- is 0, 1 or 2, nothing is an internal error, no control character is shown, and under --json stdout is JSON.
local cli = require "datarobot.cli"
local cjson = require "cjson"
local commands = require "datarobot.cli.commands"
local options = require "datarobot.cli.options"

local count, seed = tonumber(arg[1]) or 1000, tonumber(arg[2]) or os.time()
math.randomseed(seed)

local STRANGE <const> = {
  "", "-", "--", "---", "-x", "--=", "=", "a=b", "\27[31m", "\xff\xfe", "\u{202e}x", "x\ny", "%s%d%n", ("x"):rep(5000),
  "0 9 * * MON", "@daily", "* * * *", "6759e8aebd38a7fca6ba234a", "6759E8", "../../etc", "/dev/null", "/nonexistent",
  "1", "-1", "0", "1e400", "nan", "0x10", "99999999999999999999", "1/1", "2/1", "policy.trigger", "cron", "bash", "zsh",
  "'; rm -rf /", "$(id)", "{", "return {}", "auto", "always", "x",
}

-- Words of the command line, the options several times as often.
local vocabulary = table.move(STRANGE, 1, #STRANGE, 1, {})
commands.each(function(name, command)
  vocabulary[#vocabulary + 1] = name
  for _, option in ipairs(options.of(command)) do
    for word in option.name:gmatch "%S+" do
      vocabulary[#vocabulary + 1] = word
      vocabulary[#vocabulary + 1] = word .. "=" .. STRANGE[math.random(#STRANGE)]
    end
  end
end)

local names = commands.names()

local function random_words()
  local words = {}
  for i = 1, math.random(0, 6) do words[i] = vocabulary[math.random(#vocabulary)] end
  if math.random(4) > 1 then table.insert(words, 1, names[math.random(#names)]) end
  return words
end

-- What would serve, or wait.
local function is_run(words)
  for _, word in ipairs(words) do
    if word == "sandbox" then return false end
  end
  return true
end

local io = io -- luacheck: ignore
local stdout, stderr = io.stdout, io.stderr

local function run(words)
  local out, err = assert(io.tmpfile()), assert(io.tmpfile())
  io.stdout, io.stderr = out, err
  io.input "/dev/null"
  local called, status = pcall(cli, words)
  io.stdout, io.stderr = stdout, stderr
  local texts = {}
  for i, file in ipairs { out, err } do
    file:seek "set"
    texts[i] = file:read "a"
    file:close()
  end
  return called, status, texts[1], texts[2]
end

local function fault(words, called, status, out, err)
  if not called then return "raised " .. tostring(status) end
  if status ~= 0 and status ~= 1 and status ~= 2 then return "status " .. tostring(status) end
  if err:find("internal error", 1, true) then return err end
  if (out .. err):gsub("\27%[[%d;]*m", ""):find "[^\n\t\x20-\xff]" then return "a control character: " .. err end
  if status == 2 and not ("\n" .. err):find "\ndatarobot[%a ]*: " then return "no error: " .. err end
  local json, terminated = false, false
  for _, word in ipairs(words) do
    terminated = terminated or word == "--"
    json = json or word == "--json" and not terminated
  end
  for line in (json and out or ""):gmatch "[^\n]+" do
    if not pcall(cjson.decode, line) then return "not JSON: " .. line end
  end
end

for _ = 1, count do
  local words = random_words()
  if is_run(words) then
    local found = fault(words, run(words))
    if found then
      for i, word in ipairs(words) do words[i] = ("%q"):format(word) end
      stderr:write(("seed %d: { %s }: %s\n"):format(seed, table.concat(words, ", "), found))
      os.exit(1, true)
    end
  end
end
print(("%d calls"):format(count))
