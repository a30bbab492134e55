#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Tests of ancloud-hostcap, as root, in a mount namespace of their own. Prints "N passed, N failed".
set -u
cd "$(dirname "$0")" || exit 1
if [ "${1:-}" != inside ]; then
  [ "$(id -u)" = 0 ] || { echo "test.sh: needs root"; exit 1; }
  # HOSTCAP: a program that was built elsewhere, where there is no compiler.
  [ -n "${HOSTCAP:-}" ] || make -s out/ancloud-hostcap || exit 1
  exec unshare --mount --propagation private "./$(basename "$0")" inside
fi

hostcap=${HOSTCAP:-$PWD/out/ancloud-hostcap}
T=$(mktemp -d /tmp/hostcap-test.XXXXXX)
trap 'umount "$T"/* 2>/dev/null; rm -rf "$T"' EXIT
passed=0 failed=0

# answers STATUS TEXT VERB…: the exit status, and a piece of what is printed
answers() {
  local status text=$2 wanted=$1
  shift 2
  timeout 90 "$hostcap" "$@" >"$T/out" 2>&1
  status=$?
  if [ $status = "$wanted" ] && { [ -z "$text" ] || grep -qF -- "$text" "$T/out"; }; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $*: wanted $wanted '$text', got $status '$(head -c 300 "$T/out")'"
  fi
}
is() {
  if [ "$1" = "$2" ]; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "FAILED: $3: wanted '$1', got '$2'"; fi
}

answers 2 usage
answers 2 usage frobnicate
answers 2 "usage: ancloud-hostcap idmap-mount SRC DST BASE SIZE" idmap-mount a b
answers 2 "BASE '0'" idmap-mount / "$T" 0 1
answers 2 "BASE '-1'" idmap-mount / "$T" -1 1
answers 2 "SIZE '4294967295'" idmap-mount / "$T" 1 4294967295
answers 1 "No such file" idmap-mount /nowhere "$T" 100000 65536

mkdir "$T/source" "$T/source/below" "$T/lower" "$T/shown"
touch "$T/source/root" "$T/source/shell" "$T/source/outside"
chown 2000:2000 "$T/source/shell"
chown 3000000:3000000 "$T/source/outside"
can=$("$hostcap" idmap-probe "$T/source" 2>/dev/null)
if [ "$can" = yes ]; then
  answers 0 "" idmap-mount "$T/source" "$T/shown" 100000 2097152
  is 100000:100000 "$(stat -c %u:%g "$T/shown/root")" "owner 0"
  is 102000:102000 "$(stat -c %u:%g "$T/shown/shell")" "owner 2000"
  is 65534:65534 "$(stat -c %u:%g "$T/shown/outside")" "owner outside the range"
  is 0:0 "$(stat -c %u:%g "$T/source/root")" "the source's own owner"
  is 0 "$(grep -c "$T/shown .*shared:" /proc/self/mountinfo)" "shared mounts at DST"
  umount "$T/shown"
else
  echo "idmap-mount: skipped, $T cannot be idmapped here"
fi
answers 1 "No such file" idmap-mount "$T/source" "$T/nowhere" 100000 65536
# Those over the images of a probe; the machine has others that come and go.
loops() { grep -l tiny-image /sys/block/loop*/loop/backing_file 2>/dev/null | wc -l; }
before=$(loops)
for type in squashfs erofs; do
  if grep -qw $type /proc/filesystems; then
    verdict=$("$hostcap" idmap-probe --type $type 2>&1)
    case $verdict in yes | no) is "$verdict" "$verdict" $type ;; *) is "yes or no" "$verdict" $type ;; esac
  fi
