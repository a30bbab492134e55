#!/bin/bash
# All tests of the reference guest: ./test.sh [NAME...] runs those whose names hold one of the words.
# Unit tests need nothing; the others boot the image with crun and need root, crun, squashfs-tools and adb.
# BINDER_VM=1 adds a boot on a kernel with binderfs (tools/binder-vm).
# Prints "N passed, N failed"; exits 1 when any failed, 3 when something needed is missing.
set -u
cd "$(dirname "$0")" || exit 3
. test/phone.sh

ADB_PORT=$((20000 + $$ % 20000))
fail() { echo "  $*" >&2; return 1; }
same() { [ "$1" = "$2" ] || fail "expected '$2', got '$1'"; }

# --- what a boot gives ---

test_boot_reaches_completed_within_a_second() {
  phone_boot && phone_wait_boot || return 1
  local ms=$((($(date +%s%N) - BOOTED) / 1000000))
  echo "  crun started to sys.boot_completed seen: $ms ms"
  [ "$ms" -lt 1000 ] || fail "took $ms ms" || return 1
  same "$(phone_prop dev.bootcomplete)" 1
}

test_services_start_in_androids_order() {
  phone_boot && phone_wait_boot || return 1
  local last=0 now s
  for s in init servicemanager zygote surfaceflinger adbd; do
    now=$(phone_prop "ro.boottime.$s")
    [ "${now:-0}" -ge "$last" ] || fail "$s started before what stands before it" || return 1
    last=$now
  done
  [ "$(phone_prop ro.boottime.bootanim)" -ge "$(phone_prop ro.boottime.surfaceflinger)" ] || fail "bootanim before surfaceflinger" || return 1
  for s in logd servicemanager surfaceflinger zygote installd adbd; do same "$(phone_prop "init.svc.$s")" running || return 1; done
  eventually 3 "bootanim has stopped" prop_is init.svc.bootanim stopped && same "$(phone_prop service.bootanim.exit)" 1
}

CONFIG_boot_arguments_become_properties='-- androidboot.hardware=redroid androidboot.redroid_width=480 ro.product.model=other'
test_boot_arguments_become_properties() {
  echo 'androidboot.hardware=wrong androidboot.only_cmdline=1' > "$P/cmdline"
  phone_boot && phone_wait_boot || return 1
  same "$(phone_prop ro.boot.hardware)" redroid && same "$(phone_prop ro.hardware)" redroid &&
    same "$(phone_prop ro.boot.redroid_width)" 480 && same "$(phone_prop ro.product.model)" other &&
    same "$(phone_prop ro.boot.only_cmdline)" "" && same "$(phone_prop ro.build.version.sdk)" 33
}

CONFIG_proc_cmdline_counts_without_arguments='cmdline --'
test_proc_cmdline_counts_without_arguments() {
  phone_boot && phone_wait_boot || return 1
  same "$(phone_prop ro.boot.hardware)" fromcmdline && same "$(phone_prop ro.boot.serialno)" abc &&
    same "$(phone_prop ro.serialno)" abc
}

test_sysctls_are_written() {
  phone_boot && phone_wait_boot || return 1
  same "$(cat "$P/sys/mmap_rnd_bits")" 32 && same "$(cat "$P/sys/mmap_rnd_compat_bits")" 16 || return 1
  [ "$(cat "$P/sys/kptr_restrict")" -ge 2 ] || fail "kptr_restrict not written" || return 1
  ! phone_exec sh -c 'echo 1 > /proc/sys/kernel/printk' 2>/dev/null || fail "/proc/sys is writable"
}

CONFIG_without_sysctls_it_reboots='nosysctl --'
test_without_sysctls_it_reboots() {
  phone_boot
  phone_ends_with 129 || return 1 # SIGHUP: reboot(RB_AUTOBOOT) in a pid namespace
  log_has '^<2>init: Security failure: unable to set /proc/sys/vm/mmap_rnd_bits'
}

test_data_gets_its_layout() {
  phone_boot && phone_wait_boot || return 1
  same "$(stat -c %u:%g:%a "$P/data/local/tmp")" 2000:2000:771 && same "$(stat -c %u:%g:%a "$P/data/app")" 1000:1000:771 &&
    same "$(stat -c %u:%g:%a "$P/data/misc/adb")" 1000:2000:2750 && same "$(stat -c %u:%g:%a "$P/data/property")" 0:0:700
}

