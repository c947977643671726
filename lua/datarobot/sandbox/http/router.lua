--- Finds the route of a path among the rows of api/: path below the endpoint, or with a slash in front at the server's
-- root, with {} for an id; and method -> handler.

local router = {}

local RESOURCES = {
  "server", "deployments", "settings", "retraining_settings", "policies", "runs", "challengers", "models", "jobs",
  "catalog", "replay", "health_settings", "drift", "accuracy", "service", "time", "events",
}

local routes = {}

local function add(route)
  local methods = {}
  for name in pairs(route) do
    if type(name) == "string" and name:upper() == name then methods[#methods + 1] = name end
  end
  table.sort(methods)
  route.allow = table.concat(methods, ", ")
  route.pattern = "^" .. route[1]:gsub("{}", "([^/]+)") .. "$"
  routes[#routes + 1] = route
end

for _, resource in ipairs(RESOURCES) do
  for _, route in ipairs(require("datarobot.sandbox.api." .. resource)) do add(route) end
end

--- The route of a path.
-- @return its row, with `allow`, and the path's ids (the path itself when the route has none); nil when there is none
function router.find(path)
  for _, route in ipairs(routes) do
    local first, second, third = path:match(route.pattern)
    if first then return route, first, second, third end
  end
  return nil
end

return router
