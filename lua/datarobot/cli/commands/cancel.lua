--- `datarobot cancel ID POLICY`.
local connection = require "datarobot.cli.connection"
local find = require "datarobot.cli.find"
local runs = require "datarobot.cli.runs"

return {
  summary = "cancels a policy's newest active run",
  description = "Waits until it is certain who won: the status is 1 where it came too late. Nothing to do where no run"
    .. " is active.",
  arguments = { find.ID, find.POLICY },
  options = { find.RUN },
  run = function(o, out)
    local client <close> = connection.open(o)
    local run, newest = find.run(find.both(client, o), o.run, "active")
    if not run then
      out:answer("no run is active" .. (newest and "; the newest: " .. tostring(newest) or ""),
        { answer = "none_active" })
      return 0
    end
    local answer = assert(run:cancel())
    local text = answer == "too_late" and "too late: " or "cancelled: "
    out:answer(text .. tostring(run), runs.object(run, { answer = answer }))
    return answer == "cancelled" and 0 or 1
  end,
}
