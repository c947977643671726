std = "lua54"
max_line_length = 120
exclude_files = { "build", "build.luarocks" }
files["spec/**/*_spec.lua"] = { std = "lua54+busted" }
files["examples/test_your_own.lua"] = { std = "lua54+busted" }
files["spec/support/sweep.lua"] = { read_globals = { "alloc" } }
