#!/usr/bin/env bash
# scripts/ensure.sh COMMAND PACKAGE…: installs the packages with apt unless
# COMMAND is there already. Fails when it cannot.
set -euo pipefail

command=$1
shift
command -v "$command" >/dev/null && exit 0

echo "$command is not there: installing $*" >&2
if ! command -v apt-get >/dev/null; then
  echo "no apt-get on this machine: install $* yourself" >&2
  exit 1
fi
sudo=
if [ "$(id -u)" != 0 ]; then sudo=sudo; fi
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq >&2
$sudo apt-get install -y -qq --no-install-recommends "$@" >&2
