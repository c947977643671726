#!/bin/sh
# The module under Valgrind's memcheck: an invalid access, a use of what was never set or a block that
# nobody holds any more ends with status 99. The build must be one without sanitizers.
#   sh spec/embed/valgrind.sh BUILD            calls of all kinds, good and failed: under a minute
#   sh spec/embed/valgrind.sh BUILD SPEC...    these specs, such as spec/transport: many minutes
cd "$(dirname "$0")/../.." || exit 2
[ -f "$1/datarobot/core.so" ] || {
  echo "usage: $0 BUILD [SPEC]..." >&2
  exit 2
}
build=$(cd "$1" && pwd)
shift
LUA_PATH_5_4="$PWD/lua/?.lua;$PWD/lua/?/init.lua;$PWD/?.lua;;"
LUA_CPATH_5_4="$build/?.so;;"
export LUA_PATH_5_4 LUA_CPATH_5_4
# The rest of the line is the program that runs under Valgrind; what it starts does not.
memcheck() {
  valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect \
    --show-leak-kinds=definite,indirect --num-callers=30 "$@"
}
[ $# != 0 ] || {
  memcheck lua5.4 spec/embed/valgrind.lua
  exit
}
busted=$(command -v busted) || exit 2
memcheck lua5.4 "$busted" --ignore-lua --run=ci --output=spec/support/tap.lua "$@"