# --- properties ---

test_property_area_is_readable_from_outside() {
  phone_boot && phone_wait_boot || return 1
  local d before
  d=/proc/$(phone_pid)/root/dev/__properties__
  same "$(stat -c %a "$d")" 711 && same "$(stat -c %a:%s "$d/properties_serial")" 444:131072 || return 1
  same "$(od -An -tx4 -j8 -N8 "$d/u:object_r:system_prop:s0" | xargs)" "504f5250 fc6ed0ab" || return 1
  same "$(od -An -tu4 -N8 "$d/u:object_r:vendor_default_prop:s0" | xargs)" "112 0" || return 1 # empty
  before=$(od -An -tu4 -j4 -N4 "$d/properties_serial")
  phone_exec setprop test.serial 1
  same "$(od -An -tu4 -j4 -N4 "$d/properties_serial" | xargs)" "$((before + 1))"
}

test_setprop_rules() {
  phone_boot && phone_wait_boot || return 1
  AS=2000:2000 phone_exec setprop debug.x "two words" && same "$(phone_prop debug.x)" "two words" || return 1
  phone_exec setprop ro.test 1 || return 1
  ! phone_exec setprop ro.test 2 2>/dev/null || fail "ro.test was set twice" || return 1
  ! AS=2000:2000 phone_exec setprop ro.shell 1 2>/dev/null || fail "shell set a ro." || return 1
  ! AS=10000:10000 phone_exec setprop debug.x 2 2>/dev/null || fail "an app set a property" || return 1
  ! AS=10000:10000 phone_exec setprop sys.powerctl shutdown 2>/dev/null || fail "an app stopped the phone" || return 1
  ! AS=10000:10000 phone_exec setprop ctl.stop adbd 2>/dev/null || fail "an app stopped a service" || return 1
  ! phone_exec setprop init.svc.adbd stopped 2>/dev/null || fail "init.svc.* was set by another than init" || return 1
  ! phone_exec setprop 'bad name' 1 2>/dev/null || fail "a bad name was taken" || return 1
  ! phone_exec setprop a.b "$(printf '%092d' 0)" 2>/dev/null || fail "92 bytes were taken" || return 1
  phone_exec setprop a.b "$(printf '%091d' 0)" && phone_exec getprop | grep -qx '\[a.b\]: \[0\{91\}\]'
}

test_persist_survives_a_reboot() {
  phone_boot && phone_wait_boot || return 1
  phone_exec setprop persist.test.kept yes && phone_exec setprop sys.powerctl reboot || return 1
  phone_ends_with 129 || return 1
  phone_boot && phone_wait_boot && same "$(phone_prop persist.test.kept)" yes
}

# --- services ---

test_ctl_starts_and_stops() {
  phone_boot && phone_wait_boot || return 1
  local pid
  pid=$(phone_prop init.svc_debug_pid.installd)
  AS=2000:2000 phone_exec stop installd && eventually 2 "installd stopped" prop_is init.svc.installd stopped || return 1
  AS=2000:2000 phone_exec start installd && same "$(phone_prop init.svc.installd)" running || return 1
  [ "$(phone_prop init.svc_debug_pid.installd)" != "$pid" ] || fail "the same process" || return 1
  pid=$(phone_prop init.svc_debug_pid.installd)
  phone_exec setprop ctl.restart installd && eventually 2 "a new installd" other_pid installd "$pid" || return 1
  ! phone_exec setprop ctl.start nonsense 2>/dev/null
}
other_pid() { prop_is "init.svc.$1" running && ! prop_is "init.svc_debug_pid.$1" "$2"; }

test_crashed_service_waits_and_comes_back() {
  phone_boot && phone_wait_boot || return 1
  local pid began
  pid=$(phone_prop init.svc_debug_pid.installd)
  began=$(date +%s%N)
  phone_exec kill -9 "$pid"
  eventually 1 "installd is restarting" prop_is init.svc.installd restarting || return 1
  eventually 8 "installd runs again" other_pid installd "$pid" || return 1
  local ms=$((($(date +%s%N) - BOOTED) / 1000000))
  [ "$ms" -ge 5000 ] || fail "back after $ms ms, less than 5 s since its start"
}

