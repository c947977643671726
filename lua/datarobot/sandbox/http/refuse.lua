--- Ends a request early: each function raises the answer, which the server's `handle` catches.

local refuse = {}

local MESSAGES = {
  [401] = "Invalid Authorization header. Send \"Authorization: Bearer <token>\".",
  [403] = "This sandbox answers requests for 127.0.0.1 or localhost only, and none that pages of other hosts send.",
  [404] = "Not Found",
  [405] = "Method Not Allowed",
  [413] = "The body is too large.",
  [422] = "Invalid field data",
}

--- The answer of a status, with its own sentence or a message.
function refuse.answer(status, message, headers)
  return { status = status, body = { message = message or MESSAGES[status] }, headers = headers }
end

--- Ends the request with a status.
function refuse.with(status, message, headers)
  error(refuse.answer(status, message, headers), 0)
end

--- Ends the request with 422 when there are faults.
-- @param faults table: dotted path -> message
function refuse.fields(faults)
  if next(faults) == nil then return end
  error({ status = 422, body = { message = MESSAGES[422], errors = faults } }, 0)
end

--- Ends the request with 400 when there are faults, as monitoring does.
-- @param faults table: name of a parameter -> message
function refuse.query(faults)
  if next(faults) == nil then return end
  error({ status = 400, body = { message = "Invalid query", errors = faults } }, 0)
end

--- The thing, or the end of the request with 404.
function refuse.missing(thing)
  return thing or refuse.with(404)
end

return refuse
