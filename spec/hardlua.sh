#!/bin/sh
# Builds Lua's own source (Debian's, as apt-get source gives it) with API checks, assertions and a stack that moves
# whenever it may, and runs the specs named (default: a few fast ones) on it. Prints "skipped: ..." and ends with status 0
# where there is no source. Usage: sh spec/hardlua.sh [BUILD [SPEC...]]; BUILD: the module's, default build/plain.
set -u
cd "$(dirname "$0")/.." || exit 2
root=$(pwd)
build=${1:-build/plain}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- spec/regress/strangers_spec.lua spec/regress/joined_spec.lua spec/json spec/tasks/each_spec.lua
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
skip() { echo "skipped: $1"; exit 0; }

# The machine's own list of sources stays as it is.
place=$(apt-cache policy lua5.4 2>/dev/null | awk '$2 ~ /^http/ { split($3, p, "/"); print $2, p[1], p[2]; exit }')
[ -n "$place" ] || skip "apt knows no place of lua5.4"
echo "deb-src $place" >"$work/list"
mkdir -p "$work/lists/partial" "$work/src"
apt() {
  apt-get -q -o Dir::Etc::SourceList="$work/list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::lists="$work/lists" \
    -o Dir::Cache="$work/cache" "$@" >"$work/apt.log" 2>&1
}
apt update && (cd "$work/src" && apt source lua5.4) || skip "apt has no source of lua5.4"
src=$(find "$work/src" -name lapi.c -exec dirname {} \; | head -n 1)
[ -n "$src" ] || skip "the source of lua5.4 has no lapi.c"
mkdir "$work/bin"
# shellcheck disable=SC2046
cc -std=gnu99 -O1 -g -DLUA_USE_LINUX -DLUA_COMPAT_5_3 -DLUAI_ASSERT -DLUA_USE_APICHECK -DHARDSTACKTESTS -I"$src" \
  $(find "$src" -name '*.c' ! -name luac.c) -Wl,-E -lm -ldl -o "$work/bin/lua5.4" || exit 1
LUA_PATH_5_4="$root/lua/?.lua;$root/lua/?/init.lua;$root/?.lua;$(lua5.4 -e 'print(package.path)')"
LUA_CPATH_5_4="$root/$build/?.so;$(lua5.4 -e 'print(package.cpath)')"
export LUA_PATH_5_4 LUA_CPATH_5_4
PATH="$work/bin:$PATH" timeout 150 lua5.4 "$(command -v busted)" --ignore-lua --run=ci --output=spec/support/tap.lua "$@"
