--- Errors and delays on order: what is answered instead of what a request asks for, and how late an answer is sent.

local faults = {}

-- The first entry that still counts and fits the path; nil when there is none.
local function next_of(list, path)
  for i, entry in ipairs(list) do
    if path:find(entry.path or "", 1, true) then
      entry.count = entry.count - 1
      if entry.count <= 0 then table.remove(list, i) end
      return entry
    end
  end
  return nil
end

-- What the owner asks of the sandbox itself is never late and never fails.
local function is_own(path)
  return path:sub(1, 9) == "/sandbox/"
end

--- The answer of the next fault; nil when there is none.
-- @param list list of { status, count, path, retry_after, message }
function faults.take(list, path)
  local fault = not is_own(path) and next_of(list, path)
  if not fault then return nil end
  local after = fault.retry_after
  return {
    status = fault.status,
    body = { message = fault.message or "This error was requested with sandbox:fail." },
    headers = after and { ["Retry-After"] = tostring(after) },
  }
end

--- Seconds by which the answer to a request is late.
-- @param list list of { seconds, count, path }
function faults.delay(list, path)
  local slow = not is_own(path) and next_of(list, path)
  return slow and slow.seconds or 0
end

return faults
