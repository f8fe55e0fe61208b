#!/usr/bin/env bash
# Compares the committed copies of npm's files with npm's, by package-lock.json's hashes; with
# --update, writes them.
set -euo pipefail
cd "$(dirname "$0")"
npm ci --silent --ignore-scripts --no-audit --no-fund
resources=../main/resources/dev/ampoule/dashboard
copy() {
  if [[ ${update:-} ]]; then
    cp "node_modules/$1" "$resources/$2"
  else
    cmp "node_modules/$1" "$resources/$2"
  fi
}
[[ ${1:-} == --update ]] && update=1
copy htmx.org/dist/htmx.min.js htmx.min.js
copy htmx-ext-ws/dist/ws.min.js htmx-ws.min.js
