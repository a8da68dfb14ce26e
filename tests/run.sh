#!/usr/bin/env bash
# Runs the named suites one after another, all of them even when one fails, and ends with a summary.
# Usage: BUILD=build/release tests/run.sh rooms units wasm web api faults browser
# Every suite starts the services it needs (MariaDB, servers, a browser) on private ports and folders.
set -uo pipefail
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build/release}
export BUILD TWOFOLD_BINARY="$PWD/$BUILD/twofold"
logs=build/test-logs
mkdir -p "$logs"

run_suite() {
    case $1 in
        rooms) python3 tools/check_rooms.py && python3 tools/check_tree.py ;;
        units) ctest --test-dir "$BUILD" --output-on-failure --no-tests=error -j 2 ;;
        wasm) (cd wasm && npm test --silent) ;;
        web) (cd web && npm run --silent check) ;;
        api) node --test tests/api/*.test.mjs ;;
        # Mostly waiting for what is broken on purpose, hence several at a time.
        faults) node --test --test-concurrency=2 tests/faults/*.test.mjs ;;
        soak) TWOFOLD_LONG=1 node --test --test-concurrency=1 tests/faults/*.test.mjs && node tests/faults/soak.mjs ;;
        browser) node --test --test-concurrency=1 tests/browser/*.test.mjs ;;
        *) echo "no suite called $1" && return 2 ;;
    esac
}

passed=0
failed=0
lines=()
for suite in "$@"; do
    echo "== $suite"
    start=$SECONDS
    run_suite "$suite" 2>&1 | tee "$logs/$suite.log"
    status=${PIPESTATUS[0]}
    took=$((SECONDS - start))
    if [ "$status" -eq 0 ]; then
        passed=$((passed + 1))
        verdict=passed
    else
        failed=$((failed + 1))
        verdict="FAILED (exit $status, log $logs/$suite.log)"
    fi
    lines+=("$(printf '%-8s %4d s  %s' "$suite" "$took" "$verdict")")
    # The runners' own summaries, repeated at the end where they are easy to find.
    summary=$(grep -aE '^(rooms:|tree:|[0-9]+% tests passed|ℹ (tests|pass|fail)|# (tests|pass|fail)|locales:|soak:)' "$logs/$suite.log")
    while IFS= read -r line; do [ -n "$line" ] && lines+=("             $line"); done <<<"$summary"
done
echo
echo "== summary"
printf '%s\n' "${lines[@]}"
echo "suites: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
