#!/bin/sh
# Builds for gcov, runs folders of the suite and the unit tests on that build, and tells what of src/ they run: by file
# the lines and the branches that none of them takes, then the totals. The status is not 0 when less than COVERAGE_LINES
# (98) or COVERAGE_BRANCHES (95) per cent are run.
#   sh spec/coverage.sh             the folders that matter for src/ without its sandbox
#   sh spec/coverage.sh FOLDER...   these folders of spec/
set -u
cd "$(dirname "$0")/.." || exit 2
root=$(pwd)
log=$root/build/log
. spec/support/setup.sh
. spec/support/steps.sh
# shellcheck disable=SC2086
need $BUILD_PACKAGES $TEST_PACKAGES
own_environment
mkdir -p "$log" build/home || exit 2

# What gcov takes for a line, and never for one that ran: a declaration that sets nothing.
declaration='^\s+(?!return |goto |else )((const|unsigned|struct|static) )*\w+ \**\w+[\w\[\], *+]*;'

# The branch within Lua's own macro is not ours.
macro='^\s*(else |)luaL_addchar\([^?]*;'

# gcovr on the data of the last run: of the objects of the module, without the sandbox's server. (A test program is
# built from the same sources for ThreadSanitizer, and never counted.)
measure() { # ARGUMENT...
  gcovr build/coverage/CMakeFiles --root . --filter src/ --exclude src/sandbox/ --exclude-throw-branches \
    --exclude-lines-by-pattern "$declaration" --exclude-branches-by-pattern "$macro" "$@"
}

# The suite's own steps tell what failed; some specs of this house look at a build that nothing was added to.
build coverage >"$log/build-coverage.log" 2>&1 || {
  tail -n 30 "$log/build-coverage.log"
  exit 1
}
find build/coverage -name '*.gcda' -delete
# A test that becomes another user counts, too.
(umask 0 && LUA_CPATH_5_4="$root/build/coverage/?.so;;" lua5.4 -e 'require "datarobot.core" require "datarobot.net"') || exit 1
[ $# != 0 ] || set -- discovery json memory objects regress runs schedule settle tasks transport validate
suite suite-coverage coverage "$@" >"$log/suite-coverage.log"
unit unit-coverage coverage >"$log/unit-coverage.log" 2>&1
echo "suite and unit tests: $(cat "$log/suite-coverage.count" "$log/unit-coverage.count" |
  awk '{ good += $1; bad += $2 } END { printf "%d passed, %d failed", good, bad }')"

measure --sort-percentage --txt && measure --sort-percentage --branches --txt &&
  measure --print-summary --fail-under-line "${COVERAGE_LINES:-98}" \
    --fail-under-branch "${COVERAGE_BRANCHES:-95}" >"$log/coverage.txt"
status=$?
tail -n 3 "$log/coverage.txt"
exit "$status"
