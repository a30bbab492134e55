#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tests of phone-shim, as root (they chroot, mount and listen, in mount and network namespaces of their own). Prints "N passed, N failed".
# With real crun too, where it is installed and can run here.
set -u
cd "$(dirname "$0")" || exit 1
if [ "${1:-}" != inside ]; then
  [ "$(id -u)" = 0 ] || { echo "test.sh: needs root"; exit 1; }
  make -s out/phone-shim out/helper || exit 1
  exec unshare --net --mount --propagation private "./$(basename "$0")" inside
fi

shim=$PWD/out/phone-shim
helper=$PWD/out/helper
base=$(mktemp -d /tmp/phone-shim-test.XXXXXX)
trap 'rm -rf "$base"' EXIT
. test/lib.sh
. test/command.sh
. test/log.sh
. test/properties.sh
. test/door.sh
. test/crun.sh

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
