/**
 * The one user whose rights a program has that looks at an image's bytes: nobody's, and not the `nobody` that other services
 * share. Below the phones' ids, which begin at 2^28 (core/addresses.ts), above everything that login.defs gives out.
 */
export const SANDBOX_UID = 2 ** 28 - 2;

export interface SandboxOptions {
  /** An empty directory on which the sandbox mounts its root; the mounts are seen by nobody else. */
  readonly root: string;
  /** For a program of ours: what is bound read-only at /app, and at /node. */
  readonly node?: { readonly app: string; readonly program: string };
  /** Bound read-only at /source: a directory, or a squashfs file, which is mounted. */
  readonly source?: { readonly kind: 'directory' | 'squashfs'; readonly path: string };
  /** A directory bound writable at /work; it must belong to SANDBOX_UID. */
  readonly work?: string;
  /** Largest file it may write, bytes. */
  readonly fileBytes: number;
  /** CPU time of all its threads, seconds. */
  readonly cpuSeconds: number;
  /** True keeps the host's network, for what pulls from a registry. */
  readonly network?: boolean;
  /** True keeps CAP_DAC_READ_SEARCH: to read a tree whose files belong to many users. Such a program must not parse them. */
  readonly readsAll?: boolean;
}

/** Threads and processes of the sandbox's user at once: node has about a dozen, mksquashfs two for each core and a few. */
const PROCESSES = 4_096;

/**
 * Makes the root a program is given and enters it. Runs as root in a mount namespace of its own; what it mounts goes with
 * it. /usr is there for the program's libraries; /home, /root, /var, /run and the image store are not.
 */
const ENTER = `set -e
root=$1 app=$2 node=$3 kind=$4 source=$5 work=$6 network=$7; shift 7
mount -t tmpfs -o mode=755,size=256k,nosuid,nodev ancloud "$root"
cd "$root"
mkdir app dev etc proc source usr work
mount -o bind,ro /usr usr
links=
for name in bin sbin lib lib32 lib64; do
  if [ -L "/$name" ]; then links="$links /$name"; elif [ -d "/$name" ]; then mkdir "$name"; mount -o bind,ro "/$name" "$name"; fi
done
[ -z "$links" ] || cp -P $links .
files=ld.so.cache
if [ -n "$network" ]; then
  files='ld.so.cache resolv.conf hosts nsswitch.conf'
  if [ -d /etc/ssl ]; then mkdir etc/ssl; mount -o bind,ro /etc/ssl etc/ssl; fi
fi
for file in $files; do
  if [ -f "/etc/$file" ]; then : >"etc/$file"; mount -o bind,ro "/etc/$file" "etc/$file"; fi
done
for device in null urandom; do : >"dev/$device"; mount --bind "/dev/$device" "dev/$device"; done
if [ -n "$app" ]; then
  mount -o bind,ro "$app" app
  : >node
  mount -o bind,ro "$node" node
fi
case $kind in
  directory) mount -o bind,ro,nosuid,nodev,noexec "$source" source ;;
  squashfs) mount -t squashfs -o loop,ro,nosuid,nodev,noexec "$source" source ;;
esac
[ -z "$work" ] || mount -o bind,nosuid,nodev,noexec "$work" work
mount -t proc -o nosuid,nodev,noexec proc proc
mount -o remount,ro "$root"
exec chroot . "$@"`;

/**
 * The command line that runs `argv` with no rights, no network, no view of the host but its libraries, and an end: it dies
 * with us, at its limits, or by itself. Its first process is pid 1 of a pid namespace, so what it starts dies with it.
 */
export function sandboxArgv(options: SandboxOptions, argv: readonly string[]): string[] {
  const { root, node, source, work, network, fileBytes, cpuSeconds } = options;
  const capabilities = options.readsAll === true ? '-all,+dac_read_search' : '-all';
  const entering =
    `setpriv --pdeathsig KILL nice -n 5 unshare --mount --ipc --uts --pid ${network === true ? '' : '--net '}` +
    '--fork --kill-child=KILL --propagation private sh -c';
  // The kernel forgets unshare's --kill-child when the user changes, so the last setpriv asks for it once more.
  const entered =
    `prlimit --core=0 --fsize=${fileBytes} --cpu=${cpuSeconds} --nproc=${PROCESSES} ` +
    `setpriv --reuid=${SANDBOX_UID} --regid=${SANDBOX_UID} --clear-groups --no-new-privs --pdeathsig KILL ` +
    `--inh-caps=${capabilities} --ambient-caps=${capabilities} --bounding-set=${capabilities}`;
  return [
    ...entering.split(' '),
    ENTER,
    'sandbox',
    root,
    node?.app ?? '',
    node?.program ?? '',
    source?.kind ?? '',
    source?.path ?? '',
    work ?? '',
    network === true ? 'network' : '',
    ...entered.split(' '),
    ...argv,
  ];
}
