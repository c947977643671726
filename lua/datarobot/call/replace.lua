--- Replacing a deployment's model: asked whether it may, sent once, waited for, and read until the new package is what
-- the deployment serves. A lost answer is settled by reading.
local core = require "datarobot.core"
local job = require "datarobot.call.job"
local options = require "datarobot.call.options"
local poll = require "datarobot.call.poll"
local show = require "datarobot.show"

local calls = core.calls

local TIMEOUT <const> = 600 -- seconds

-- What the replacement asks for is in `t`, in either spelling.
local function new_case(deployment, t, o)
  local body = {}
  for k, v in next, t do body[k] = v end
  body.reason = body.reason or "OTHER"
  return {
    deployment = deployment, body = body, deadline = core.now() + (o.timeout or TIMEOUT),
    allow_warnings = o.allow_warnings, package = t.model_package_id or t.modelPackageId,
    model = t.model_id or t.modelId,
  }
end

local function rest(case)
  return { timeout = math.max(case.deadline - core.now(), 0.001), retry = nil }
end

local function serves(case, package)
  if case.package then return package.id == case.package end
  return case.model ~= nil and package.model_id == case.model
end

local function refuse(validation, text)
  local err = core.error("conflict", text)
  err.validation = validation
  return nil, err
end

-- The names of the checks that do not pass, with what they say.
local function faults_of(validation)
  local faults = {}
  for name, check in next, type(validation.checks) == "table" and validation.checks or {} do
    if type(check) == "table" and check.status ~= "passing" and type(check.status) == "string" then
      faults[#faults + 1] = ("%s: %s"):format(core.words(name), show.word(check.message, show.word(check.status)))
    end
  end
  table.sort(faults)
  return #faults > 0 and " (" .. table.concat(faults, "; ") .. ")" or ""
end

-- Whether the server's validation lets the replacement through.
local function judge(case, validation)
  local status = validation.status
  if status == "passing" or status == "warning" and case.allow_warnings then return true end
  if status == "warning" then
    return refuse(validation, "the replacement comes with a warning" .. faults_of(validation)
      .. "; allow_warnings = true replaces the model all the same")
  end
  return refuse(validation, ("the server's validation says %s%s"):format(show.word(status, "nothing"),
    faults_of(validation)))
end

-- Reads until the new package is served, for `seconds` at most. Returns true; false when it is not; or nil, err.
local function await(case, seconds)
  local deadline = math.min(case.deadline, core.now() + seconds)
  local served, err = poll(calls.client_of(case.deployment), { deadline = deadline }, function(remaining)
    local package, why = calls.champion_model_package(case.deployment, { timeout = remaining })
    if package then return serves(case, package) or nil end
    if not why.retryable then return nil, why end
  end)
  if err then return nil, err end
  return served or false
end

-- What the first sending may not have met: it stays open whether that one was acted on.
local passing = { transport = true, timeout = true, tls = true, server = true, rate_limited = true, protocol = true }

-- Sends the replacement; a lost answer is looked for, and sent once more when nothing has come of it. Returns the
-- reply, true when it is served already, or nil, err.
local function send(case)
  local lost
  for _ = 1, 2 do
    local reply, err = calls.replace_model(case.deployment, case.body, { timeout = rest(case).timeout, retry = false })
    if reply then return reply end
    local late = lost and (err.kind == "validation" or err.kind == "conflict") -- the first one is or was acted on
    if lost and passing[err.kind] then
      lost.message = ("%s; sending it again failed: %s"):format(lost.message, err.message)
      break
    end
    if err.kind ~= "ambiguous" and not late then return nil, err end
    local served, why = await(case, options.look(case.deployment))
    if served then return true end
    if served == nil then err.message = ("%s; looking whether it did failed: %s"):format(err.message, why.message) end
    lost = lost or err
    if served == nil or late then break end
  end
  return nil, lost
end

local function finish(case, reply)
  if reply ~= true then
    local validation = core.decode(reply.text)
    if type(validation) == "table" and validation.status == "failing" then
      return refuse(validation, "the server's validation says failing" .. faults_of(validation))
    end
    local done, err = job.done(calls.client_of(case.deployment), reply, rest(case).timeout)
    if not done then return nil, err end
  end
  local served, err = await(case, math.huge)
  if served then return true end
  if served == nil then return nil, err end
  return nil, core.error("timeout", "the replacement was accepted, and the deployment does not serve the new model yet")
end

--- `deployment:replace_model`.
---@param deployment datarobot.Deployment
---@param t table
---@param o {allow_warnings: boolean?, timeout: number?}
---@param again? boolean a package that is served already is a success
---@return datarobot.Replacement|nil replacement
---@return datarobot.Error? err
return function(deployment, t, o, again)
  local case = new_case(deployment, t, o)
  local ok, err = core.validate("model_replacement", case.body)
  if not ok then return nil, err end
  local before
  before, err = calls.champion_model_package(deployment, rest(case))
  if not before then return nil, err end
  if again and serves(case, before) then
    return setmetatable({ model_package_id = before.id, unchanged = true }, core.classes.object)
  end
  local validation
  validation, err = calls.validate_replacement(deployment, { model_package_id = case.package, model_id = case.model },
    rest(case))
  if not validation then return nil, err end
  ok, err = judge(case, validation)
  if not ok then return nil, err end
  local reply
  reply, err = send(case)
  if not reply then return nil, err end
  ok, err = finish(case, reply)
  if not ok then return nil, err end
  return setmetatable({
    model_package_id = case.package, previous_model_package_id = before.id, reason = case.body.reason,
    validation = validation,
  }, core.classes.object) -- prints readably
end
