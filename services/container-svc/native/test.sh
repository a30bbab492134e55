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
# Where there is no uinput it says so; descriptors as its caller gives them.
if ! [ -e /dev/uinput ]; then answers 1 "/dev/uinput: No such file" pad-run ancloud/test true; fi
answers 2 "usage: ancloud-hostcap pad-run" pad-run ancloud/test
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

if command -v mksquashfs >/dev/null; then
  touch "$T/source/inside"
  mksquashfs "$T/source" "$T/image.sqfs" -quiet -no-progress >/dev/null
  answers 0 "" squashfs-mount "$T/image.sqfs" "$T/shown"
  is "squashfs ro,nosuid,nodev" "$(findmnt -no FSTYPE,OPTIONS "$T/shown" | tr -s ' ' | grep -o 'squashfs ro,nosuid,nodev')" "how it is mounted"
  is yes "$([ -e "$T/shown/inside" ] && echo yes)" "a file of the image"
  device=$(findmnt -no SOURCE "$T/shown")
  is "$T/image.sqfs" "$(cat "/sys/block/${device#/dev/}/loop/backing_file")" "what its loop device is over"
  umount "$T/shown"
  for ((i = 0; i < 600; i++)); do [ -e "/sys/block/${device#/dev/}/loop" ] || break; sleep 0.1; done
  is no "$([ -e "/sys/block/${device#/dev/}/loop/backing_file" ] && cat "/sys/block/${device#/dev/}/loop/backing_file" | grep -F "$T" || echo no)" "its loop device"
else
  echo "squashfs-mount: skipped, there is no mksquashfs"
fi
answers 1 "No such file" squashfs-mount "$T/nowhere.sqfs" "$T/shown"
answers 1 "mounting $R/text at" squashfs-mount "$R/text" "$T/shown"

# veth: between two network namespaces of our own; nothing of the machine's is touched.
touch "$T/host"
unshare "--net=$T/host" true
net() { nsenter "--net=$T/host" "$@"; }
plugs() { local wanted=$1; shift; net timeout 90 "$hostcap" "$@" >"$T/out" 2>&1; is "$wanted" "$?" "$* ($(head -c 200 "$T/out"))"; }
coproc PHONE { exec unshare --net sh -c 'echo $$; exec cat'; }
read -ru "${PHONE[0]}" phone
net ip link add bridge0 type bridge
net ip link set bridge0 up
inside() { nsenter "--net=/proc/$phone/ns/net" "$@"; }
port() { net ip -d -o link show dev cable0; }
cable=(cable0 bridge0 02:00:00:00:00:07 "$phone" 10.9.0.7 24 10.9.0.1)
plugs 0 veth-plug "${cable[@]}"
first=$(port | cut -d: -f1)
for word in 'master bridge0' 'isolated on' 'addrgenmode none' 'state DOWN'; do is 1 "$(port | grep -cF "$word")" "cable0: $word"; done
whole() {
  is "inet 10.9.0.7/24 scope" "$(inside ip -o -4 address show dev eth0 | grep -o 'inet .* scope')" "eth0's address"
  is 1 "$(inside ip -o link show dev eth0 | grep -c ',UP.*link/ether 02:00:00:00:00:07')" "eth0 is up"
  is 1 "$(inside ip -o link show dev lo | grep -c ',UP')" "lo is up"
  is "default via 10.9.0.1 dev eth0" "$(inside ip route show default | grep -o '^default via [0-9.]* dev eth0')" "route"
}
whole
net ip link set cable0 nomaster up
inside ip address flush dev eth0
plugs 0 veth-plug "${cable[@]}"
is "$first" "$(port | cut -d: -f1)" "a pair that leads to the phone is kept"
for word in 'master bridge0' 'isolated on' ',UP'; do is 1 "$(port | grep -cF "$word")" "cable0 again: $word"; done
whole
inside ip link set eth0 name elsewhere
plugs 0 veth-plug "${cable[@]}"
is 0 "$(inside ip -o link show | grep -c elsewhere)" "a pair that leads elsewhere is made anew"
whole
plugs 0 veth-remove cable0
plugs 0 veth-remove cable0
is 0 "$(net ip -o link show | grep -c cable0)" "devices left"
plugs 1 veth-plug cable0 bridge0 02:00:00:00:00:07 "$phone" 10.9.0.7 24 10.8.0.1
is 0 "$(net ip -o link show | grep -c cable0)" "a cable whose gateway cannot be reached"
plugs 1 veth-plug cable0 nobridge 02:00:00:00:00:07 "$phone" 10.9.0.7 24 10.9.0.1
is 0 "$(inside ip -o link show | grep -c eth0)" "a cable to no bridge"
answers 2 "1 to 15 bytes" veth-plug cable0123456789ab x 02:00:00:00:00:07 1 10.9.0.7 24 10.9.0.1
answers 2 "MAC 'zz'" veth-plug a b zz 1 10.9.0.7 24 10.9.0.1
answers 2 "PID '0'" veth-plug a b 02:00:00:00:00:07 0 10.9.0.7 24 10.9.0.1
answers 2 "ADDRESS 'x'" veth-plug a b 02:00:00:00:00:07 1 x 24 10.9.0.1
answers 2 "PREFIX '33'" veth-plug a b 02:00:00:00:00:07 1 10.9.0.7 33 10.9.0.1
answers 2 "GATEWAY ''" veth-plug a b 02:00:00:00:00:07 1 10.9.0.7 24 ""
kill "$phone"

# The view of a phone: a mount namespace of its own, with an id space of its own where that can be.
mkdir -p "$T/view/proc" "$T/other-view/proc"
for file in meminfo uptime; do echo "first $file" >"$T/view/proc/$file"; done
echo "second meminfo" >"$T/other-view/proc/meminfo"
unshare --user --map-root-user true 2>/dev/null && user=--user || user=
coproc VIEWER { exec unshare $user ${user:+--map-root-user} --mount --propagation private sh -c 'echo $$; exec cat'; }
read -ru "${VIEWER[0]}" viewer
seen() { nsenter "--mount=/proc/$viewer/ns/mnt" head -n 1 "/proc/$1"; }
options() { grep " /proc/$1 " "/proc/$viewer/mountinfo" | cut -d' ' -f6; }
kernels=$(head -c 9 /proc/meminfo)
answers 0 "" view-set "$viewer" "$T/view" proc/meminfo proc/uptime proc/stat
is "first meminfo" "$(seen meminfo)" "meminfo of the phone"
is "first uptime" "$(seen uptime)" "uptime of the phone"
is ro,nosuid,nodev,noexec "$(options meminfo | cut -d, -f1-4)" "how it is mounted"
is "$kernels" "$(head -c 9 /proc/meminfo)" "meminfo of the machine"
answers 0 "" view-set "$viewer" "$T/other-view" proc/meminfo proc/uptime
is "second meminfo" "$(seen meminfo)" "meminfo of another view"
is 1 "$(options meminfo | wc -l)" "mounts over meminfo"
is 0 "$(options uptime | wc -l)" "a file that the other view has not"
answers 0 "" view-set "$viewer" - proc/meminfo proc/uptime
answers 0 "" view-set "$viewer" - proc/meminfo proc/uptime
is "$kernels" "$(seen meminfo | head -c 9)" "meminfo without a view"
answers 1 "No such file" view-set "$viewer" "$T/nowhere" proc/meminfo
answers 2 "FILE '/proc/meminfo'" view-set "$viewer" "$T/view" /proc/meminfo
answers 2 "DIR 'view'" view-set "$viewer" view proc/meminfo
answers 2 "PID '0'" view-set 0 "$T/view" proc/meminfo
kill "$viewer"

answers 0 "" fsync-dir "$T" "$R"
answers 1 "Not a directory" fsync-dir "$R/text"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
