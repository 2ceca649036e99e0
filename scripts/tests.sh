#!/usr/bin/env bash
# scripts/tests.sh: runs every test. Those of internal/app drive the program in a
# process of its own, where the race detector would see nothing of it: they run
# without it, beside the others, and say at the end how they went.
set -euo pipefail
cd "$(dirname "$0")/.."

# The race detector watches all that we write, and what calls us. SQLite,
# argon2id and the readers of YAML and CEL are computation that shares nothing
# with us and that it makes several times slower.
race=(-race)
for module in modernc.org golang.org/x/crypto golang.org/x/net/html github.com/goccy/go-yaml github.com/google/cel-go github.com/antlr4-go; do
  race+=("-gcflags=$module/...=-race=false")
done
driving=portico/internal/app

said=$(mktemp)
trap 'rm -f "$said"' EXIT
status=0
go test -vet=off -shuffle=on -timeout 30m "$driving" >"$said" 2>&1 &
go test "${race[@]}" -vet=off -shuffle=on -p 3 -timeout 30m $(go list ./... | grep -vx "$driving") || status=$?
wait %1 || status=$?
cat "$said"
exit "$status"
