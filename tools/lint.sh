#!/usr/bin/env bash
# clang-tidy over the C++ of the product (tests are compiled with the same warnings, not tidied), and
# the strict type check of the TypeScript. Usage: tools/lint.sh BUILD_FOLDER
set -euo pipefail
build=${1:?usage: tools/lint.sh BUILD_FOLDER}
status=0
git ls-files 'shared/*.cpp' 'server/*.cpp' | xargs -P "$(nproc)" -n 1 clang-tidy -p "$build" --quiet 2>/dev/null |
    grep -E 'warning:|error:' | sort -u | tee build/clang-tidy.log || true
if [ -s build/clang-tidy.log ]; then
    echo "clang-tidy: $(wc -l < build/clang-tidy.log) findings"
    status=1
else
    echo "clang-tidy: clean"
fi
(cd wasm && npx --no-install tsc --noEmit) && (cd web && npx --no-install tsc --noEmit) || status=1
exit $status
