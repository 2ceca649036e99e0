#!/usr/bin/env bash
# scripts/npm.sh: fetches what scripts/npm/package-lock.json pins by hash into
# build/npm, runs none of its scripts, and puts the fonts and the reader of PDFs
# where the program embeds them. Fetches nothing when the lock file has not
# changed.
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

pdfjs=build/npm/node_modules/pdfjs-dist
viewer=internal/uploads/viewer/pdfjs
mkdir -p "$viewer"
for file in legacy/build/pdf.min.mjs legacy/build/pdf.worker.min.mjs wasm/openjpeg_nowasm_fallback.js wasm/jbig2_nowasm_fallback.js; do
  to="$viewer/${file##*/}.gz"
  [ "$to" -nt "$pdfjs/$file" ] || gzip -9nc "$pdfjs/$file" >"$to"
done
cat "$pdfjs"/LICENSE "$pdfjs"/wasm/LICENSE_{PDFJS_,}{OPENJPEG,JBIG2} | gzip -9nc >"$viewer/LICENSES.txt.gz"
