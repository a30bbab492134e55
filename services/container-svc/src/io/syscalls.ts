import fs from 'node:fs';
import koffi from 'koffi';

/**
 * The few system calls that Node does not have. This file and posix-spawn.ts alone know koffi: all others see functions that throw an
 * Error with `code` and `syscall`, as node:fs does. All are synchronous and take microseconds, mounts a few
 * milliseconds; only `syncFileSystem` waits for the disk, and answers a promise.
 */
const libc = koffi.load('libc.so.6');
const mountCall = libc.func(
  'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
);
const umountCall = libc.func('int umount2(const char *target, int flags)');
const flockCall = libc.func('int flock(int fd, int operation)');
const mkfifoCall = libc.func('int mkfifo(const char *path, unsigned int mode)');
const mknodCall = libc.func('int mknod(const char *path, unsigned int mode, uint64_t device)');
const pipeCall = libc.func('int pipe2(_Out_ int *fds, int flags)');
const pollCall = libc.func('int poll(void *fds, unsigned long count, int timeout)');
const clockCall = libc.func('int clock_gettime(int clock, _Out_ int64_t *time)');
const syncfsCall = libc.func('int syncfs(int fd)');
const openat2Call = libc.func(
  'long syscall(long number, int dirfd, const char *path, const uint64_t *how, size_t size)',
);

const memfdCreateCall = libc.func('int memfd_create(const char *name, unsigned int flags)');
const fcntlCall = libc.func('int fcntl(int fd, int command, int argument)');

// The same number on x86-64 and arm64 (include/uapi/asm-generic/unistd.h).
const SYS_OPENAT2 = 437;

/** Of two names for one number (EAGAIN, EWOULDBLOCK) the first in the alphabet is kept, as node does. */
const errorNames: ReadonlyMap<number, string> = new Map(
  Object.entries(koffi.os.errno)
    .toSorted(([a], [b]) => (a < b ? 1 : -1))
    .map(([name, value]) => [value, name]),
);

function check(result: number, syscall: string, what: string): number {
  if (result >= 0) return result;
  throw systemError(koffi.errno(), syscall, what);
}

/** As node:fs would tell it. */
export function systemError(number: number, syscall: string, what: string): NodeJS.ErrnoException {
  const code = errorNames.get(number) ?? `errno ${number}`;
  return Object.assign(new Error(`${code}: ${syscall} ${what}`), { code, errno: -number, syscall });
}

export const mountFlags = {
  rdonly: 1,
  nosuid: 2,
  nodev: 4,
  noexec: 8,
  remount: 32,
  bind: 4096,
  private: 1 << 18,
} as const;

export function mount(source: string, target: string, type: string, flags: number, data: string): void {
  check(mountCall(source, target, type, flags, data), 'mount', `${type} on ${target}`);
}

const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;

/** `detach`: also when in use; it goes when its last user does. */
export function umount(target: string, detach = false): void {
  check(umountCall(target, UMOUNT_NOFOLLOW | (detach ? MNT_DETACH : 0)), 'umount2', target);
}

/**
 * Makes all that was ever written to the file system of `folder` outlast a power cut; of an overlay, to that of its upper. For
 * work on many files of which a file elsewhere is about to tell: file systems keep no order among each other.
 */