test_critical_crashes_are_only_logged() {
  phone_boot && phone_wait_boot || return 1
  local i pid
  for i in 1 2 3 4 5; do
    pid=$(phone_prop init.svc_debug_pid.servicemanager)
    phone_exec kill -9 "$pid"
    eventually 2 "its end is seen" prop_is init.svc.servicemanager restarting || return 1
    phone_exec start servicemanager && eventually 2 "it runs again" other_pid servicemanager "$pid" || return 1
  done
  log_has "critical process 'servicemanager' exited 5 times in 4 minutes" || fail "not logged" || return 1
  same "$(phone_prop init.svc.servicemanager)" running
}

test_zygote_ends_with_system_server_and_both_return() {
  phone_boot && phone_wait_boot || return 1
  local zygote
  zygote=$(phone_prop init.svc_debug_pid.zygote)
  phone_exec sh -c 'kill -9 $(pidof system_server)'
  eventually 9 "zygote is new" other_pid zygote "$zygote" && eventually 3 "system_server is back" phone_exec pidof system_server > /dev/null
}

# A table of the test's own: triggers, exec, onrestart, a service that ignores SIGTERM.
BEFORE_triggers_and_stubborn_services() { cat > "$P/root/vendor/etc/init/test.rc" <<'RC'
on property:test.a=1 && property:test.b=*
    setprop test.both ${test.a}-${test.none:-fallback}

on property:sys.boot_completed=1
    exec - shell shell -- /system/bin/sh -c "id -u > /data/local/tmp/exec"
    setprop test.after_exec 1
    start stubborn

service stubborn /system/bin/sh -c "trap '' TERM; while :; do sleep 1; done"
    disabled
    user shell

service missing /system/bin/not-there
    class core
RC
}
test_triggers_and_stubborn_services() {
  phone_boot && phone_wait_boot || return 1
  phone_exec setprop test.a 1 && same "$(phone_prop test.both)" "" && phone_exec setprop test.b x || return 1
  eventually 2 "both conditions" prop_is test.both 1-fallback || return 1
  eventually 2 "exec has ended" prop_is test.after_exec 1 && same "$(cat "$P/data/local/tmp/exec")" 2000 || return 1
  log_has "Could not start service 'missing': cannot find" || fail "missing program not logged" || return 1
  eventually 2 "stubborn runs" prop_is init.svc.stubborn running || return 1
  local began=$(date +%s%N) ms
  phone_exec setprop sys.powerctl shutdown && phone_ends_with 130 || return 1
  ms=$((($(date +%s%N) - began) / 1000000))
  [ "$ms" -ge 2300 ] && [ "$ms" -lt 4500 ] || fail "shutdown took $ms ms"
}

# --- pid 1 ---

test_signals_do_not_end_it() {
  phone_boot && phone_wait_boot || return 1
  local pid signal
  pid=$(phone_pid)
  for signal in TERM INT HUP QUIT USR1; do kill -$signal "$pid"; done
  phone_exec sh -c 'kill -TERM 1; kill -INT 1; kill -KILL 1'
  phone_exec setprop test.alive 1 && same "$(phone_prop test.alive)" 1
}

test_orphans_are_reaped() {
  phone_boot && phone_wait_boot || return 1
  phone_exec sh -c '(sleep 0.2; exit 7) & exit 0'
  eventually 3 "the orphan's end is logged" log_has 'Untracked pid [0-9]* exited with status 7' || return 1
  ! phone_exec ps -o stat,args | grep '^Z' || fail "zombies"
}

test_shutdown_ends_by_sigint() {
  phone_boot && phone_wait_boot || return 1
  phone_exec setprop sys.powerctl nonsense && log_has "powerctl: unrecognized command 'nonsense'" || return 1
  phone_exec setprop sys.powerctl shutdown,test || fail "setprop did not get its answer" || return 1
  phone_ends_with 130 || return 1
  log_has "Got shutdown_command 'shutdown,test'" && ! crun state "$ID" > /dev/null 2>&1
}

test_reboot_ends_by_sighup() {
  phone_boot && phone_wait_boot || return 1
  phone_exec reboot > /dev/null 2>&1
  phone_ends_with 129
}

