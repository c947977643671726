--- The forms in which a server may show what it was sent: name -> function (secret) -> text.

local forms = {}

local DIGITS <const> = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function base64(s)
  local out, bits, count = {}, 0, 0
  for byte in s:gmatch "." do
    bits, count = (bits << 8 | byte:byte()) & 0xFFFF, count + 8
    while count >= 6 do
      count = count - 6
      local digit = (bits >> count & 63) + 1
      out[#out + 1] = DIGITS:sub(digit, digit)
    end
  end
  if count > 0 then
    local digit = (bits << (6 - count) & 63) + 1
    out[#out + 1] = DIGITS:sub(digit, digit)
  end
  return table.concat(out) .. ("="):rep(-#out % 4)
end

local function for_url(text)
  return (text:gsub("[+/]", { ["+"] = "-", ["/"] = "_" }))
end

-- Each character that matches, by its number.
local function each(pattern, format)
  return function(s)
    return (s:gsub(pattern, function(c) return format:format(c:byte()) end))
  end
end

-- Each character past ASCII as well.
local function each_character(pattern, format)
  return function(s)
    return (s:gsub(utf8.charpattern, function(c)
      return (#c > 1 or c:find(pattern)) and format:format(utf8.codepoint(c)) or nil
    end))
  end
end

local percent = each("[^%w]", "%%%02X")
local html = each_character("[^%w ]", "&#x%x;")

forms.plain = function(s) return s end
forms["in a header's line"] = function(s) return "Authorization: Bearer " .. s end
forms["in percent"] = percent
forms["in percent of small letters"] = each("[^%w]", "%%%02x")
forms["in percent altogether"] = each(".", "%%%02X")
forms["in percent twice"] = function(s) return percent(percent(s)) end
forms["of a form"] = function(s) return (percent(s):gsub("%%20", "+")) end
forms["of a JSON text"] = function(s) return (s:gsub('[\\"/]', "\\%0")) end
forms["in JSON altogether"] = each_character(".", "\\u%04x")
forms["in JSON of great letters"] = each_character(".", "\\u%04X")
forms["in JSON of bytes taken for characters"] = each(".", "\\u%04x")
forms["of JSON in JSON"] = function(s) return (each_character(".", "\\u%04x")(s):gsub("\\", "\\\\")) end
forms["of a script"] = each("[^%w]", "\\x%02x")
forms["of HTML"] = function(s)
  return (s:gsub('[&<>"\']', { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&apos;" }))
end
forms["of HTML by numbers"] = each_character("[^%w]", "&#%d;")
forms["of HTML altogether"] = html
forms["in percent and HTML"] = function(s) return html(percent(s)) end
for before = 0, 2 do
  local name = "in base64 behind " .. before
  forms[name] = function(s) return base64(("x"):rep(before) .. s) end
  forms[name .. " for addresses"] = function(s) return for_url(base64(("x"):rep(before) .. s .. "~")) end
  forms[name .. " in percent"] = function(s) return percent(base64(("x"):rep(before) .. s)) end
end
forms["in base64 of its header"] = function(s) return base64("Bearer " .. s) end
forms["in base64 of a login"] = function(s) return base64("apikey:" .. s) end

return forms
