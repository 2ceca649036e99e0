#!/usr/bin/env bash
# scripts/postgres.sh COMMAND…: runs the command beside a throw-away PostgreSQL
# whose address is in PORTICO_TEST_POSTGRES, and answers the command's status.
# The server listens on a socket in a folder of its own, and on no network. It
# loses everything when the machine stops, which is what makes it fast: never
# keep data in it. With --durable as the first argument it flushes as a real one
# that has been at work for a while does, for measurements. An address already in
# the variable is used as it is.
set -euo pipefail

speed=(-c fsync=off -c full_page_writes=off -c autovacuum=off)
if [ "${1:-}" = --durable ]; then
  speed=(-c min_wal_size=1GB) # it keeps the files of its log to use them again
  durable=yes
  shift
fi
if [ $# = 0 ]; then
  echo "usage: scripts/postgres.sh [--durable] COMMAND…" >&2
  exit 2
fi
if [ -n "${PORTICO_TEST_POSTGRES:-}" ]; then exec "$@"; fi

# find prints the folder of the newest PostgreSQL that is new enough.
find() {
  local dir version
  for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) $(IFS=:; printf '%s\n' $PATH); do
    [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] || continue
    version=$("$dir/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
    if [ "$version" -ge 15 ]; then echo "$dir" && return; fi
  done
  return 1
}

here=$(dirname "$0")
if ! bin=$(find); then
  "$here/ensure.sh" "PostgreSQL 15 or newer" postgresql
  if ! bin=$(find); then
    echo "PostgreSQL 15 or newer is not there and could not be installed" >&2
    exit 1
  fi
fi

dir=$(mktemp -d /tmp/portico-postgres.XXXXXX) # short: a socket's path has 107 bytes at the most
server=
finish() {
  if [ -n "$server" ]; then
    kill -QUIT "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

as=() # PostgreSQL refuses to run as root
if [ "$(id -u)" = 0 ]; then
  chown postgres "$dir"
  as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi

"${as[@]}" "$bin/initdb" --pgdata="$dir/data" --username=postgres --auth=trust \
  --encoding=UTF8 --locale=C --no-sync >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
"${as[@]}" "$bin/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c max_connections=400 \
  "${speed[@]}" </dev/null >>"$dir/log" 2>&1 &
server=$!

for _ in $(seq 300); do
  if "$bin/pg_isready" -q -h "$dir"; then break; fi
  if ! kill -0 "$server" 2>/dev/null; then break; fi
  sleep 0.1
done
if ! "$bin/pg_isready" -q -h "$dir"; then
  cat "$dir/log" >&2
  echo "PostgreSQL does not start" >&2
  exit 1
fi

# A server that has never been at work fills each file of its log with zeros
# first, which everybody waits for: this one has files to use again.
if [ "${durable:-}" ]; then
  "$bin/psql" -q -h "$dir" -U postgres -c "CREATE TABLE written AS SELECT repeat('x', 1000) FROM generate_series(1, 900000)" \
    -c "DROP TABLE written" -c CHECKPOINT -c CHECKPOINT
fi

export PORTICO_TEST_POSTGRES="postgres://postgres@/postgres?host=$dir&sslmode=disable"
"$@"
