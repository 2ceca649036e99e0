#!/usr/bin/env bash
# scripts/flushes.sh: how many flushes a permitted read costs on SQLite, at 1
# and at 64 callers, counted by the operating system. Each is run with two
# numbers of reads, so that what the start costs cancels out. A checkpoint
# flushes the log and the database once each; it is counted apart.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/ensure.sh strace strace

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go test -c -o "$dir/vault.test" ./internal/vault

# count CALLERS READS prints the flushes of the log and of the database file.
count() {
  (cd internal/vault && strace -f -y -e trace=fsync,fdatasync -o "$dir/trace" \
    "$dir/vault.test" -test.run '^$' -test.bench "Flushes/^$1-callers\$" -test.benchtime "$2x" >"$dir/out" 2>&1) ||
    { cat "$dir/out" >&2; exit 1; }
  echo "$(grep -c 'sync([0-9]*<[^>]*-wal>' "$dir/trace" || true) $(grep -c 'sync([0-9]*<[^>]*\.db>' "$dir/trace" || true)"
}

for callers in 1 64; do
  few=400 many=2400
  if [ "$callers" = 64 ]; then few=6400 many=38400; fi
  read -r wal1 db1 < <(count "$callers" "$few")
  read -r wal2 db2 < <(count "$callers" "$many")
  awk -v c="$callers" -v n=$((many - few)) -v w=$((wal2 - wal1)) -v k=$((db2 - db1)) 'BEGIN {
    target = c == 1 ? "1.0" : "<= 0.1"
    printf "flushes a permitted read, %d callers: %.3f (target %s), besides %d checkpoints in %d reads\n", c, (w - k) / n, target, k, n }'
done
