--- What a list goes by beside offset and limit: each parameter chooses among the elements, or orders them.

local json = require "datarobot.sandbox.json"
local listing = require "datarobot.sandbox.http.listing"

local Filter = {}
Filter.__index = Filter

--- Makes a filter.
-- @param parameters table: name -> function(query, name, faults): nil when the parameter is absent or wrong (then with
-- a message in faults[name]), else a test of an element
-- @param order optional table: word -> function(element) -> what to sort by; the parameter orderBy takes the words,
-- with "-" in front for the reverse, and `default` is the word that holds without it
function Filter.new(parameters, order)
  if order then parameters.orderBy = function() end end
  return setmetatable({ parameters = parameters, order = order }, Filter)
end

--- The members of a set, from words with blanks between them.
function Filter.set(words)
  local members = {}
  for word in words:gmatch "%S+" do members[word] = true end
  return members
end

local function words_of(query, name, rule, faults)
  local wanted = {}
  for _, value in ipairs(query[name]) do
    for word in (value .. ","):gmatch(rule.commas and "([^,]*)," or "(.*),") do
      if rule.legal and not rule.legal[word] then faults[name] = "unknown value: " .. word end
      wanted[word] = true
    end
  end
  return wanted
end

--- A parameter that takes words, each repeated: an element with any of them passes.
-- @param get function: element -> its word, or a list of words
-- @param o optional table: legal = set of words; commas = true: one value may hold several; single = true: once only
function Filter.words(get, o)
  o = o or {}
  return function(query, name, faults)
    if not query[name] or o.single and not listing.single(query, name, faults) then return nil end
    local wanted = words_of(query, name, o, faults)
    return function(element)
      local has = get(element)
      if type(has) ~= "table" then return wanted[has] == true end
      for _, word in ipairs(has) do
        if wanted[word] then return true end
      end
      return false
    end
  end
end

--- A parameter that is true or false.
-- @param get function: element -> boolean
function Filter.boolean(get)
  return function(query, name, faults)
    local wanted = listing.boolean(query, name, faults)
    if wanted == nil then return nil end
    return function(element) return get(element) == wanted end
  end
end

--- A parameter that bounds something.
-- @param read function(query, name, faults) -> the bound or nil
-- @param keeps function(element, bound) -> boolean
function Filter.bound(read, keeps)
  return function(query, name, faults)
    local bound = read(query, name, faults)
    if bound == nil then return nil end
    return function(element) return keeps(element, bound) end
  end
end

-- Sorts by a word of the order; elements that are alike stay in their order.
local function sort(elements, word, key)
  local descending, at = word:sub(1, 1) == "-", {}
  for i, element in ipairs(elements) do at[element] = i end
  table.sort(elements, function(a, b)
    local x, y = key(a), key(b)
    if x == y then return at[a] < at[b] end
    if descending then return x > y end
    return x < y
  end)
end

local function order(self, elements, query, faults)
  local word = listing.single(query, "orderBy", faults) or self.order.default
  local key = word and self.order[word:gsub("^%-", "")]
  if type(key) == "function" then
    sort(elements, word, key)
  elseif word then
    faults.orderBy = "unknown value: " .. word
  end
end

local function passes(element, tests)
  for _, test in ipairs(tests) do
    if not test(element) then return false end
  end
  return true
end

--- The elements that a query asks for, in its order.
-- @param faults receives name -> message
function Filter:choose(elements, query, faults)
  local tests, chosen = {}, json.list()
  for name, make in pairs(self.parameters) do tests[#tests + 1] = make(query, name, faults) end
  for _, element in ipairs(elements) do
    if passes(element, tests) then chosen[#chosen + 1] = element end
  end
  if self.order then order(self, chosen, query, faults) end
  return chosen
end

return Filter