CONFIG_without_cap_sys_boot_it_exits='noboot --'
test_without_cap_sys_boot_it_exits() {
  phone_boot && phone_wait_boot || return 1
  phone_exec setprop sys.powerctl shutdown
  phone_ends_with 1 && log_has 'reboot(RB_POWER_OFF): Operation not permitted: exiting instead'
}

test_full_kmsg_pipe_does_not_hang_it() {
  kill -STOP "$READER"
  dd if=/dev/zero of="$P/kmsg.fifo" bs=4096 oflag=nonblock 2> /dev/null
  phone_boot
  local booted=0
  phone_wait_boot || booted=1
  kill -CONT "$READER"
  [ $booted = 0 ] || return 1
  phone_exec setprop ctl.stop bootanim
  eventually 2 "lost lines are counted" log_has 'lines of this log were lost'
}

CONFIG_user_namespace_boots='userns -- androidboot.hardware=redroid'
BEFORE_user_namespace_boots() {
  umount "$P/root"
  cp -a "$P/lower" "$P/plain"
  chown -hR 1000000:1000000 "$P/plain" "$P/upper" "$P/work" "$P/data"
  mount -t overlay overlay -o "lowerdir=$P/plain,upperdir=$P/upper,workdir=$P/work" "$P/root"
}
test_user_namespace_boots() {
  phone_boot && phone_wait_boot || return 1
  same "$(stat -c %u "$P/data/local/tmp")" 1002000 && same "$(phone_prop init.svc.adbd)" running || return 1
  same "$(phone_exec id -u)" 0 && phone_adb && same "$("${ADB[@]}" shell id -u)" 2000 || return 1
  "${ADB[@]}" kill-server
  phone_exec setprop sys.powerctl shutdown
  phone_ends_with 130
}

# --- tools ---

# An adb server of the test's own, inside the phone's network; ADB is then the command.
phone_adb() {
  ADB=(nsenter -t "$(phone_pid)" -n env ADB_LOCAL_TRANSPORT_MAX_PORT=5553 "HOME=$P" "ADB_VENDOR_KEYS=" timeout 20 adb -P "$ADB_PORT")
  "${ADB[@]}" start-server > /dev/null 2>&1
  eventually 5 "adb connects" adb_connects || return 1
  ADB+=(-s 127.0.0.1:5555)
}
adb_connects() { "${ADB[@]}" connect 127.0.0.1:5555 | grep -q '^connected\|^already' && "${ADB[@]}" -s 127.0.0.1:5555 shell true; }

test_adb_shell_is_uid_2000() {
  phone_boot && phone_wait_boot && phone_adb || return 1
  local ok=0
  adb_checks || ok=1
  "${ADB[@]}" kill-server
  return $ok
}
adb_checks() {
  local id
  id=$("${ADB[@]}" shell id)
  [[ $id == "uid=2000(shell) gid=2000(shell) groups="*"1004(input),1007(log),1011(adb)"* ]] || fail "id says $id" || return 1
  same "$("${ADB[@]}" shell 'exit 7'; echo $?)" 7 || return 1
  same "$("${ADB[@]}" shell -t -t tty < /dev/null | tr -d '\r')" /dev/pts/0 || return 1
  head -c 5000000 /dev/urandom > "$P/file"
  "${ADB[@]}" push "$P/file" /data/local/tmp/file > /dev/null && "${ADB[@]}" pull /data/local/tmp/file "$P/back" > /dev/null || return 1
  cmp "$P/file" "$P/back" && same "$(stat -c %u "$P/data/local/tmp/file")" 2000 || return 1
  ! "${ADB[@]}" push "$P/file" /system/file > /dev/null 2>&1 || fail "shell wrote to /system" || return 1
  same "$("${ADB[@]}" shell getprop ro.product.device)" reference
}

