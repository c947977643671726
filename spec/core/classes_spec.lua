-- What a class costs: one row, its fields' schema aside; an operation: one row; a method that is one request: one row.
-- The core is built anew from a copy of the sources to which exactly these lines were added.
local build = require "spec.support.build"
local discovery = require "datarobot.help.discovery"
local fixed = require "spec.support.fixed_server"
local process = require "spec.support.process"

-- File -> { what stands before the new line, the new line }
local ADDED <const> = {
  ["schema/classes.h"] = { { "  DR_CLASS_COUNT", "  DR_CLASS_GADGET," } },
  ["schema/classes.c"] = { { "};\n\nunsigned dr_class_ids",
    [=[[DR_CLASS_GADGET] = {"gadget", "datarobot.gadget", "Gadget", "gadget", DR_CLASS_POLICY, "gadget id",
                         "use a hammer"},]=],
  } },
  ["schema/operations.h"] = { { "  DR_OP_COUNT\n", "  DR_OP_GET_GADGET, DR_OP_LIST_GADGETS, DR_OP_DELETE_GADGET," } },
  ["schema/operations.c"] = {
    { "};\n\nconst dr_method", [[
    [DR_OP_GET_GADGET] = {"get_gadget", "GET", POLICIES "{}/gadgets/{}/", DR_CLASS_GADGET, DR_REPLY_OBJECT,
                          DR_CLASS_GADGET, DR_RETRY_SAFE, "One gadget."},
    [DR_OP_LIST_GADGETS] = {"list_gadgets", "GET", POLICIES "{}/gadgets/", DR_CLASS_POLICY, DR_REPLY_PAGE,
                            DR_CLASS_GADGET, DR_RETRY_SAFE, "All gadgets."},
    [DR_OP_DELETE_GADGET] = {"delete_gadget", "DELETE", POLICIES "{}/gadgets/{}/", DR_CLASS_GADGET, DR_REPLY_NONE,
                             DR_CLASS_NONE, DR_RETRY_SAFE, "Deletes it."},]] },
    { "    {DR_CLASS_NONE, NULL, DR_OP_COUNT", [[
    {DR_CLASS_POLICY, "gadget", DR_OP_GET_GADGET, NULL},
    {DR_CLASS_GADGET, "refresh", DR_OP_GET_GADGET, NULL},
    {DR_CLASS_GADGET, "delete", DR_OP_DELETE_GADGET, NULL},]] },
  },
}

local function edit(path, places)
  local file <close> = assert(io.open(path, "r+"))
  local text = file:read "a"
  for _, place in ipairs(places) do
    local at = assert(text:find(place[1], 1, true), path .. " has no " .. place[1])
    text = text:sub(1, at - 1) .. place[2] .. "\n" .. text:sub(at)
  end
  file:seek "set"
  file:write(text)
end

-- A core.so with the class "gadget", in a folder of its own.
local function build_with_gadget(folder)
  local status, text = process.run(("cp -r src '%s/'"):format(folder))
  assert.equal(0, status, text)
  for name, places in pairs(ADDED) do edit(folder .. "/src/" .. name, places) end
  local flags = build.sanitized() and "-fsanitize=address,undefined" or ""
  status, text = process.run(([[cd '%s' && mkdir datarobot && gcc -std=gnu11 -O0 -fPIC -shared -fvisibility=hidden %s \
    $(pkg-config --cflags lua5.4) src/core/*.c src/schema/*.c src/bind/*.c \
    -o datarobot/core.so -lm]]):format(folder, flags))
  assert.equal(0, status, text)
  return folder .. "/?.so;" .. package.cpath
end

local TRY <const> = [[
  local core, dr = require "datarobot.core", require "datarobot"
  local id = ("6"):rep(24)
  local client = assert(dr.client { endpoint = arg[1], token = "t", timeout = 20 })
  local policy = assert(assert(client:deployment(id)):retraining_policy(id))
  local gadget = assert(policy:gadget(id))
  assert(gadget.id == id and gadget.size == 7 and gadget:to_table().size == 7 and gadget:refresh() == gadget)
  assert(getmetatable(gadget).__name == "datarobot.gadget" and gadget:delete())
  local call = core.calls.begin.list_gadgets(policy)
  local page = core.finish(policy, call)
  assert(page[1].id == id and page[1]:refresh())
  local _, why = pcall(function() gadget.size = 8 end)
  assert(why:find("of a gadget, which is a snapshot of a reply: use a hammer", 1, true), why)
  _, why = pcall(gadget.refresh, policy)
  assert(why:find("datarobot.gadget expected, got datarobot.retraining_policy", 1, true), why)
  _, why = pcall(policy.gadget, gadget, id)
  assert(why:find("datarobot.retraining_policy expected, got datarobot.gadget", 1, true), why)
  _, why = policy:gadget "x"
  assert(tostring(why):find("gadget id: 24 hexadecimal digits expected", 1, true), tostring(why))
  io.write "well"
]]

describe("a class", function()
  it("costs one row, and its methods one row each", function()
    local folder = process.folder()
    finally(function() folder:remove() end)
    local cpath = build_with_gadget(folder.path)
    local id = ("6"):rep(24)
    local body = ('{"id":"%s","size":7,"data":[{"id":"%s"}],"next":null}'):format(id, id)
    local server <close> = fixed.start { body = body }
    local status, text = process.run({ "lua5.4", "-e", "arg = { " .. ("%q"):format(server.endpoint) .. " }\n" .. TRY },
      { LUA_CPATH_5_4 = cpath })
    assert.equal("well", text)
    assert.equal(0, status)
  end)

  it("has as many ids as the paths of its operations", function()
    local schemas = discovery.schemas()
    local ids = {}
    for _, class in ipairs(schemas.classes) do ids[class.name] = class.ids end
    for _, operation in ipairs(schemas.operations) do
      assert.equal(ids[operation.on], select(2, operation.path:gsub("{}", "")), operation.name)
    end
    assert.same({ client = 0, deployment = 1, retraining_policy = 2, retraining_run = 3,
      challenger = 2 }, ids)
  end)

  it("has its methods from the table", function()
    local core = require "datarobot.core"
    for _, method in ipairs(discovery.schemas().methods) do
      assert.equal("function", type(core.classes[method.class][method.name]), method.name)
    end
  end)
end)
