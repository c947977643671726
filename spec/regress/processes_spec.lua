-- A program that a spec needs and that ends at its start is told with its own words, and at once.
local process = require "spec.support.process"
local socket = require "socket"

describe("a program that does not start", function()
  local function complaint(script)
    local folder <close> = process.folder()
    local path = folder.path .. "/stderr"
    local child <close> = process.start({ "sh", "-c", script }, { stderr = path })
    local started = socket.gettime()
    local ok, message = pcall(process.expect_listening, "squid", child, process.free_port(), path, "/nowhere/log")
    assert.is_false(ok)
    assert.is_true(socket.gettime() - started < 5)
    return message
  end

  it("is told with what it calls fatal, however much follows", function()
    assert.equal("squid did not start, it ended with status 7: FATAL: shm_open: No such file or directory",
      complaint "echo 'FATAL: shm_open: No such file or directory' >&2; seq 1000 >&2; exit 7")
  end)

  it("is told with its last lines when it calls nothing so", function()
    assert.equal("squid did not start, it ended with status 1: what is this\nno such option",
      complaint "echo what is this >&2; echo no such option >&2; exit 1")
  end)
end)
