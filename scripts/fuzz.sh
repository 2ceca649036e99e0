#!/usr/bin/env bash
# scripts/fuzz.sh TIME: runs every fuzz target of the project for that long.
set -euo pipefail
cd "$(dirname "$0")/.."

grep -rlE '^func Fuzz[A-Za-z0-9_]+\(' --include='*_test.go' cmd internal | while read -r file; do
  sed -nE 's/^func (Fuzz[A-Za-z0-9_]+)\(.*/\1/p' "$file" | while read -r target; do
    echo "fuzz $target of $(dirname "$file") for $1"
    go test -run='^$' -fuzz="^$target\$" -fuzztime="$1" -fuzzminimizetime=20x "./$(dirname "$file")" </dev/null
  done
done
