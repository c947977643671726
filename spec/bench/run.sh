#!/bin/sh
# The benchmark: sh spec/bench/run.sh [BUILD-FOLDER], default build/plain. Prints one table; the status is
# 1 when a budget is missed. A line that misses is measured again, up to three times in all, and judged by
# the best of its medians: what disturbs a machine only ever makes a program slower.
# Before it stands a small table about validation, without a network.
# BENCH_ROUNDS: interleaved rounds, default 21 (fewer where a round takes long).
# BENCH_ROWS: a pattern of Lua; only rows whose title it finds.
# BENCH_MOST: the short form: only GET and create, without the columns of others, each at most so many
# times the bare libcurl program.
set -u
cd "$(dirname "$0")/../.." || exit 2
build=${1:-build/plain}
export PATH="$PATH:/usr/sbin:/sbin"
export LUA_PATH_5_4="./lua/?.lua;./lua/?/init.lua;./?.lua;;" LUA_CPATH_5_4="$build/?.so;;"
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY DATAROBOT_CONFIG_FILE

# Client and server on the first CPU that this process may use.
cpu=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')
bench() {
  taskset -c "$cpu" lua5.4 spec/bench/bench.lua "$build"
}
missed=0
taskset -c "$cpu" lua5.4 spec/bench/validate.lua "$build" || missed=1
if [ -n "${BENCH_MOST:-}" ]; then
  bench && [ "$missed" = 0 ]
  exit
fi

# The lines with the system's trust run in a mount namespace of their own, in which a copy of the trust
# store stands in the place of the system's; bench.lua adds its certificate authority to the copy.
store=$(mktemp -d) || exit 2
trap 'rm -rf "$store"' EXIT
user=
[ "$(id -u)" = 0 ] || user=-r
if cp -R /etc/ssl/certs/. "$store" && : >"$store/copy-of-the-benchmark" && unshare $user -m true 2>/dev/null; then
  export BENCH_TRUST=/etc/ssl/certs
  unshare $user -m sh -c 'mount --bind "$1" /etc/ssl/certs &&
    exec taskset -c "$2" lua5.4 spec/bench/bench.lua "$3"' sh "$store" "$cpu" "$build"
else
  bench
fi && [ "$missed" = 0 ]
