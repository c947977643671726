--- Errors on order, which are answered instead of what a request asks for.

local faults = {}

--- The answer of the first fault that still counts and fits the path; nil when there is none.
-- @param list list of { status, count, path, retry_after, message }
function faults.take(list, path)
  for i, fault in ipairs(list) do
    if path:find(fault.path or "", 1, true) then
      fault.count = fault.count - 1
      if fault.count <= 0 then table.remove(list, i) end
      local after = fault.retry_after
      return {
        status = fault.status,
        body = { message = fault.message or "This error was requested with sandbox:fail." },
        headers = after and { ["Retry-After"] = tostring(after) },
      }
    end
  end
  return nil
end

return faults
