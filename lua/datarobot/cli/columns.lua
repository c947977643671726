--- Tables for people: columns as wide as what they hold, cut to the width of a terminal.
local core = require "datarobot.core"

local GAP <const> = "  "
local LEAST <const> = 8 -- columns that a cell keeps when the table is cut

-- Code points that take two columns, and none.
local WIDE <const> = {
  { 0x1100, 0x115F }, { 0x2E80, 0xA4CF }, { 0xAC00, 0xD7A3 }, { 0xF900, 0xFAFF }, { 0xFE30, 0xFE6F },
  { 0xFF00, 0xFF60 }, { 0xFFE0, 0xFFE6 }, { 0x1F300, 0x1FAFF }, { 0x20000, 0x3FFFD },
}
local NONE <const> = { { 0x300, 0x36F }, { 0x200B, 0x200F }, { 0xFE00, 0xFE0F } }

local function within(ranges, code)
  for _, range in ipairs(ranges) do
    if code >= range[1] and code <= range[2] then return true end
  end
  return false
end

local function width_of(code)
  if code < 0x300 then return 1 end
  return within(NONE, code) and 0 or within(WIDE, code) and 2 or 1
end

local function width(text)
  if not text:find "[\x80-\xFF]" then return #text end
  local n = 0
  for _, code in utf8.codes(text) do n = n + width_of(code) end
  return n
end

-- The text in at most `most` columns, the last of them an ellipsis where it was cut.
local function cut(text, most)
  if width(text) <= most then return text end
  local n = 0
  for at, code in utf8.codes(text) do
    n = n + width_of(code)
    if n >= most then return text:sub(1, at - 1) .. "…" end
  end
end

-- Makes the widest columns narrower until all fit, as far as they may: never ids, which are there to be copied.
local function fit(widths, head, room)
  local total = #GAP * (#widths - 1)
  for _, w in ipairs(widths) do total = total + w end
  while total > room do
    local widest
    for i, w in ipairs(widths) do
      if w > LEAST and not head[i]:find "ID$" and w > (widths[widest] or 0) then widest = i end
    end
    if not widest then return end
    widths[widest] = widths[widest] - 1
    total = total - 1
  end
end

-- What a server may send: one line, no control characters, always UTF-8.
local function cell(value)
  return value == nil and "-" or core.words(tostring(value))
end

--- Lines of a table.
---@param head string[]
---@param rows any[][] nil is shown as "-": each row has as many places as the head
---@param room? integer columns of the terminal; nil: nothing is cut
---@param paint fun(text: string, word: string): string
---@return string text lines, without the last line end
return function(head, rows, room, paint)
  local cells, widths = { head }, {}
  for r, row in ipairs(rows) do
    cells[r + 1] = {}
    for i = 1, #head do cells[r + 1][i] = cell(row[i]) end
  end
  for _, row in ipairs(cells) do
    for i, text in ipairs(row) do widths[i] = math.max(widths[i] or 0, width(text)) end
  end
  if room then fit(widths, head, room) end
  local lines = {}
  for r, row in ipairs(cells) do
    local parts = {}
    for i, text in ipairs(row) do
      local shown = cut(text, widths[i])
      local padding = i < #row and (" "):rep(widths[i] - width(shown)) or ""
      parts[i] = paint(shown, r == 1 and "head" or text) .. padding
    end
    lines[r] = table.concat(parts, GAP)
  end
  return table.concat(lines, "\n")
end
