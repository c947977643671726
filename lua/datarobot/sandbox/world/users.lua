--- Who may ask: the account of the sandbox's token, and others whose tokens are longer by a word.

local seed = require "datarobot.sandbox.world.seed"

local users = { account = seed.account }

--- The user of what is behind the sandbox's token in the token that came; nil when there is none.
-- @param rest "" for the account; nil is nobody
function users.find(rest)
  if rest == "" then return seed.account end
  return rest and seed.others[rest]
end

return users
