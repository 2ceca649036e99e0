#!/usr/bin/env bash
# scripts/npm.sh: fetches what scripts/npm/package-lock.json pins by hash into
# build/npm, runs none of its scripts, and puts the fonts where the program
# embeds them. Does nothing when the lock file has not changed.
set -euo pipefail
cd "$(dirname "$0")/.."

fonts=internal/platform/web/fonts
if ! cmp -s scripts/npm/package-lock.json build/npm/done; then
  scripts/ensure.sh npm nodejs npm
  mkdir -p build/npm
  cp scripts/npm/package.json scripts/npm/package-lock.json build/npm
  npm ci --prefix build/npm --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  cp scripts/npm/package-lock.json build/npm/done
fi
mkdir -p "$fonts"
for name in PublicSans_400Regular PublicSans_700Bold NotoSansThaana_400Regular NotoSansThaana_700Bold; do # of PDFs
  cp -u build/npm/node_modules/@expo-google-fonts/*/"${name#*_}/$name.ttf" internal/documents/pdf/fonts
done
for name in public-sans-latin public-sans-latin-ext noto-sans-thaana-thaana; do
  cp -u build/npm/node_modules/@fontsource-variable/*/files/"$name-wght-normal.woff2" "$fonts"
done
