--- `datarobot diff A B`.
local connection = require "datarobot.cli.connection"
local declared = require "datarobot.cli.declared"
local find = require "datarobot.cli.find"

-- A deployment where the word is an id, else what a file holds.
local function side(word, client)
  if word:find "^%x+$" and #word == 24 then return find.deployment(client(), word) end
  return declared.read(word)
end

return {
  summary = "what differs between two deployments, two files, or one of each",
  description = "The answer is no (status 1) where they differ.",
  arguments = {
    { name = "a", description = 'Id of a deployment, or a definition: a file, "-" is stdin.' },
    { name = "b", description = "The same; what is added and changed is in this one." },
  },
  run = function(o, out)
    local opened <close> = setmetatable({}, { __close = function(t)
      if t.client then t.client:close() end
    end })
    local function client() -- two files need no server
      opened.client = opened.client or connection.open(o)
      return opened.client
    end
    local a, b = side(o.a, client), side(o.b, client)
    local changes = assert(require "datarobot".diff(a, b))
    if out.json then
      for _, c in ipairs(changes) do
        out:answer(nil, { path = c.path, kind = c.kind, before = c.before, after = c.after })
      end
    elseif #changes > 0 then
      out:answer(tostring(changes))
    end
    return #changes > 0 and 1 or 0
  end,
}
