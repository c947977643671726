-- What a value of a file or of the environment means, what is refused, how it is told, and what the worst file costs.
local canary = require "spec.support.canary"
local config = require "datarobot.config"
local dr = require "datarobot"
local Fault = require "spec.support.fault_server"
local process = require "spec.support.process"

local ENDPOINT <const> = "https://x.example.com/api/v2"

describe("a value", function()
  local folder, environment, getenv, said

  setup(function()
    folder, getenv = process.folder(), os.getenv
    os.getenv = function(name) return environment[name] end -- luacheck: ignore 122
  end)
  teardown(function()
    os.getenv = getenv -- luacheck: ignore 122
    folder:remove()
  end)
  before_each(function() environment, said = { HOME = folder.path }, {} end)

  -- Whatever is said, nobody reads the token in it.
  local function hidden(text)
    text = tostring(text)
    if text:find(canary:sub(8), 1, true) then error("the token is shown: " .. text, 2) end
    return text
  end
  after_each(function() for _, text in ipairs(said) do hidden(text) end end)

  local function log(event) said[#said + 1] = event.message end

  local function write(name, text, mode)
    local path = folder:write(name, text)
    assert.equal(0, (process.run { "chmod", mode or "600", path }))
    return path
  end

  local function resolve(options)
    options = options or {}
    options.log = options.log or log
    local settings, source, from = config.resolve(options)
    hidden(source)
    hidden(from)
    return settings, source
  end

  local function refused(options, words)
    local settings, err = resolve(options)
    assert.is_nil(settings, words)
    assert.equal("config", err.kind)
    assert.matches(words, err.message, 1, true)
    hidden(err)
  end

  local ESCAPES <const> = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
    ["\v"] = "\\v", ["\f"] = "\\f" }

  -- The same text as the token of each place; f(resolve's options, where the message looks for it).
  local function each_place(text, f)
    environment = { HOME = folder.path, DATAROBOT_ENDPOINT = ENDPOINT, DATAROBOT_API_TOKEN = text }
    if not text:find "\0" then f({}, "DATAROBOT_API_TOKEN") end
    environment = { HOME = folder.path }
    if not text:find "[\0-\8\14-\31]" then
      local quoted = '"' .. text:gsub('["\\\n\r\t\v\f]', ESCAPES) .. '"'
      local path = write("token.yaml", "endpoint: " .. ENDPOINT .. "\ntoken: " .. quoted .. "\n")
      f({ config_path = path }, "token.yaml, line 2: 'token'")
      environment.DATAROBOT_CONFIG_FILE = path
      f({}, "token.yaml (DATAROBOT_CONFIG_FILE), line 2: 'token'")
      environment.DATAROBOT_CONFIG_FILE = nil
    end
    f({ endpoint = ENDPOINT, token = { file = write("token", text) } }, folder.path .. "/token")
  end

  it("is trimmed", function()
    for _, text in ipairs { canary, " " .. canary, canary .. "\n", canary .. "\r\n", "\t" .. canary .. " \n\n",
      "\u{FEFF}" .. canary, "\u{FEFF} " .. canary .. "\u{FEFF}\r\n", "\v\f" .. canary } do
      each_place(text, function(options)
        local settings = assert(resolve(options))
        local token = settings.token
        assert.equal(canary, type(token) == "function" and token(false) or token)
        assert.equal(ENDPOINT, settings.endpoint)
      end)
    end
    environment = { HOME = folder.path, DATAROBOT_ENDPOINT = "\u{FEFF} https://X.example.com/ \r\n",
      DATAROBOT_API_TOKEN = canary, DATAROBOT_MAX_RETRIES = " 4 ", DATAROBOT_USER_AGENT_SUFFIX = " a b ",
      DATAROBOT_SSL_VERIFY = " No\n" }
    local settings = assert(resolve())
    assert.same({ ENDPOINT, 4, "a b", false },
      { settings.endpoint, settings.retries, settings.user_agent_suffix, settings.ssl_verify })
  end)

  it("that is blank is none", function()
    for _, blank in ipairs { "", " ", "\n", " \r\n\t ", "\u{FEFF}", "\u{FEFF}\n" } do
      environment = { HOME = folder.path, DATAROBOT_API_TOKEN = blank, DATAROBOT_ENDPOINT = blank,
        DATAROBOT_CONFIG_FILE = blank, DATAROBOT_SSL_VERIFY = blank, DATAROBOT_MAX_RETRIES = blank }
      refused({}, "no DataRobot token was found")
      refused({ endpoint = ENDPOINT, token = { file = write("token", blank) } }, "/token holds no token")
      environment = { HOME = folder.path }
      local yaml = write("blank.yaml", 'token: "' .. blank:gsub("[\r\n\t]", " ") .. '"\nendpoint:\n')
      refused({ config_path = yaml }, "blank.yaml has neither endpoint nor token")
      assert.error_matches(function() dr.client { token = blank, endpoint = ENDPOINT } end, "option 'token': ")
    end
  end)

  -- text -> what is said of it
  local NO_TOKEN <const> = {
    ['"' .. canary .. '"'] = "it stands in quotes", ["'" .. canary .. "'"] = "it stands in quotes",
    ['"' .. canary] = "it stands in quotes", [canary .. "'"] = "it stands in quotes",
    ["\u{201C}" .. canary .. "\u{201D}"] = "byte 1 begins a typographic quote (U+201C)",
    ["Bearer " .. canary] = "it begins with the word 'bearer'",
    ["bearer: " .. canary] = "it begins with the word 'bearer'",
    ["TOKEN " .. canary] = "it begins with the word 'token'",
    ["Authorization: Bearer " .. canary] = "it begins with the word 'authorization'",
    ["\u{A0}" .. canary] = "byte 1 begins a no-break space (U+00A0)",
    [canary .. "\u{200B}"] = "a zero-width space (U+200B)",
    [canary .. "\u{FEFF}" .. canary] = "a byte order mark (U+FEFF)",
    [canary .. "\u{2060}"] = "a zero-width character (U+2060)", [canary .. "\u{200E}"] = "a direction mark (U+200E)",
    [canary .. "\nx"] = "several lines", [canary .. "\r\n" .. canary] = "several lines",
    [canary .. "\1"] = "is a control character", [canary .. "\0x"] = "is a control character",
    [canary .. "\127x"] = "byte 40 is a control character", [canary .. "\u{E9}"] = "is not an ASCII character",
    ["\xFF" .. canary] = "byte 1 is not an ASCII character",
  }

  it("that is larger than any line of a request is refused with its size", function()
    local long = canary .. ("x"):rep(1 << 16)
    for _, name in ipairs { "token", "user_agent_suffix", "token_type", "proxy" } do
      local options = { endpoint = ENDPOINT, token = canary, [name] = long }
      local ok, err = pcall(dr.client, options)
      assert.is_false(ok)
      local words = ("'client' (option '%s': it has %d bytes; at most 65536 are taken)"):format(name, #long)
      assert.matches(words, err, 1, true)
      hidden(err)
    end
    refused({ endpoint = "https://x.invalid/" .. long, token = canary }, "bytes; at most 65536 are taken")
    local client <close> = assert(dr.client { endpoint = ENDPOINT, token = function() return long end })
    assert.error_matches(function() client:version() end, "it has %d+ bytes; at most 65536 are taken")
  end)

  it("that cannot be a token is refused with its place, and not shown", function()
    for text, words in pairs(NO_TOKEN) do
      each_place(text, function(options, where)
        if options.config_path and text:find "[\xFF\127]" then return end -- no text in YAML
        if environment.DATAROBOT_CONFIG_FILE and text:find "[\xFF\127]" then return end
        refused(options, words)
        refused(options, where)
      end)
      local ok, err = pcall(dr.client, { endpoint = ENDPOINT, token = text })
      assert.is_false(ok)
      assert.matches("bad argument #1 to 'client' (option 'token': ", err, 1, true)
      assert.matches(words, err, 1, true)
      hidden(err)
    end
    refused({ token = { file = write("token", "\xFF\xFE" .. canary:gsub(".", "%0\0")) } }, "is written in UTF-16")
  end)

  it("that cannot be an endpoint is refused with its place", function()
    local faults = {
      ['"' .. ENDPOINT .. '"'] = "it stands in quotes", ["x.example.com"] = "https:// or http:// expected at its start",
      [ENDPOINT .. "\u{A0}"] = "a no-break space", ["https://x\u{200B}.example.com"] = "a zero-width space",
      ["https://x.example.com/a b"] = "blanks and control bytes are not allowed",
      ["https://x.example.com\1"] = "control character", ["http://x.example.com"] = "unencrypted",
      ["https://user:" .. canary .. "@x.example.com"] = "a user name or password is not allowed",
      [canary] = "https:// or http:// expected at its start",
    }
    for text, words in pairs(faults) do
      environment = { HOME = folder.path, DATAROBOT_ENDPOINT = text, DATAROBOT_API_TOKEN = canary }
      refused({}, words)
      refused({}, "DATAROBOT_ENDPOINT: ")
      environment = { HOME = folder.path, DATAROBOT_API_ENDPOINT = text, DATAROBOT_API_TOKEN = canary }
      refused({}, "DATAROBOT_API_ENDPOINT: ")
      environment = { HOME = folder.path }
      refused({ endpoint = text, token = canary }, "option 'endpoint': ")
      if not text:find "\1" then
        local path = write("e.yaml", "token: " .. canary .. "\nendpoint: '" .. text .. "'\n")
        refused({ config_path = path }, words)
        refused({ config_path = path }, "e.yaml, line 2: 'endpoint': ")
      end
    end
  end)

  it("of another kind is refused with its place, never raised", function()
    local function env(name, text)
      environment = { HOME = folder.path, DATAROBOT_API_TOKEN = canary, [name] = text }
    end
    for _, text in ipairs { "101", "-1", "2.5", "many", "1e1", "0x10", canary, "1 2", ("9"):rep(400) } do
      env("DATAROBOT_MAX_RETRIES", text)
      refused({}, "DATAROBOT_MAX_RETRIES must be a whole number from 0 to 100, not ")
    end
    env("DATAROBOT_USER_AGENT_SUFFIX", "a\1" .. canary)
    refused({}, "DATAROBOT_USER_AGENT_SUFFIX: byte 2 is a control character")
    environment = { HOME = folder.path }
    local lines = {
      ["connect_timeout: 0"] = "must be seconds > 0, not 0", ["connect_timeout: soon"] = "must be seconds > 0",
      ["max_retries: 3.5"] = "must be a whole number from 0 to 100, not 3.5",
      ["max_retries: [1]"] = "one value expected",
      ["token_type: {a: b}"] = "one value expected", ["token_type: \"a\\nb\""] = "several lines",
      ["user_agent_suffix: \"\\x01\""] = "control character", ["token: !env X"] = "tags (!...) are not read",
      ["token: *x"] = "one value expected, not an alias", ["token: !!binary aGk="] = "tags (!...) are not read",
      ["token: [" .. canary .. "]"] = "one value expected, not a list or table",
      ["token: {key: " .. canary .. "}"] = "one value expected, not a list or table",
      ["ssl_verify: nowhere"] = "the CA file cannot be read: No such file",
      ["ssl_verify: no " .. canary] = "the CA file cannot be read: No such file",
    }
    for line, words in pairs(lines) do
      local token = line:find "^token:" and "" or "token: " .. canary .. "\n"
      local text = { "a: &x " .. canary .. "\n", token, "endpoint: ", ENDPOINT, "\n", line, "\n" }
      local path = write("v.yaml", table.concat(text))
      refused({ config_path = path }, words)
      refused({ config_path = path }, ("v.yaml, line %d: '%s'"):format(token == "" and 3 or 4, line:match "^[%a_]+"))
    end
  end)

  it("in YAML is what was written", function()
    for written, meant in pairs {
      ["0123"] = "0123", ["6759e8"] = "6759e8",
      ["123456789012345678901234567890"] = "123456789012345678901234567890",
      ["0x1F"] = "0x1F", ["1_000"] = "1_000", ["yes"] = "yes", ["true"] = "true", ["Off"] = "Off", [".inf"] = ".inf",
      ["1:30:00"] = "1:30:00", ["2026-11-30"] = "2026-11-30", ["1.50"] = "1.50", ["'~'"] = "~", ["'null'"] = "null",
      ["!!str 12"] = "12", ["! 12"] = "12", ["&a abc"] = "abc", ["abc # comment"] = "abc", ["abc#d"] = "abc#d",
      ['"a\\x62c"'] = "abc", [">-\n  abc"] = "abc", ["|\n  abc"] = "abc", ["'it''s'"] = "it's", ["=a="] = "=a=",
    } do
      local path = write("s.yaml", "endpoint: " .. ENDPOINT .. "\r\ntoken: " .. written .. "\n")
      assert.equal(meant, assert(resolve { config_path = path }).token, written)
    end
    for _, none in ipairs { "", "~", "null", "NULL", "Null", "''", '" "' } do
      local path = write("s.yaml", "endpoint: " .. ENDPOINT .. "\ntoken: " .. none .. "\n")
      refused({ config_path = path }, "comes without a token")
    end
    local path = write("s.yaml", "\u{FEFF}# mine\n---\nother: {token: x, a: [1, {b: c}]}\n? [token]\n: x\n"
      .. "'endpoint': " .. ENDPOINT .. "\n? token\n: abc\nmax_retries: '7'\nssl_verify: 'False'\n...\n")
    local settings = assert(resolve { config_path = path })
    assert.same({ "abc", 7, false }, { settings.token, settings.retries, settings.ssl_verify })
    for text, words in pairs {
      [ENDPOINT] = "must have lines like", ["- a\n"] = "must have lines like", ["token=abc\n"] = "must have lines like",
      ["token: a\n---\ntoken: b\n"] = "holds several documents",
      ["a: [[[[[[[[]]]]]]]]\n"] = "nests deeper than 8 (line 1)", ["%TAG ! x\n"] = "is not YAML",
    } do
      refused({ config_path = write("s.yaml", text) }, words)
    end
    assert.is_truthy(resolve { config_path = write("s.yaml", "token: a\na: [[[[[[[]]]]]]]\n") })
  end)

  it("under a name that is a slip is told with it", function()
    for name, meant in pairs { tokn = "token", Token = "token", DATAROBOT_API_TOKEN = "token", api_token = "token",
      endpiont = "endpoint", base_url = "endpoint" } do
      local value = meant == "token" and canary or ENDPOINT
      local path = write("slip.yaml", "a: b\n" .. name .. ": " .. value .. "\n")
      local words = "has neither endpoint nor token; line 2 has '%s': did you mean '%s'?"
      refused({ config_path = path }, words:format(name, meant))
    end
    refused({ config_path = write("slip.yaml", "endpoint: " .. ENDPOINT .. "\ntokn: " .. canary .. "\n") },
      "line 2 has 'tokn': did you mean 'token'?")
  end)

  it("for ssl_verify is a word in any case, or a path", function()
    local pem = write("ca.pem", "junk\n-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n")
    local words = { ["true"] = true, YES = true, On = true, y = true, ["1"] = true, ["false"] = false, No = false,
      OFF = false, n = false, ["0"] = false }
    for word, value in pairs(words) do
      environment = { HOME = folder.path, DATAROBOT_API_TOKEN = canary, DATAROBOT_SSL_VERIFY = word }
      assert.equal(value, assert(resolve()).ssl_verify, word)
      environment = { HOME = folder.path }
      assert.equal(value, assert(resolve { token = canary, ssl_verify = word }).ssl_verify)
      for _, form in ipairs { "%s", "'%s'", '"%s"' } do
        local path = write("w.yaml", "token: " .. canary .. "\nssl_verify: " .. form:format(word) .. "\n")
        assert.equal(value, assert(resolve { config_path = path }).ssl_verify, form:format(word))
      end
    end
    for _, path in ipairs { pem, "~/ca.pem" } do
      local yaml = write("w.yaml", "token: " .. canary .. "\nssl_verify: '" .. path .. "'\n")
      for _, options in ipairs { { token = canary, ssl_verify = path }, { token = canary, ca_file = path },
        { config_path = yaml } } do
        local settings = assert(resolve(options))
        assert.equal(pem, settings.ca_file)
        assert.is_not_false(settings.ssl_verify)
      end
    end
  end)

  it("for a CA file is looked at when the client is made", function()
    local faults = {
      [folder.path .. "/nothing"] = "cannot be read: No such file", [write("empty", "\n ")] = "is empty",
      [write("key", "-----BEGIN PRIVATE KEY-----\n")] = "holds no certificate in PEM form", [folder.path] = "a folder",
      [write("der", "\x30\x82\0\0")] = "holds no certificate in PEM form", ["~other/x"] = "only ~/ is expanded",
      ["/dev/zero"] = "not a plain file",
    }
    for path, words in pairs(faults) do
      refused({ token = canary, ca_file = path }, words)
      refused({ token = canary, ca_file = path }, "option 'ca_file': " .. path)
      refused({ token = canary, ssl_verify = path }, "option 'ssl_verify': " .. path)
      environment = { HOME = folder.path, DATAROBOT_API_TOKEN = canary, DATAROBOT_SSL_VERIFY = path }
      refused({}, "DATAROBOT_SSL_VERIFY: the CA file ")
      environment = { HOME = folder.path }
    end
    assert.is_truthy(resolve { token = canary, ca_file = write("x", "-----BEGIN TRUSTED CERTIFICATE-----\n", "644") })
    assert.equal(0, #said)
    assert.is_truthy(resolve { token = canary, ca_file = write("x", "-----BEGIN CERTIFICATE-----\n", "666") })
    assert.matches("can be written by others", said[1])
    environment = {}
    refused({ token = canary, ca_file = "~/ca.pem" }, "HOME, which ~ stands for, is not set")
  end)

  it("for a path may begin with ~", function()
    local yaml = write("home.yaml", "token: " .. canary .. "\n")
    write("home-token", canary)
    assert.equal(canary, assert(resolve { config_path = "~/home.yaml" }).token)
    assert.equal(canary, assert(resolve { config_path = yaml }).token)
    environment.DATAROBOT_CONFIG_FILE = "~/home.yaml"
    assert.equal(canary, assert(resolve()).token)
    environment.DATAROBOT_CONFIG_FILE = nil
    assert.equal(canary, assert(resolve { token = { file = "~/home-token" } }).token(false))
  end)

  it("for a proxy is an address that libcurl knows", function()
    local function client(proxy) return dr.client { endpoint = ENDPOINT, token = canary, proxy = proxy } end
    for _, good in ipairs { "", "proxy", "proxy:3128", "http://proxy:3128", "https://proxy/", "socks4://p:1",
      "socks4a://p:1", "socks5://p:1", "SOCKS5H://user:word@p:1", "http://[::1]:1", "user:word@proxy" } do
      assert.is_truthy(client(good), good)
    end
    for bad, words in pairs { ["ftp://p"] = "expected as its scheme", ["socks6://p"] = "expected as its scheme",
      ["file:///etc/passwd"] = "", ["socks5h://localhost/run/x"] = "a path is not allowed",
      ["http://p:99999"] = "Port number", ["http://"] = "No host", ["http://u:" .. canary .. "@p:x"] = "Port number",
      ["http://a b"] = "" } do
      local made, err = client(bad)
      assert.is_nil(made, bad)
      assert.equal("config", err.kind)
      assert.matches("option 'proxy': ", err.message, 1, true)
      assert.matches(words, err.message, 1, true)
      hidden(err)
    end
  end)

  it("of an option that nobody knows is told before a missing token, file or type", function()
    for _, more in ipairs { {}, { config_path = "/nowhere" }, { token = 5 }, { endpoint = "x" } } do
      local options = { timout = canary }
      for k, v in pairs(more) do options[k] = v end
      local ok, err = pcall(dr.client, options)
      assert.is_false(ok)
      assert.matches("bad argument #1 to 'client' (unknown option 'timout' (did you mean 'timeout'?))", err, 1, true)
      hidden(err)
    end
    assert.error_matches(function() dr.client { source = "x" } end, "unknown option 'source'")
    for _, options in ipairs { { token = 12345678 }, { token = true }, { endpoint = 7, token = canary },
      { config_path = 7 }, { token = { file = "x", canary } } } do
      local ok, err = pcall(dr.client, options)
      assert.is_false(ok)
      assert.matches("bad argument #1 to 'client' %(option '", err)
      assert.is_nil(hidden(err):find("12345678", 1, true))
    end
  end)

  it("in a file costs less than 50 ms, also in the worst one", function()
    local k64 = 64 << 10
    local function fill(unit, before, after)
      local room = k64 - #(before or "") - #(after or "")
      return (before or "") .. unit:rep(room // #unit) .. (after or "")
    end
    local tags = {}
    for i = 1, 20 do tags[i] = ("%%TAG !%x! x\n"):format(i) end
    local worst = { fill "[", fill "[\n", fill "{", fill "{a: ", fill "? ", fill "- ", fill "-\n ", fill("a:\n"),
      fill("a,", "{", "}"), fill("[],", "a: [", "]"), fill("a", "a: "), fill(" ", "a: ", "b"), fill("\n"), fill "#\n",
      fill "#", fill("&a ", "a: "), fill("*a ", "a: "), fill("\\n", 'a: "', '"'), fill("''", "a: '", "'"),
      fill(" x\n", "a: >\n"), fill "a: b\n", fill "a:", fill "!!str ", fill "%TAG !a! x\n", fill "%YAML 1.1\n",
      fill("! ", "a: "), fill("\u{FEFF}"), fill("\t"), fill "\0", fill "\xFF", fill "'", fill '"', fill "|\n", fill ">",
      fill "---\n", fill "...\n", fill("{a: [{}]},", "x: [", "]"), fill("a: [b, c]\n"), fill("[[[[[[[[", "a: "),
      fill("x", table.concat(tags)), fill "<<: ", fill("\u{FEFF} ", 'token: "', '"'),
      fill("\u{FEFF} ", 'token: "a', '"') }
    local function cost(options)
      local best = math.huge
      for _ = 1, 3 do
        collectgarbage()
        local from = os.clock()
        resolve(options)
        best = math.min(best, os.clock() - from)
      end
      return best
    end
    for i, text in ipairs(worst) do
      assert.is_true(#text <= k64)
      local path = write("worst.yaml", text)
      local seconds = cost { config_path = path }
      assert.is_true(seconds < 0.05, ("%d: %q... %.1f ms"):format(i, text:sub(1, 20), 1000 * seconds))
    end
    for _, unit in ipairs { " ", "\u{FEFF}", "\u{FEFF} ", "a", "-----BEGIN ", "-----BEGIN A" } do
      local path = write("worst", fill(unit))
      assert.is_true(cost { endpoint = ENDPOINT, token = { file = path } } < 0.05, unit)
      assert.is_true(cost { endpoint = ENDPOINT, token = canary, ca_file = path } < 0.05, unit)
    end
    assert.is_truthy(resolve { config_path = write("full.yaml", "token: a\n" .. ("#"):rep(k64 - 9)) })
    refused({ config_path = write("full.yaml", "token: a\n" .. ("#"):rep(k64 - 8)) }, "too large (64 KiB at most)")
    refused({ config_path = write("many.yaml", ("a: b\n"):rep(1001)) }, "has more than 2000 values (line ")
  end)

  it("of random bytes and pieces is read or refused, and never shown", function()
    local pieces = { "token", "endpoint", ": ", ":", "\n", " ", "  ", "- ", "[", "]", "{", "}", "'", '"', "#", "&a ",
      "*a ",
      "!x ", "|", ">",
      "%TAG ", "---", "...", "\t", "\0", "\xFF", "\u{FEFF}", "\u{A0}", "? ", ",", "~", "<<", canary,
      canary, ENDPOINT, "ssl_verify: no", "max_retries: 3", "\\" }
    local seed = tonumber(getenv "CONFIG_SEED") or 20261130
    math.randomseed(seed)
    local read = 0
    for _ = 1, 1500 do
      local parts = {}
      for i = 1, math.random(1, 12) do parts[i] = pieces[math.random(#pieces)] end
      local text = (math.random(3) == 1 and "endpoint: " .. ENDPOINT .. "\ntoken: " .. canary .. "\n" or "")
        .. table.concat(parts)
      local file <close> = assert(io.open(folder.path .. "/random", "wb"))
      file:write(text)
      file:close()
      local settings, err = resolve { config_path = folder.path .. "/random" }
      read = read + (settings and 1 or 0)
      if not settings then
        assert.equal("config", err.kind, ("seed %d: %q"):format(seed, text))
        hidden(err)
      end
    end
    assert.is_true(read > 20)
  end)

  it("without lyaml is told what to install", function()
    local path = write("needs.yaml", "token: " .. canary .. "\n")
    local status, text = process.run({ "lua5.4", "-e", ([[
      package.preload.yaml = function() error "not there" end
      local client, err = require "datarobot".client { config_path = %q }
      print(client, err)
    ]]):format(path) })
    assert.equal(0, status, text)
    assert.matches("needs.yaml needs the Lua module lyaml to be read %(Debian: lua%-yaml", hidden(text))
  end)
end)

describe("a token that is refused", function()
  local fault, folder
  before_each(function()
    fault, folder = Fault.start(), process.folder()
    fault:play { replies = { { status = 401 } } }
  end)
  after_each(function()
    fault:stop()
    folder:remove()
  end)

  local function file(name, text)
    local path = folder:write(name, text)
    assert.equal(0, (process.run { "chmod", "600", path }))
    return path
  end

  local function told(options, source)
    local client <close> = assert(dr.client(options))
    local _, err = client:version()
    assert.equal("auth", err.kind)
    assert.equal(source .. " at " .. fault.endpoint, err.source)
    assert.matches("check the token (" .. err.source .. ")", tostring(err), 1, true)
    for _, text in ipairs { tostring(err), tostring(client) } do assert.is_nil(text:find(canary, 1, true)) end
    assert.matches("token from " .. source, tostring(client), 1, true)
  end

  it("is named by its place and by the endpoint", function()
    told({ endpoint = fault.endpoint, token = canary }, "options")
    told({ endpoint = fault.endpoint, token = function() return canary end }, "a function")
    local token = file("token", canary)
    told({ endpoint = fault.endpoint, token = { file = token } }, "file " .. token)
    local yaml = file("x.yaml", "token: " .. canary .. "\nendpoint: " .. fault.endpoint .. "\n")
    told({ config_path = yaml }, "file " .. yaml)
    local getenv = os.getenv
    local environment = { DATAROBOT_API_TOKEN = canary, DATAROBOT_ENDPOINT = fault.endpoint }
    os.getenv = function(name) return environment[name] end -- luacheck: ignore 122
    local ok, err = pcall(told, nil, "DATAROBOT_API_TOKEN")
    environment = { DATAROBOT_CONFIG_FILE = yaml }
    local ok2, err2 = pcall(told, nil, "file " .. yaml .. " (DATAROBOT_CONFIG_FILE)")
    os.getenv = getenv -- luacheck: ignore 122
    assert(ok, err)
    assert(ok2, err2)
  end)
end)