done
# The kernel takes one away when its last user is gone, which need not be at once.
for ((i = 0; i < 600 && $(loops) > before; i++)); do sleep 0.1; done
is 1 "$(($(loops) <= before))" "$(loops) loop devices after the probes, $before before"
mount -t overlay overlay -o "lowerdir=$T/source:$T/lower" "$T/shown" && {
  answers 3 no idmap-probe "$T/shown"
  answers 1 "cannot be idmapped" idmap-mount "$T/shown" "$T/source/below" 100000 65536
  umount "$T/shown"
}
answers 4 unknown idmap-probe --type nosuchfs
answers 1 "No such file" idmap-probe /nowhere

mkfifo "$T/fifo"
answers 3 "is not a binder device" binder-probe "$T/fifo"
answers 3 "is not a binder device" binder-probe /dev/null
answers 1 "No such file" binder-probe "$T/nowhere"
answers 3 "is not a binderfs" binderfs-add "$T" binder
if grep -qw binder /proc/filesystems; then
  mkdir "$T/binderfs" "$T/other"
  mount -t binder binder "$T/binderfs"
  mount -t binder binder "$T/other"
  answers 0 "anbox-binder " binderfs-add "$T/binderfs" anbox-binder anbox-hwbinder
  answers 0 "anbox-binder " binderfs-add "$T/binderfs" anbox-binder
  is 666 "$(stat -c %a "$T/binderfs/anbox-hwbinder")" "mode"
  answers 0 8 binder-probe "$T/binderfs/anbox-binder"
  is 1 "$([ -e "$T/other/anbox-binder" ]; echo $?)" "another binderfs has it"
  answers 2 "no slash" binderfs-add "$T/binderfs" ../x
  answers 2 "1 to 255 bytes" binderfs-add "$T/binderfs" "$(printf '%0300d' 0)"
  answers 3 "is not a binder device" binder-probe "$T/binderfs/binder-control"
else
  echo "binderfs: skipped, this kernel has none"
fi

# vsock: one of the two, and the same as the kernel's own list of protocols says afterwards.
verdict=$("$hostcap" vsock-probe | cut -d' ' -f1)
if grep -q VSOCK /proc/net/protocols; then is yes "$verdict" vsock; else is no "$verdict" vsock; fi

# elf NAME CLASS(1|2) MACHINE TYPE: the first 20 bytes of an ELF file
elf() { printf "\\x7fELF\\x0$2\\x01\\x01\\0\\0\\0\\0\\0\\0\\0\\0\\0\\x0$4\\0\\x$3\\0" >"$1"; }
R=$T/rootfs
mkdir -p "$R/system/bin" "$R/system/lib64" "$R/deep"
elf "$R/system/bin/app_process64" 2 3e 3
elf "$R/system/lib64/libc.so" 2 3e 3
elf "$R/object.o" 1 03 1
echo text >"$R/text"
ln -s / "$R/loop"
ln -s .. "$R/system/up"
mkfifo "$R/fifo"
answers 3 '{"files":4,"x86":0,"x86_64":2,"arm":0,"arm64":0,"other":0,"complete":true,"firstX86":null}' elf-scan "$R"
elf "$R/system/bin/a\"b" 1 03 3
answers 0 '"x86":1,' elf-scan "$R"
answers 0 '"firstX86":"/system/bin/a\u0022b"' elf-scan "$R"
rm "$R/system/bin/a\"b"
elf "$R/system/arm" 1 28 2
elf "$R/system/arm64" 2 b7 3
elf "$R/system/riscv" 2 f3 3
answers 3 '"arm":1,"arm64":1,"other":1,"complete":true' elf-scan "$R"
answers 4 '"complete":false' elf-scan "$R" 3
deep=$R/deep
for i in $(seq 70); do deep=$deep/d; done
mkdir -p "$deep"
answers 4 '"complete":false' elf-scan "$R"
answers 2 MAX_ENTRIES elf-scan "$R" many
answers 1 "No such file" elf-scan "$T/nowhere"

answers 0 "" fsync-dir "$T" "$R"
answers 1 "Not a directory" fsync-dir "$R/text"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
