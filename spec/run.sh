#!/bin/sh
# Builds lua-datarobot, plain and with sanitizers, and runs every test. Missing Debian packages are
# installed. The last line is "N passed, N failed"; the status is 0 when nothing failed.
#   sh spec/run.sh               all of it
#   sh spec/run.sh FOLDER...     the plain build and these folders of spec/, such as transport settle
# FUZZ_SECONDS: for each fuzz target, default 40. COVERAGE=0: without spec/coverage.sh, whose limits count.
# What each step printed is in build/log/.
set -u
cd "$(dirname "$0")/.." || exit 2
root=$(pwd)
. spec/support/setup.sh
. spec/support/steps.sh
# shellcheck disable=SC2086
need $BUILD_PACKAGES $TEST_PACKAGES

log=$root/build/log
rm -rf "$log" build/home build/rock build/prefix
mkdir -p "$log" build/home || exit 2

own_environment

started=$(date +%s)
passed=0
failed=0

# How far a step is, while it runs: in place on a terminal, else a line in each half minute.
tell_progress() { # NAME
  seconds=0
  while sleep 1 >/dev/null 2>&1; do
    seconds=$((seconds + 1))
    tests=$(grep -c -e '^ok ' -e '^not ok ' "$log/$1.tap" 2>/dev/null)
    text="$1: $seconds s${tests:+, $tests tests}"
    if [ -t 1 ]; then
      printf '\r%-60s\r' "$text"
    elif [ $((seconds % 30)) = 0 ]; then
      echo "  ... $text"
    fi
  done
}

# run NAME COMMAND...: leaves its output, status and seconds in $log. A command may leave
# "passed failed" in NAME.count; else it counts as one test.
run() {
  name=$1
  shift
  begin=$(date +%s)
  ("$@") >"$log/$name.log" 2>&1 </dev/null
  echo "$? $(($(date +%s) - begin))" >"$log/$name.status"
}

run_aloud() {
  tell_progress "$1" &
  teller=$!
  run "$@"
  kill "$teller" 2>/dev/null
  wait "$teller" 2>/dev/null
  [ ! -t 1 ] || printf '\r%60s\r' ''
}

excerpt() {
  if grep -q 'ERROR: .*Sanitizer\|runtime error:' "$1"; then
    grep -A 40 'ERROR: .*Sanitizer\|runtime error:' "$1" | head -n 80
  elif grep -q -e '^not ok' -e '# SKIP' "$1"; then
    awk '/^(not )?ok |^1\.\./ { shown = /^not|# SKIP/ } shown' "$1" | head -n 150
  else
    tail -n 30 "$1"
  fi | sed 's/^/    /'
}

# report NAME: one line on a step that ran; status 77: it could not, for a reason that is no failure.
report() {
  read -r status seconds <"$log/$1.status"
  if [ "$status" = 77 ]; then
    printf '%-24s not run: %s\n' "$1" "$(tail -n 1 "$log/$1.log")"
    return
  fi
  good=0
  bad=0
  [ -s "$log/$1.count" ] && read -r good bad <"$log/$1.count"
  if [ "$status" != 0 ]; then
    [ "$bad" != 0 ] || bad=1
  elif [ "$good$bad" = 00 ]; then
    good=1
  fi
  passed=$((passed + good))
  failed=$((failed + bad))
  if [ "$bad" = 0 ]; then
    printf '%-24s ok      %5d passed %4d s\n' "$1" "$good" "$seconds"
    [ ! -s "$log/$1.second" ] || sed 's/^/    at its second try, alone: /' "$log/$1.second"
  else
    printf '%-24s FAILED  %5d passed, %d failed, %d s (build/log/%s.log)\n' \
      "$1" "$good" "$bad" "$seconds" "$1"
    excerpt "$log/$1.log"
  fi
}

step() {
  run_aloud "$@"
  report "$1"
}

# two NAME COMMAND...: like step, two at a time; the last needs `report_two`.
waiting=
two() {
  if [ -n "$waiting" ]; then
    run_aloud "$@"
    report_two
    report "$1"
  else
    waiting=$1
    run "$@" &
    running=$!
  fi
}

report_two() {
  [ -n "$waiting" ] || return 0
  wait "$running"
  report "$waiting"
  waiting=
}

