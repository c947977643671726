--- What a text of a file or of the environment means: trimmed, with what is wrong with it. No message quotes
-- a text that may be the token.
local core = require "datarobot.core"

local value = {}

local BLANK <const> = "^[ \t\r\n\v\f]" -- %s depends on the locale
local MARK <const> = "\u{FEFF}" -- of the byte order

--- Without blanks, line ends and byte order marks around it; nil when nothing is left. One step for each byte.
---@param text? string
---@return string?
function value.trim(text)
  if not text then return nil end
  local first, last = 1, #text
  while first <= last do
    if text:find(BLANK, first) then
      first = first + 1
    elseif text:sub(first, first + 2) == MARK then
      first = first + 3
    else
      break
    end
  end
  while first <= last do
    if text:find(BLANK, last) then
      last = last - 1
    elseif text:sub(last - 2, last) == MARK then
      last = last - 3
    else
      break
    end
  end
  return first <= last and text:sub(first, last) or nil
end

-- Characters that no name, address or token holds, and that come along when one is copied.
local PASTED <const> = {
  { "\u{A0}", "a no-break space (U+00A0)" }, { "\u{202F}", "a no-break space (U+202F)" },
  { "\u{AD}", "a soft hyphen (U+00AD)" }, { "\u{200B}", "a zero-width space (U+200B)" },
  { "\u{200C}", "a zero-width character (U+200C)" }, { "\u{200D}", "a zero-width character (U+200D)" },
  { "\u{2060}", "a zero-width character (U+2060)" }, { "\u{FEFF}", "a byte order mark (U+FEFF)" },
  { "\u{200E}", "a direction mark (U+200E)" }, { "\u{200F}", "a direction mark (U+200F)" },
  { "\u{2028}", "a line separator (U+2028)" }, { "\u{2018}", "a typographic quote (U+2018)" },
  { "\u{2019}", "a typographic quote (U+2019)" }, { "\u{201C}", "a typographic quote (U+201C)" },
  { "\u{201D}", "a typographic quote (U+201D)" },
}

local LONGEST <const> = 64 * 1024 -- bytes; no server takes a longer line of a request

--- What is wrong with a text of any kind, or nil.
---@param text string
---@return string?
function value.fault(text)
  if #text > LONGEST then return ("it has %d bytes; at most %d are taken"):format(#text, LONGEST) end
  local at = text:find "[\0-\31\127]"
  if at then
    return ("byte %d is a control character%s"):format(at, text:find "[\r\n]" and ": it has several lines" or "")
  end
  if text:find "^[\"'`]" or text:find "[\"'`]$" then return "it stands in quotes; leave them out" end
  for _, pasted in ipairs(PASTED) do
    at = text:find(pasted[1], 1, true)
    if at then return ("byte %d begins %s; leave it out"):format(at, pasted[2]) end
  end
  return nil
end

--- What is wrong with a token, or nil. A token is ASCII.
---@param text string
---@return string?
function value.token_fault(text)
  if text == "" then return "it is empty" end
  local line = text:lower() .. " "
  local first = line:match "^(authorization):" or line:match "^(bearer)[ :]" or line:match "^(token)[ :]"
  if first then
    return ("it begins with the word '%s', which is not part of it; leave it out"):format(first)
  end
  local fault = value.fault(text)
  if fault then return fault end
  if text:find "^ " or text:find " $" then return "a blank stands before or behind it" end
  local at = text:find "[^\32-\126]"
  return at and ("byte %d is not an ASCII character"):format(at)
end

local WORDS <const> = { ["true"] = true, yes = true, on = true, y = true, ["1"] = true,
  ["false"] = false, no = false, off = false, n = false, ["0"] = false }

--- A word for true or false, in any case, as a boolean; any other text, the path of a CA file, as it is.
---@param text string
---@return boolean|string
function value.verify(text)
  local word = WORDS[text:lower()]
  if word == nil then return text end
  return word
end

local NUMBERS <const> = {
  retries = { "a whole number from 0 to 100", function(n) return math.tointeger(n) and n >= 0 and n <= 100 end },
  connect_timeout = { "seconds > 0", function(n) return n > 0 and n <= 1e9 end },
}

--- The number of a setting.
---@param name "retries"|"connect_timeout"
---@param text string
---@return number? n
---@return string? fault
function value.number(name, text)
  local wanted, fits = table.unpack(NUMBERS[name])
  local n = text:find "^[+-]?[%d.]+$" and #text < 16 and tonumber(text)
  if n and fits(n) then return math.tointeger(n) or n end
  return nil, ("must be %s, not %s"):format(wanted, n and text or "another text")
end

--- A variable of the environment, trimmed. In a set-uid process the environment is that of somebody with less
-- rights: it names no file, token or server.
---@param name string
---@return string?
function value.getenv(name)
  return value.trim(not core.set_uid and os and os.getenv and os.getenv(name) or nil)
end

--- A path as the system takes it: `~/` stands for the home folder.
---@param path string
---@return string? path
---@return string? fault
function value.expand(path)
  if not path:find "^~" then return path end
  local home = value.getenv "HOME"
  if path ~= "~" and path:sub(2, 2) ~= "/" then return nil, "only ~/ is expanded, not another user's home" end
  if not home then return nil, "HOME, which ~ stands for, is not set" end
  return home .. path:sub(2)
end

--- A path or name for people: on one line.
---@param text string
---@return string
function value.shown(text)
  return (text:gsub("[\0-\31\127]", "?"))
end

return value
