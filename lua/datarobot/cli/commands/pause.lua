--- `datarobot pause ID POLICY`.
local connection = require "datarobot.cli.connection"
local find = require "datarobot.cli.find"
local show = require "datarobot.show"

return {
  summary = "lets a policy be started manually only, and prints its definition for resume",
  description = "Write the definition to a file: datarobot resume ID POLICY --from FILE brings the trigger back. It is"
    .. " printed before anything is changed. Nothing to do, and nothing printed, where the policy is paused already.",
  arguments = { find.ID, find.POLICY },
  run = function(o, out)
    local client <close> = connection.open(o, { notes = false })
    local policy = find.both(client, o)
    local definition = policy:definition()
    if type(definition.trigger) ~= "table" or type(definition.trigger.type) ~= "string" then
      out.note(tostring(policy) .. " is started manually only already")
      return 0
    end
    out:answer("return " .. show.value(definition), definition)
    out:flush()
    assert(policy:update { trigger = { type = require "datarobot".null } })
    return 0
  end,
}
