--- Runs a function under an allocator that fails at every place in turn.
-- For scripts run by memory_host, which has the global `alloc`.

local alloc = rawget(_G, "alloc")

-- How many allocations in a row are refused: one (a caller of ours sees it, Lua collects and tries
-- again), two (Lua raises), all.
local MODES <const> = { 1, 2, true }

-- Far more allocations than any function under test makes.
local MOST <const> = 1000000

-- Where each call takes its time (sanitizers, coverage) each allocation up to this one is refused, and behind it every
-- STEP-th; the plain build goes through all.
local ALL <const>, STEP <const> = 300, math.tointeger(os.getenv "SWEEP_STEP" or 1)

local function refused(err)
  return type(err) == "string" and err:find("not enough memory", 1, true) ~= nil
end

-- Returns how many calls it took.
local function sweep_mode(fn, times)
  local n, calls = 1, 0
  while n < MOST do
    collectgarbage()
    alloc.fail(n, times)
    calls = calls + 1
    local ok, err = pcall(fn)
    local _, hit = alloc.stop()
    if not ok and not (hit > 0 and refused(err)) then
      error(("allocation %d refused (%s in a row): %s"):format(n, tostring(times), tostring(err)), 0)
    end
    if hit == 0 then return calls end
    n = n + (n < ALL and 1 or STEP)
  end
  error(("still failing at allocation %d"):format(MOST), 0)
end

--- Calls fn with the 1st, 2nd, 3rd … allocation refused, once and for good, until it succeeds
-- untouched. fn turns `nil, err` into an error itself (assert).
-- @param fn function without arguments; each call starts anew and leaves nothing behind
-- @return how often fn was called
-- Raises whatever fn raises beside "not enough memory".
return function(fn)
  assert(alloc, "sweep needs memory_host: its script runs in a state with the global 'alloc'")
  fn() -- what is made once (modules, interned names) is made before
  local calls = 1
  for _, times in ipairs(MODES) do
    calls = calls + sweep_mode(fn, times)
  end
  collectgarbage()
  return calls
end
