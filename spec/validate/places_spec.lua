-- The place of a problem, whatever the name: Lua reads the path, RFC 6901 the pointer.
local dr = require "datarobot"

local KEYWORDS <const> = "and break do else elseif end false for function goto if in local nil not or repeat return "
  .. "then true until while"

local function names()
  local list = {
    "", " ",
    "a b", "a/b", "a~b", "~1", "~", "/", "//", "9x", "9", "x9", "_", "_x", "X", "Zz", "z", "Z", "A", "a", "x-y",
    "x.y", "x[1]", "x]", "'", '"', "\\", "caf\u{E9}", "\u{20AC}", "@", "`", "{", "[", "^", "x:", "x@", "x`", "x{", "x[",
    "End", "ends", "orr", ("x"):rep(70),
  }
  for word in KEYWORDS:gmatch "%a+" do list[#list + 1] = word end
  return list
end

-- The problems by path.
local function problems(t)
  local ok, err = dr.validate("policy", t)
  assert.is_falsy(ok, "accepted")
  return err.problems
end

-- What the path of a problem of t leads to.
local function follow(path, t)
  local dot = path:find "^%[" and "" or "."
  return assert(load("local t = ... return t" .. dot .. path, "=path", "t", {}), path)(t)
end

-- The last name of a pointer.
local function last_name(pointer)
  local name = pointer:match "([^/]*)$"
  assert.is_nil(name:gsub("~[01]", ""):find "~", pointer)
  return (name:gsub("~1", "/"):gsub("~0", "~"))
end

describe("the place of a member that is not known", function()
  it("can be read by Lua and as a pointer, for every name", function()
    for _, name in ipairs(names()) do
      for where, place in pairs {
        [""] = {}, ["project_options"] = { project_options = {} },
        ["time_series_options.periodicities[2]"] = { time_series_options = { periodicities = {
          { time_steps = 1, time_unit = "DAY" }, { time_steps = 7, time_unit = "DAY" } } } },
      } do
        place.name = "p"
        local inner = where == "" and place or follow(where, place)
        inner[name] = "here"
        local list = problems(place)
        assert.equal(1, #list, where .. " " .. name)
        local p = list[1]
        assert.equal(where, p.path:sub(1, #where))
        assert.equal("here", follow(p.path, place), p.path)
        assert.equal(name, last_name(p.pointer), p.pointer)
        local plain = name:find "^[%a_][%w_]*$" and not (" " .. KEYWORDS .. " "):find(" " .. name .. " ", 1, true)
        assert.equal(plain ~= nil and plain ~= false, not p.path:find("[\"", 1, true), p.path)
      end
    end
  end)
end)
