#!/bin/bash
# Boots the virtual machine of build.sh, runs a script in it, ends with the script's exit status.
#
#   usage: tools/binder-vm/run.sh --in DIR --out DIR [--timeout SECONDS] [--memory MIB] [--binder none] [--disk FILE [--writes FILE]] [--pid FILE]
#
#   --in DIR        holds main.sh, which root runs with bash; DIR is /run/in in there, read-only
#   --out DIR       made if missing; /run/out in there, writable: results go here. Afterwards it also has
#                   console.log (kernel messages and all output) and exit-status
#   --timeout N     seconds until the machine is ended; default 180
#   --memory N      MiB, default 3072
#   --binder none   the machine has no binder: main.sh may load another, /lib/modules/*/extra/binder_without_binderfs.ko (Debian's own)
#   --disk FILE     a raw image, /dev/vda in there once it says `modprobe virtio_blk`. It tells the machine that it has a
#                   volatile write cache, so the machine's flushes are what makes writes last
#   --writes FILE   everything written to the disk is also kept there in its order, with the flushes in between, in the format of
#                   Linux's dm-log-writes: what a disk holds that lost power at any point can be made of it
#   --pid FILE      where qemu leaves its process id, for who wants to pull the plug by SIGKILL
#
# In the machine: Linux 6.12 with binderfs, cgroup v2 only, two CPUs, no network but lo. / is the host's own, writable for
# the machine alone and forgotten afterwards; so node, crun, iptables and everything else installed on the host are there.
# /tmp and /run are empty; the host's are below /run/host. Everything runs emulated, 4 to 10 times slower than outside.
#
# Exit status: main.sh's; 124 when the time was over; 125 when the machine could not be built or started, or ended
# without a status (a panic: see console.log).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
die() { echo "binder-vm: $*" >&2; exit 125; }

in= out= timeout=180 memory=3072 binder=binderfs disk= writes= pid=
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || die "$1 needs a value"
  case $1 in
    --in) in=$2 ;;
    --out) out=$2 ;;
    --timeout) timeout=$2 ;;
    --memory) memory=$2 ;;
    --binder) binder=$2 ;;
    --disk) disk=$2 ;;
    --writes) writes=$2 ;;
    --pid) pid=$2 ;;
    *) die "unknown option $1" ;;
  esac
  shift 2
done
[ -n "$in" ] && [ -n "$out" ] || die "--in and --out are needed"
[[ $timeout =~ ^[1-9][0-9]*$ && $memory =~ ^[1-9][0-9]*$ ]] || die "--timeout and --memory are whole numbers"
[[ $binder = binderfs || $binder = none ]] || die "--binder is binderfs or none"
[ -z "$disk" ] || [ -f "$disk" ] || die "$disk does not exist"
[ -z "$writes" ] || [ -n "$disk" ] || die "--writes needs --disk"
[ -f "$in/main.sh" ] || die "$in/main.sh does not exist"
command -v qemu-system-x86_64 >/dev/null || {
  [ "$(id -u)" = 0 ] && [ "${ANCLOUD_APT:-1}" != 0 ] || die "qemu is missing: run apt-get install --no-install-recommends qemu-system-x86"
  DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends qemu-system-x86 >&2 ||
    die "qemu-system-x86 could not be installed"
}
vm=$("$here/build.sh") || die "no machine to boot"
mkdir -p "$out"
in=$(realpath "$in") out=$(realpath "$out")
rm -f "$out/exit-status" "$out/console.log"

# A comma ends a value in qemu's options; doubled it stands for itself.
share() { printf 'local,path=%s,mount_tag=%s,security_model=none,multidevs=remap%s' "${1//,/,,}" "$2" "${3:+,$3}"; }

more=()
[ -z "$pid" ] || more+=(-pidfile "$pid")
if [ -n "$disk" ]; then
  image="driver=file,filename=${disk//,/,,}"
  if [ -n "$writes" ]; then
    : >"$writes"
    image="driver=blklogwrites,file.driver=file,file.filename=${disk//,/,,},log.driver=file,log.filename=${writes//,/,,}"
  fi
  more+=(-blockdev "$image,node-name=disk" -device virtio-blk-pci,drive=disk,write-cache=on)
fi

# thread=single: with one thread per CPU about one boot in twenty dies under emulation. -smp 2 with it is sound.
started=$SECONDS status=0 machine=
# Whoever ends us ends the machine; `wait` is left at once by a signal.
trap '[ -z "$machine" ] || kill "$machine" 2>/dev/null || true' EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
timeout "$timeout" qemu-system-x86_64 -M q35 -accel tcg,thread=single -cpu max -smp 2 -m "$memory" \
  -nodefaults -display none -no-reboot -nic none \
  -chardev "stdio,id=console,signal=off,logfile=${out//,/,,}/console.log,logappend=off" -serial chardev:console \
  -kernel "$vm/vmlinuz" -initrd "$vm/initrd.cpio" \
  -append "console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on ancloud.binder=$binder" \
  -virtfs "$(share / host readonly=on)" \
  -virtfs "$(share "$in" in readonly=on)" \
  -virtfs "$(share "$out" out)" \
  -virtfs "$(share "$vm/modules/lib/modules" mods readonly=on)" "${more[@]}" </dev/null &
machine=$!
wait "$machine" || status=$?
machine=
echo "binder-vm: $((SECONDS - started)) s" >&2
[ "$status" != 124 ] || { echo "binder-vm: ended after $timeout s" >&2; exit 124; }
[ -s "$out/exit-status" ] || die "the machine ended without a status, see $out/console.log"
exit "$(cat "$out/exit-status")"
