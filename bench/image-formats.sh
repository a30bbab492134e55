#!/bin/bash
# Squashfs beside erofs as the form an image is stored in: size, time to make, to mount, and to read for the first time.
#
#   bench/image-formats.sh TREE      as root; TREE is a root filesystem, unpacked
#
# One line for each form and measure. Times are the least of ROUNDS (5), on the wall clock: what other work of the machine adds is no
# property of a format. Before each read the filesystem is mounted anew and the page cache of its file dropped, so all data is decompressed
# and comes from the disk. docs/adr/0008-images-are-squashfs.md tells what was concluded.
set -euo pipefail
tree=$(readlink -f -- "${1:?usage: image-formats.sh TREE}")
rounds=${ROUNDS:-5}
work=$(mktemp -d "${TMPDIR:-/tmp}/ancloud-formats.XXXXXX")
mkdir "$work/at"
trap 'umount -q "$work/at" || true; rm -rf "$work"' EXIT

# $1 = name, then the command; prints nothing of the command's own.
least() {
  local name=$1 best='' begin took
  shift
  for ((round = 0; round < rounds; round++)); do
    prepare
    begin=$(date +%s%N)
    "$@" >/dev/null 2>&1
    took=$((($(date +%s%N) - begin) / 1000))
    if [ -z "$best" ] || [ "$took" -lt "$best" ]; then best=$took; fi
    finish
  done
  printf '%-14s %-28s %10s µs\n' "$form" "$name" "$best"
}
cold() {
  sync "$image"
  # POSIX_FADV_DONTNEED for the whole file.
  dd if="$image" iflag=nocache count=0 status=none
}
attach() { mount -t "$type" -o loop,ro,nosuid,nodev "$image" "$work/at"; }
read_all() { find "$work/at" -xdev -type f -print0 | xargs -0 -r cat; }
# The programs and libraries that a boot reads first.
read_some() { find "$work/at" -xdev -type f -size -256k -print0 | sort -z | sed -zn '1,200p' | xargs -0 -r cat; }
list_all() { find "$work/at" -xdev -printf '%m %U %G %s\n'; }

measure() {
  form=$1 type=$2
  image=$work/$form
  shift 2
  prepare() { rm -f "$image"; }
  finish() { :; }
  least 'make' "$@"
  printf '%-14s %-28s %10s bytes\n' "$form" 'size' "$(stat -c %s "$image")"
  prepare() { cold; }
  finish() { umount "$work/at"; }
  least 'mount, cold' attach
  prepare() { cold && attach; }
  least 'names and attributes, cold' list_all
  least '200 small files, cold' read_some
  least 'all content, cold' read_all
}

squashfs() { mksquashfs "$tree" "$work/$1" -noappend -quiet -no-progress -mem 256M "${@:2}"; }
measure squashfs-zstd squashfs squashfs squashfs-zstd -comp zstd -Xcompression-level 9
measure squashfs-lz4 squashfs squashfs squashfs-lz4 -comp lz4
measure erofs-lz4hc erofs mkfs.erofs -zlz4hc "$work/erofs-lz4hc" "$tree"
measure erofs-plain erofs mkfs.erofs "$work/erofs-plain" "$tree"
