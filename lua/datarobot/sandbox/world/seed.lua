--- What a new sandbox holds: one deployment ready for retraining policies, and the things its settings may name.

local json = require "datarobot.sandbox.json"

local null, list = json.null, json.list

local seed = {}

seed.now = "2024-12-20T00:00:00Z"

seed.account = {
  uid = "65a7c2d94f1e8b3a6c5d0e11",
  email = "owner@example.com",
  firstName = "Olive",
  lastName = "Owner",
  orgId = "65a7c2d94f1e8b3a6c5d0e12",
  tenantId = "0f0c2c9e-5a0a-4a45-8ac0-9d0d5f0d5a11",
}

seed.version = { major = 2, minor = 38, versionString = "2.38.0", releasedVersion = "2.37.0" }

local function user(uid, email, first, last)
  return {
    uid = uid, email = email, firstName = first, lastName = last, orgId = seed.account.orgId,
    tenantId = seed.account.tenantId,
  }
end

-- Who else there is; what is added to the token of the account makes the token of each.
seed.others = {
  ["-viewer"] = user("65a7c2d94f1e8b3a6c5d0e13", "viewer@example.com", "Vera", "Viewer"),
  ["-retraining"] = user("65a7c2d94f1e8b3a6c5d0e14", "retraining@example.com", "Retraining", "Service"),
}

local function role(of, word)
  return { id = of.uid, name = of.email, role = word, shareRecipientType = "user" }
end

-- The account owns every deployment, the viewer may only look at the first.
seed.roles = list { role(seed.account, "OWNER"), role(seed.others["-viewer"], "USER") }

-- Of the second and later deployments, in turn.
seed.more_roles = {
  list { role(seed.account, "OWNER"), role(seed.others["-retraining"], "OWNER") },
  list {
    role(seed.account, "OWNER"), role(seed.others["-retraining"], "OWNER"), role(seed.others["-viewer"], "USER"),
    { id = "65a7c2d94f1e8b3a6c5d0e15", name = "Risk", role = "USER", shareRecipientType = "group" },
  },
  seed.roles,
}

seed.datasets = list {
  {
    datasetId = "675c98d9f2e4b4189bff25f5",
    versionId = "675c98d9f2e4b4189bff25f6",
    name = "training.csv",
    categories = list { "TRAINING", "PREDICTION" },
    creationDate = "2024-12-13T20:29:13.000000Z",
    createdBy = "Olive Owner",
    isLatestVersion = true,
    isSnapshot = true,
    isDataEngineEligible = true,
    dataPersisted = true,
    datasetSize = 2097152,
    rowCount = 10000,
    processingState = "COMPLETED",
  },
}

local function environment(id, name, platform)
  return {
    id = id,
    name = name,
    description = "",
    platform = platform or "datarobot",
    supportedModelFormats = list { "datarobot", "datarobotScoringCode" },
    isManagedByManagementAgent = false,
    isDeleted = false,
    permissions = list { "READ", "WRITE" },
    plugin = null,
    datastoreId = null,
    credentialId = null,
  }
end

-- A dedicated prediction server's id doubles as the id of a prediction environment; the others are no such servers.
seed.environments = list {
  environment("67521300fe4b98000d28270f", "Dedicated prediction server"),
  environment("5a61d7a0fbd723001a2f70d9", "Shared prediction server"),
  environment("67521300fe4b98000d282711", "Serverless", "datarobotServerless"),
  environment("67521300fe4b98000d282712", "Own cluster", "aws"),
}

local function server(id)
  return { id = id, url = "https://example.orm.example.com", ["datarobot-key"] = null }
end

seed.servers = list { server "67521300fe4b98000d28270f", server "5a61d7a0fbd723001a2f70d9" }

seed.credentials = list {
  {
    credentialId = "675c9a01f2e4b4189bff2601",
    name = "training data connection",
    credentialType = "basic",
    description = "",
    creationDate = "2024-12-13T20:34:09.000000Z",
  },
}

