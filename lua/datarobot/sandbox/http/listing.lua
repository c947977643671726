--- Query parameters and pages of the sandbox's lists.

local json = require "datarobot.sandbox.json"

local null = json.null

local listing = {}

local function decoded(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

--- Splits a query.
-- @param text what follows the question mark, or nil
-- @return table: name -> list of values, and the pairs as they came in [1], [2], …, each { name, text }
function listing.query(text)
  local query = {}
  for pair in (text or ""):gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=?(.*)$"
    name = decoded(name)
    query[#query + 1] = { name, pair }
    query[name] = query[name] or {}
    table.insert(query[name], decoded(value))
  end
  return query
end

--- The value of a parameter that may come once; nil when it is absent or wrong.
-- @param faults receives name -> message
function listing.single(query, name, faults)
  local values = query[name]
  if values and #values > 1 then
    faults[name] = "only one value is allowed for this parameter"
    return nil
  end
  return values and values[1]
end

--- The same, as an integer.
function listing.integer(query, name, faults)
  local text = listing.single(query, name, faults)
  local value = text and text:find "^%-?%d+$" and math.tointeger(tonumber(text))
  if text and not value then faults[name] = "must be an integer" end
  return value or nil
end

--- The same, as a boolean.
function listing.boolean(query, name, faults)
  local text = listing.single(query, name, faults)
  local value = text and text:lower()
  if text and value ~= "true" and value ~= "false" then faults[name] = "must be true or false" end
  return value and value == "true"
end

--- Refuses what no list of this kind goes by.
-- @param known name -> anything, beside offset and limit; or nil
-- @param faults receives name -> message
function listing.refuse_unknown(query, known, faults)
  for name in pairs(query) do
    local of_page = name == "offset" or name == "limit"
    if type(name) == "string" and not of_page and not (known and known[name]) then
      faults[name] = "is not a parameter that the sandbox goes by"
    end
  end
end

local function check_range(page, faults, rule)
  if page.offset and page.offset < 0 then faults.offset = "must be at least 0" end
  local least = rule.zero_is_all and 0 or 1
  if page.limit and page.limit < least then faults.limit = "must be at least " .. least end
  if page.limit and page.limit > rule.max then faults.limit = "must be at most " .. rule.max end
end

--- Reads offset and limit.
-- @param rule table: max, and either default or required = true; zero_is_all
-- @param faults receives name -> message
-- @return table: offset, limit
function listing.range(query, rule, faults)
  local page = { offset = listing.integer(query, "offset", faults), limit = listing.integer(query, "limit", faults) }
  for _, name in ipairs { "offset", "limit" } do
    if rule.required and not query[name] then faults[name] = "is required" end
  end
  check_range(page, faults, rule)
  page.offset = page.offset or 0
  page.limit = page.limit or rule.default or 0
  return page
end

local function address(url, query, offset, limit)
  local parts = {}
  for _, pair in ipairs(query) do
    if pair[1] ~= "offset" and pair[1] ~= "limit" then parts[#parts + 1] = pair[2] end
  end
  parts[#parts + 1] = ("offset=%d"):format(offset)
  parts[#parts + 1] = ("limit=%d"):format(limit)
  return url .. "?" .. table.concat(parts, "&")
end

--- One page of a list.
-- @param items the whole list
-- @param range what listing.range gave
-- @param url absolute address of the list without its query
function listing.page(items, range, url, query)
  local offset, limit = range.offset, range.limit
  if limit == 0 then limit = math.max(#items, 1) end
  local last = math.min(#items - offset, limit) + offset
  local data = table.move(items, offset + 1, last, 1, json.list())
  return {
    data = data,
    count = #data,
    totalCount = #items,
    next = last < #items and offset < #items and address(url, query, offset + limit, limit) or null,
    previous = offset > 0 and address(url, query, math.max(offset - limit, 0), limit) or null,
  }
end

return listing
