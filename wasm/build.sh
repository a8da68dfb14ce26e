#!/bin/sh
# build.sh [--debug] - compiles shared/ and abi.cpp to build/wasm/twofold_core.wasm.
#
# Needs Debian's emscripten (3.1.6 on Debian 12, 3.1.69 on Debian 13) and the Crypto++ sources of
# tools/fetch_sources.sh. Only the compiler comes through em++, for its headers; the link is plain
# wasm-ld, because emcc would add a run-time that nothing here calls. Nothing is imported from the
# host: no malloc, no libc; memcpy and memset become instructions.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
deps=${TWOFOLD_DEPS:-$root/build/deps}
out=${TWOFOLD_WASM_OUT:-$root/build/wasm}
objects=$out/objects
mkdir -p "$objects"

need() {
    command -v "$1" > /dev/null || {
        printf 'wasm/build.sh: %s not found: apt-get install emscripten\n' "$1" >&2
        exit 1
    }
}
need em++
need wasm-opt
[ -f "$deps/cryptopp/sha.cpp" ] || "$root/tools/fetch_sources.sh" "$deps"

# wasm-ld carries LLVM's version in its name when only that version is installed.
linker=$(command -v wasm-ld || ls /usr/bin/wasm-ld-* /usr/lib/llvm-*/bin/wasm-ld 2> /dev/null | sort -V | tail -n 1)
[ -n "$linker" ] || need wasm-ld

version=$(sed -n 's/^project(twofold VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")

common="-std=c++20 -mbulk-memory -ffunction-sections -fdata-sections -I$root -DNDEBUG
        -DTWOFOLD_VERSION=\"$version\" -Wall -Wextra"
# Link-time optimisation lets views and spans travel in locals instead of through memory.
own="$common -Oz -flto -finline-functions -fno-exceptions -fno-rtti"
# The hashes need inlined rotates, which emcc switches off at -Os and -Oz: every rotate of Crypto++
# would be a call, five times slower.
hashes="$common -Oz -finline-functions -DCRYPTOPP_DISABLE_ASM=1 -I$deps -fexceptions -frtti"

compile() { # object source flags...
    object=$objects/$1.o
    source=$2
    shift 2
    # shellcheck disable=SC2086
    em++ "$@" -c "$source" -o "$object"
}

# shellcheck disable=SC2086
{
    for file in backup_code base32 clock_doctor code_text hmac hotp otpauth plain_text svg totp; do
        compile "$file" "$root/shared/$file.cpp" $own
    done
    # QR's inner loops want their helpers inlined: -flto without that is 1.7 times slower and larger.
    compile qr "$root/shared/qr.cpp" $common -Os -finline-functions -fno-exceptions -fno-rtti
    compile abi "$here/abi.cpp" $own -fno-builtin-memcmp -fno-builtin-strlen
    compile hash_block "$root/shared/hash_block.cpp" $hashes
    compile sha "$deps/cryptopp/sha.cpp" $hashes -w
}
"$linker" -o "$out/linked.wasm" "$objects"/*.o --no-entry --gc-sections --strip-all --global-base=1024 \
    --export=__heap_base -z stack-size=65536 \
    -mllvm -disable-lsr -mllvm -combiner-global-alias-analysis=false --initial-memory=393216 --max-memory=393216
wasm-opt -Oz --low-memory-unused --enable-bulk-memory --strip-debug --strip-producers --strip-target-features \
    "$out/linked.wasm" -o "$out/twofold_core.wasm"
