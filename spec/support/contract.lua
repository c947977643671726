--- The contract's examples and JSON Schemas, found from this file's own place.

local cjson = require("cjson").new()

local contract = {}

local ROOT <const> = debug.getinfo(1, "S").source:match "^@(.*)spec/support/contract%.lua$" or ""
local EXAMPLES <const> = ROOT .. "spec/contract/"
local SCHEMAS <const> = ROOT .. "lua/datarobot/sandbox/contract/"

--- The kind of dr.validate for each schema of a body.
contract.kinds = {
  ["retraining-policy-create.json"] = "policy",
  ["retraining-policy-update.json"] = "policy_update",
  ["retraining-settings-update.json"] = "retraining_settings",
  ["deployment-settings-update.json"] = "settings",
  ["model-replacement.json"] = "model_replacement",
  ["model-replacement-check.json"] = "replacement_check",
  ["challenger-create.json"] = "challenger",
  ["challenger-update.json"] = "challenger_update",
  ["retraining-run-update.json"] = "run_update",
  ["deployment-update.json"] = "deployment_update",
  ["deployment-status-update.json"] = "deployment_status_update",
  ["challenger-score.json"] = "challenger_replay",
  ["challenger-replay-settings-update.json"] = "replay_settings",
  ["health-settings-update.json"] = "health_settings",
}

--- The schemas of bodies whose operations are not there yet, so that no table answers to them.
contract.later = {
  ["deployment-create.json"] = true, ["entitlements-evaluate.json"] = true,
  ["notification-channel-create.json"] = true, ["notification-policy-create.json"] = true,
}

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

--- The text of an example, such as "policy-minimal.json".
---@param name string
---@return string
function contract.text(name)
  return read(EXAMPLES .. name)
end

--- The same, decoded by lua-cjson.
---@param name string
---@return table
function contract.example(name)
  return cjson.decode(contract.text(name))
end

--- The valid examples that are bodies of a request: { file=, kind= }.
---@return table
function contract.bodies()
  local list = {}
  for _, entry in ipairs(contract.example "index.json") do
    local kind = contract.kinds[entry.schema]
    if kind then list[#list + 1] = { file = entry.file, kind = kind } end
  end
  return list
end

--- The cases of a folder, "invalid" or "warnings", each with `kind` and with `file` as text() takes it; without those
--- of `later`.
---@param folder string
---@return table
function contract.cases(folder)
  local list = {}
  for _, case in ipairs(contract.example(folder .. "/cases.json")) do
    if not contract.later[case.schema] then
      case.kind = assert(contract.kinds[case.schema], case.schema)
      case.file = folder .. "/" .. case.file
      list[#list + 1] = case
    end
  end
  return list
end

--- The names of the schemas, sorted.
---@return table
function contract.names()
  local names = {}
  local pipe <close> = assert(io.popen("ls " .. SCHEMAS))
  for name in pipe:lines() do names[#names + 1] = name end
  return names
end

local cache = {}

local function schema_file(name)
  cache[name] = cache[name] or cjson.decode(read(SCHEMAS .. name))
  return cache[name]
end

--- A JSON Schema with its `$ref` followed: "file.json" or "file.json#/$defs/name".
---@param ref string
---@return table
function contract.schema(ref)
  local name, path = ref:match "^([^#]*)#?(.*)$"
  local schema = schema_file(name)
  for step in path:gmatch "[^/]+" do schema = assert(schema[step], ref) end
  return schema["$ref"] and contract.schema(schema["$ref"]) or schema
end

--- The same for a schema in hand.
---@param schema table
---@return table
function contract.follow(schema)
  return schema["$ref"] and contract.schema(schema["$ref"]) or schema
end

return contract
