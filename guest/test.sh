#!/bin/bash
# All tests of the reference guest: ./test.sh [NAME...] runs those whose names hold one of the words.
# Unit tests need nothing; the others boot the image with crun and need root, crun, squashfs-tools and adb.
# BINDER_VM=1 adds a boot on a kernel with binderfs (tools/binder-vm).
# Prints "N passed, N failed"; exits 1 when any failed, 3 when something needed is missing.
set -u
cd "$(dirname "$0")" || exit 3
. test/phone.sh
. test/boot-tests.sh
. test/init-tests.sh
. test/tool-tests.sh

ADB_PORT=$((20000 + $$ % 20000))
fail() { echo "  $*" >&2; return 1; }
same() { [ "$1" = "$2" ] || fail "expected '$2', got '$1'"; }

# --- real binder, in a virtual machine ---

# Half a minute of emulation, and the machine's 275 MB when it was never made: only when asked for by BINDER_VM=1.
run_in_binder_machine() {
  local work
  work=$(mktemp -d /tmp/ancloud-guest-vm-XXXXXX)
  mkdir "$work/in" "$work/out"
  cp "$IMAGE" "$work/in/image.sqfs"
  cp test/phone.sh test/binder-vm.sh "$work/in/"
  gcc -static -O2 -Wall -Werror -o "$work/in/binder-ping" test/binder-ping.c &&
    echo 'exec bash /run/in/binder-vm.sh /run/in/image.sqfs /run/in/binder-ping' > "$work/in/main.sh" &&
    ../tools/binder-vm/run.sh --in "$work/in" --out "$work/out" --timeout 300 > "$work/console" 2>&1 && grep -q '^BINDER-GUEST-OK' "$work/console"
  local status=$?
  [ $status = 0 ] || tail -n 60 "$work/console"
  rm -rf "$work"
  return $status
}

# --- running them ---

PASSED=0 FAILED=0
run() { # name: own phone, own subshell
  local name=$1 config before
  (
    set +e
    phone_new "$IMAGE"
    trap phone_end EXIT
    echo 'androidboot.hardware=fromcmdline androidboot.serialno=abc quiet' > "$P/cmdline"
    before=BEFORE_$name
    config=CONFIG_$name
    phone_config ${!config:---}
    if declare -F "$before" > /dev/null; then "$before"; fi
    "test_$name" && exit 0
    echo "  --- init's log" && tail -n 15 "$P/kmsg" && cat "$P/console" 2> /dev/null
    exit 1
  )
  if [ $? = 0 ]; then
    echo "ok   $name"
    PASSED=$((PASSED + 1))
  else
    echo "FAIL $name"
    FAILED=$((FAILED + 1))
  fi
}

wanted() {
  [ ${#WORDS[@]} = 0 ] && return 0
  local w
  for w in "${WORDS[@]}"; do [[ $1 == *"$w"* ]] && return 0; done
  return 1
}

WORDS=("$@")
if [ ${#WORDS[@]} = 0 ]; then
  units=$(make -s -k test 2>&1)
  status=$?
  echo "$units"
  while read -r passed failed; do
    PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed))
  done < <(echo "$units" | sed -n 's/^.*\b\([0-9]\+\) passed, \([0-9]\+\) failed.*$/\1 \2/p')
  [ $status = 0 ] || FAILED=$((FAILED + (FAILED == 0)))
fi
missing=
for tool in crun mksquashfs adb nsenter python3; do command -v $tool > /dev/null || missing="$missing $tool"; done
if [ "$(id -u)" != 0 ] || [ -n "$missing" ]; then
  echo "$PASSED passed, $FAILED failed; boot tests not run: they need root and$missing (apt-get install crun squashfs-tools adb)"
  exit 3
fi
IMAGE=$(./build.sh) || exit 3
for name in $(declare -F | sed -n 's/^declare -f test_//p'); do
  wanted "$name" && run "$name"
done
if [ "${BINDER_VM:-0}" = 1 ]; then
  if run_in_binder_machine; then
    echo "ok   binder_context_manager_answers_in_a_virtual_machine"
    PASSED=$((PASSED + 1))
  else
    echo "FAIL binder_context_manager_answers_in_a_virtual_machine"
    FAILED=$((FAILED + 1))
  fi
fi
echo "$PASSED passed, $FAILED failed"
[ $FAILED = 0 ]
