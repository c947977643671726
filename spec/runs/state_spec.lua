-- What the status of a run means, word by word, and against a second statement of the same rules.
local dr = require "datarobot"
local fixed = require "spec.support.fixed_server"
local states = require "datarobot.call.run_state"

local ID <const> = ("6"):rep(24)

local WORDS <const> = {
  active = {
    "scheduled", "in_progress", "inProgress", "In progress", "running", "creating_challenger", "Replacing model",
    "queued", "started", "canceling", "CANCELLING", "cancel_requested", "cancellation pending", "pending_success",
    "something new", "", "waiting", "retraining_policy_started",
  },
  succeeded = {
    "succeeded", "SUCCESS", "run_succeeded", "runSucceeded", "retraining_policy_succeeded", "completed", "Finished",
    "done", "finished successfully",
  },
  failed = {
    "failed", "FAILURE", "run-failed", "error", "errored", "unsuccessful", "not_succeeded", "notSucceeded",
    "retraining_policy_failed", "completed with errors",
  },
  cancelled = { "cancelled", "canceled", "Cancelled by user", "aborted", "interrupted" },
}

describe("the state of a run", function()
  for class, words in pairs(WORDS) do
    it("is " .. class .. " by its words", function()
      for _, word in ipairs(words) do assert.equal(class, states.of { status = word }, word) end
    end)
  end

  it("is decided by its end where its word says that it goes on", function()
    local over = { finish_time = "2026-11-30T12:00:00Z" }
    local function state(word, message)
      over.status, over.error_message = word, message
      return states.of(over)
    end
    assert.equal("succeeded", state "in_progress")
    assert.equal("succeeded", state("in_progress", ""))
    assert.equal("failed", state("in_progress", "no dataset"))
    assert.equal("cancelled", state("canceling", "x"))
    assert.equal("cancelled", state "cancel_requested")
    assert.equal("failed", state "failed")
    assert.equal("succeeded", state("something new", nil))
    assert.equal("active", states.of { status = "in_progress", finish_time = 7 })
  end)

  it("asks nothing, and takes a status of any type", function()
    for _, status in ipairs { "null", "7", "true", "{}", "[]", '"failed"' } do
      local body = ('{"id":"%s","label":"d","status":%s}'):format(ID, status)
      local server <close> = fixed.start { body = body }
      local client <close> = assert(dr.client { endpoint = server.endpoint, token = "t" })
      local policy = assert(assert(client:deployment(ID)):retraining_policy(ID))
      local run = assert(policy:run(ID))
      assert.equal(status == '"failed"' and "failed" or "active", run:state(), status)
      assert.matches("^RetrainingRun " .. ID .. " %(", tostring(run))
    end
  end)
end)
