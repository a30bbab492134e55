#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# binder-vm: container-svc itself on a kernel with binderfs, in the virtual machine of tools/binder-vm. The scenarios are
# src/vm/shape-kills.ts, shapes.ts, power-cut.ts, binder.ts and static.ts there, a machine each, two at a time: emulated, a machine
# keeps one core busy.
# Prints "N passed, N failed".
#
#   usage: bash test-integration/vm/run.sh [SCENARIO...]          (root; npm packages installed, services built)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
export PATH=$root/node_modules/.bin:$PATH
node=$(readlink -f "$(command -v node)")
work=$(mktemp -d /tmp/ancloud-vm-test.XXXXXX)
# Each scenario is a process group of its own: with it ends all that it has started.
trap 'for job in $(jobs -p); do kill -- "-$job" 2>/dev/null || true; done; wait; rm -rf "$work"' EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

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
mkdir -p "$work/in/tree/system"
printf '#!/system/bin/sh\n' >"$work/in/tree/init"
chmod 755 "$work/in/tree/init"
echo ro.product.name=tree >"$work/in/tree/system/build.prop"
head -c 3000000 /dev/urandom >"$work/in/tree/system/noise"
gcc -O2 -Wall -Wextra -Werror -static -s -o "$work/in/bare-mount" "$here/bare-mount.c"
gcc -O2 -Wall -Wextra -Werror -static -s -o "$work/in/pad-reader" "$here/pad-reader.c"
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
# As in the workspace, which is what the sandboxes of its readers see.
mkdir -p "$work/in/services/container-svc"
cp -r "$root/services/container-svc/bundle" "$work/in/services/container-svc/"
# Below /run/host every file of the host can be reached, also what stands in its /tmp.
echo "/run/host$node" >"$work/in/node"

# in_machine SCENARIO [OPTION…]: runs src/vm/SCENARIO.ts in a machine of its own, with these options of its run.sh.
in_machine() {
  mkdir "$work/in-$1"
  cp -r "$work/in/." "$work/in-$1/"
  bundle "$root/test-integration/src/vm/$1.ts" "$work/in-$1/$1.mjs"
  echo "exec /run/host$node /run/in/$1.mjs /run/in/services/container-svc/bundle/main.js /run/in" >"$work/in-$1/main.sh"
  "$root/tools/binder-vm/run.sh" --in "$work/in-$1" --out "$work/out-$1" --timeout "${ANCLOUD_VM_TIMEOUT:-2400}" "${@:2}"
}

# Itself on the host, which starts machines and kills them.
power_cut() {
  mkdir "$work/in-power-cut" "$work/out-power-cut"
  cp -r "$work/in/." "$work/in-power-cut/"
  bundle "$root/test-integration/src/vm/power-machine.ts" "$work/in-power-cut/power-machine.mjs"
  bundle "$root/test-integration/src/vm/power-cut.ts" "$work/power-cut.mjs"
  "$node" "$work/power-cut.mjs" "$root/tools/binder-vm/run.sh" "$root/services/container-svc/bundle/main.js" \
    "$work/in-power-cut" "$work/out-power-cut"
}

run_scenario() {
  local status=0
  case $1 in
    power-cut) power_cut ;;
    static) in_machine static --binder none ;;
    *) in_machine "$1" ;;
  esac >"$work/said-$1" 2>&1 || status=$?
  # What the machine writes to its disk qemu writes to a file of the host's: where that is refused, nothing was learnt of container-svc.
  if [ "$1" = power-cut ] && [ "$status" != 0 ] && grep -qsF 'I/O error, dev vda' "$work/said-$1"; then
    sed 's/^/the first try: /' "$work/said-$1"
    rm -rf "$work/in-$1" "$work/out-$1"
    status=0
    power_cut >"$work/said-$1" 2>&1 || status=$?
  fi
  cat "$work/said-$1"
  [ "$status" = 0 ] || echo "$1 ended with $status" >"$work/failed-$1"
}

# The longest comes first: the others take their turns beside it.
[ $# -gt 0 ] || set -- shape-kills shapes power-cut binder static
set -m
for scenario in "$@"; do
  [ "$(jobs -rp | wc -l)" -lt 2 ] || wait -n
  run_scenario "$scenario" &
done
wait
passed=0 failed=0
for scenario in "$@"; do
  said() { grep -c "^$1 " "$work/said-$scenario" || true; }
  passed=$((passed + $(said ok)))
  wrong=$(said 'not ok')
  [ ! -e "$work/failed-$scenario" ] || wrong=$((wrong > 0 ? wrong : 1))
  failed=$((failed + wrong))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
