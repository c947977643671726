--- `datarobot version`.
local core = require "datarobot.core"

return {
  summary = "the version",
  offline = true,
  run = function(_, out)
    out:answer(core.version, { version = core.version:match "%S+$" })
    return 0
  end,
}
