-- Seeded command sequences against the reference model; thousands of them: lua5.4 spec/runs/model.lua 10000 1
local model = require "spec.runs.model"

it("what a client does while answers are lost is what a reference model says (seeds 1 to 60)", function()
  local counts, wrong = model(60, 1, true)
  assert.equal("", table.concat(wrong, "\n"))
  for word, least in pairs { done = 300, conflict = 20, ambiguous = 10, validation = 5, cancelled = 2 } do
    assert.is_true((counts[word] or 0) >= least, word)
  end
end)
