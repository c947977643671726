#!/bin/sh
# Builds lua-datarobot and runs the retraining notebook against a local DataRobot (the sandbox).
# Missing Debian packages are installed. Colours on a terminal, unless NO_COLOR is set.
set -u
cd "$(dirname "$0")/.." || exit 2
root=$(pwd)
. spec/support/setup.sh
# shellcheck disable=SC2086
need $BUILD_PACKAGES

mkdir -p build/log || exit 2
log=build/log/quickstart.log

build() {
  cmake -S . -B build -DDATAROBOT_TESTS=OFF && cmake --build build --parallel
}

say "Building lua-datarobot ..."
build >"$log" 2>&1 || {
  tail -n 40 "$log" >&2
  say "The build failed; all of its output is in $root/$log"
  exit 1
}

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
  set -- --color "$@"
fi
LUA_PATH_5_4="$root/lua/?.lua;$root/lua/?/init.lua;;" LUA_CPATH_5_4="$root/build/?.so;;" \
  exec lua5.4 examples/notebook.lua "$@"
