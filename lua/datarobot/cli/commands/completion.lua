--- `datarobot completion SHELL`.
return {
  summary = "completion for a shell",
  description = [[bash: eval "$(datarobot completion bash)" in ~/.bashrc. ]]
    .. "zsh: write it to a file _datarobot on fpath.",
  offline = true,
  arguments = { { name = "shell", choices = { "bash", "zsh" }, description = "bash or zsh" } },
  run = function(o, out, commands)
    local parser = require "datarobot.cli.parse".all(commands)
    local text = o.shell == "bash" and parser:get_bash_complete() or parser:get_zsh_complete()
    out:answer((text:gsub("\n$", "")), { shell = o.shell, text = text })
    return 0
  end,
}
