--- `datarobot plan FILE [ID…]`.
local connection = require "datarobot.cli.connection"
local declared = require "datarobot.cli.declared"
local fleet = require "datarobot.cli.fleet"

return {
  summary = "what apply would do, without doing it",
  description = "The answer is no (status 1) where a deployment differs from the file.",
  arguments = declared.ARGUMENTS,
  options = declared.options(),
  run = function(o, out)
    local t = declared.read(o.file)
    local client <close> = connection.open(o)
    return fleet.each(client, o, out, { who = "plan", definition = t }, function(deployment)
      local plan, err = deployment:plan(t, declared.consent(o))
      if not plan then return nil, err end
      local differs = #plan > 0
      return { text = tostring(plan), object = declared.object(plan), no = differs,
        count = differs and "differing" or "unchanged" }
    end)
  end,
}
