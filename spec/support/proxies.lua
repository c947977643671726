--- The proxies squid and tinyproxy, with logs of all that they are told, and stunnel for TLS in front of one.

local process = require "spec.support.process"

local SQUID <const> = [[
http_port 127.0.0.1:%d name=open
http_port 127.0.0.1:%d name=locked
pid_filename none
pinger_enable off
cache deny all
cache_log %s/cache.log
logformat whole %%rm %%ru %%03>Hs %%un [%%>h] [%%<h]
access_log stdio:%s/log whole
buffered_logs off
shutdown_lifetime 0 seconds
max_filedescriptors 1024
visible_hostname spec
coredump_dir none
auth_param basic program /usr/lib/squid/basic_ncsa_auth %s/users
auth_param basic children 1
auth_param basic realm spec
acl open myportname open
acl known proxy_auth REQUIRED
http_access allow open
http_access allow known
http_access deny all
]]

local TINYPROXY <const> = [[
Listen 127.0.0.1
Port %d
LogFile "%s/%s"
LogLevel Info
MaxClients 20
%s
]]

local proxies = {}

local Proxy = {}
Proxy.__index = Proxy

-- Programs that are to listen on their ports: `children[1]` on all of them, or each on one, by its name.
local function start(name, folder, children, ports)
  local at = folder.path .. "/"
  for key, port in pairs(ports) do
    local child = children[key] or children[1]
    process.expect_listening(name, child, port, at .. "stderr", at .. "cache.log", at .. "log", at .. "log-" .. key)
  end
  return setmetatable({ folder = folder, children = children, ports = ports }, Proxy)
end

--- Starts squid.
-- @param password of the user "user"
-- @return proxy: `.ports.open`, and `.ports.locked`, which asks for the password
function proxies.squid(password)
  local folder = process.folder()
  local _, hash = process.run { "openssl", "passwd", "-apr1", password }
  folder:write("users", "user:" .. hash)
  process.run { "chmod", "777", folder.path } -- started by root it becomes somebody else
  local ports = { open = process.free_port(), locked = process.free_port() }
  local text = SQUID:format(ports.open, ports.locked, folder.path, folder.path, folder.path)
  local child = process.start({ "squid", "-N", "-f", folder:write("squid.conf", text) },
    { stderr = folder.path .. "/stderr" })
  return start("squid", folder, { child }, ports)
end

--- Starts tinyproxy, twice.
-- @param password of the user "user"
-- @return proxy: as `squid`
function proxies.tinyproxy(password)
  local folder = process.folder()
  local ports, children = { open = process.free_port(), locked = process.free_port() }, {}
  for name, port in pairs(ports) do
    local more = name == "locked" and "BasicAuth user " .. password or ""
    local file = folder:write(name .. ".conf", TINYPROXY:format(port, folder.path, "log-" .. name, more))
    children[name] = process.start({ "tinyproxy", "-d", "-c", file }, { stderr = folder.path .. "/stderr" })
  end
  return start("tinyproxy", folder, children, ports)
end

--- Starts stunnel: TLS in front of a port.
-- @param to port of 127.0.0.1
-- @param certificates path of the certificates, to which their name is added (tls.lua)
-- @param ... names of certificates
-- @return proxy: `.ports` by these names
function proxies.stunnel(to, certificates, ...)
  local folder = process.folder()
  local ports, lines = {}, { "foreground = yes", "pid =", "debug = 7", "output = " .. folder.path .. "/log" }
  for _, name in ipairs { ... } do
    ports[name] = process.free_port()
    local path = certificates .. name
    lines[#lines + 1] = ("[%s]\naccept = 127.0.0.1:%d\nconnect = 127.0.0.1:%d\ncert = %s.pem\nkey = %s.key"):format(
      name, ports[name], to, path, path)
  end
  local child = process.start({ "stunnel4", folder:write("stunnel.conf", table.concat(lines, "\n") .. "\n") },
    { stderr = folder.path .. "/stderr" })
  return start("stunnel", folder, { child }, ports)
end

--- All that it has written about what it was told.
function Proxy:log()
  return select(2, process.run("cat " .. process.quote(self.folder.path) .. "/log*"))
end

--- Ends it. May be called twice.
function Proxy:stop()
  for _, child in pairs(self.children) do
    child:kill "KILL" -- squid takes its time else
    child:stop()
  end
  self.folder:remove()
end

Proxy.__close = Proxy.stop

return proxies
