#!/bin/sh
# build.sh [--debug] - compiles shared/ and abi.cpp to build/wasm/twofold_core.wasm, and the check of
# histories (audit_abi.cpp) to build/wasm/twofold_audit.wasm.
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

# Every browser that has the custom elements' features has these three of WebAssembly's too.
common="-std=c++20 -mbulk-memory -mnontrapping-fptoint -msign-ext -ffunction-sections
        -fdata-sections -I$root -DNDEBUG -DTWOFOLD_VERSION=\"$version\" -Wall -Wextra"
# Link-time optimisation lets views and spans travel in locals instead of through memory.
own="$common -Oz -flto -finline-functions -fno-exceptions -fno-rtti"
# emcc switches inlining off at -Os, which keeps SHA-1's schedule in memory: smaller code. wasm-opt
# inlines the rotates afterwards (-aimfs); as calls they would be five times slower.
hashes="$common -Os -DCRYPTOPP_DISABLE_ASM=1 -I$deps -I$deps/cryptopp -fexceptions -frtti"

compile() { # object source flags...
    object=$objects/$1.o
    source=$2
    shift 2
    # shellcheck disable=SC2086
    em++ "$@" -c "$source" -o "$object"
}

sed -f "$here/roll_sha.sed" "$deps/cryptopp/sha.cpp" > "$objects/sha.cpp"
[ "$(grep -c '++i) { R(i); }' "$objects/sha.cpp")" = 2 ] || {
    printf 'wasm/build.sh: roll_sha.sed no longer fits this sha.cpp\n' >&2
    exit 1
}

rm -f "$objects"/*.o
# shellcheck disable=SC2086
{
    for file in audit_chain backup_code base32 clock_doctor code_text hmac hotp otpauth plain_text qr sha256 svg totp; do
        compile "$file" "$root/shared/$file.cpp" $own
    done
    for file in abi audit_abi; do
        compile "$file" "$here/$file.cpp" $own -fno-builtin-memcmp -fno-builtin-strlen
    done
    compile hash_block "$root/shared/hash_block.cpp" $hashes
    compile hash_constants "$here/hash_constants.cpp" $own
    compile sha "$objects/sha.cpp" $hashes -include "$here/weak_tables.hpp" -w
}

link() { # module memory objects...
    module=$out/$1.wasm
    memory=$2
    shift 2
    files=
    for name; do files="$files $objects/$name.o"; done
    # shellcheck disable=SC2086
    "$linker" -o "$out/linked.wasm" $files --no-entry --gc-sections --strip-all --global-base=1024 \
        --export=a -z stack-size=65536 -mllvm -disable-lsr -mllvm -combiner-global-alias-analysis=false \
        "--initial-memory=$memory" "--max-memory=$memory"
    # Twice, because the first run's inlining opens ways for the second: 3 % smaller.
    for run in 1 2; do
        wasm-opt -Os --always-inline-max-function-size=10 --low-memory-unused --enable-bulk-memory \
            --enable-nontrapping-float-to-int --enable-sign-ext \
            --strip-debug --strip-producers --strip-target-features "$out/linked.wasm" -o "$out/optimised.wasm"
        mv "$out/optimised.wasm" "$out/linked.wasm"
    done
    mv "$out/linked.wasm" "$module"
}

# The order of the objects is part of the core's bytes.
link twofold_core 393216 abi backup_code base32 clock_doctor code_text hash_block hash_constants hmac \
    hotp otpauth plain_text qr sha svg totp
link twofold_audit 393216 audit_abi audit_chain hash_block hash_constants hmac sha sha256
