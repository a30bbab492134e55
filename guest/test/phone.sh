# Boots the guest's image as a phone with crun, for test.sh. To be sourced by bash; root only.
#
# A phone here is what container-svc makes of one, without veth: the image's squashfs as lower of an overlay, /data a
# directory of its own, own namespaces, /proc/sys read-only with three files bound over what init writes, a FIFO as
# /dev/kmsg whose reader writes $P/kmsg. All paths are below $P; phone_end takes everything away again.

# phone_new IMAGE: makes $P and mounts. ids: EXTRA_ARGS for init.
phone_new() {
  P=$(mktemp -d /tmp/ancloud-guest-test-XXXXXX)
  ID=${P##*/}
  chmod 755 "$P" # a user namespace must come through
  mkdir "$P"/{lower,upper,work,root,data,sys}
  mount -t squashfs -o loop,ro "$1" "$P/lower"
  mount -t overlay overlay -o "lowerdir=$P/lower,upperdir=$P/upper,workdir=$P/work" "$P/root"
  echo 28 > "$P/sys/mmap_rnd_bits"
  echo 8 > "$P/sys/mmap_rnd_compat_bits"
  echo 0 > "$P/sys/kptr_restrict"
  mkfifo "$P/kmsg.fifo"
  exec {FIFO}<> "$P/kmsg.fifo"
  cat <&"$FIFO" > "$P/kmsg" &
  READER=$!
  chmod 666 "$P"/sys/* "$P/kmsg.fifo"
}

json_list() { local IFS=,; local quoted=("${@/#/\"}"); echo "${quoted[*]/%/\"}"; }

# phone_config [userns] [nosysctl] [noboot] [cmdline] -- init's arguments
phone_config() {
  local userns= boot=',"CAP_SYS_BOOT"' sysctl=1 cmdline= args
  while [ "$1" != -- ]; do
    case $1 in
      userns) userns=',{"type":"user"}' ;;
      noboot) boot= ;;
      nosysctl) sysctl= ;;
      cmdline) cmdline=",$(bind "$P/cmdline" /proc/cmdline)" ;;
    esac
    shift
  done
  shift
  args=$(json_list /init "$@")
  local caps='"CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_DAC_READ_SEARCH","CAP_FOWNER","CAP_FSETID","CAP_KILL","CAP_SETGID","CAP_SETUID","CAP_SETPCAP","CAP_NET_BIND_SERVICE","CAP_NET_ADMIN","CAP_NET_RAW","CAP_SYS_CHROOT","CAP_SYS_ADMIN","CAP_SYS_NICE","CAP_MKNOD","CAP_SYS_PTRACE","CAP_IPC_LOCK","CAP_AUDIT_WRITE"'$boot
  local maps= gid=',"gid=5"'
  if [ -n "$userns" ]; then
    maps=',"uidMappings":[{"containerID":0,"hostID":1000000,"size":65536}],"gidMappings":[{"containerID":0,"hostID":1000000,"size":65536}]'
    gid=
  fi
  local sysctls=
  [ -n "$sysctl" ] && sysctls=",$(bind "$P/sys/mmap_rnd_bits" /proc/sys/vm/mmap_rnd_bits),$(bind "$P/sys/mmap_rnd_compat_bits" /proc/sys/vm/mmap_rnd_compat_bits),$(bind "$P/sys/kptr_restrict" /proc/sys/kernel/kptr_restrict)"
  cat > "$P/config.json" <<JSON
{"ociVersion":"1.0.0",
 "process":{"terminal":false,"user":{"uid":0,"gid":0},"args":[$args],"cwd":"/","env":["PATH=/sbin:/system/bin:/vendor/bin"],
  "capabilities":{"bounding":[$caps],"effective":[$caps],"permitted":[$caps],"inheritable":[],"ambient":[]},"noNewPrivileges":true},
 "root":{"path":"$P/root","readonly":false},"hostname":"phone",
 "mounts":[
  {"destination":"/proc","type":"proc","source":"proc","options":["nosuid","noexec","nodev"]},
  {"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","mode=755","size=65536k"]},
  {"destination":"/dev/pts","type":"devpts","source":"devpts","options":["nosuid","noexec","newinstance","ptmxmode=0666","mode=0620"$gid]},
  {"destination":"/sys","type":"sysfs","source":"sysfs","options":["nosuid","noexec","nodev","ro"]},
  $(bind "$P/data" /data),$(bind "$P/kmsg.fifo" /dev/kmsg)$sysctls$cmdline],
 "linux":{"namespaces":[{"type":"pid"},{"type":"mount"},{"type":"uts"},{"type":"ipc"},{"type":"network"}$userns]$maps,
  "readonlyPaths":["/proc/sys","/proc/irq","/proc/bus"],"maskedPaths":["/proc/kcore","/proc/keys","/proc/kmsg"],
  "seccomp":{"defaultAction":"SCMP_ACT_ALLOW","architectures":[],"syscalls":[
   {"names":["socket"],"action":"SCMP_ACT_ERRNO","errnoRet":97,"args":[{"index":0,"value":40,"op":"SCMP_CMP_EQ"}]}]}}}
JSON
}

bind() { printf '{"destination":"%s","type":"bind","source":"%s","options":["bind","rw"]}' "$2" "$1"; }

# crun of bookworm refuses hybrid cgroups, and cannot join a user namespace's rootfs owned by others: see phone_boot.
crun_run() {
  # --cgroup-manager=disabled: the phone stays in this test's cgroup, which goes with it.
  unshare -m sh -c 'umount /sys/fs/cgroup/unified 2>/dev/null; exec crun --cgroup-manager=disabled run --bundle "$1" "$2"' sh "$P" "$ID"
}

# phone_boot: starts it in the background.
phone_boot() {
  BOOTED=$(date +%s%N)
  crun_run > "$P/console" 2>&1 < /dev/null &
  RUN=$!
}

phone_pid() { crun state "$ID" 2>/dev/null | sed -n 's/.*"pid" *: *\([0-9]*\).*/\1/p'; }

# In the phone, as root or as $AS (uid:gid).
phone_exec() { crun exec ${AS:+--user "$AS"} "$ID" "$@" < /dev/null; }
phone_prop() { phone_exec getprop "$1"; }

# Seconds after which what should happen is taken for broken. Long, so that a machine busy with other things is not.
PATIENCE=60

# eventually "what" command...: waits until the command succeeds, polling; says what never came true.
eventually() {
  local end=$(($(date +%s%N) + PATIENCE * 1000000000)) what=$1
  shift
  until "$@"; do
    if [ "$(date +%s%N)" -gt "$end" ]; then
      echo "  never: $what" >&2
      return 1
    fi
    sleep 0.03
  done
}

prop_is() { [ "$(phone_prop "$1" 2>/dev/null)" = "$2" ]; }
log_now_has() { grep -q -- "$1" "$P/kmsg"; }
# Init's lines come through a FIFO, so they come later than what they are about.
log_has() { eventually "the log has: $1" log_now_has "$1"; }

phone_wait_boot() { eventually "sys.boot_completed=1" prop_is sys.boot_completed 1; }

# phone_power COMMAND: sets sys.powerctl. The phone may end before crun has told how setprop ended: then it was killed, not refused.
phone_power() {
  local status=0
  phone_exec setprop sys.powerctl "$1" || status=$?
  [ $status = 0 ] || [ $status = 137 ] || { echo "  sys.powerctl=$1 was refused: $status" >&2; return 1; }
}

# Waits for the end and checks pid 1's exit status as crun tells it: 128 + signal.
phone_ends_with() {
  local status=0
  eventually "the phone ends" phone_is_gone || return 1
  wait "$RUN" || status=$?
  RUN=
  [ "$status" = "$1" ] || { echo "  expected the phone to end with $1, not with $status" >&2; return 1; }
}

phone_is_gone() { ! kill -0 "$RUN" 2> /dev/null; }

phone_end() {
  crun kill "$ID" KILL 2>/dev/null || true
  [ -n "${RUN:-}" ] && wait "$RUN" 2>/dev/null
  crun delete -f "$ID" 2>/dev/null
  kill "$READER" 2>/dev/null
  wait "$READER" 2>/dev/null
  exec {FIFO}>&-
  umount "$P/root" "$P/lower"
  rm -rf "$P"
  RUN=
}
