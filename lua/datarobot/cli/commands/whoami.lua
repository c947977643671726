--- `datarobot whoami`.
local connection = require "datarobot.cli.connection"
local core = require "datarobot.core"

local function word(x) return type(x) == "string" and core.words(x) or nil end

return {
  summary = "whose token it is, where it goes, and where both were found",
  run = function(o, out)
    local client <close> = connection.open(o)
    local me = assert(client:whoami())
    local endpoint, source = tostring(client):match "^datarobot.client %((%S+), (.*)%)$"
    local name = table.concat({ word(me.first_name), word(me.last_name) }, " ")
    out:answer(("%s  %s\nuser %s, organization %s\n%s\n%s"):format(word(me.email) or "-", name, word(me.uid) or "-",
      word(me.org_id) or "-", endpoint, source), { account = me, endpoint = endpoint, source = source })
    return 0
  end,
}