seed.capabilities = list {
  { name = "supports_retraining", supported = true, messages = list() },
  { name = "supports_challenger_models", supported = true, messages = list() },
}

local function switch(enabled)
  return { enabled = enabled }
end

seed.settings = {
  challengerModels = switch(false),
  targetDrift = switch(true),
  featureDrift = switch(true),
  predictionsDataCollection = switch(false),
  segmentAnalysis = { enabled = false, attributes = list() },
  automaticActuals = switch(false),
  humility = switch(false),
  batchMonitoring = switch(false),
  predictionIntervals = { enabled = false, percentiles = list() },
  predictionWarning = { enabled = false, customBoundaries = null },
  predictionsByForecastDate = { enabled = false, columnName = null, datetimeFormat = null },
  associationId = { columnNames = null, requiredInPredictionRequests = false, autoGenerateId = false },
}

-- What the second and later deployments predict, in turn; then as the first.
seed.more_models = {
  { targetType = "Binary", targetName = "default", projectName = "Loan default" },
  { targetType = "Regression", targetName = "sales", projectName = "Sales" },
  { targetType = "Regression", targetName = "demand (actual)", projectName = "Demand forecast", time_series = true },
}

-- Metric of the champion's project.
seed.metric = "LogLoss"

local function health(status, first, last)
  return { status = status, message = "", startDate = first or null, endDate = last or null }
end

local WEEK = { "2024-12-13T00:00:00.000000Z", "2024-12-20T00:00:00.000000Z" }

seed.deployment = {
  id = "6759e8aebd38a7fca6ba234a",
  label = "Loan outcome (multiclass)",
  description = "Example deployment",
  status = "active",
  importance = "MODERATE",
  createdAt = "2024-12-11T19:20:30.000000Z",
  userProvidedId = null,
  approvalStatus = "APPROVED",
  openedChangeRequests = list(),
  permissions = list { "CAN_VIEW", "CAN_SUBMIT_PREDICTIONS_REQUESTS" },
  owners = {
    count = 1,
    preview = list {
      {
        id = seed.account.uid,
        email = seed.account.email,
        firstName = seed.account.firstName,
        lastName = seed.account.lastName,
      },
    },
  },
  model = {
    id = "6759e8a0bd38a7fca6ba2300",
    type = "Light Gradient Boosting on ElasticNet Predictions",
    targetName = "outcome",
    targetType = "Multiclass",
    projectId = "6759e0a0bd38a7fca6ba2200",
    projectName = "Loan outcome",
    buildEnvironmentType = "DataRobot",
    unsupervisedMode = false,
    unsupervisedType = null,
    unstructuredModelKind = false,
    isDeprecated = false,
    deployedAt = "2024-12-11T19:20:30.000000Z",
  },
  modelPackage = {
    id = "6759e8a1bd38a7fca6ba2301",
    name = "Loan outcome LGBM",
    registeredModelId = "676a3c5d6e7f8a9b0c1d2e05",
  },
  predictionEnvironment = {
    id = "67521300fe4b98000d28270f",
    name = "Dedicated prediction server",
    platform = "datarobot",
    plugin = null,
    isManagedByManagementAgent = false,
    supportedModelFormats = list { "datarobot", "datarobotScoringCode" },
  },
  defaultPredictionServer = server "5a61d7a0fbd723001a2f70d9",
  serviceHealth = health("passing", WEEK[1], WEEK[2]),
  modelHealth = health("passing", WEEK[1], WEEK[2]),
  accuracyHealth = health "unavailable",
  fairnessHealth = health "unknown",
  predictionUsage = {
    dailyRates = list { 0, 12, 40, 41, 38, 44, 40 },
    lastTimestamp = "2024-12-19T23:11:02.000000Z",
  },
  governance = { approvalStatus = "APPROVED", hasOpenedChangeRequests = false },
  settings = null,
  tags = list(),
}

return seed
