--- Doc comments of Lua and C sources: functions, classes, aliases.
--
-- A doc comment is a block of `---` lines before a function of a public class, or a C comment that
-- begins with a signature: `/* client:sleep(s): waits ... */`. A Lua block may begin with a signature,
-- too, where no function follows. Several signatures share one comment when commas separate them.
-- Tags: @param name[?] type text, @return type [name] text, @operation NAME (of operations.c),
-- @class, @field, @alias as LuaLS has them. Lines after a tag continue it.
local comments = {}

-- The type at the beginning of a text, and the rest: blanks inside brackets and quotes belong to it.
local function take_type(text)
  local depth, quoted = 0, false
  for i = 1, #text do
    local c = text:sub(i, i)
    if c == '"' then quoted = not quoted end
    if not quoted then
      if c:find "[%({%[<]" then depth = depth + 1 end
      if c:find "[%)}%]>]" then depth = depth - 1 end
      if c == " " and depth == 0 and text:sub(i - 1, i - 1) ~= ":" then
        return text:sub(1, i - 1), text:sub(i + 1)
      end
    end
  end
  return text, ""
end

local tags = {}

function tags.param(block, text)
  local name, optional, rest = text:match "^([%w_]+)(%??)%s+(.*)$"
  local kind, doc = take_type(rest)
  block.params[#block.params + 1] = { name = name, optional = optional == "?", type = kind, doc = doc }
  return block.params[#block.params]
end

tags["return"] = function(block, text)
  local kind, rest = take_type(text)
  local name, doc = rest:match "^([%w_]*)%s*(.*)$"
  block.returns[#block.returns + 1] = { type = kind, name = name, doc = doc }
  return block.returns[#block.returns]
end

function tags.operation(block, text)
  block.operation = text
  return block
end

function tags.class(block, text)
  local name, parent, doc = text:match "^([%w_.]+):%s+([%w_.]+)%s*(.*)$"
  if not name then name, doc = text:match "^([%w_.]+)%s*(.*)$" end
  block.class = { name = name, parent = parent, doc = doc, fields = {} }
  return block.class
end

function tags.field(block, text)
  local name, optional, rest = text:match "^([%w_]+)(%??)%s+(.*)$"
  local kind, doc = take_type(rest)
  local fields = block.class.fields
  fields[#fields + 1] = { name = name, optional = optional == "?", type = kind, doc = doc }
  return fields[#fields]
end

function tags.alias(block, text)
  block.alias = { name = text, words = {} }
  return block.alias
end

local function add_word(block, line)
  local word, doc = line:match '^|%s*(".-")%s*#%s*(.*)$'
  local words = block.alias.words
  words[#words + 1] = { word = word, doc = doc }
  return words[#words]
end

local function join(a, b)
  return a == "" and b or b == "" and a or a .. " " .. b
end

-- The lines of one comment, without what marks them as a comment.
local function parse(lines)
  local block = { doc = "", params = {}, returns = {} }
  local current = block
  for _, line in ipairs(lines) do
    local tag, text = line:match "^%s*@(%w+)%s+(.*)$"
    if tag and tags[tag] then
      current = tags[tag](block, text)
    elseif block.alias and line:find "^%s*|" then
      current = add_word(block, line:match "^%s*(.*)$")
    else
      current.doc = join(current.doc or "", line:match "^%s*(.-)%s*$")
    end
  end
  return block
end

-- Takes the signatures off the beginning of the doc: { { owner, separator, name, arguments }, ... }.
local function take_signatures(block)
  local signatures, rest = {}, block.doc
  while true do
    local owner, separator, name, arguments, more = rest:match "^(%l[%w_]*)([:.])([%w_]+)(%b())(.*)$"
    if not owner then break end
    signatures[#signatures + 1] = { owner = owner, separator = separator, name = name, arguments = arguments }
    rest = more:match "^, (.*)$" or more:match "^:%s*(.*)$" or more
    if not more:find "^, " then break end
  end
  if #signatures == 0 then return nil end
  block.doc = rest:gsub("^%l", string.upper)
  return signatures
end

-- Calls emit(kind, item) for what a comment documents; `code` is the line after it.
local function deliver(block, code, emit)
  if block.class then emit("class", block.class) end
  if block.alias then emit("alias", block.alias) end
  if block.class or block.alias then return end
  local signatures = take_signatures(block)
  if not signatures then
    local owner, separator, name = (code or ""):match "^function ([%w_]+)([:.])([%w_]+)%("
    if not owner then return end
    signatures = { { owner = owner, separator = separator, name = name } }
  end
  for _, signature in ipairs(signatures) do
    signature.doc, signature.params, signature.returns = block.doc, block.params, block.returns
    signature.operation = block.operation
    emit("function", signature)
  end
end

--- Reads a Lua source.
---@param text string
---@param emit fun(kind: string, item: table) kind "function", "class" or "alias"
---@return string head the first comment's text
function comments.lua(text, emit)
  local lines, head
  for line in (text .. "\n"):gmatch "(.-)\r?\n" do
    local comment = line:match(lines and "^%s*%-%-%-?(.*)$" or "^%s*%-%-%-(.*)$")
    if comment then
      lines = lines or {}
      lines[#lines + 1] = comment
    elseif lines then
      local block = parse(lines)
      head = head or block.doc
      deliver(block, line, emit)
      lines = nil
    end
  end
  return head or ""
end

--- Reads a C source: comments that begin with a signature.
---@param text string
---@param emit fun(kind: string, item: table)
function comments.c(text, emit)
  for comment in text:gmatch "/%*(.-)%*/" do
    if comment:find "^%s*%l[%w_]*[:.][%w_]+%b()[:,]" then
      local lines = {}
      for line in (comment .. "\n"):gmatch "%s*(.-)%s*\n" do lines[#lines + 1] = line end
      deliver(parse(lines), nil, emit)
    end
  end
end

return comments
