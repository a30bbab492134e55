# SPDX-License-Identifier: Apache-2.0
# The same with real crun, where it can run.

begin crun
if ! command -v crun >/dev/null; then
  echo "real crun: skipped, it is not installed"
else
  # crun refuses hybrid cgroups; in this mount namespace the v2 part can go.
  if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi
  id=phone-shim-test-$$
  cat >"$T/config.json" <<JSON
{"ociVersion":"1.0.0","process":{"user":{"uid":0,"gid":0},"args":["/helper","sleep","3000000"],"cwd":"/","env":[]},
 "root":{"path":"$T/root"},"hostname":"phone","mounts":[{"destination":"/proc","type":"proc","source":"proc"},
 {"destination":"/dev","type":"tmpfs","source":"tmpfs"},
 {"destination":"/dev/kmsg","type":"bind","source":"$T/kmsg","options":["bind","rw"]}],
 "linux":{"cgroupsPath":"/$id","namespaces":[{"type":"pid"},{"type":"mount"},{"type":"uts"},{"type":"ipc"},{"type":"network"}]}}
JSON
  mkdir -p "$T/root/proc"
  shim --door "$T/door" --pid-file "$T/pid" --boot-id b1 -- crun create --bundle "$T" --pid-file "$T/pid" "$id" >"$T/answer" 2>"$T/error"
  is 0 $? "exit status: $(cat "$T/answer")"
  shim_pid=$(field "$T/run/shim.json" pid) init_pid=$(field "$T/run/create.json" pid)
  if [ -n "$init_pid" ] && [ "$init_pid" != null ]; then
    is "$(cat "$T/pid")" "$init_pid" "pid of create.json"
    if is_free "$T/step.lock"; then pass; else fail "the created container holds the step lock"; fi
    if ls -l "/proc/$init_pid/fd" | grep -qE 'step.lock|shim.lock|socket:|net:'; then fail "the container inherited a descriptor"; else pass; fi
    crun start "$id"
    is 0 $? "crun start"
    eventually "pid 1 runs" grep -q helper "/proc/$init_pid/cmdline"
    follow
    mkdir "/proc/$init_pid/root/dev/__properties__"
    "$helper" area "/proc/$init_pid/root/$serial_file" 41
    eventually "a serial through the container's own mounts" last_is "$T/heard" '{"type":"serial","serial":41}'
    listen_there host
    listen_there phone $(in_phone)
    is "connected,phone touch" "$(timeout $((2 * patience)) "$helper" talk "$T/door" $scid 1 2>&1 | paste -sd,)" "the container's listener"
    hush
    echo "from inside" >"/proc/$init_pid/root/dev/kmsg"
    eventually "kmsg" contains "$T/log" "from inside"
    crun kill "$id" KILL
    eventually exit.json test -s "$T/run/exit.json"
    is 9 "$(field "$T/run/exit.json" signal)" signal
    eventually "the shim ends" is_free "$T/run/shim.lock"
    crun delete -f "$id"
    is 0 $? "crun delete"
  fi
  shim --pid-file "$T/pid" -- crun create --bundle /nowhere --pid-file "$T/pid" "$id" >"$T/answer" 2>/dev/null
  is 1 $? "exit status for a bundle that is not there"
  has "$T/answer" nowhere
fi
