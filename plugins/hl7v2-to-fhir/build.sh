#!/bin/sh
# Builds plugin.wasm, bit for bit the same wherever the sources lie.
#   ./build.sh           writes plugin.wasm
#   ./build.sh --check   builds into a temporary folder and fails if the bytes differ from plugin.wasm
set -eu
cd "$(dirname "$0")"
here=$(pwd -P)

case "${1:-}" in
  ''|--check) ;;
  *) echo "usage: build.sh [--check]" >&2; exit 2 ;;
esac

# Debian's own tools by their full path: a rustc from elsewhere on the PATH would give other bytes.
missing=''
[ -x /usr/bin/rustc ] || missing="$missing rustc"
[ -d /usr/lib/rustlib/wasm32-unknown-unknown ] || missing="$missing libstd-rust-dev-wasm32"
[ -x /usr/bin/wasm-ld ] || missing="$missing lld"
[ -x /usr/bin/wasm-opt ] || missing="$missing binaryen"
if [ -n "$missing" ]; then
  echo "build.sh: not installed:$missing" >&2
  echo "build.sh: on Debian 12: apt-get install rustc libstd-rust-dev-wasm32 lld binaryen" >&2
  exit 1
fi
version=$(/usr/bin/rustc --version | cut -d' ' -f2)
if [ "$version" != 1.63.0 ]; then
  echo "build.sh: rustc $version; plugin.wasm was built with Debian 12's rustc 1.63.0, so the bytes may differ" >&2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# Nothing of the environment may reach the compiler.
unset RUSTFLAGS RUSTC_WRAPPER SOURCE_DATE_EPOCH 2>/dev/null || true
/usr/bin/rustc --edition 2021 --crate-name hl7v2_to_fhir --crate-type cdylib \
  --target wasm32-unknown-unknown \
  -C opt-level=z -C lto=fat -C codegen-units=1 -C panic=abort -C strip=symbols -C metadata=hl7v2-to-fhir \
  -C overflow-checks=off -C debug-assertions=off \
  -C linker=/usr/bin/wasm-ld -C linker-flavor=wasm-ld \
  -C link-arg=--stack-first -C link-arg=-z -C link-arg=stack-size=262144 \
  --remap-path-prefix "$here=/hl7v2-to-fhir" --remap-path-prefix "$work=/build" \
  -o "$work/linked.wasm" "$here/src/lib.rs"
/usr/bin/wasm-opt -Oz --converge --strip-debug --strip-producers --enable-bulk-memory --disable-simd \
  "$work/linked.wasm" -o "$work/plugin.wasm"

if [ "${1:-}" = --check ]; then
  if cmp "$work/plugin.wasm" plugin.wasm; then
    echo "plugin.wasm is what the sources build: $(wc -c < plugin.wasm) bytes"
  else
    echo "build.sh: plugin.wasm is not what the sources build; run ./build.sh and commit it" >&2
    exit 1
  fi
else
  cp "$work/plugin.wasm" plugin.wasm
  echo "plugin.wasm: $(wc -c < plugin.wasm) bytes"
fi
