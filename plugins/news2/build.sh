#!/bin/sh
# Builds plugin.wasm. With --check: builds into a temporary directory and compares with the committed file.
set -eu
cd "$(dirname "$0")"

missing=""
command -v node >/dev/null || missing="$missing nodejs"
command -v npm >/dev/null || missing="$missing npm"
if [ -n "$missing" ]; then
    echo "news2: missing$missing (Node 20 or later); on Debian: apt-get install$missing" >&2
    exit 1
fi
if [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20')" != true ]; then
    echo "news2: assemblyscript needs Node 20 or later, this is $(node --version)" >&2
    exit 1
fi
log=$(npm ci --ignore-scripts --no-audit --no-fund 2>&1) || {
    echo "$log" >&2
    echo "news2: npm ci could not install assemblyscript and @extism/as-pdk from package-lock.json" >&2
    exit 1
}

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
# `stub` never frees: an instance serves one call. --use: no Extism host has AssemblyScript's env.abort.
node node_modules/assemblyscript/bin/asc.js assembly/index.ts --outFile "$out/plugin.wasm" \
    --runtime stub --use abort=assembly/abort/abort \
    --optimizeLevel 3 --shrinkLevel 1 --converge --maximumMemory 32

if [ "${1:-}" = --check ]; then
    if ! cmp "$out/plugin.wasm" plugin.wasm; then
        echo "news2: plugin.wasm is not what the pinned compiler builds from this source; run build.sh and commit it" >&2
        exit 1
    fi
    echo "news2: plugin.wasm matches its source"
else
    cp "$out/plugin.wasm" plugin.wasm
    echo "news2: $(wc -c < plugin.wasm) bytes, sha256 $(sha256sum plugin.wasm | cut -d ' ' -f 1)"
fi
