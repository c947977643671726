# What spec/run.sh and spec/coverage.sh run a build and its tests with. Sourced, with $root the folder of the clone and
# $log = $root/build/log.
# shellcheck shell=sh disable=SC2154

# Nothing of this user's own DataRobot, Lua or proxy reaches a test.
own_environment() {
  for variable in $(env | sed -n 's/^\(DATAROBOT_[A-Za-z_]*\)=.*/\1/p'); do unset "$variable"; done
  unset LUA_INIT LUA_INIT_5_4 LUA_PATH LUA_CPATH http_proxy https_proxy all_proxy no_proxy \
    HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY XDG_CONFIG_HOME
  export HOME="$root/build/home" PATH="$PATH:/usr/sbin:/sbin"
  export LUA_PATH_5_4="$root/lua/?.lua;$root/lua/?/init.lua;$root/?.lua;;"
  export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"
  export UBSAN_OPTIONS="print_stacktrace=1"
}

build() { # PRESET
  cmake --preset "$1" -B "build/$1" && cmake --build "build/$1" --parallel 2
}

# Counts a TAP text: pending tests could not run, so they failed.
count_tap() { # FILE NAME
  total=$(sed -n 's/^1\.\.\([0-9][0-9]*\)$/\1/p' "$1" | tail -n 1)
  broken=$(grep -c -e '^not ok ' -e '^ok [0-9]* - # SKIP' "$1")
  [ -n "$total" ] && [ "$total" != 0 ] || return 1
  echo "$((total - broken)) $broken" >"$log/$2.count"
  [ "$broken" = 0 ]
}

# With sanitizers, `lua5.4` is the interpreter that has them, also in what a test starts.
specs() { # PRESET [SPEC]...
  at=$root/build/$1
  [ "$1" = plain ] || export SWEEP_STEP=7
  shift
  PATH="$at/bin:$PATH" LUA_CPATH_5_4="$at/?.so;;" timeout 1800 lua5.4 "$(command -v busted)" --ignore-lua \
    --run=ci --output=spec/support/tap.lua "$@" 2>&1
}

# Runs the files of a few tests that failed once more, alone, since a machine that does something else at the moment can
# make a test late. Both runs are in the log, and the report names what passed at its second try only. A crash, a leak or
# a report of a sanitizer has no second try.
second_try() { # TAP PRESET
  broken=$(grep -c '^not ok ' "$1")
  [ "$broken" -gt 0 ] && [ "$broken" -le 5 ] && grep -q '^1\.\.' "$1" || return 1
  ! grep -q 'ERROR: .*Sanitizer\|runtime error:' "$1" || return 1
  files=$(awk '/^not ok / { getline; sub(/^# /, ""); sub(/:[0-9]+$/, ""); print }' "$1" | sort -u)
  for file in $files; do
    case $file in *_spec.lua) ;; *) return 1 ;; esac
  done
  echo "# once more, alone: $files"
  # shellcheck disable=SC2086
  specs "$2" $files >"$1.again"
  again=$?
  cat "$1.again"
  [ "$again" = 0 ] && grep -q '^1\.\.[1-9]' "$1.again" || return 1
  sed -n 's/^not ok [0-9]* - //p' "$1" >"${1%.tap}.second"
  sed -i 's/^not ok /ok /' "$1"
}

suite() { # NAME PRESET [FOLDER-OF-SPEC]...
  name=$1
  preset=$2
  shift 2
  tap=$log/$name.tap
  for folder in "$@"; do
    set -- "$@" "spec/$folder"
    shift
  done
  specs "$preset" "$@" >"$tap"
  status=$?
  cat "$tap"
  echo "# status $status"
  [ "$status" != 1 ] || { second_try "$tap" "$preset" && status=0; }
  count_tap "$tap" "$name" && [ "$status" = 0 ]
}

unit() { # NAME PRESET
  ctest --test-dir "build/$2" --label-regex unit --no-tests=error --output-on-failure --timeout 300
  status=$?
  sed -n 's/^.*tests passed, \([0-9]*\) tests* failed out of \([0-9]*\)$/\2 \1/p' "$log/$1.log" |
    while read -r all bad; do echo "$((all - bad)) $bad"; done >"$log/$1.count"
  return "$status"
}
