-- What the command line costs beside what it stands on, in instructions.
local build = require "spec.support.build"
local process = require "spec.support.process"

local FLOOR <const> = [[
  local argparse = require "argparse"
  local p = argparse "datarobot schedule":add_help(false):help_max_width(80):usage_max_width(80)
  p:argument { name = "text", description = "Cron text." }
  p:option { name = "--count", argname = "N", convert = tonumber, description = "How many." }
  p:flag { name = "--json", description = "Print JSON." }
  p:option { name = "--color", argname = "WHEN", choices = { "auto", "always", "never" }, description = "Colours." }
  p:flag { name = "-h --help", description = "Show this text." }
  p:flag { name = "--version", description = "Show the version." }
  p:parse { "0 9 * * MON" }
  require "datarobot"]]

local function instructions(...)
  local status, text = process.run { "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "lua5.4", ... }
  assert.equal(0, status, text)
  return tonumber(text:match "Collected : (%d+)")
end

it("datarobot schedule takes at most 1.5 times the same parser and one require of the library", function()
  if build.sanitized() then return end -- valgrind and AddressSanitizer exclude each other
  local floor = instructions("-e", FLOOR)
  local own = instructions("bin/datarobot", "schedule", "0 9 * * MON")
  assert.is_true(own <= 1.5 * floor, ("%d instructions, %.2f times the floor"):format(own, own / floor))
end)
