-- Edits of one place at a time that some test has to notice: what is left over tells where a test is missing.
--   lua5.4 spec/mutants.lua [SEED [COUNT [PATTERN [SECONDS]]]]
-- makes COUNT (default 20) edits, chosen by SEED (1), in a copy of the clone in build/mutants-SEED, builds it, writes
-- the generated files anew, so that their staleness tells nothing, and runs tests until one fails: those that concern
-- the file first, then others that are quick. A test that fails, or does not end, is run once more with the edit, and
-- once without it: only where it fails twice and passes then, the edit is noticed. An edit with which nothing compiles
-- without a warning, or the module cannot be loaded, does not count. PATTERN (a Lua pattern) chooses among the paths.
-- No edit is begun after SECONDS. A line tells of each edit, the last one is "N run, N noticed".

local seed, count = tonumber(arg[1] or 1), tonumber(arg[2] or 20)
local pattern = arg[3] or ""
local ends = os.time() + tonumber(arg[4] or 1e9)
local folder = ("build/mutants-%d"):format(seed)

-- Seconds that a test is given; those that the tests may need together that do not concern the file; and what a test
-- is taken to need before it was run.
local MOST, OTHERS, UNKNOWN = 120, 20, 2

-- {=== Which specs see a file: the first pattern that fits ===

local concerned = {
  { "^src/bind/encode_schedule", "schedule validate/mistakes validate/rules" },
  { "^src/bind/cron_advice", "schedule validate/mistakes" },
  { "^src/bind/schedule_object", "schedule objects/objects" },
  { "^src/core/schedule", "schedule" },
  { "^src/core/timestamp", "validate objects/values sandbox/time schedule" },
  { "^src/core/json", "json validate" },
  { "^src/core/[nbp][aur][mfi]", "validate objects regress/control_characters" },
  { "^src/core/secret", "regress/secret regress/echo_forms regress/echoed_token transport/secrets" },
  { "^src/net/proxy", "transport/proxies objects/config" },
  { "^src/net/url", "objects transport/injection transport/jobs transport/lists transport/framing" },
  { "^src/core/address", "objects transport/injection transport/jobs transport/lists transport/framing" },
  { "^src/net", "transport/errors transport/retries transport/framing transport/hosts regress/outcomes" },
  { "^src/core", "transport/errors transport/retries transport/framing transport/hosts regress/outcomes" },
  { "^src/schema/query", "regress/query transport/lists discovery/fields" },
  { "^src/schema/operations", "regress/query transport/lists transport/errors" },
  { "^src/schema", "validate discovery/fields" },
  { "^src/bind/[epwrd]", "validate objects transport/errors regress/reply_types" },
  { "^src/bind/discovery", "discovery/fields discovery/help" },
  { "^src/bind/query", "regress/query transport/injection transport/lists" },
  { "^src/bind/where", "objects" },
  { "^src/bind/file", "objects/config regress/no_files transport/tls" },
  { "^src/bind/token", "transport/token transport/secrets" },
  { "^src/bind", "objects transport/errors transport/retries transport/hosts transport/token tasks loop" },
  { "^lua/datarobot/sandbox", "sandbox" },
  { "^lua/datarobot/cli", "cli" },
  { "^lua/datarobot/declare", "declare" },
  { "^lua/datarobot/config", "objects transport/tls transport/proxies" },
  { "^lua/datarobot/call/settle", "settle tasks" },
  { "^lua/datarobot/call/compare", "models" },
  { "^lua/datarobot/call/create_challenger", "models" },
  { "^lua/datarobot/call/deployment_status", "objects/deployment" },
  { "^lua/datarobot/call/replace", "models" },
  { "^lua/datarobot/call/run_state", "runs" },
  { "^lua/datarobot/call/start_run", "runs" },
  { "^lua/datarobot/retraining_run", "runs models" },
  { "^lua/datarobot/call/start_run", "runs" },
  { "^lua/datarobot/call/[cr]", "models runs" },
  { "^lua/datarobot/retraining", "runs models objects" },
  { "^lua/datarobot/call", "tasks transport/jobs transport/lists objects" },
  { "^lua/datarobot/loop", "loop tasks" },
  { "^lua/datarobot/help", "discovery/help discovery/completion" },
  { "^lua/datarobot/schedule", "schedule" },
  { "^lua/datarobot/list", "objects transport/lists tasks" },
  { "", "objects transport/errors transport/jobs transport/lists discovery/help" },
}

-- Too slow, or about generated files, or about what this edit is not.
local left_out = {
  "discovery/docgen", "embed/", "memory/", "transport/storm", "transport/forks", "regress/linear", "regress/dense",
  "regress/processes", "validate/sizes", "regress/left_behind", "tasks/interleavings", "core/classes",
  "layers_spec", "source_spec",
}

-- {=== Edits ===

-- What is edited, by kind: {from, to, replacement} of a text without comments. Strings stay unless `strings`.
local swaps = { ["&&"] = "||", ["||"] = "&&", ["<"] = "<=", ["<="] = "<", [">"] = ">=", [">="] = ">",
  ["=="] = "!=", ["!="] = "==", ["~="] = "==", ["and"] = "or", ["or"] = "and" }

local function every(text, form, found)
  local from = 1
  while true do
    local first, last, a, b = text:find(form, from)
    if not first then return end
    found(first, last, a, b)
    from = math.max(last, first) + 1
  end
end

-- `form` captures what stands before the condition, and the condition.
local function conditions(edits, text, bare, form, before, after)
  every(bare, form, function(first, last, head, rest)
    local from = first + #head
    edits[#edits + 1] = { "negated", first, last, head .. before .. text:sub(from, from + #rest - 1) .. after }
  end)
end

local function is_statement(line)
  return (line:find "^[%w_][%w_.:>%-]*%b()[;]?$" or line:find "^[%w_][%w_.%->%[%]*]* [%+%-|&]?= [^{]*[^,({=]$")
    and not line:find "^local " and not line:find "^return" and not line:find "^function" and not line:find "^if"
end

-- is_c: `text` has its comments blanked, `bare` also its strings.
local function edits_of(text, bare, is_c)
  local edits = {}
  if is_c then
    conditions(edits, text, bare, "%f[%w_](if )(%b())", "(!", ")")
    conditions(edits, text, bare, "%f[%w_](while )(%b())", "(!", ")")
  else
    conditions(edits, text, bare, "%f[%w_](if )([^\n]-) then%f[%W]", "not (", ") then")
  end
  every((bare:gsub("<c%l+>", "       ")), "[-&|<>=!~]+", function(first, last)
    local to = swaps[bare:sub(first, last)]
    if to then edits[#edits + 1] = { "operator", first, last, to } end
  end)
  every(bare, "%f[%w_]%d+%f[^%w_.]", function(first, last)
    edits[#edits + 1] = { "constant", first, last, tostring(math.tointeger(bare:sub(first, last)) + 1) }
  end)
  if not is_c then
    every(bare, "%f[%w_][%l]+%f[^%w_]", function(first, last)
      local to = swaps[bare:sub(first, last)]
      if to then edits[#edits + 1] = { "operator", first, last, to } end
    end)
  end
  every(bare, "\n +([^\n]+)", function(_, last, line)
    if is_statement(line) then
      edits[#edits + 1] = { "dropped", last - #line + 1, last, is_c and ";" or "" }
    end
  end)
  -- In a string of `bare`, x stands for each character.
  every(bare, '"([^"\n]+)"', function(first, last)
    every(text:sub(first, last), "%f[%a]%a%a%a+%f[%A]", function(a, b)
      edits[#edits + 1] = { "word", first + a - 1, first + b - 1, text:sub(first + a - 1, first + b - 1) .. "x" }
    end)
  end)
  return edits
end

-- The text with comments blanked, and the same with the inside of strings blanked; positions stay.
local function stripped(text, is_c)
  local without, bare, at = {}, {}, 1
  local function put(piece, for_bare)
    without[#without + 1], bare[#bare + 1] = piece, for_bare or piece
    at = at + #piece
  end
  local function blank(s) return (s:gsub("[^\n]", " ")) end
  while at <= #text do
    local comment = is_c and (text:match("^/%*.-%*/", at) or text:match("^#include[^\n]*", at)) or
      not is_c and text:match("^%-%-[^\n]*", at)
    local string = text:match('^"', at) and (text:match('^"[^"\\\n]*"', at) or text:match('^"[^\n]-[^\\]"', at))
    local quoted = text:match("^'\\?[^\n]'", at)
    if comment then
      local spaces = blank(comment)
      without[#without + 1], bare[#bare + 1] = spaces, spaces
      at = at + #comment
    elseif string then
      put(string, '"' .. ("x"):rep(#string - 2) .. '"')
    elseif quoted then
      put(quoted, "'" .. ("x"):rep(#quoted - 2) .. "'")
    else
      put(text:match("^[%w_]+", at) or text:sub(at, at))
    end
  end
  return table.concat(without), table.concat(bare)
end

-- {=== Files and commands ===

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function write(path, text)
  local file <close> = assert(io.open(path, "wb"))
  assert(file:write(text))
end

local function lines(command)
  local pipe <close> = assert(io.popen(command))
  local list = {}
  for line in pipe:lines() do list[#list + 1] = line end
  return list
end

-- Whether the command, of the shell and run in the copy, ends well within so many seconds.
local function run(seconds, command)
  return os.execute(("cd %s && timeout -k 5 %d sh -c '%s' >last.log 2>&1 </dev/null"):format(folder, seconds, command))
end

local function build(targets)
  return run(900, "cmake --build build --parallel 2 --target " .. targets)
end

local environment = [[PATH="$PWD/build/bin:$PATH" HOME="$PWD/build" LUA_CPATH_5_4="$PWD/build/?.so;;" ]] ..
  [[LUA_PATH_5_4="$PWD/lua/?.lua;$PWD/lua/?/init.lua;$PWD/?.lua;;" ]]

-- A test is {its path, the seconds that it needed when it passed last}: a spec, or a program of spec/core.
local function passes(test)
  local begin = os.time()
  local good
  if test[1]:find "%.lua$" then
    good = run(MOST, environment .. [[lua5.4 "$(command -v busted)" --ignore-lua --run=ci --no-keep-going ]] ..
      "--output=spec/support/tap.lua " .. test[1])
  else
    good = run(MOST, "exec " .. test[1])
  end
  if good then test[2] = os.time() - begin end
  return good
end

local function is_left_out(path)
  for _, form in ipairs(left_out) do
    if path:find("^spec/" .. form) then return true end
  end
end

local function quicker(a, b)
  if a[2] == b[2] then return a[1] < b[1] end
  return a[2] < b[2]
end

-- All tests; and the programs among them, as targets.
local function all_tests()
  local list, targets = {}, {}
  for _, path in ipairs(lines("cd " .. folder .. " && find build/spec -name '*_test'; find spec -name '*_spec.lua'")) do
    if not is_left_out(path) then
      list[#list + 1] = { path, UNKNOWN }
      if not path:find "%.lua$" then targets[#targets + 1] = path:match "[%w_]+$" end
    end
  end
  return list, table.concat(targets, " ")
end

local tests, programs

-- By path of a source: the tests that noticed edits of it so far.
local noticed_by = {}

-- The tests of the patterns, and the others as far as time goes; in front what noticed an edit of this file before.
local function choose(path, words)
  local own, other, seconds = {}, {}, 0
  table.sort(tests, quicker)
  for _, test in ipairs(tests) do
    local mine = path:find "^src/[csn]" and test[1]:find "^build/"
    for word in words:gmatch "%S+" do mine = mine or test[1]:find("spec/" .. word, 1, true) end
    if (noticed_by[path] or {})[test[1]] then
      table.insert(own, 1, test)
    elseif mine then
      own[#own + 1] = test
    elseif seconds + test[2] <= OTHERS then
      seconds = seconds + test[2]
      other[#other + 1] = test
    end
  end
  return own, other
end

local function concerns(path)
  for _, row in ipairs(concerned) do
    if path:find(row[1]) then return choose(path, row[2]) end
  end
end

-- {=== The campaign ===

local function all_edits()
  local kinds, by_kind = {}, {}
  local all = "find src/bind src/core src/net src/schema lua/datarobot -name '*.[ch]' -o -name '*.lua' | sort"
  for _, path in ipairs(lines(("cd %s && %s"):format(folder, all))) do
    if path:find(pattern) and not path:find "help/data" then
      local text = read(folder .. "/" .. path)
      local is_c = path:find "%.[ch]$" ~= nil
      local without, bare = stripped(text, is_c)
      for _, edit in ipairs(edits_of(without, bare, is_c)) do
        edit.path = path
        if not by_kind[edit[1]] then
          by_kind[edit[1]] = {}
          kinds[#kinds + 1] = edit[1]
        end
        table.insert(by_kind[edit[1]], edit)
      end
    end
  end
  table.sort(kinds)
  return kinds, by_kind
end

local function tell(number, edit, outcome)
  local text = read(folder .. "/" .. edit.path)
  local line = select(2, text:sub(1, edit[2]):gsub("\n", "")) + 1
  print(("%d\t%s\t%s:%d\t%s\t%s -> %s"):format(number, outcome, edit.path, line, edit[1],
    text:sub(edit[2], edit[3]):gsub("%s+", " "), edit[4]:gsub("%s+", " ")))
  io.flush()
end

-- Builds, and writes the generated files: whether these sources are some that count.
local function is_ready()
  if not build("core net datarobot_static " .. programs) then return false end
  if not run(20, environment .. "lua5.4 -l datarobot -l datarobot.sandbox -v") then return false end
  run(60, environment .. "lua5.4 doc/docgen.lua")
  return true
end

-- The first of the tests that fails twice with the edit, and passes without it. `put` makes the edit, or takes it back.
local function first_failed(path, list, put)
  for _, test in ipairs(list) do
    if test[2] < math.huge and not passes(test) and not passes(test) then
      put(false)
      local good = is_ready() and passes(test)
      if good then
        noticed_by[path] = noticed_by[path] or {}
        noticed_by[path][test[1]] = true
        return test[1]
      end
      print("fails without an edit, and is left out: " .. test[1])
      test[2] = math.huge
      put(true)
      is_ready()
    end
  end
end

local function outcome_of(edit)
  local place = folder .. "/" .. edit.path
  local text = read(place)
  local function put(edited)
    write(place, edited and text:sub(1, edit[2] - 1) .. edit[4] .. text:sub(edit[3] + 1) or text)
  end
  local outcome
  put(true)
  if is_ready() then
    local own, other = concerns(edit.path)
    local test = first_failed(edit.path, own, put)
    local late = not test and first_failed(edit.path, other, put)
    outcome = test and "noticed by " .. test or late and "noticed late by " .. late or "MISSED"
  end
  put(false)
  return outcome
end

local function prepare()
  assert(os.execute(("mkdir -p %s && tar -cf - --exclude=./build --exclude=./.git . | tar -xmf - -C %s"):format(
    folder, folder)))
  assert(run(900, "cmake -B build -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS=-O0 -DDATAROBOT_WERROR=ON"), "cmake failed")
  assert(build "all", "the build failed")
end

math.randomseed(seed)
prepare()
tests, programs = all_tests()
local kinds, by_kind = all_edits()
local ran, noticed = 0, 0
while ran < count and os.time() < ends do
  local edits = by_kind[kinds[math.random(#kinds)]]
  local edit = table.remove(edits, math.random(#edits))
  local outcome = outcome_of(edit)
  if outcome then
    ran = ran + 1
    if outcome ~= "MISSED" then noticed = noticed + 1 end
    tell(ran, edit, outcome)
  end
end
print(("%d run, %d noticed"):format(ran, noticed))
