#!/bin/sh
# Puts what runs into an image: deploy/docker/assemble.sh BUILT APP. BUILT is a built workspace, APP one whose production
# packages npm has installed; APP gets each package's dist, the services' bundles and the console.
set -eu
built=$1 app=$2

for package in "$built"/packages/* "$built"/services/* "$built"/cli; do
  [ -d "$package/dist" ] || continue
  to=$app${package#"$built"}
  mkdir -p "$to"
  cp -R "$package/dist" "$to/"
  [ ! -d "$package/bundle" ] || cp -R "$package/bundle" "$to/"
done
cp "$built/packages/contracts/descriptor.binpb" "$app/packages/contracts/"
mkdir -p "$app/web"
cp -R "$built/web/dist" "$app/web/"
cp "$built/LICENSE" "$app/"

# What only compilers and npm's scripts read. The worker's sources are 40 MB; the binary comes from native/.
find "$app" \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.d.ts.map' -o -name '.tsbuildinfo' \
  -o -name '*.spec.js' -o -name '*.spec.js.map' \) -type f -delete
rm -rf "$app/node_modules/mediasoup/worker" "$app"/node_modules/node-linux-* "$app/node_modules/.bin"
for folder in test-integration bench player; do rm -rf "${app:?}/$folder"; done
