--- Prints the texts that show the token of all tests, one a line: plain, with the escapes of addresses, JSON and HTML,
-- in base64 at each of its three alignments. The first line is the token itself.

local token = require "spec.support.canary"

local DIGITS <const> = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function base64(s)
  local out, bits, count = {}, 0, 0
  for byte in s:gmatch "." do
    bits, count = bits << 8 | byte:byte(), count + 8
    while count >= 6 do
      count = count - 6
      local digit = (bits >> count & 63) + 1
      out[#out + 1] = DIGITS:sub(digit, digit)
    end
  end
  return table.concat(out)
end

-- Without the digits that hold bits of what stands before or behind it.
local function within_base64(before)
  local text = base64(("x"):rep(before) .. token)
  return text:sub((before * 8 + 5) // 6 + 1, (before + #token) * 8 // 6)
end

print(token)
for before = 0, 2 do
  local text = within_base64(before)
  print(text)
  local url = text:gsub("[+/]", { ["+"] = "-", ["/"] = "_" })
  if url ~= text then print(url) end
end
local seen = { [token] = true }
for name, form in pairs(require "spec.support.echo_forms") do
  local text = form(token)
  if not name:find "base64" and not text:find(token, 1, true) and not seen[text] then print(text) end
  seen[text] = true
end
