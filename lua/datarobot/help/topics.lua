--- What dr.help says to words that a person types and that are no name of ours: topics with a text, words for names.

local topics = {}

-- Each begins with the words that find it.
local TEXTS <const> = {
  { "cron crontab cronjob timezone tz utc daily weekly monthly hourly yearly day days weekday "
    .. "weekdays next times when", [[
Schedules

dr.schedule "0 9 * * MON"       cron text: minute hour day month weekday, in UTC
dr.schedule "@daily"            also @hourly, @weekly, @monthly, @yearly
dr.schedule { minute = {0}, hour = {9}, day_of_month = {"*"}, month = {"*"},
  day_of_week = {1} }           the five lists that DataRobot stores
print(s:describe())             in words
print(s:next_runs())            the next times, UTC and local

A trigger takes any of them:
trigger = { type = "schedule", schedule = "@daily" }
More: dr.help "schedule", dr.help "policy.trigger.schedule".]] },
  { "sandbox test tests testing fake mock server localhost quickstart example examples tutorial try demo start", [[
The sandbox: a local DataRobot for trying and testing, in this process

sandbox = require "datarobot.sandbox".start()
client = sandbox:client()
d = client:deployment(sandbox.deployment_id)
sandbox:fail { status = 503, count = 4 }     the next requests fail
for _, r in ipairs(sandbox:requests()) do print(r.method, r.path) end

doc/sandbox.md has the details; examples/notebook.lua is a whole program.]] },
  { "login auth authentication authorization api_key apikey key password environment env file files "
    .. "yaml drconfig config "
    .. "configuration 401 url host connect", [[
Endpoint and token

dr.client { endpoint = "https://app.datarobot.com/api/v2", token = "..." }
dr.client { config_path = "drconfig.yaml" }
DATAROBOT_CONFIG_FILE=drconfig.yaml in the environment
DATAROBOT_ENDPOINT=... and DATAROBOT_API_TOKEN=... in the environment
~/.config/datarobot/drconfig.yaml with lines "endpoint: ..." and "token: ..."

The first of these that exists gives both. print(client) shows which it was.
More: dr.help "ClientOptions"; doc/configuration.md has the whole rule.]] },
  { "tls ssl https certificate certificates cert ca cacert trust proxies http_proxy https_proxy "
    .. "firewall redirect redirects", [[
TLS and proxies

dr.client { ca_file = "company.pem" }        the certificates to trust
dr.client { ssl_verify = false }             trusts everybody: for a look only
dr.client { proxy = "http://proxy:3128" }    else https_proxy and NO_PROXY count

Certificates are always checked, redirects never followed.
More: dr.help "ClientOptions".]] },
  { "async asynchronous parallel concurrent loop loops event coroutine coroutines thread threads "
    .. "cqueues luv libuv select "
    .. "epoll embed embedding host fork many batch", [[
Many calls at once, and loops of a host

local function get(id) return client:deployment(id) end
for i, value, err in client:each(ids, get) do    16 at a time; or all of them:
results, failures = client:map(ids, get)
require "datarobot.loop.cqueues"(client)     or .luv, .select

More: dr.help "each", dr.help "map"; doc/embedding.md is for hosts.]] },
  { "retries retrying again repeat 429 500 502 503 504 deadline slow hang lost idempotent settle", [[
Time and retries

One deadline holds for a call with all its retries: timeout, in seconds, of the
client or of the call. Reads are tried again after 429, 500, 502, 503, 504 and
lost connections, a create never blindly: err.kind "ambiguous" means look first.
retries = 0 in dr.client, or retry = false in a call, sends once.

More: dr.help "CallOptions", dr.help "ClientOptions", dr.help "ambiguous".]] },
  { "errors exception exceptions fail failure failed pcall assert raise 400 403 404 409 422 kind kinds problem", [[
Errors

A wrong call raises. Everything else that goes wrong returns nil, err:
err.kind        one word: "validation", "not_found", "auth", ...
err.message     what happened;  err.where: the line of your script
err.problems    every mistake in a table, each with path and message
assert(...)     makes it raise

401 auth, 403 forbidden, 404 not_found, 409 conflict, 422 validation, 429
rate_limited, 5xx server. More: dr.help "error", dr.help "ambiguous".]] },
  { "champion winner replay promotion figures", [[
From a run to a new model

deployment:replay_challengers()              they score stored predictions, too
deployment:compare { challenger = id, metric = "LogLoss" }
run:promote { better_on = { metric = "LogLoss", by = 0.01, min_samples = 500 } }
deployment:rollback()                        the model before

Samples are predictions whose actuals have come: association id in the settings.
More: dr.help "compare", dr.help "promote", dr.help "replace_model".]] },
  { "null nil json empty unset clear remove", [[
null

dr.null is JSON's null, equal to cjson.null:
policy:update { description = dr.null }
clears a member; one that is absent or nil stays. In replies null is nil.
dr.decode and dr.encode read and write JSON; dr.array marks an empty list.]] },
  { "page pages paging pagination lists offset iterate iterator all", [[
Lists

for d in client:deployments { search = "loan" } do   all pages, as needed
client:deployments():collect()               all of it as a table
client:deployments { limit = 10 }            the first ten
client:list("modelPackages/")                any other collection of the API

More: dr.help "list", dr.help "deployments".]] },
  { "job jobs poll polling status 202", [[
Jobs

deployment:update_settings waits for the server's job by itself; with
{ wait = false } it returns the reply, and client:wait(reply) waits later.
More: dr.help "client.wait".]] },
  { "log logs logging debug trace verbose print", [[
What happens on the wire

dr.client { log = function(e) print(e.event, e.method, e.path, e.status) end }
events: request, retry, reply, warning; never the token.
More: dr.help "ClientOptions".]] },
  { "duration durations iso8601 iso p7d interval", [[
Durations are ISO 8601: "P7D" seven days, "PT12H" twelve hours, "P1M" a month.
More: dr.help "policy.trigger.min_interval_between_runs".]] },
}

-- Words for what has a name of ours.
local NAMES <const> = {
  policies = "policy", retrain = "policy", retraining = "policy", automation = "policy", drift = "policy.trigger",
  accuracy = "policy.trigger", triggers = "policy.trigger", autopilot = "policy.autopilot_options",
  project = "policy.project_options", model = "policy.action", models = "policy.action",
  create = "create_retraining_policy",
  new = "create_retraining_policy", edit = "update", change = "update", modify = "update", remove = "delete",
  list_deployments = "deployments", search = "deployments", user = "update_retraining_settings",
  owner = "update_retraining_settings", dataset = "update_retraining_settings",
  prediction = "prediction_environments",
  concurrency = "each", challengers = "update_challenger_models_settings", max_retries = "retries",
  run = "RetrainingRun", runs = "RetrainingRun", account = "whoami", me = "whoami",
  feature_list = "feature_list_strategy",
  use_case = "policy.use_case_id", time_series = "policy.project_options", raw = "client.get", rest = "client.get",
  enum = "enums", words = "enums", schema = "validate", check = "validate", lint = "validate",
  settings_group = "settings",
}

--- What a word means: a text, or the name that dr.help knows.
---@param word string
---@return string|nil text
---@return string|nil name
function topics.find(word)
  word = word:lower():gsub("^@", "")
  for _, topic in ipairs(TEXTS) do
    if (" " .. topic[1] .. " "):find(" " .. word .. " ", 1, true) then return topic[2] end
  end
  return nil, NAMES[word]
end

return topics
