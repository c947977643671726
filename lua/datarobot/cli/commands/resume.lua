--- `datarobot resume ID POLICY`.
local connection = require "datarobot.cli.connection"
local definition = require "datarobot.cli.definition"
local failure = require "datarobot.cli.failure"
local find = require "datarobot.cli.find"

local FLAGS <const> = { "status_declines_to_warning", "status_declines_to_failing", "status_still_in_decline" }

-- The trigger of the definition that pause printed.
local function from_file(path)
  local t, why = definition.read(path)
  local trigger = t and t.trigger
  if type(trigger) == "table" and type(trigger.type) == "string" then return trigger end
  failure.raise("file", ("%s: %s"):format(path, why or "it has no trigger with a type"),
    "--from takes what datarobot pause printed")
end

-- Of what a paused policy still has: a schedule without any flag of health triggers.
local function from_policy(policy)
  local trigger = type(policy.trigger) == "table" and policy.trigger or {}
  local certain = trigger.schedule ~= nil
  for _, name in ipairs(FLAGS) do certain = certain and trigger[name] ~= true end
  if certain then return { type = "schedule" } end
  failure.raise("conflict", "what started the policy is not certain: " .. (trigger.schedule
    and "its trigger has flags that triggers of data drift and of accuracy share" or "its trigger has no schedule"),
    "--from FILE, with what datarobot pause printed")
end

return {
  summary = "gives a paused policy its trigger back",
  description = "Without --from only where it can have been nothing but a schedule. Nothing to do where the policy has"
    .. " a trigger.",
  arguments = { find.ID, find.POLICY },
  options = { { name = "--from", argname = "FILE", description = 'What pause printed; "-" is stdin.' } },
  run = function(o, out)
    local client <close> = connection.open(o)
    local policy = find.both(client, o)
    local trigger = type(policy.trigger) == "table" and policy.trigger or {}
    if type(trigger.type) ~= "string" then
      assert(policy:update { trigger = o.from and from_file(o.from) or from_policy(policy) })
    end
    out:answer(tostring(policy), policy:to_table())
    return 0
  end,
}
