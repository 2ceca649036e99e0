#!/bin/sh
# Puts the fonts that pages use beside the program's source, from npm. They
# are never committed; without them pages use the fonts of the system.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
to=$root/internal/platform/web/fonts
build=$root/build/fonts
sans=@fontsource-variable/public-sans
thaana=@fontsource-variable/noto-sans-thaana
version=5.3.0

files="
$sans/files/public-sans-latin-wght-normal.woff2
$sans/files/public-sans-latin-ext-wght-normal.woff2
$thaana/files/noto-sans-thaana-thaana-wght-normal.woff2
"

missing=
for f in $files; do
	[ -s "$to/$(basename "$f")" ] || missing=yes
done
[ -n "$missing" ] || exit 0

mkdir -p "$build"
npm install --prefix "$build" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error \
	"$sans@$version" "$thaana@$version"
for f in $files; do
	cp "$build/node_modules/$f" "$to/"
done
