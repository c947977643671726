--- An own certificate authority and nginx with its certificates in front of a plain server.

local process = require "spec.support.process"

local tls = {}

local HERE <const> = "IP:127.0.0.1,DNS:localhost"
local YEARS_AGO <const> = "-startdate 20200101000000Z -enddate 20200201000000Z"
local IN_YEARS <const> = "-startdate 20900101000000Z -enddate 20900201000000Z"

-- Who signs (nobody else: itself), for whom and when each certificate is, and whether its server sends that of who
-- signed it along.
local CERTIFICATES <const> = {
  { name = "good", ca = "ca" },
  { name = "wrong_name", ca = "ca", subject = "DNS:other.invalid" },
  { name = "other_ca", ca = "other" },
  { name = "self_signed" },
  { name = "expired", ca = "ca", dates = YEARS_AGO },
  { name = "not_yet", ca = "ca", dates = IN_YEARS },
  { name = "lone", ca = "intermediate" },
  { name = "chain", ca = "intermediate", chain = true },
}

-- Beside one server a certificate: its name, its certificate, and more of nginx's configuration.
local MORE_SERVERS <const> = {
  { name = "http2", certificate = "good", listen = " http2" },
  { name = "wants_certificate", certificate = "good", lines = "ssl_verify_client on; ssl_client_certificate ca.pem;" },
  { name = "asks_certificate", certificate = "good",
    lines = "ssl_verify_client optional; ssl_client_certificate ca.pem;" },
}

local CA_CONFIG <const> = [[
[ca]
default_ca = signer
[signer]
new_certs_dir = .
database = $ENV::CA.index
serial = $ENV::CA.serial
private_key = $ENV::CA.key
certificate = $ENV::CA.pem
default_md = sha256
policy = anything
copy_extensions = copy
unique_subject = no
[anything]
commonName = supplied
]]

local KEY <const> = "openssl ecparam -name prime256v1 -genkey -noout -out %s.key"
local AUTHORITY <const> = "openssl req -x509 -new -key %s.key -subj '/CN=spec authority %s' -days 30 -out %s.pem"
  .. " -addext keyUsage=critical,keyCertSign,cRLSign"
local INTERMEDIATE <const> = "openssl req -new -key intermediate.key -subj '/CN=spec intermediate'"
  .. " -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign -out intermediate.csr"
local SELF <const> = "openssl req -x509 -new -key %s.key -subj /CN=%s -addext subjectAltName=%s -days 10 -out %s.pem"
local REQUEST <const> = "openssl req -new -key %s.key -subj /CN=%s -addext subjectAltName=%s -out %s.csr"
local SIGN <const> = "CA=%s openssl ca -batch -notext -config ca.cnf -in %s.csr -out %s.pem %s"

local function shell(folder, line)
  local status, text = process.run("cd " .. process.quote(folder.path) .. " && " .. line)
  if status ~= 0 then error(line .. ": " .. text, 0) end
end

local function make_authorities(folder)
  folder:write("ca.cnf", CA_CONFIG)
  for _, ca in ipairs { "ca", "other", "intermediate" } do
    folder:write(ca .. ".index", "")
    folder:write(ca .. ".serial", "01\n")
    shell(folder, KEY:format(ca))
    if ca ~= "intermediate" then shell(folder, (AUTHORITY:gsub("%%s", ca))) end
  end
  shell(folder, INTERMEDIATE)
  shell(folder, SIGN:format("ca", "intermediate", "intermediate", "-days 30"))
end

local function make_certificate(folder, c)
  local subject = c.subject or HERE
  shell(folder, KEY:format(c.name))
  if not c.ca then return shell(folder, SELF:format(c.name, c.name, subject, c.name)) end
  shell(folder, REQUEST:format(c.name, c.name, subject, c.name))
  shell(folder, SIGN:format(c.ca, c.name, c.name, c.dates or "-days 10"))
  if c.chain then shell(folder, ("cat %s.pem >> %s.pem"):format(c.ca, c.name)) end
end

local PLAIN <const> = [[
  server {
    listen 127.0.0.1:%d;
    %s
  }
]]

local SERVER <const> = [[
  server {
    listen 127.0.0.1:%d ssl%s;
    ssl_certificate %s.pem;
    ssl_certificate_key %s.key;
    %s
    %s
  }
]]

local NGINX <const> = [[
%sdaemon off;
master_process off;
pid nginx.pid;
error_log error.log;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path tmp-body;
  proxy_temp_path tmp-proxy;
  fastcgi_temp_path tmp-fastcgi;
  uwsgi_temp_path tmp-uwsgi;
  scgi_temp_path tmp-scgi;
  client_max_body_size 64m;
  keepalive_requests 1000000;
%s}
]]

local MODULES <const> = "/usr/lib/nginx/modules" -- of Debian

local PROXY <const> = [[location / {
      proxy_pass %s;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto https;
      proxy_redirect ~^http://127\.0\.0\.1:\d+(/.*)$ $scheme://$http_host$1;
    }]]

-- All servers with TLS, and one without.
local function configuration(location, module)
  local servers, ports = {}, {}
  local function add(name, certificate, listen, lines)
    ports[name] = process.free_port()
    servers[#servers + 1] = SERVER:format(ports[name], listen, certificate, certificate, lines, location)
  end
  for _, c in ipairs(CERTIFICATES) do add(c.name, c.name, "", "") end
  for _, s in ipairs(MORE_SERVERS) do add(s.name, s.certificate, s.listen or "", s.lines or "") end
  ports.plain = process.free_port()
  servers[#servers + 1] = PLAIN:format(ports.plain, location)
  local load = module and ("load_module %s/%s.so;\n"):format(MODULES, module) or ""
  return NGINX:format(load, table.concat(servers)), ports
end

local Front = {}
Front.__index = Front

--- Starts nginx with TLS.
-- @param o { upstream = "http://127.0.0.1:PORT[/…]": what it stands in front of (the path is not used) }
--   or { location = text of nginx's configuration, instead of the proxy, module = one that it needs, or nil }
-- @return front: `.ports` and `.endpoints` (with the path /api/v2) by the names above and "plain" (without TLS);
--   `.ca_file`, `.other_ca_file`; `.certificates`: the path of the certificates, to which their name is added
function tls.start(o)
  local folder = process.folder()
  make_authorities(folder)
  for _, c in ipairs(CERTIFICATES) do make_certificate(folder, c) end
  local location = o.location or PROXY:format(o.upstream:match "^%a+://[^/]+")
  local text, ports = configuration(location, o.module)
  local child = process.start({
    "nginx", "-p", folder.path .. "/", "-e", folder.path .. "/error.log",
    "-c", folder:write("nginx.conf", text),
  }, { env = { PATH = os.getenv "PATH" .. ":/usr/sbin:/sbin" }, stderr = folder.path .. "/stderr" })
  local front = setmetatable({
    folder = folder, child = child, ports = ports, endpoints = {},
    ca_file = folder.path .. "/ca.pem", other_ca_file = folder.path .. "/other.pem",
    certificates = folder.path .. "/",
  }, Front)
  for name, port in pairs(ports) do
    front.endpoints[name] = (name == "plain" and "http" or "https") .. "://127.0.0.1:" .. port .. "/api/v2"
  end
  process.expect_listening("nginx", child, ports.good, folder.path .. "/error.log", folder.path .. "/stderr")
  return front
end

--- Ends nginx and takes its folder away. May be called twice.
function Front:stop()
  self.child:stop()
  self.folder:remove()
end

Front.__close = Front.stop

return tls
