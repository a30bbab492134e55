#!/bin/bash
# Runs inside the binder machine (tools/binder-vm): a phone on a kernel that has binderfs. Arguments: IMAGE PING.
# Prints BINDER-GUEST-OK when init made the phone's own binderfs and servicemanager is its context manager.
set -u
. "$(dirname "$0")/phone.sh"
fail() { echo "  $*"; cat "$P/kmsg"; exit 1; }
phone_new "$1"
trap phone_end EXIT
phone_config -- androidboot.hardware=redroid
cp "$2" "$P/root/system/bin/binder-ping"
phone_boot
phone_wait_boot || fail "did not boot"
phone_exec grep -q ' /dev/binderfs binder ' /proc/mounts || fail "no binderfs"
for name in binder hwbinder vndbinder; do
  [ "$(phone_exec readlink /dev/$name)" = /dev/binderfs/$name ] || fail "/dev/$name is no link"
  [ "$(phone_exec stat -c %a /dev/binderfs/$name)" = 666 ] || fail "$name is not 0666"
done
answer=$(AS=10000:10000 phone_exec binder-ping /dev/binder)
[ "$answer" = "ping 0 unknown -74" ] || fail "the context manager answered: $answer"
phone_exec logcat -d | grep "context manager of this phone's binder" || fail "servicemanager did not say so"
phone_power shutdown
phone_ends_with 130 || exit 1
echo BINDER-GUEST-OK
