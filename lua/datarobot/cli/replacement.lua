--- What commands share that replace a model.
local failure = require "datarobot.cli.failure"

local replacement = {}

replacement.ALLOW_WARNINGS = { name = "--allow-warnings", flag = true,
  description = "Also where the server's check of the new model has a warning." }

--- Options of the call.
---@param o table what was given
---@return table
function replacement.options(o)
  return { allow_warnings = o.allow_warnings, timeout = o.timeout and math.max(o.timeout, 600) or nil }
end

--- Shows what was done.
---@param out table output.lua's
---@param done datarobot.Replacement|nil
---@param err datarobot.Error?
---@return integer status
function replacement.show(out, done, err)
  if not done then
    local status = err.validation and err.validation.status
    failure.advise(err, status == "warning" and "--allow-warnings replaces it nevertheless"
      or err.kind == "ambiguous" and "datarobot show ID tells what is served now" or nil)
  end
  local text = done.unchanged and ("model package %s is served already"):format(done.model_package_id)
    or ("model package %s is served now, before it was %s"):format(done.model_package_id,
      done.previous_model_package_id or "another")
  out:answer(text, { model_package_id = done.model_package_id, unchanged = done.unchanged or false,
    previous_model_package_id = done.previous_model_package_id, reason = done.reason })
  return 0
end

return replacement
