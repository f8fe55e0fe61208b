#!/bin/sh
# Runs the committed plugin.wasm on testdata under a small Extism host. Needs Node only.
set -eu
cd "$(dirname "$0")"
command -v node >/dev/null || {
    echo "news2: missing nodejs; on Debian: apt-get install nodejs" >&2
    exit 1
}
exec node test/test.mjs
