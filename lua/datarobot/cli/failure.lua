--- What ends a command: texts for stderr, objects for --json, exit statuses.
local core = require "datarobot.core"
local error_object = require "datarobot.error"
local guard = require "datarobot.call.guard"

local failure = {}

failure.NO, failure.FAILED, failure.INTERRUPTED = 1, 2, 130

local Failure = { __name = "datarobot.cli.failure" }

--- Ends the command.
---@param kind string one word, as that of an error
---@param message string
---@param advice? string what to do next
---@param command? string whose words they are, where the command is not running yet
function failure.raise(kind, message, advice, command)
  error(setmetatable({ kind = kind, message = message, advice = advice, command = command }, Failure), 0)
end

--- Ends the command with an error of the library, and with what to do about it.
---@param err datarobot.Error
---@param advice? string
function failure.advise(err, advice)
  error(setmetatable({ cause = err, advice = advice }, Failure), 0)
end

-- What to do about an error, by its kind, where its own text does not say so.
local ADVICE <const> = {
  transport = "is the address right, and is the server there? --verbose shows what was tried",
  tls = "--verbose shows what was tried; doc/configuration.md has ca_file and ssl_verify",
  timeout = "--timeout S gives it more time, --verbose shows what was tried",
  server = "it may pass: try again later; --verbose shows what was tried",
  protocol = "is the address that of the API (https://.../api/v2)? --verbose shows what was tried",
  read_only = "leave out --read-only where it is meant",
  rate_limited = "too many requests for this account: try again later",
}

-- The library's advice is for scripts.
local function for_shells(text)
  return (text:gsub("\n  dr%.client { endpoint[^\n]*", ""):gsub("dr%.client { config_path = \"drconfig%.yaml\" }",
    '--config FILE with the lines "endpoint: ..." and "token: ..."'))
end

local function answers_no(err)
  return err.kind == "run_failed" or err.validation ~= nil or err.comparison ~= nil
end

local MEMBERS <const> = { "kind", "message", "status", "code", "request_id", "retry_after", "candidates", "state" }

local function as_object(err)
  local t = {}
  for _, name in ipairs(MEMBERS) do t[name] = err[name] end
  t.message, t.run_id = for_shells(t.message), err.run and err.run.id
  t.comparison, t.validation = err.comparison, err.validation
  if err.result then t.parts, t.writes = err.result.parts, err.result.writes end
  for i, p in ipairs(err.problems or {}) do
    t.problems = t.problems or {}
    t.problems[i] = { path = p.path, pointer = p.pointer, message = p.message }
  end
  return t
end

--- What a command ended with, for people and programs.
---@param caught any what was raised
---@return {status: integer, text: string, advice: string?, command: string?, object: table}
function failure.describe(caught)
  local advice
  if getmetatable(caught) == Failure and caught.cause then
    caught, advice = caught.cause, caught.advice
  elseif getmetatable(caught) == Failure then
    return { status = failure.FAILED, text = caught.message, advice = caught.advice,
      command = caught.command, object = { kind = caught.kind, message = caught.message } }
  end
  if guard.is(caught, "error") then
    local text = for_shells(error_object.text(caught)):gsub("^%a+_?%a*: ", "", 1)
    if caught.result then text = text .. "\n" .. tostring(caught.result) end
    return { status = answers_no(caught) and failure.NO or failure.FAILED, text = text,
      advice = advice or ADVICE[caught.kind], object = as_object(caught) }
  end
  local text = core.words(tostring(caught), "lines")
  if text:find "interrupted!%s*$" then
    return { status = failure.INTERRUPTED, text = "interrupted",
      object = { kind = "interrupted", message = "interrupted" } }
  end
  return { status = failure.FAILED, text = "internal error: " .. text, advice = "please report this",
    object = { kind = "internal", message = text } }
end

--- For xpcall: adds the trace to what is a mistake in this program.
---@param caught any
---@return any
function failure.traced(caught)
  if type(caught) ~= "string" or caught:find "interrupted!$" then return caught end
  return debug.traceback(caught, 2)
end

return failure
