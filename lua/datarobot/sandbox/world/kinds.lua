--- What deployments of a target type look like: their features, the metrics of their models.

local kinds = {}

-- Name, importance (of the target 1), drift score as long as nothing has happened.
local function features(list)
  local all = {}
  for i, one in ipairs(list) do all[i] = { name = one[1], impact = one[2], score = one[3] } end
  return all
end

local LOANS = features {
  { "income", 0.92, 0.02 }, { "loan_amount", 0.71, 0.03 }, { "debt_ratio", 0.55, 0.01 },
  { "credit_history", 0.41, 0.02 }, { "employment_years", 0.33, 0.04 }, { "age", 0.24, 0.01 },
  { "region", 0.12, 0.03 }, { "purpose", 0.08, 0.02 }, { "row_id", 0.01, 0.01 },
}

local SALES = features {
  { "price", 0.88, 0.03 }, { "promotion", 0.67, 0.02 }, { "store", 0.51, 0.01 }, { "weekday", 0.37, 0.01 },
  { "temperature", 0.22, 0.04 }, { "holiday", 0.15, 0.02 }, { "competitor_price", 0.09, 0.03 },
}

-- Metric -> value on the training data, and 1 where more is better, -1 where less is.
local CLASSES = {
  LogLoss = { 0.47, -1 }, AUC = { 0.84, 1 }, ["Balanced Accuracy"] = { 0.76, 1 }, Accuracy = { 0.81, 1 },
}
local AMOUNTS = { RMSE = { 12.5, -1 }, MAE = { 8.2, -1 }, MAPE = { 7.4, -1 }, ["R Squared"] = { 0.79, 1 } }
local YES_NO = { LogLoss = { 0.38, -1 }, AUC = { 0.87, 1 }, F1 = { 0.72, 1 }, Accuracy = { 0.85, 1 } }

kinds.Multiclass = { metric = "LogLoss", metrics = CLASSES, features = LOANS }
kinds.Binary = { metric = "LogLoss", metrics = YES_NO, features = LOANS }
kinds.Regression = { metric = "RMSE", metrics = AMOUNTS, features = SALES }

--- The rows that the models were trained on and checked with.
kinds.rows = { training = 10000, checked = 2000 }

--- The kind of a deployment.
-- @return table: metric (of its project), metrics, features
function kinds.of(record)
  return record.kind or kinds[record.shown.model.targetType] or kinds.Regression
end

return kinds
