#!/bin/sh
# Builds for gcov, runs folders of the suite and the unit tests on that build, and tells what of src/ they run: by file
# the lines and the branches that none of them takes, then the totals. The status is not 0 when less than COVERAGE_LINES
# (97) or COVERAGE_BRANCHES (92) per cent are run.
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

# Where a test becomes another user, what it runs from then on is not counted: nothing may be said of that.
export GCOV_ERROR_FILE=/dev/null

# What gcov takes for a line, and never for one that ran: a declaration that sets nothing.
declaration='^\s+(?!return |goto |else )((const|unsigned|struct|static) )*\w+ \**\w+[\w\[\], *+]*;'

# gcovr on the data of the last run, the sandbox's server left out.
measure() { # ARGUMENT...
  gcovr build/coverage --root . --filter src/ --exclude src/sandbox/ --exclude-throw-branches \
    --exclude-lines-by-pattern "$declaration" "$@"
}

# The suite's own steps tell what failed; some specs of this house look at a build that nothing was added to.
build coverage >"$log/build-coverage.log" 2>&1 || {
  tail -n 30 "$log/build-coverage.log"
  exit 1
}
find build/coverage -name '*.gcda' -delete
[ $# != 0 ] || set -- discovery json memory objects regress runs schedule settle tasks transport validate
suite suite-coverage coverage "$@" >"$log/suite-coverage.log"
unit unit-coverage coverage >"$log/unit-coverage.log" 2>&1
echo "suite and unit tests: $(cat "$log/suite-coverage.count" "$log/unit-coverage.count" |
  awk '{ good += $1; bad += $2 } END { printf "%d passed, %d failed", good, bad }')"

measure --sort-percentage --txt && measure --sort-percentage --branches --txt &&
  measure --print-summary --fail-under-line "${COVERAGE_LINES:-97}" \
    --fail-under-branch "${COVERAGE_BRANCHES:-92}" >"$log/coverage.txt"
status=$?
tail -n 3 "$log/coverage.txt"
exit "$status"
