--- Runs bin/datarobot as its users do.
local canary = require "spec.support.canary"
local process = require "spec.support.process"

local program = {}

-- Nothing of the machine's own configuration.
local BARE <const> = {
  DATAROBOT_ENDPOINT = false, DATAROBOT_API_ENDPOINT = false, DATAROBOT_API_TOKEN = false,
  DATAROBOT_CONFIG_FILE = false, NO_COLOR = false, HOME = "/nonexistent", LC_ALL = "C.UTF-8", TZ = "UTC",
}

-- How stdout is given to the program.
local STDOUT <const> = {
  file = [[%s >"$1/out" 2>"$1/err"]],
  full = [[%s >/dev/full 2>"$1/err"]],
  closed = [[%s >&- 2>"$1/err"]],
  -- Nobody reads when the program begins.
  broken = [[mkfifo "$1/go"
    { read -r _ <"$1/go"; %s 2>"$1/err"; echo $? >"$1/status"; } | { exec <&-; echo >"$1/go"; }
    exit "$(cat "$1/status")"]],
}

local function line_of(words, o)
  local quoted = {}
  for i, word in ipairs(words) do quoted[i] = process.quote(word) end
  local line = "bin/datarobot " .. table.concat(quoted, " ")
  if o.stdin then line = line .. ' <"$1/in"' end
  return line
end

--- Runs a command to its end; raises when a token stands in what it wrote.
-- @param words list
-- @param o nil or { env =, stdin = text, stdout = "file" | "full" | "closed" | "broken" }
-- @return exit status, stdout, stderr
function program.run(words, o)
  o = o or {}
  local folder <close> = process.folder()
  if o.stdin then folder:write("in", o.stdin) end
  local env = {}
  for name, value in pairs(BARE) do env[name] = value end
  for name, value in pairs(o.env or {}) do env[name] = value end
  local script = STDOUT[o.stdout or "file"]:format((line_of(words, o):gsub("%%", "%%%%")))
  local status, said = process.run({ "timeout", "30", "sh", "-c", script, "sh", folder.path }, env)
  assert(said == "", said)
  local out, err = folder:read "out" or "", folder:read "err" or ""
  for _, text in ipairs { out, err } do
    assert(not text:find(canary, 1, true) and not text:find("sandbox-token", 1, true), text)
  end
  return status, out, err
end

--- Decodes every line of what --json printed.
-- @param out text
-- @return list of tables; raises where a line is no JSON
function program.objects(out)
  local list = {}
  for line in out:gmatch "[^\n]+" do list[#list + 1] = require "cjson".decode(line) end
  assert(out == "" or out:sub(-1) == "\n", "the last line has no end")
  return list
end

return program
