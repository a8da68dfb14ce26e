#!/usr/bin/env bash
# Runs every libFuzzer target in turn, starting from its seeds. Usage: tests/fuzz/run.sh BUILD_FOLDER SECONDS
# What the fuzzer learned is kept in BUILD_FOLDER/learned, what broke in BUILD_FOLDER/found.
set -uo pipefail
cd "$(dirname "$0")/../.."
build=${1:?usage: tests/fuzz/run.sh BUILD_FOLDER SECONDS}
seconds=${2:?usage: tests/fuzz/run.sh BUILD_FOLDER SECONDS}
failed=0
for seeds in tests/fuzz/corpus/*/; do
    name=$(basename "$seeds")
    mkdir -p "$build/learned/$name" "$build/found"
    log="$build/fuzz-$name.log"
    if "$build/tests/fuzz/${name}_fuzz" -max_total_time="$seconds" -max_len=4096 -timeout=10 -print_final_stats=1 \
        -artifact_prefix="$build/found/$name-" "$build/learned/$name" "$seeds" >"$log" 2>&1; then
        echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s, none breaks it"
    else
        echo "$name: BROKEN; input in $build/found, log:" && tail -n 25 "$log"
        failed=1
    fi
done
exit $failed
