-- Random words: whatever is typed, the command line answers or says what is wrong with it.
local process = require "spec.support.process"

it("no words are an internal error", function()
  local status, text = process.run({ "timeout", "60", "lua5.4", "spec/cli/words.lua", "1500", "1" }, {
    DATAROBOT_ENDPOINT = ("http://127.0.0.1:%d/api/v2"):format(process.free_port()), DATAROBOT_API_TOKEN = "x1y2z3a4",
    DATAROBOT_MAX_RETRIES = "0", DATAROBOT_CONFIG_FILE = false,
  })
  assert.equal(0, status, text)
  assert.equal("1500 calls\n", text)
end)
