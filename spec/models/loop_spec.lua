-- The whole loop, drift to rollback, as examples/closing_the_loop.lua has it: run, typed in at the prompt, and in a
-- coroutine of each host loop.
local build = require "spec.support.build"
local process = require "spec.support.process"
local sandboxes = require "datarobot.sandbox"
local ways = require "spec.loop.ways"

local EXAMPLE <const> = "examples/closing_the_loop.lua"
local LAST <const> = "The loop is closed: drifted, trained, compared, promoted, rolled back."
local STEPS <const> = {
  "^deployment\t", "^policy\t", "^a day later\tdata drift passing, no run$",
  "^the data drifts\tdata drift failing, accuracy failing$",
  "^started by itself\tRetrainingRun %x+ %(%l[%l_]+, started",
  "^over\tRetrainingRun %x+ %(succeeded", "^not promoted\tthere is too little to say",
  "^compared\tLogLoss 0.%d+, the champion's 0.%d+, of %d+ predictions: better$",
  "^promoted\t%x+ for DATA_DRIFT, instead of %x+$", "^a week later\tdata drift passing, accuracy passing$",
  "^rolled back\t", "^" .. LAST:gsub("%p", "%%%0") .. "$",
}

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

-- Each step is among the lines, in order, and the last one ends them.
local function check(text)
  local step = 1
  for line in text:gmatch "[^\n]+" do
    if STEPS[step] and line:find(STEPS[step]) then step = step + 1 end
  end
  assert.equal(#STEPS + 1, step, ("step %d (%s) is not in\n%s"):format(step, tostring(STEPS[step]), text))
end

describe("the closed loop", function()
  it("is what the example shows", function()
    local status, text = process.run { "lua5.4", EXAMPLE }
    assert.equal(0, status, text)
    check(text)
    assert.equal(LAST .. "\n", text:sub(-#LAST - 1))
  end)

  it("can be typed in", function()
    if build.sanitized() then return end -- the interpreter with sanitizers has no prompt
    local folder <close> = process.folder()
    local typed = folder:write("typed.lua", "do\n" .. read(EXAMPLE) .. "\nend\n")
    local status, text = process.run(("lua5.4 -i <'%s'"):format(typed))
    assert.equal(0, status, text)
    check((text:gsub("\n>+ ", "\n"):gsub("> ", "")))
  end)

  for name, run in pairs(ways) do
    it("lets others run under " .. name, function()
      local sandbox <close> = sandboxes.start()
      local client <close> = assert(sandbox:client())
      local lines = {}
      local shown = { deployment_id = sandbox.deployment_id, dataset_id = sandbox.dataset_id }
      for _, method in ipairs { "advance", "drift", "accuracy" } do
        shown[method] = function(_, ...) return sandbox[method](sandbox, ...) end
      end
      local kept = setmetatable({}, { __index = client, __close = function() end })
      function kept.deployment(_, id) return client:deployment(id) end
      function shown.client() return kept end
      setmetatable(shown, { __close = function() end })
      local env = setmetatable({}, { __index = _G })
      function env.require() return { start = function() return shown end } end
      function env.print(...)
        local words = table.pack(...)
        for i = 1, words.n do words[i] = tostring(words[i]) end
        lines[#lines + 1] = table.concat(words, "\t")
      end
      local late = run(client, { assert(load(read(EXAMPLE), "=example", "t", env)) }, 1)
      check(table.concat(lines, "\n"))
      assert.is_true(#late > 1)
    end)
  end
end)