test_packages_install_list_and_go() {
  phone_boot && phone_wait_boot && phone_adb || return 1
  local ok=0
  package_checks || ok=1
  "${ADB[@]}" kill-server
  return $ok
}
package_checks() {
  python3 test/make-apk.py org.example.demo 3 > "$P/demo.apk" && python3 test/make-apk.py ../../evil 1 > "$P/evil.apk" || return 1
  "${ADB[@]}" install --no-streaming "$P/demo.apk" 2>&1 | grep -q '^Success' || fail "install" || return 1
  "${ADB[@]}" install --no-streaming "$P/demo.apk" 2>&1 | grep -q 'INSTALL_FAILED_ALREADY_EXISTS' || fail "second install" || return 1
  "${ADB[@]}" install --no-streaming -r "$P/demo.apk" 2>&1 | grep -q '^Success' || fail "install -r" || return 1
# What clients say that stream (adb's own goes by abb_exec, which Debian's adbd announces but does not have).
  python3 test/make-apk.py org.example.demo 4 > "$P/demo.apk"
  "${ADB[@]}" shell -T "cmd package install -r -S $(stat -c %s "$P/demo.apk")" < "$P/demo.apk" | grep -q '^Success' || fail "streamed install" || return 1
  same "$("${ADB[@]}" shell pm list packages -3 --show-versioncode)" "package:org.example.demo versionCode:4" || return 1
  "${ADB[@]}" install --no-streaming "$P/evil.apk" 2>&1 | grep -q 'INSTALL_PARSE_FAILED_MANIFEST_MALFORMED' || fail "evil name" || return 1
  same "$("${ADB[@]}" shell pm list packages -3)" package:org.example.demo || return 1
  "${ADB[@]}" shell pm list packages | grep -qx package:com.ancloud.paint || fail "the image's own packages" || return 1
  same "$("${ADB[@]}" shell pm path org.example.demo)" package:/data/app/org.example.demo/base.apk || return 1
  cmp "$P/demo.apk" "$P/data/app/org.example.demo/base.apk" || return 1
  "${ADB[@]}" uninstall org.example.demo 2>&1 | grep -q '^Success' && same "$("${ADB[@]}" shell pm list packages -3)" "" || return 1
  same "$(ls -A "$P/data/app")" "" || return 1
  ! AS=10000:10000 phone_exec pm uninstall com.x.y 2>&1 | grep -q Success
}

test_logcat_shows_what_is_logged() {
  phone_boot && phone_wait_boot || return 1
  AS=2000:2000 phone_exec log -t Demo -p w hello && AS=2000:2000 phone_exec log -t Other hidden || return 1
  same "$(phone_exec logcat -d -v tag -s Demo | grep -v '^---')" "W/Demo    : hello" || return 1
  phone_exec logcat -d | grep -Eq '^[0-9-]{5} [0-9:.]{12} +[0-9]+ +[0-9]+ W Demo    : hello$' || fail "threadtime" || return 1
  phone_exec logcat -d -b kernel | grep -q "init *: starting service 'zygote'" || fail "init's lines" || return 1
  phone_exec timeout 5 logcat -v raw -T 1 -s Follow > "$P/follow" &
  local follower=$!
  eventually 3 "logcat follows" followed
  kill "$follower" 2>/dev/null
  wait "$follower" 2>/dev/null
  grep -q '^later$' "$P/follow" && phone_exec logcat -c && ! phone_exec logcat -d | grep Demo
}
followed() { phone_exec log -t Follow later; grep -q '^later$' "$P/follow"; }

# --- the image ---

test_image_is_small_and_owned_by_root() {
  local size=$(stat -c %s "$IMAGE")
  echo "  $((size / 1024)) KiB"
  [ "$size" -le $((40 << 20)) ] || fail "$size bytes" || return 1
  unsquashfs -lln "$IMAGE" | grep -q '^-rwxr-xr-x 0/0 .*squashfs-root/init$' || fail "/init is not root's" || return 1
  local strange=$(unsquashfs -lln "$IMAGE" | awk '$2 ~ /\// && $2 != "0/0" && $2 != "0/2000" && $2 != "1000/1000"')
  same "$strange" ""
}

test_image_builds_the_same_again() {
  local again
  mkdir -p "$P/cache/ancloud/guest"
  cp -a "${XDG_CACHE_HOME:-$HOME/.cache}"/ancloud/guest/apt-* "$P/cache/ancloud/guest/"
  again=$(XDG_CACHE_HOME=$P/cache ./build.sh 2> /dev/null) || return 1
  [ "$(basename "$again")" = "$(basename "$IMAGE")" ] || fail "the sources have changed since this test began: run it again" || return 1
  cmp "$IMAGE" "$again" && same "$(./build.sh --hash)" "$(basename "$again" .sqfs)"
}

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
  units=$(nice make -s -k test 2>&1)
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
