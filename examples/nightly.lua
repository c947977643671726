--- Sees that every deployment with "loan" in its label retrains weekly; to be run by cron, as often as you like.
-- Says what failed on stderr. Status 0: all good; 1: some deployments failed; 2: nothing could be done.
local dr = require "datarobot"

local function die(err)
  io.stderr:write(tostring(err), "\n")
  os.exit(2, true)
end

local client, err = dr.client { timeout = 60, log = function(event)
  if event.event == "retry" or event.event == "warning" then
    io.stderr:write(event.event, " ", event.path or event.message or "", " ", event.kind or "", "\n")
  end
end }
if not client then die(err) end
local me
me, err = client:whoami()
if not me then die(err) end

local WEEKLY <const> = {
  name = "Weekly", action = "create_challenger", trigger = { type = "schedule", schedule = "0 9 * * MON" },
}

local function ensure(deployment)
  local settings, e = deployment:get_retraining_settings()
  if not settings then return nil, e end
  if not settings.retraining_user then
    local ok
    ok, e = deployment:update_retraining_settings { retraining_user_id = me.uid }
    if not ok then return nil, e end
  end
  local policy
  policy, e = deployment:find_retraining_policy(WEEKLY.name)
  if policy then return policy:update { trigger = WEEKLY.trigger } end
  if e.kind ~= "not_found" then return nil, e end
  return deployment:create_retraining_policy(WEEKLY)
end

local results, failures = client:map(client:deployments { search = "loan" }, ensure)
for _, f in ipairs(failures) do
  io.stderr:write(f.item and tostring(f.item) or "the list", ": ", tostring(f.err), "\n")
end
print(("%d deployments, %d failures"):format(results and results.n or 0, #failures))
client:close()
os.exit(#failures == 0 and 0 or 1, true)
