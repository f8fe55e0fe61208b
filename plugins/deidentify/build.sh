#!/bin/sh
# Builds plugin.wasm. With --check: builds into a temporary directory and compares with the committed file.
set -eu
cd "$(dirname "$0")"

missing=""
command -v clang >/dev/null || missing="$missing clang"
command -v wasm-ld >/dev/null || missing="$missing lld"
[ -f /usr/lib/wasm32-wasi/crt1-command.o ] || missing="$missing wasi-libc"
if command -v clang >/dev/null; then
    [ -f "$(clang -print-resource-dir)/lib/wasi/libclang_rt.builtins-wasm32.a" ] || missing="$missing libclang-rt-dev-wasm32"
fi
if [ -n "$missing" ]; then
    echo "deidentify: missing$missing; on Debian 12: apt-get install$missing" >&2
    exit 1
fi

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# Relative file names and no debug or producer section: the bytes do not depend on where the checkout is.
# The memory is capped at 8 MiB: 1 MiB of text, twice that in scratch, and the growing read buffer.
# Two steps, and no -O when linking: with -O clang's link step runs wasm-opt where binaryen happens to be
# installed, which changes the bytes and merges the rules into one function too large for the JVM's JIT.
for source in main deidentify; do
    clang --target=wasm32-wasi -std=c11 -O2 -fno-unroll-loops -fno-ident -Wall -Wextra -Werror \
        -c "$source.c" -o "$out/$source.o"
done
clang --target=wasm32-wasi -Wl,--strip-all -Wl,-z,stack-size=65536 -Wl,--max-memory=8388608 \
    "$out/main.o" "$out/deidentify.o" -o "$out/plugin.wasm"

if [ "${1:-}" = --check ]; then
    if ! cmp "$out/plugin.wasm" plugin.wasm; then
        echo "deidentify: plugin.wasm is not what $(clang --version | head -n 1) builds from this source; run build.sh and commit it" >&2
        exit 1
    fi
    echo "deidentify: plugin.wasm matches its source"
else
    cp "$out/plugin.wasm" plugin.wasm
    echo "deidentify: $(wc -c < plugin.wasm) bytes, sha256 $(sha256sum plugin.wasm | cut -d ' ' -f 1)"
fi
