--- `datarobot promote ID POLICY`.
local connection = require "datarobot.cli.connection"
local failure = require "datarobot.cli.failure"
local find = require "datarobot.cli.find"
local options = require "datarobot.cli.options"
local replacement = require "datarobot.cli.replacement"

local function metric(text)
  local known = require "datarobot".enums.metric
  for _, name in ipairs(known) do
    if name == text then return text end
  end
  local near = require "datarobot.core".nearest(text, known)
  return nil, ("option '--better-on': '%s' is no metric%s (datarobot help metric)"):format(text,
    near and (", did you mean '%s'?"):format(near) or "")
end

-- What the comparison is to show, nil where none is asked for.
local function better_on(o)
  if o.better_on then
    return { metric = o.better_on, by = o.by, days = o.days, min_samples = o.min_samples }
  end
  if o.by or o.days or o.min_samples then
    failure.raise("usage", "--by, --days and --min-samples belong to --better-on", "add --better-on METRIC")
  end
end

return {
  summary = "lets the deployment serve the model of a policy's newest run that succeeded",
  description = "Replaces the model; datarobot rollback undoes it. Nothing to do where it is served already. The answer"
    .. " is no (status 1) where it is not better, or the server's check does not pass.",
  arguments = { find.ID, find.POLICY },
  options = {
    find.RUN, replacement.ALLOW_WARNINGS,
    { name = "--better-on", argname = "METRIC", convert = metric,
      description = "Only where the model is better by this metric, as a challenger beside the champion." },
    { name = "--by", argname = "X", convert = options.number("--by", 0),
      description = "With --better-on: better by so much at least." },
    { name = "--days", argname = "N", convert = options.number("--days", 0.05),
      description = "With --better-on: days that are looked at (default 7)." },
    { name = "--min-samples", argname = "N", convert = options.number("--min-samples", 1, nil, "integer"),
      description = "With --better-on: so many samples at least." },
  },
  run = function(o, out)
    local wanted = better_on(o)
    local client <close> = connection.open(o)
    local run, newest = find.run(find.both(client, o), o.run, "succeeded")
    if not run then
      local last = newest and "; the newest: " .. tostring(newest) or ""
      failure.raise("not_found", "no run of the policy has succeeded" .. last,
        "datarobot run ID POLICY --wait starts one")
    end
    local given = replacement.options(o)
    given.better_on = wanted
    return replacement.show(out, run:promote(given))
  end,
}