example() { # FILE
  LUA_CPATH_5_4="$root/build/plain/?.so;;" timeout 120 lua5.4 "$1"
}

# The command meets a sandbox: one that is ready once it has told its last line, and ended by SIGTERM.
with_sandbox() { # COMMAND...
  out=$log/sandbox.out
  : >"$out"
  LUA_CPATH_5_4="$root/build/plain/?.so;;" lua5.4 examples/sandbox.lua >"$out" &
  pid=$!
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    grep -q '^PREDICTION_ENVIRONMENT_ID=' "$out" && break
    sleep 0.5
  done
  eval "$(cat "$out")"
  export DATAROBOT_ENDPOINT DATAROBOT_API_TOKEN
  "$@"
  got=$?
  kill -TERM "$pid" && wait "$pid"
  ended=$?
  [ "$got" = 0 ] && { [ "$ended" = 0 ] || [ "$ended" = 143 ]; }
}

ask_deployment() {
  curl -fsS --max-time 10 -H "Authorization: Bearer $DATAROBOT_API_TOKEN" \
    "$DATAROBOT_ENDPOINT/deployments/$DEPLOYMENT_ID/"
}

# Plain in a pipe, from any folder.
quickstart() {
  (cd / && sh "$root/examples/quickstart.sh") >"$log/quickstart.out"
  status=$?
  cat "$log/quickstart.out"
  [ "$status" = 0 ] && [ -s "$log/quickstart.out" ] &&
    ! grep -q "$(printf '\033')" "$log/quickstart.out"
}

fuzz() { # TARGET
  seeds=spec/fuzz/corpus/$1
  found=build/fuzz/corpus/$1
  dictionary=
  case $1 in *json*) dictionary=-dict=spec/fuzz/json.dict ;; esac
  mkdir -p "$found" &&
    "build/fuzz/spec/fuzz_$1" -error_exitcode=1 -runs=0 "$seeds" &&
    "build/fuzz/spec/fuzz_$1" ${dictionary:+"$dictionary"} -error_exitcode=1 -max_total_time="${FUZZ_SECONDS:-40}" -timeout=20 \
      -rss_limit_mb=2048 -artifact_prefix=build/fuzz/ -print_final_stats=1 "$found" "$seeds"
}

# From a copy, as luarocks leaves a folder of its own in the source.
rockspec() {
  tree=$root/build/rock/tree
  mkdir -p build/rock/source && copy_source build/rock/source && cd build/rock/source &&
    luarocks --lua-version=5.4 make --deps-mode=none --tree "$tree" &&
    installed "$tree/share/lua/5.4" "$tree/lib/lua/5.4" &&
    LUA_PATH_5_4="$tree/share/lua/5.4/?.lua;$tree/share/lua/5.4/?/init.lua;;" LUA_CPATH_5_4="$tree/lib/lua/5.4/?.so;;" \
      "$tree/bin/datarobot" schedule @daily
}

copy_source() {
  tar -cf - --exclude=./build --exclude=./.git . | tar -xf - -C "$1"
}

# As a host that links the static library finds it.
static_host() {
  pc=$(find build/prefix -name lua-datarobot.pc) &&
    export PKG_CONFIG_PATH="${pc%/*}" &&
    pkg-config --print-errors --exists lua-datarobot &&
    # shellcheck disable=SC2046
    gcc -DPRELOAD examples/host.c -o build/prefix/host $(pkg-config --cflags --libs lua-datarobot lua5.4) &&
    echo 'assert(require "datarobot"._VERSION)' >build/prefix/script.lua &&
    LUA_PATH_5_4="build/prefix/share/lua/5.4/?.lua;build/prefix/share/lua/5.4/?/init.lua" \
      LUA_CPATH_5_4="/nowhere/?.so" build/prefix/host build/prefix/script.lua
}

cmake_install() {
  cmake --install build/plain --prefix "$root/build/prefix" || return 1
  static_host &&
    env -u LUA_PATH_5_4 -u LUA_CPATH_5_4 "$root/build/prefix/bin/datarobot" schedule @daily &&
    libdir=$(find build/prefix -name core.so) &&
    installed "$root/build/prefix/share/lua/5.4" "$root/${libdir%/datarobot/core.so}"
}

