-- Seeded cuts of changes of status, replacements and new challengers; thousands: lua5.4 spec/models/cuts.lua 3000 1
local cuts = require "spec.models.cuts"

it("a deployment is written to with the right answer in each of many seeded cuts", function()
  local all, faults = cuts(60, 80)
  assert.equal("", table.concat(faults, "\n"))
  for _, verb in ipairs { "status", "replace", "challenger" } do
    assert.equal(20, all[verb].cases)
    assert.is_true(all[verb].done > 5)
  end
end)
