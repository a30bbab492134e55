# Tests for test.sh: what a boot gives, and properties.
# test_NAME runs in a phone of its own ($P, $ID); CONFIG_NAME are its words for phone_config, BEFORE_NAME prepares its files.

# --- what a boot gives ---

test_boot_reaches_completed() {
  phone_boot && phone_wait_boot || return 1
  echo "  crun started to sys.boot_completed seen: $((($(date +%s%N) - BOOTED) / 1000000)) ms"
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
  eventually "bootanim has stopped" prop_is init.svc.bootanim stopped && same "$(phone_prop service.bootanim.exit)" 1
}

CONFIG_boot_arguments_become_properties='-- androidboot.hardware=redroid androidboot.redroid_net_dns1=192.0.2.53 androidboot.redroid_width=480 ro.product.model=other'
test_boot_arguments_become_properties() {
  echo 'androidboot.hardware=wrong androidboot.only_cmdline=1' > "$P/cmdline"
  phone_boot && phone_wait_boot || return 1
  same "$(phone_prop ro.boot.hardware)" redroid && same "$(phone_prop ro.hardware)" redroid &&
    same "$(phone_prop ro.boot.redroid_width)" 480 && same "$(phone_prop ro.product.model)" other &&
    same "$(phone_exec cat /etc/resolv.conf)" "nameserver 192.0.2.53" && same "$(phone_prop ro.boot.only_cmdline)" "" && same "$(phone_prop ro.build.version.sdk)" 33
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

CONFIG_hangs_before_the_property_area='-- androidboot.guest_hang=init'
test_hangs_before_the_property_area() {
  phone_boot
  eventually "init says why it hangs" log_has 'androidboot.guest_hang=init' || return 1
  [ ! -e "/proc/$(phone_pid)/root/dev/__properties__" ] || fail "there is a property area"
}

CONFIG_hangs_before_zygote='-- androidboot.guest_hang=zygote'
test_hangs_before_zygote() {
  phone_boot
  eventually "init waits for its command" phone_exec sh -c 'grep -qx sleep /proc/[0-9]*/comm' || return 1
  same "$(phone_prop vold.post_fs_data_done)" 1 && same "$(phone_prop init.svc.zygote)" ""
}

CONFIG_hangs_before_the_boot_is_complete='-- androidboot.guest_hang=boot'
test_hangs_before_the_boot_is_complete() {
  phone_boot
  eventually "system_server says why it hangs" phone_exec sh -c 'logcat -d | grep -q androidboot.guest_hang=boot' || return 1
  same "$(phone_prop init.svc.zygote)" running && same "$(phone_prop init.svc.bootanim)" running &&
    same "$(phone_prop sys.boot_completed)" ""
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
  # Init may be telling something of its own at the same time.
  [ "$(od -An -tu4 -j4 -N4 "$d/properties_serial")" -gt "$before" ] || fail "the serial has not grown"
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
  phone_exec setprop persist.test.kept yes && phone_power reboot || return 1
  phone_ends_with 129 || return 1
  phone_boot && phone_wait_boot && same "$(phone_prop persist.test.kept)" yes
}
