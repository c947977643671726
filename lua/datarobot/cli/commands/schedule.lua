--- `datarobot schedule TEXT`.
local options = require "datarobot.cli.options"
local problems = require "datarobot.cli.problems"

return {
  summary = "what a schedule means, and when it runs next",
  description = "The answer is no (status 1) where the text is no schedule. Times are UTC, as on the server.",
  offline = true,
  advice = [[put the text in quotes: datarobot schedule "0 9 * * MON"]],
  arguments = {
    { name = "text", description = [[Cron text of five fields, such as "0 9 * * MON", or @daily and the like.]] },
  },
  options = {
    { name = "--count", argname = "N", convert = options.number("--count", 0, 10000, "integer"),
      description = "How many times are shown (default 10)." },
  },
  run = function(o, out)
    local s, err = require "datarobot".schedule(o.text)
    if not s then
      if err.kind ~= "validation" then error(err, 0) end
      problems.show(out, nil, err.problems)
      return 1
    end
    local times = s:next_runs { count = o.count or 10 }
    out:answer(("%s\n%s"):format(s:describe(), tostring(times)), {
      schedule = tostring(s), description = s:describe(), next_runs = times,
    })
    return 0
  end,
}
