#!/bin/sh
# The native tests: units, testdata, and the mutation test (MUTATIONS=n for more rounds than 20000).
set -eu
cd "$(dirname "$0")"
if [ ! -x /usr/bin/rustc ]; then
  echo "test.sh: not installed: rustc; on Debian 12: apt-get install rustc" >&2
  exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
# Overflow and slice checks stay on, so an arithmetic slip is a failed test and not a wrong answer.
/usr/bin/rustc --edition 2021 --test -C opt-level=2 -C debug-assertions=on -C overflow-checks=on \
  -o "$work/tests" src/lib.rs
"$work/tests" --test-threads=2 "$@"
