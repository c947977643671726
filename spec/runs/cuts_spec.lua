-- Seeded cuts of starts, waits and cancellations; thousands of them: lua5.4 spec/runs/cuts.lua 10000 1
local cuts = require "spec.runs.cuts"

it("a run is started once, and its wait and cancellation answer rightly, in each of many seeded cuts", function()
  local all, faults = cuts(300, 1)
  assert.equal("", table.concat(faults, "\n"))
  for _, verb in ipairs { "start", "wait", "cancel" } do assert.equal(100, all[verb].cases) end
  assert.is_true(all.start.done > 30 and all.start.ambiguous > 5 and all.wait.done > 5 and all.wait.run_failed > 30
    and all.cancel.cancelled > 30 and all.cancel.too_late > 5)
end)
