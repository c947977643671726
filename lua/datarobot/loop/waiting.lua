--- The coroutines that wait for a client under a host's loop: a set, coroutine -> true.
local waiting = {}

--- Waits in this coroutine until it is resumed.
---@param set table<thread, true>
function waiting.wait(set)
  local co = coroutine.running()
  set[co] = true
  coroutine.yield()
  set[co] = nil
end

--- Resumes all; each looks whether its own call is over. What the first of them raised is raised at the end.
---@param set table<thread, true>
function waiting.resume(set)
  local all, failure = {}, nil
  for co in next, set do all[#all + 1] = co end
  for _, co in ipairs(all) do
    local ok, err = true, nil
    if set[co] and coroutine.status(co) == "suspended" then ok, err = coroutine.resume(co) end
    if coroutine.status(co) == "dead" then set[co] = nil end
    if not ok then
      coroutine.close(co) -- gives back what it left open
      failure = failure or { err }
    end
  end
  if failure then error(failure[1], 0) end
end

return waiting
