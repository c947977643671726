--- `datarobot rollback ID`.
local connection = require "datarobot.cli.connection"
local find = require "datarobot.cli.find"
local replacement = require "datarobot.cli.replacement"

return {
  summary = "lets the deployment serve the model before",
  description = "That is the newest of the deployment's model history that is not served now. Called again, it changes"
    .. " back.",
  arguments = { find.ID },
  options = {
    { name = "--to", argname = "PACKAGE", description = "Id of a model package instead." }, replacement.ALLOW_WARNINGS,
  },
  run = function(o, out)
    local client <close> = connection.open(o)
    local deployment = find.deployment(client, o.id)
    return replacement.show(out, deployment:rollback(o.to, replacement.options(o)))
  end,
}
