#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds the two C programs of container-svc: shim/out/phone-shim and native/out/ancloud-hostcap.
#
#   usage: services/container-svc/build-native.sh          (no arguments; progress goes to stderr)
#
# Does nothing when they were built from exactly these sources by this compiler (out/.built-from). A program is replaced by
# rename, so a running one is never disturbed.
#
# Environment:
#   ANCLOUD_APT=0   as root, do not apt-get the build packages, only say which are missing
#   CC, CFLAGS      as make takes them; part of what is compared
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly packages=(gcc make libc6-dev linux-libc-dev)
say() { echo "container-svc native: $*" >&2; }
die() { say "$*"; exit 1; }

sources_hash() {
  {
    (cd "$here/$1" && cat Makefile ./*.c ./*.h)
    echo "${CC:-cc} ${CFLAGS:-}"
    "${CC:-cc}" -dumpfullversion 2>/dev/null || true
  } | sha256sum | cut -c1-64
}

# build FOLDER PROGRAM
build() {
  local folder=$here/$1 program=$2 hash
  hash=$(sources_hash "$1")
  if [ -x "$folder/out/$program" ] && [ "$(cat "$folder/out/.built-from" 2>/dev/null)" = "$hash" ]; then return; fi
  "$here/../../tools/apt/need.sh" "container-svc native" "${packages[@]}"
  say "building $program"
  local work
  work=$(mktemp -d "$folder/out/.build.XXXXXX")
  if ! make -s -C "$folder" OUT="$work" "$work/$program" >&2; then
    rm -rf "$work"
    die "$program could not be built"
  fi
  mv -f "$work/$program" "$folder/out/$program"
  rm -rf "$work"
  sources_hash "$1" >"$folder/out/.built-from"
}

[ $# = 0 ] || die "takes no arguments"
mkdir -p "$here/shim/out" "$here/native/out"
exec 9>"$here/native/out/.lock"
flock 9
build shim phone-shim
build native ancloud-hostcap
