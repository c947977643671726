--- An output handler for busted: TAP, one line as each test ends; errors outside of tests count too.
-- (busted's own handler ends the run when a spec file cannot be loaded.)

return function()
  local busted = require "busted"
  local handler = require "busted.outputHandlers.base"()
  local counter = 0

  local function tell(word, name, comment)
    counter = counter + 1
    io.write(word, " ", counter, " - ", (name:gsub("%s+", " ")), "\n")
    if comment then io.write("# ", (comment:gsub("\n", "\n# ")), "\n") end
    io.flush()
  end

  local function tell_failure(failure)
    local message = failure.message
    if type(message) ~= "string" then message = require "pl.pretty".write(message) end
    local trace = failure.element.trace or {}
    tell("not ok", failure.name, ("%s:%s\n%s"):format(trace.short_src, trace.currentline, message))
  end

  function handler.test_end(_, _, status)
    if status == "success" then
      tell("ok", handler.successes[#handler.successes].name)
    elseif status == "pending" then
      local pending = handler.pendings[#handler.pendings]
      tell("ok", "# SKIP " .. pending.name, tostring(pending.message or "no reason given"))
    elseif status == "failure" then
      tell_failure(handler.failures[#handler.failures])
    else
      tell_failure(handler.errors[#handler.errors])
    end
    return nil, true
  end

  function handler.other_error(element)
    if element.descriptor ~= "it" then tell_failure(handler.errors[#handler.errors]) end
    return nil, true
  end

  function handler.suite_end()
    io.write("1..", counter, "\n")
    io.flush()
    return nil, true
  end

  busted.subscribe({ "suite", "end" }, handler.suite_end)
  busted.subscribe({ "test", "end" }, handler.test_end)
  busted.subscribe({ "error" }, handler.other_error)
  busted.subscribe({ "failure" }, handler.other_error)
  return handler
end
