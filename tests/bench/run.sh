#!/usr/bin/env bash
# Measures every figure against its peers and prints one table. Usage: BUILD=build/release run.sh [bench ...]
# Benches: wasm first native size page http healthz outbox scale (all by default). BENCH_ROUNDS sets the rounds (7).
# Everything it starts (a private MariaDB, servers, a browser) it also stops. A figure that is missed is
# printed as such and makes the exit status 1; nothing else here fails a build.
set -uo pipefail
cd "$(dirname "$0")/../.."
export BUILD=${BUILD:-build/release}
mkdir -p build/bench
cmake --build "$BUILD" --target bench_programs verify_bench twofold > build/bench/build.log 2>&1 || { tail -20 build/bench/build.log; exit 1; }
benches=("$@")
[ ${#benches[@]} -gt 0 ] || benches=(wasm first native size page http healthz outbox scale)
broken=0
for bench in "${benches[@]}"; do
    [ $# -gt 0 ] || rm -f "build/bench/$bench.json"
    echo "bench: $bench ..."
    node "tests/bench/$bench.mjs" > "build/bench/$bench.log" 2>&1 || {
        # size.mjs says so itself when a budget is exceeded; the table repeats it.
        [ "$bench" = size ] || { echo "bench: $bench did not finish:"; tail -15 "build/bench/$bench.log"; broken=1; }
    }
done
node tests/bench/report.mjs
status=$?
[ "$broken" -eq 0 ] && exit "$status"
exit 2
