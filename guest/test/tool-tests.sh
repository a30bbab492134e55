# Tests for test.sh: what clients use, and the image.
# test_NAME runs in a phone of its own ($P, $ID); CONFIG_NAME are its words for phone_config, BEFORE_NAME prepares its files.

# --- tools ---

# An adb server of the test's own, inside the phone's network; ADB is then the command.
phone_adb() {
  ADB=(nsenter -t "$(phone_pid)" -n env ADB_LOCAL_TRANSPORT_MAX_PORT=5553 "HOME=$P" "ADB_VENDOR_KEYS=" timeout $PATIENCE adb -P "$ADB_PORT")
  "${ADB[@]}" start-server > /dev/null 2>&1
  eventually "adb connects" adb_connects || return 1
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
  eventually "a line is kept" kept || return 1
  same "$(phone_exec logcat -d -v tag -s Demo | grep -v '^---' | sort -u)" "W/Demo    : hello" || return 1
  phone_exec logcat -d | grep -Eq '^[0-9-]{5} [0-9:.]{12} +[0-9]+ +[0-9]+ W Demo    : hello$' || fail "threadtime" || return 1
  phone_exec logcat -d -b kernel | grep -q "init *: starting service 'zygote'" || fail "init's lines" || return 1
  phone_exec timeout $PATIENCE logcat -v raw -T 1 -s Follow > "$P/follow" &
  local follower=$!
  eventually "logcat follows" followed
  kill "$follower" 2>/dev/null
  wait "$follower" 2>/dev/null
  grep -q '^later$' "$P/follow" && phone_exec logcat -c && ! phone_exec logcat -d | grep Demo
}
# Whoever logs never waits: with ten lines still unread the next one is lost.
kept() {
  AS=2000:2000 phone_exec log -t Demo -p w hello && AS=2000:2000 phone_exec log -t Other hidden
  phone_exec logcat -d -s Demo | grep -q hello
}
followed() { phone_exec log -t Follow later; grep -q '^later$' "$P/follow"; }

test_logcat_has_what_was_logged_before_it() {
  phone_boot && phone_wait_boot && eventually "bootanim has stopped" prop_is init.svc.bootanim stopped || return 1
  local logd i
  logd=$(phone_prop init.svc_debug_pid.logd)
  phone_exec sh -c "kill -STOP $logd; for i in 1 2 3 4 5; do log -t Burst line; done" || return 1
  phone_exec logcat -d -v raw -s Burst > "$P/burst" &
  local reader=$!
  eventually "logcat waits for logd" reader_waits
  phone_exec kill -CONT "$logd"
  wait $reader
  same "$(grep -c '^line$' "$P/burst")" 5
}
# One socket of that name listens; another is a reader that was not accepted yet.
reader_waits() { [ "$(phone_exec grep -c /dev/socket/logdr /proc/net/unix)" -ge 2 ]; }

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
