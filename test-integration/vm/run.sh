#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# binder-vm: container-svc itself on a kernel with binderfs, in the virtual machine of tools/binder-vm. The scenarios are
# src/vm/binder.ts and src/vm/shapes.ts, a machine each. Prints "N passed, N failed".
#
#   usage: bash test-integration/vm/run.sh [SCENARIO...]          (root; npm packages installed, services built)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
export PATH=$root/node_modules/.bin:$PATH
node=$(readlink -f "$(command -v node)")
work=$(mktemp -d /tmp/ancloud-vm-test.XXXXXX)
trap 'rm -rf "$work"' EXIT

"$root/services/container-svc/build-native.sh"
guest=$("$root/guest/build.sh" | tail -1)
mkdir "$work/in"
# The same guest twice: squashfs ends at its own length, so the second is another file with the same tree.
cp "$guest" "$work/in/reference.sqfs"
cp "$guest" "$work/in/redroid.sqfs"
head -c 4096 /dev/zero >>"$work/in/redroid.sqfs"
# The same guest with what images of other families have at the places that their profiles name.
unsquashfs -q -n -d "$work/tree" "$guest" >/dev/null
variant() { mksquashfs "$work/tree" "$work/in/$1.sqfs" -noappend -quiet -no-progress -comp zstd >/dev/null; }
variant waydroid
ln -s ../../init "$work/tree/system/bin/init"
echo ro.of.the.image=1 >"$work/tree/system/etc/prop.default"
variant stock
echo ro.of.the.image=1 >"$work/tree/default.prop"
printf '%s\n' '#!/system/bin/sh' 'echo yes >/anbox-was-here' 'exec /init' >"$work/tree/anbox-init.sh"
chmod 755 "$work/tree/anbox-init.sh"
variant anbox
rm -rf "$work/tree"
gcc -O2 -Wall -Wextra -Werror -static -s -o "$work/in/bare-mount" "$here/bare-mount.c"
gcc -O2 -Wall -Wextra -Werror -static -s -o "$work/in/bindertest" "$root/tools/binder-vm/bindertest.c"
gcc -O2 -Wall -Werror -static -s -o "$work/in/binder-ping" "$root/guest/test/binder-ping.c"
cp "$root/services/container-svc/shim/out/phone-shim" "$root/services/container-svc/native/out/ancloud-hostcap" "$work/in/"

# One file each, because module resolution over 9p in an emulated machine is slow.
bundle() {
  esbuild "$1" --bundle --platform=node --format=esm --log-level=error --conditions=ancloud-src --outfile="$2" "${@:3}" \
    --banner:js="import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url), \
      __dirname = import.meta.dirname, __filename = import.meta.filename;"
}
# What stays outside is found in the workspace itself.
ln -s "/run/host$root/node_modules" "$work/in/node_modules"
mkdir "$work/in/service"
cp -r "$root/services/container-svc/bundle" "$work/in/service/"
[ $# -gt 0 ] || set -- binder shapes
passed=0 failed=0
for scenario in "$@"; do
  bundle "$root/test-integration/src/vm/$scenario.ts" "$work/in/$scenario.mjs"
  cat >"$work/in/main.sh" <<MAIN
# Below /run/host every file of the host can be reached, also what stands in its /tmp.
exec /run/host$node /run/in/$scenario.mjs /run/in/service/bundle/main.js /run/in
MAIN
  status=0
  "$root/tools/binder-vm/run.sh" --in "$work/in" --out "$work/out-$scenario" --timeout "${ANCLOUD_VM_TIMEOUT:-2400}" || status=$?
  said() { grep -c "^$1 " "$work/out-$scenario/console.log" || true; }
  passed=$((passed + $(said ok)))
  wrong=$(said 'not ok')
  [ "$status" = 0 ] || wrong=$((wrong > 0 ? wrong : 1))
  failed=$((failed + wrong))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
