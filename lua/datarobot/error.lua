--- The text of an error object: what happened, to which request, and what to do about it.

local core = require "datarobot.core"

local errors = {}

---@class datarobot.Error What went wrong; `tostring` makes a readable text of it. Never holds the token.
---@field kind datarobot.ErrorKind
---@field message string of kind `validation` with the name of the method before it; of several problems the first, and
---  how many others there are
---@field where? string where in the script it arose, such as `"script.lua:12"`: the nearest line that is not in a file
---  of this module; nil where there is none, as in a host that calls a method from C. A call that is
---  the last thing of a function (`return policy:update(t)`) has that function's caller
---@field status? integer the reply's HTTP status
---@field code? string the server's own name of the error
---@field method? string of the request
---@field path? string of the request, below the endpoint
---@field request_id? string what the server's support asks for
---@field attempts? integer how often it was sent; an earlier attempt may have been acted on, whatever the kind
---@field retryable? boolean whether the same call may be made again without doing anything twice
---@field retry_after? number seconds that the server asked to wait
---@field source? string of kind `auth`: where the refused token came from, and the endpoint that refused it
---@field candidates? string[] of kind `ambiguous`: ids of what may have come of it
---@field run? datarobot.RetrainingRun as it was last seen: of `run:wait` and `run:cancel`; of `policy:start_run` the
---  run that is active
---@field state? "failed"|"cancelled" of kind `run_failed`
---@field comparison? datarobot.Comparison of `run:promote` with `better_on`: the figures that speak against it
---@field validation? table of a replacement that the server's check does not let through: `status`, `checks`
---@field problems? datarobot.Problem[] every mistake in the table that was to be sent

---@class datarobot.Problem One mistake in a table.
---@field path string the place as Lua writes it: `trigger.schedule.hour[2]`
---@field pointer string the same as JSON Pointer in wire names: `/trigger/schedule/hour/1`
---@field message string what is wrong and, where it looks like a slip, the nearest legal word
---@field got? string what was given
---@field expected? string what is allowed

---@class datarobot.Note What is legal in a table that is sent, and probably not meant so.
---@field path string the place as Lua writes it: `trigger.schedule`
---@field pointer string the same as JSON Pointer in wire names: `/trigger/schedule`
---@field message string

---@class datarobot.Context What rules across objects may look at; each an object or a table, each optional.
---@field deployment? datarobot.Deployment|table
---@field settings? table what `deployment:get_settings` returns
---@field retraining_settings? table what `deployment:get_retraining_settings` returns
---@field policies? datarobot.RetrainingPolicy[]|table[] the deployment's other policies
---@field policy? datarobot.RetrainingPolicy for a "policy_update": the policy that would be changed

---@alias datarobot.ErrorKind
---| "validation" # a check of ours, or the server's 422 (then with `status`); `problems` has each place
---| "auth" # 401: the token is not accepted; without a status: a proxy wants to know who asks
---| "forbidden" # 403: not allowed for this account, or the feature is not enabled
---| "not_found" # 404: it does not exist, or the account cannot see it
---| "conflict" # 409, or several where one was expected
---| "rate_limited" # 429, after all retries
---| "server" # 5xx, after all retries
---| "api" # every other error status, or a job that failed
---| "transport" # the network: no address, no connection, a reset
---| "tls" # the certificate or the handshake
---| "timeout" # the deadline of the call
---| "limit" # a cap of this module: size of a body, nesting, pages
---| "protocol" # a reply that is not what the API documents
---| "config" # no token, a token without its endpoint, a bad file
---| "read_only" # the client was made with `read_only = true`, and the method would write: nothing was sent
---| "run_failed" # a run that was waited for failed or was cancelled: `state`, `run`
---| "ambiguous" # a write whose answer was lost: look before you send it again
---| "closed" # the client was closed
---| "memory" # libcurl had none left; the module's own allocations raise Lua's `not enough memory`

local MOST <const> = 1000 -- bytes of one text

-- What a status cannot say by itself.
local hints = {
  auth = "check the token%s; it may have expired or belong to another endpoint",
  forbidden = "the feature is not enabled for this account, or the token's user may view but not change",
  not_found = "it does not exist, or the token's user cannot see it",
  ambiguous = "the server may or may not have acted: look before you send it again",
}

-- A text of the server or a caller, which may be of any length.
local function shorten(text)
  text = core.words(tostring(text), "lines")
  if #text <= MOST then return text end
  local stop = MOST
  while stop > 0 and text:byte(stop + 1) & 0xC0 == 0x80 do stop = stop - 1 end
  return text:sub(1, stop) .. "..."
end

local function request_text(e)
  local parts = {}
  if e.status then parts[#parts + 1] = "status " .. e.status end
  if e.method and e.path then parts[#parts + 1] = e.method .. " " .. shorten(e.path) end
  if (e.attempts or 1) > 1 then parts[#parts + 1] = e.attempts .. " attempts" end
  if e.request_id then parts[#parts + 1] = "request " .. e.request_id end
  return #parts > 0 and " (" .. table.concat(parts, ", ") .. ")" or ""
end

local function problem_text(p)
  local where = p.path ~= "" and shorten(p.path) .. ": " or ""
  return "\n  " .. where .. shorten(p.message)
end

-- What stands before the lines of the problems: the method; the first problem is not repeated.
local function head(e)
  local n = type(e.problems) == "table" and not e.status and #e.problems or 0
  if n == 0 then return shorten(e.message) end
  local first = e.problems[1]
  local at = tostring(e.message):find((first.path ~= "" and first.path .. ": " or "") .. first.message, 1, true)
  return (at and e.message:sub(1, at - 1) or "") .. (n == 1 and "1 problem" or n .. " problems")
end

--- The text of an error object, without the place, for a message around it.
---@param e table
---@return string
function errors.text(e)
  local lines = { e.kind, ": ", head(e), request_text(e) }
  if hints[e.kind] and (e.status or e.kind == "ambiguous") then
    local source = e.source and (" (%s)"):format(e.source) or ""
    lines[#lines + 1] = "; " .. hints[e.kind]:gsub("%%s", function() return source end)
  end
  for _, p in ipairs(e.problems or {}) do lines[#lines + 1] = problem_text(p) end
  return core.words(table.concat(lines), "lines")
end

--- `tostring` of an error object.
---@param e table
---@return string
function errors.tostring(e)
  local text = errors.text(e)
  return e.where and ("%s: %s"):format((e.where:gsub("%c", "?")), text) or text
end

return errors
