# SPDX-License-Identifier: Apache-2.0
# Runs inside the machine (see test.sh beside this folder). Each line that it checks begins with "ok" or "not ok".
. /run/in/environment # NODE

check() {
  local what=$1
  shift
  if "$@" >/run/last 2>&1; then echo "ok $what ($(cut -d' ' -f1 /proc/uptime) s up)"; else
    echo "not ok $what: $(tail -c 400 /run/last)"
    failures=$((${failures:-0} + 1))
  fi
}

mkdir -p /dev/binderfs
check "binderfs mounts" mount -t binder binder /dev/binderfs
check "a transaction on the machine's own binderfs" /run/in/bindertest /dev/binderfs

# A phone's container gets a binderfs of its own, that goes with it. The major number is this boot's.
major=$(awk '$2 == "binder" { print $1 }' /proc/devices)
phone() {
  local dir=/run/$1
  mkdir -p "$dir/root/bin" "$dir/root/dev" "$dir/root/proc"
  cp /run/in/bindertest /bin/busybox "$dir/root/bin/"
  cat >"$dir/config.json" <<JSON
{ "ociVersion": "1.0.0", "hostname": "$1", "root": { "path": "$dir/root" },
  "process": { "user": { "uid": 0, "gid": 0 }, "cwd": "/", "env": [], "args": ["/bin/busybox", "sleep", "1000"] },
  "mounts": [
    { "destination": "/proc", "type": "proc", "source": "proc" },
    { "destination": "/dev", "type": "tmpfs", "source": "tmpfs" },
    { "destination": "/dev/binderfs", "type": "binder", "source": "binder", "options": ["max=64"] } ],
  "linux": { "cgroupsPath": "/ancloud/$1",
    "namespaces": [{ "type": "pid" }, { "type": "mount" }, { "type": "uts" }, { "type": "ipc" }, { "type": "network" }],
    "resources": { "devices": [{ "allow": false, "access": "rwm" },
      { "allow": true, "type": "c", "major": 1, "access": "rwm" },
      { "allow": true, "type": "c", "major": $major, "access": "rw" }] } } }
JSON
  crun run --detach --bundle "$dir" "$1" </dev/null >"$dir/log" 2>&1 || { cat "$dir/log"; return 1; }
}
check "phone one starts" phone one
check "phone two starts" phone two
check "a transaction inside phone one" crun exec one /bin/bindertest /dev/binderfs
check "a transaction inside phone two" crun exec two /bin/bindertest /dev/binderfs
pid=$(crun list --format json | "$NODE" -p 'JSON.parse(require("fs").readFileSync(0)).find((c) => c.id === "one").pid')
root=/proc/$pid/root/dev/binderfs
check "a device is added to phone one's binderfs from outside" /run/in/ancloud-hostcap binderfs-add "$root" extra
check "phone two does not see it" sh -c '! crun exec two /bin/busybox ls /dev/binderfs/extra'
check "the machine does not see it" test ! -e /dev/binderfs/extra
check "phone one is deleted" crun delete --force one
check "its binderfs is gone" sh -c '! grep -q "binder.*/run/one" /proc/mounts'

check "container-svc's native helpers pass their tests with real binderfs" env HOSTCAP=/run/in/ancloud-hostcap bash /run/in/native-test.sh
tail -1 /run/last
check "a bundled script runs under node" "$NODE" /run/in/script.mjs
cat /run/last
[ "${failures:-0}" = 0 ]
