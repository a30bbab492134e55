# Tests for test.sh: services and pid 1.
# test_NAME runs in a phone of its own ($P, $ID); CONFIG_NAME are its words for phone_config, BEFORE_NAME prepares its files.

# --- services ---

test_ctl_starts_and_stops() {
  phone_boot && phone_wait_boot || return 1
  local pid
  pid=$(phone_prop init.svc_debug_pid.installd)
  AS=2000:2000 phone_exec stop installd && eventually "installd stopped" prop_is init.svc.installd stopped || return 1
  AS=2000:2000 phone_exec start installd && same "$(phone_prop init.svc.installd)" running || return 1
  [ "$(phone_prop init.svc_debug_pid.installd)" != "$pid" ] || fail "the same process" || return 1
  pid=$(phone_prop init.svc_debug_pid.installd)
  phone_exec setprop ctl.restart installd && eventually "a new installd" other_pid installd "$pid" || return 1
  ! phone_exec setprop ctl.start nonsense 2>/dev/null
}
other_pid() { prop_is "init.svc.$1" running && ! prop_is "init.svc_debug_pid.$1" "$2"; }

test_crashed_service_waits_and_comes_back() {
  phone_boot && phone_wait_boot || return 1
  local pid began again
  pid=$(phone_prop init.svc_debug_pid.installd)
  began=$(started_at "$pid")
  phone_exec kill -9 "$pid"
  eventually "installd runs again" other_pid installd "$pid" || return 1
  log_has "Service 'installd' (pid $pid) received signal 9" || return 1
  again=$(started_at "$(phone_prop init.svc_debug_pid.installd)")
  # Init counts from when it has forked, the kernel from the fork: they differ by as long as init was not let run in between.
  [ $((again - began)) -ge $((5 * $(getconf CLK_TCK) * 9 / 10)) ] || fail "back $((again - began)) ticks after its start, not 5 s"
}
# When a process of the phone was started, in the kernel's ticks.
started_at() { phone_exec cat "/proc/$1/stat" | sed 's/.*) //' | cut -d' ' -f20; }

test_critical_crashes_are_only_logged() {
  phone_boot && phone_wait_boot || return 1
  local i pid
  for i in 1 2 3 4 5; do
    pid=$(phone_prop init.svc_debug_pid.servicemanager)
    phone_exec kill -9 "$pid"
    log_has "Service 'servicemanager' (pid $pid) received signal 9" || return 1
    phone_exec start servicemanager && eventually "it runs again" other_pid servicemanager "$pid" || return 1
  done
  log_has "critical process 'servicemanager' exited 5 times in 4 minutes" || return 1
  same "$(phone_prop init.svc.servicemanager)" running
}

test_zygote_ends_with_system_server_and_both_return() {
  phone_boot && phone_wait_boot || return 1
  local zygote
  zygote=$(phone_prop init.svc_debug_pid.zygote)
  phone_exec sh -c 'kill -9 $(pidof system_server)'
  eventually "zygote is new" other_pid zygote "$zygote" && eventually "system_server is back" phone_exec pidof system_server > /dev/null
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
  eventually "both conditions" prop_is test.both 1-fallback || return 1
  eventually "exec has ended" prop_is test.after_exec 1 && same "$(cat "$P/data/local/tmp/exec")" 2000 || return 1
  log_has "Could not start service 'missing': cannot find" || return 1
  eventually "stubborn runs" prop_is init.svc.stubborn running || return 1
  phone_power shutdown && phone_ends_with 130 || return 1
  # It has had its 2.5 s, and not more than one round of killing.
  log_has '[0-9]* services did not end within 2500 ms: killing them' && log_has 'Shutdown took [0-9]* ms' || return 1
  local ms=$(sed -n 's/.*Shutdown took \([0-9]*\) ms.*/\1/p' "$P/kmsg")
  [ "$ms" -ge 2500 ] || fail "shutdown took $ms ms"
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
  eventually "the orphan's end is logged" log_has 'Untracked pid [0-9]* exited with status 7' || return 1
  eventually "no zombie is left" no_zombies
}
no_zombies() { ! phone_exec ps -o stat,args | grep -q '^Z'; }

test_shutdown_ends_by_sigint() {
  phone_boot && phone_wait_boot || return 1
  phone_exec setprop sys.powerctl nonsense && log_has "powerctl: unrecognized command 'nonsense'" || return 1
  phone_power shutdown,test || return 1
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
  phone_power shutdown || return 1
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
  eventually "lost lines are counted" lost_lines_are_told
}
# They are told with the next line that finds room, which each of these tries to be.
lost_lines_are_told() { phone_exec setprop ctl.stop bootanim; log_now_has 'lines of this log were lost'; }

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
  phone_power shutdown || return 1
  phone_ends_with 130
}
