#!/bin/sh
# The benchmark: sh spec/bench/run.sh [BUILD-FOLDER], default build/plain. Prints one table.
# BENCH_ROUNDS: interleaved rounds, default 21. BENCH_MOST: fails when a GET or a create takes more
# than this many times what the bare libcurl program takes.
set -u
cd "$(dirname "$0")/../.." || exit 2
build=${1:-build/plain}
export PATH="$PATH:/usr/sbin:/sbin"
export LUA_PATH_5_4="./lua/?.lua;./lua/?/init.lua;./?.lua;;" LUA_CPATH_5_4="$build/?.so;;"
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
# Client and server on the first CPU that this process may use.
cpu=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')
exec taskset -c "$cpu" lua5.4 spec/bench/bench.lua "$build"
