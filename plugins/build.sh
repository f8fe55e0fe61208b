#!/bin/sh
# Builds every plugin, or with --check tells whether each committed plugin.wasm is what its source builds.
set -u
cd "$(dirname "$0")"
passed=0
failed=0
for build in */build.sh; do
    if "./$build" "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
