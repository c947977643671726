#!/bin/sh
# Builds Lua's own source (Debian's, as apt-get source gives it) with API checks, assertions and a stack that moves
# whenever it may, and runs specs on it. Ends with status 77 and a word why where the source cannot be had.
#   sh spec/hardlua.sh [BUILD [SPEC...]]; BUILD: the module's, default build/plain; SPEC: default those that are fast there
# LUA_HARD: what is hard: HARDSTACKTESTS (default), or HARDMEMTESTS, all garbage is collected wherever some may be.
# LUA_RELEASE: the Debian release whose Lua it is (trixie: 5.4.7), default this machine's.
set -u
cd "$(dirname "$0")/.." || exit 2
root=$(pwd)
build=${1:-build/plain}
[ $# -gt 0 ] && shift
# What takes long on this Lua is left to whoever names it.
[ $# -gt 0 ] || {
  slow='/(dense|echo_forms|linear|reply_types|mistakes|properties|sizes|sources|values|interleavings)_spec'
  # shellcheck disable=SC2046
  set -- spec/json $(ls spec/validate/*_spec.lua spec/regress/*_spec.lua spec/tasks/*_spec.lua spec/objects/*_spec.lua |
    grep -v -E "$slow")
}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
skip() {
  echo "skipped: $1"
  exit 77
}

# The machine's own list of sources stays as it is.
place=$(apt-cache policy lua5.4 2>/dev/null | awk '$2 ~ /^http/ { split($3, p, "/"); print $2, p[1], p[2]; exit }')
[ -n "$place" ] || skip "apt knows no place of lua5.4"
[ -z "${LUA_RELEASE:-}" ] || place="${place%% *} $LUA_RELEASE main"
echo "deb-src $place" >"$work/list"
mkdir -p "$work/lists/partial" "$work/src"
apt() {
  timeout 40 apt-get -q -o Dir::Etc::SourceList="$work/list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::lists="$work/lists" \
    -o Dir::Cache="$work/cache" "$@" >"$work/apt.log" 2>&1
}
apt update && (cd "$work/src" && apt source lua5.4) || skip "apt has no source of lua5.4"
src=$(find "$work/src" -name lapi.c -exec dirname {} \; | head -n 1)
[ -n "$src" ] || skip "the source of lua5.4 has no lapi.c"
mkdir "$work/bin"
# shellcheck disable=SC2046
timeout 60 cc -std=gnu99 -O1 -g -DLUA_USE_LINUX -DLUA_COMPAT_5_3 -DLUAI_ASSERT -DLUA_USE_APICHECK "-D${LUA_HARD:-HARDSTACKTESTS}" -I"$src" \
  $(find "$src" -name '*.c' ! -name luac.c) -Wl,-E -lm -ldl -o "$work/bin/lua5.4" || exit 1
echo "# $("$work/bin/lua5.4" -v)"
LUA_PATH_5_4="$root/lua/?.lua;$root/lua/?/init.lua;$root/?.lua;$(lua5.4 -e 'print(package.path)')"
LUA_CPATH_5_4="$root/$build/?.so;$(lua5.4 -e 'print(package.cpath)')"
export LUA_PATH_5_4 LUA_CPATH_5_4
PATH="$work/bin:$PATH" timeout 300 lua5.4 "$(command -v busted)" --ignore-lua --run=ci --output=spec/support/tap.lua "$@"
