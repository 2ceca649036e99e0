#!/usr/bin/env bash
# scripts/generated.sh TEMPL: generates the templates again, each in its own
# folder, and fails when a committed result differed.
set -euo pipefail
cd "$(dirname "$0")/.."

hashes() { find cmd internal -name '*_templ.go' -print0 | sort -z | xargs -0 -r sha256sum; }
before=$(hashes)
find internal -name '*.templ' -printf '%h\n' | sort -u | while read -r folder; do
  "$1" generate -log-level error -path "$folder" </dev/null
done
if [ "$before" != "$(hashes)" ]; then
  diff <(printf '%s\n' "$before") <(hashes) >&2 || true
  echo "generated templates differed from their .templ files: commit what is there now" >&2
  exit 1
fi
