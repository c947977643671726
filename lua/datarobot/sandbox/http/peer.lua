--- Whose requests the sandbox answers: those for this machine's own names, and with the token where one is needed.

local peer = {}

local LOCAL = { ["127.0.0.1"] = true, ["localhost"] = true, ["[::1]"] = true }

-- Whether "host:port" names this machine. Any other name may be one that a web page's own name server points here.
local function is_local(authority)
  return LOCAL[(authority:lower():gsub(":%d+$", ""))] == true
end

--- Whether a request is meant for another host or comes from a page of another host. Programs send neither Origin nor
-- Sec-Fetch-Site; browsers do, and name the page.
-- @param headers table: name in lower case -> value
function peer.is_foreign(headers)
  local host, origin = headers.host, headers.origin
  return host and not is_local(host)
    or origin and not is_local(origin:match "^https?://(.*)$" or "")
    or headers["sec-fetch-site"] == "cross-site"
end

--- Whether the Authorization header holds the token, as Bearer or Token.
function peer.has_token(headers, token)
  local word, given = (headers.authorization or ""):match "^(%a+) +(%S+)$"
  word = word and word:lower()
  return (word == "bearer" or word == "token") and given == token
end

return peer
