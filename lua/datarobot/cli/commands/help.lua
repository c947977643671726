--- `datarobot help [TOPIC]`.
local failure = require "datarobot.cli.failure"

local function page(topic, commands)
  if not topic then return require "datarobot.cli.overview"(commands) end
  local command = commands.load(topic)
  if command then return require "datarobot.cli.parse".help(topic, command) end
  local text = require "datarobot".help(topic)
  if text:find "^nothing is named" then
    failure.raise("not_found", text, "datarobot help lists the commands")
  end
  return text
end

return {
  summary = "how a command is called, or a page of the library's help",
  offline = true,
  arguments = {
    { name = "topic", args = "?",
      description = [[A command, or what the library knows: "policy.trigger", "cron", "429".]] },
  },
  run = function(o, out, commands)
    local text = page(o.topic, commands)
    out:answer(text, { topic = o.topic, text = text })
    return 0
  end,
}
