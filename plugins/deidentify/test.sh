#!/bin/sh
# Tests the rules natively under the sanitizers, then the committed plugin.wasm on testdata through node:wasi.
# test.sh [SEED] : the seed of the random mutations; the current second if not given.
set -eu
cd "$(dirname "$0")"

missing=""
command -v gcc >/dev/null || missing="$missing gcc"
command -v node >/dev/null || missing="$missing nodejs"
if [ -n "$missing" ]; then
    echo "deidentify: missing$missing; on Debian 12: apt-get install$missing" >&2
    exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

gcc -std=c11 -O1 -g -Wall -Wextra -Werror -fsanitize=address,undefined -fno-sanitize-recover=all \
    test/deidentify_test.c deidentify.c -o "$work/deidentify_test"
"$work/deidentify_test" "${1:-$(date +%s)}" || failed=1

run() {
    status=0
    node --no-warnings test/run-wasi.mjs plugin.wasm <"$1" >"$work/out" 2>"$work/err" || status=$?
}

# check NAME FILE: runs FILE and compares with testdata/expected.
check() {
    run "$2"
    if [ -f "testdata/expected/$1.error.txt" ]; then
        if [ "$status" -eq 0 ] || ! cmp "$work/err" "testdata/expected/$1.error.txt"; then
            echo "FAILED $1: status $status, stderr: $(cat "$work/err")"
            failed=1
        fi
    elif [ "$status" -ne 0 ] || ! diff -u "testdata/expected/$1.txt" "$work/out"; then
        echo "FAILED $1: status $status"
        failed=1
    fi
}

cases=0
for input in testdata/input/*.txt; do
    check "$(basename "$input" .txt)" "$input"
    cases=$((cases + 1))
done

# Too large to commit: exactly at the limit, and one byte above it.
head -c 1048576 /dev/zero | tr '\0' 'x' >"$work/at-limit"
run "$work/at-limit"
if [ "$status" -ne 0 ] || ! cmp "$work/out" "$work/at-limit"; then
    echo "FAILED input at the limit: status $status"
    failed=1
fi
printf 'x' >>"$work/at-limit"
run "$work/at-limit"
if [ "$status" -ne 65 ] || [ -s "$work/out" ] ||
    [ "$(cat "$work/err")" != "input: longer than the limit of 1048576 bytes; split the text" ]; then
    echo "FAILED input above the limit: status $status, stderr: $(cat "$work/err")"
    failed=1
fi

[ "$failed" -eq 0 ] && echo "deidentify: $cases cases and 2 limits passed"
exit "$failed"
