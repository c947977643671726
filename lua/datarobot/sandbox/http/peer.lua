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

--- Whose token the Authorization header holds, as Bearer or Token: what is behind the sandbox's token, "" for the
-- account itself; nil when it is another token.
function peer.token_rest(headers, token)
  local word, given = (headers.authorization or ""):match "^(%a+) +(%S+)$"
  word = word and word:lower()
  if word ~= "bearer" and word ~= "token" or given:sub(1, #token) ~= token then return nil end
  return given:sub(#token + 1)
end

return peer
