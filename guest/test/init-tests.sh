# Tests for test.sh: services and pid 1.
# test_NAME runs in a phone of its own ($P, $ID); CONFIG_NAME are its words for phone_config, BEFORE_NAME prepares its files.

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
