#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Boots the machine once and proves what it is for: a binder transaction on its own binderfs and inside two containers, each with
# a binderfs of its own. Prints "N passed, N failed". It is also the example of how to use run.sh.
#
# Needs crun and node on the host, and what build.sh and services/container-svc/build-native.sh install.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
node=$(readlink -f "$(PATH=$root/node_modules/.bin:$PATH command -v node)")
work=$(mktemp -d /tmp/binder-vm-test.XXXXXX)
trap 'rm -rf "$work"' EXIT
command -v crun >/dev/null || { echo "binder-vm test: crun is missing: run apt-get install crun"; exit 1; }

"$root/services/container-svc/build-native.sh"
mkdir "$work/in"
cp "$here/test/main.sh" "$work/in/"
cp "$root/services/container-svc/native/out/ancloud-hostcap" "$work/in/"
cp "$root/services/container-svc/native/test.sh" "$work/in/native-test.sh"
gcc -O2 -Wall -Wextra -Werror -static -s -o "$work/in/bindertest" "$here/bindertest.c"
# Below /run/host every file of the host can be reached, also what stands in its /tmp.
echo "NODE=/run/host$node" >"$work/in/environment"
# One file, because module resolution over 9p in an emulated machine is slow.
"$root/node_modules/.bin/esbuild" "$here/test/script.mjs" --bundle --platform=node --format=esm --log-level=warning \
  --outfile="$work/in/script.mjs"

# Beside the small machines below: emulated, each keeps one core busy.
"$here/run.sh" --in "$work/in" --out "$work/out" --timeout 900 &
machine=$!
trap 'kill "$machine" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
passed=0 failed=0

# answers STATUS TEXT OPTION…: what run.sh ends with, and says
answers() {
  local status=0
  "$here/run.sh" "${@:3}" >"$work/said" 2>&1 || status=$?
  if [ "$status" = "$1" ] && grep -qF -- "$2" "$work/said"; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "not ok run.sh ${*:3}: $status $(tail -c 300 "$work/said")"
  fi
}
other=$work/out-other
answers 125 "main.sh does not exist" --in "$work" --out "$other"
answers 125 "--in and --out are needed" --in "$work/in"
answers 125 "unknown option --frobnicate" --frobnicate 1
answers 125 "whole numbers" --in "$work/in" --out "$other" --timeout soon
answers 125 "binderfs or none" --in "$work/in" --out "$other" --binder some
answers 125 "nowhere.img does not exist" --in "$work/in" --out "$other" --disk "$work/nowhere.img"
answers 125 "--writes needs --disk" --in "$work/in" --out "$other" --writes "$work/writes.log"
answers 124 "ended after 2 s" --in "$work/in" --out "$other" --timeout 2
mkdir "$work/panic" "$work/seven"
echo 'echo c >/proc/sysrq-trigger; sleep 60' >"$work/panic/main.sh"
answers 125 "ended without a status" --in "$work/panic" --out "$other"
echo 'exit 7' >"$work/seven/main.sh"
answers 7 "binder-vm: " --in "$work/seven" --out "$other"

status=0
wait "$machine" || status=$?
said() { grep -c "^$1 " "$work/out/console.log" || true; }
passed=$((passed + $(said ok)))
wrong=$(said 'not ok')
[ "$status" = 0 ] || wrong=$((wrong > 0 ? wrong : 1))
failed=$((failed + wrong))
if grep -q '"hasBinderfs":true' "$work/out/result.json" 2>/dev/null; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