installed() { # LUA-FOLDER C-FOLDER
  cd / && LUA_PATH_5_4="$1/?.lua;$1/?/init.lua;;" LUA_CPATH_5_4="$2/?.so;;" \
    lua5.4 "$root/spec/support/installed.lua" "$1" "$2"
}

# The token of all tests stands in no log, in none of its forms.
canary() {
  forms=$(lua5.4 spec/support/canary_forms.lua) && [ "$(echo "$forms" | wc -l)" -ge 8 ] || return 1
  ! grep -r -l -F -e "$forms" --exclude=canary.log "$log"
}

# Wide enough for a machine that does other things at the same time: a guard against a slip, not the
# measurement, which is `sh spec/bench/run.sh` on a quiet one.
bench() {
  BENCH_ROUNDS="${BENCH_ROUNDS:-9}" BENCH_MOST=1.8 sh spec/bench/run.sh build/plain
}

# Versions differ in what they make of the same file.
format() {
  version=$(clang-format --version | sed -n 's/^.* version \([0-9]*\).*/\1/p')
  [ "$version" = 14 ] || {
    echo "clang-format 14 judges, this is ${version:-none}"
    return 77
  }
  find src spec examples -name '*.[ch]' -exec clang-format --dry-run --Werror {} +
}

# Debian 13, of which this counts the tests, on a machine with another release.
chroot_trixie() {
  grep -q '^VERSION_CODENAME=trixie$' /etc/os-release && {
    echo "this is Debian 13"
    return 77
  }
  sh spec/chroot.sh trixie transport settle loop objects
  status=$?
  sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$log/chroot-trixie.log" >"$log/chroot-trixie.count"
  return "$status"
}

# Lua's own source with its assertions, built here; five minutes at most.
hardlua() {
  timeout 330 sh spec/hardlua.sh build/plain >"$log/hardlua.tap" 2>&1
  status=$?
  cat "$log/hardlua.tap"
  [ "$status" != 77 ] || return 77
  count_tap "$log/hardlua.tap" hardlua && [ "$status" = 0 ]
}

everything() {
  step luacheck luacheck --no-color -q lua spec examples doc cmake ./*.rockspec
  step format format
  step build-asan build asan
  two suite-plain suite suite-plain plain
  two suite-asan suite suite-asan asan
  step unit-plain unit unit-plain plain
  step unit-asan unit unit-asan asan
  step valgrind sh spec/embed/valgrind.sh build/plain
  step hardlua hardlua
  for file in examples/*.lua; do
    case $file in
    examples/sandbox.lua) step example-sandbox with_sandbox ask_deployment ;;
    examples/nightly.lua) step example-nightly with_sandbox example "$file" ;;
    *) step "example-$(basename "$file" .lua)" example "$file" ;;
    esac
  done
  step example-quickstart quickstart
  step rockspec rockspec
  step cmake-install cmake_install
  step bench bench
  step build-fuzz build fuzz
  for seeds in spec/fuzz/corpus/*; do
    target=$(basename "$seeds")
    two "fuzz-$target" fuzz "$target"
  done
  report_two
  two chroot-trixie chroot_trixie
  [ "${COVERAGE:-1}" = 0 ] || two coverage sh spec/coverage.sh
  report_two
  step canary canary
}

step build-plain build plain
# Without a build nothing else would tell more.
if [ "$failed" = 0 ]; then
  if [ $# = 0 ]; then everything; else step suite-plain suite suite-plain plain "$@"; fi
fi

minutes() { # SECONDS
  printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}

seconds_of() { # PATTERN: of names of steps
  cat "$log"/$1.status 2>/dev/null | awk '{ sum += $2 } END { print sum + 0 }'
}

echo "Minutes: $(minutes $(($(date +%s) - started))) in all, two suites or fuzzers at a time: plain" \
  "$(minutes "$(seconds_of suite-plain)"), sanitizers $(minutes "$(seconds_of suite-asan)"), fuzzing" \
  "$(minutes "$(seconds_of 'fuzz-*')") with FUZZ_SECONDS=${FUZZ_SECONDS:-40}, Debian 13 $(minutes "$(seconds_of 'chroot-*')")"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