export function syncFileSystem(folder: string): Promise<void> {
  const fd = fs.openSync(folder, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  return new Promise((resolve, reject) => {
    syncfsCall.async(fd, (error: unknown, result: number) => {
      fs.closeSync(fd);
      if (error === null && result === 0) resolve();
      else reject(new Error(`syncfs of ${folder} failed`, { cause: error }));
    });
  });
}

/** As both machines that we run on have it. */
const LITTLE_ENDIAN = true;

const LOCK_EX = 2;
const LOCK_NB = 4;

/** Tries to take an exclusive flock of an open file; false when another open file holds it. */
export function tryLock(fd: number): boolean {
  if (flockCall(fd, LOCK_EX | LOCK_NB) === 0) return true;
  if (errorNames.get(koffi.errno()) === 'EAGAIN') return false;
  check(-1, 'flock', `descriptor ${fd}`);
  return false;
}

export function mkfifo(path: string, mode: number): void {
  check(mkfifoCall(path, mode), 'mkfifo', path);
}

const S_IFCHR = 0o020000;

/** A character device with exactly these permissions from its first moment. */
export function makeDevice(path: string, mode: number, device: number): void {
  const mask = process.umask(0);
  try {
    check(mknodCall(path, S_IFCHR | mode, device), 'mknod', path);
  } finally {
    process.umask(mask);
  }
}

const O_CLOEXEC = 0o2000000;

const F_SETPIPE_SZ = 1031;
/** Unasked the kernel takes 64 KiB, and two programs wait for each other most of the time. */
const PIPE_BYTES = 1 << 20;

/** A pipe, as small as the kernel makes it: [the reader's end, the writer's end]. */
export function smallPipe(): [number, number] {
  const fds: [number, number] = [-1, -1];
  check(pipeCall(fds, O_CLOEXEC), 'pipe2', '');
  return fds;
}

/** A pipe between two programs that we start: [the reader's end, the writer's end]. We close both once they are given. */
export function pipe(): [number, number] {
  const fds = smallPipe();
  // Where it may not be so large it stays as it is.
  fcntlCall(fds[0], F_SETPIPE_SZ, PIPE_BYTES);
  return fds;
}

const F_DUPFD_CLOEXEC = 1030;

/** The same open file under a number that is `least` or more. */
export function duplicate(fd: number, least: number): number {
  return check(fcntlCall(fd, F_DUPFD_CLOEXEC, least), 'fcntl', `descriptor ${fd}`);
}

const CLOCK_BOOTTIME = 7;

/** CLOCK_BOOTTIME in ms: the clock of phone-shim's log, the same in all processes until the machine boots again. */
export function bootTimeMs(): number {
  const time = new BigInt64Array(2);
  check(clockCall(CLOCK_BOOTTIME, time), 'clock_gettime', 'CLOCK_BOOTTIME');
  return Number(time[0] ?? 0n) * 1_000 + Number(time[1] ?? 0n) / 1e6;
}

const RESOLVE_NO_MAGICLINKS = 0x02n;
const RESOLVE_NO_SYMLINKS = 0x04n;
const RESOLVE_IN_ROOT = 0x10n;

/**
 * Opens `path` as a process whose root is the directory `dirfd` would: nothing in there, no symlink and no `..`, leads out.
 * `flags` are node's open flags plus what it lacks; O_CLOEXEC is added. `symlinks` false refuses every symlink with ELOOP.
 */
export function openInRoot(dirfd: number, path: string, flags: number, symlinks: boolean): number {
  const how = new BigUint64Array([
    BigInt(flags | O_CLOEXEC),
    0n,
    RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (symlinks ? 0n : RESOLVE_NO_SYMLINKS),
  ]);
  return check(Number(openat2Call(SYS_OPENAT2, dirfd, path, how, how.byteLength)), 'openat2', path);
}

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const F_ADD_SEALS = 1033;
const F_SEAL_FUTURE_WRITE = 0x10;

/** Whether memfd_create makes memory that can be sealed against later writers (Linux 5.1), as Android's libcutils asks. */
export function hasSealableMemfd(): boolean {
  const fd = memfdCreateCall('ancloud-probe', MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return false;
  try {
    return fcntlCall(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) === 0;
  } finally {
    fs.closeSync(fd);
  }
}

const POLLPRI = 2;
const POLLERR = 8;

/** Whether something out of the ordinary is to be told on an open file (poll(2), POLLPRI or POLLERR). Does not wait. */
export function hasPriorityEvent(fd: number): boolean {
  // struct pollfd: int fd, short events, short revents.
  const asked = new DataView(new ArrayBuffer(8));
  asked.setInt32(0, fd, LITTLE_ENDIAN);
  asked.setInt16(4, POLLPRI, LITTLE_ENDIAN);
  check(pollCall(new Uint8Array(asked.buffer), 1, 0), 'poll', `descriptor ${fd}`);
  return (asked.getInt16(6, LITTLE_ENDIAN) & (POLLPRI | POLLERR)) !== 0;
}

export const O_PATH = 0o10000000;
