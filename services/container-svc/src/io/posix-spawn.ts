import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { execWith, type Program, type StartOptions } from '@ancloud/kit';
import koffi from 'koffi';
import { duplicate, smallPipe, systemError } from './syscalls.js';

/**
 * Programs by posix_spawn(3). Node starts them by fork(2), which copies the page tables of all that a service has: 2 to 10 ms in
 * which it does nothing else, five times for each phone that boots. glibc's posix_spawn shares the memory until the program is
 * loaded (clone(2) with CLONE_VM and CLONE_VFORK; sysdeps/unix/sysv/linux/spawni.c): 0.2 ms, however large the service (ADR 17).
 */
export const quickExec = execWith((argv, options) => new Spawned(argv, options));

const libc = koffi.load('libc.so.6');
const spawnCall = libc.func(
  'int posix_spawnp(_Out_ int *pid, const char *file, void *actions, void *attr, const char **argv, const char **envp)',
);
const waitCall = libc.func('int waitpid(int pid, _Out_ int *status, int options)');
const attrInit = libc.func('int posix_spawnattr_init(void *attr)');
const attrFlags = libc.func('int posix_spawnattr_setflags(void *attr, short flags)');
const attrDefault = libc.func('int posix_spawnattr_setsigdefault(void *attr, void *set)');
const attrMask = libc.func('int posix_spawnattr_setsigmask(void *attr, void *set)');
const fillSet = libc.func('int sigfillset(void *set)');
const emptySet = libc.func('int sigemptyset(void *set)');
const actionsInit = libc.func('int posix_spawn_file_actions_init(void *actions)');
const actionsDestroy = libc.func('int posix_spawn_file_actions_destroy(void *actions)');
const actionsOpen = libc.func(
  'int posix_spawn_file_actions_addopen(void *actions, int fd, const char *path, int flags, unsigned int mode)',
);
const actionsDup = libc.func('int posix_spawn_file_actions_adddup2(void *actions, int fd, int to)');
const actionsChdir = libc.func('int posix_spawn_file_actions_addchdir_np(void *actions, const char *path)');

// bits/spawn.h, spawn.h of glibc 2.36.
const SETSIGDEF = 0x04;
const SETSIGMASK = 0x08;
const SETSID = 0x80;
/** posix_spawnattr_t is 336 bytes, posix_spawn_file_actions_t 80, sigset_t 128 (x86-64 and arm64): each fits. */
const OPAQUE = 512;

/** Signals as a program expects to find them: none blocked, none ignored (node ignores SIGPIPE, which would be inherited). */
function attributes(flags: number): Buffer {
  const attr = Buffer.alloc(OPAQUE);
  const set = Buffer.alloc(OPAQUE);
  attrInit(attr);
  attrFlags(attr, SETSIGDEF | SETSIGMASK | flags);
  fillSet(set);
  attrDefault(attr, set);
  emptySet(set);
  attrMask(attr, set);
  return attr;
}

/** Both kinds there are; nothing of them is ever changed or freed. */
const together = attributes(0);
const detached = attributes(SETSID);

const WNOHANG = 1;

/**
 * Programs that run, each collected as soon as it has ended: SIGCHLD says that one has, not which. Node collects its own children
 * by their pids, so neither takes the other's.
 */
class Children {
  readonly #running = new Map<number, (status: number | undefined) => void>();
  #listening = false;

  listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    process.on('SIGCHLD', () => this.#collect());
  }

  add(pid: number, ended: (status: number | undefined) => void): void {
    this.#running.set(pid, ended);
  }

  #collect(): void {
    for (const [pid, ended] of this.#running) {
      const status: [number] = [0];
      const collected = Number(waitCall(pid, status, WNOHANG));
      if (collected === 0) continue;
      this.#running.delete(pid);
      ended(collected === pid ? status[0] : undefined);
    }
  }
}

const children = new Children();

const signalNames: ReadonlyMap<number, NodeJS.Signals> = new Map(
  Object.entries(os.constants.signals).map(([name, number]) => [number, name as NodeJS.Signals]),
);

type Events = {
  readonly error: [Error];
  readonly exit: [number | null, NodeJS.Signals | null];
  readonly close: [number | null, NodeJS.Signals | null];
};

/** One program, and our ends of its pipes. `close` comes when it has ended and its output has been read to the end. */
class Spawned extends EventEmitter<Events> implements Program {
  readonly pid: number | undefined;
  readonly stdin: Writable | null = null;
  readonly stdout: Readable | null = null;
  readonly stderr: Readable | null = null;
  #ended: readonly [number | null, NodeJS.Signals | null] | undefined;
  #open = 0;

  constructor(argv: readonly [string, ...string[]], { env, cwd, detached: alone, stdio }: StartOptions) {
    super();
    children.listen();
    const floor = stdio.length;
    /** Theirs are closed when the program has them, ours when it could not be started. */
    const theirs: number[] = [];
    const ours: (number | undefined)[] = [];
    const actions = Buffer.alloc(OPAQUE);
    actionsInit(actions);
    try {
      for (const [to, what] of stdio.entries()) {
        if (what === 'ignore') {
          actionsOpen(actions, to, '/dev/null', to === 0 ? fs.constants.O_RDONLY : fs.constants.O_WRONLY, 0);
          continue;
        }
        let from: number;
        if (what === 'pipe') {
          const [read, write] = smallPipe();
          from = to === 0 ? read : write;
          theirs.push(from);
          ours[to] = to === 0 ? write : read;
        } else from = what;
        // A number below would be written over by an earlier action before it is copied.
        if (from < floor) theirs.push((from = duplicate(from, floor)));
        actionsDup(actions, from, to);
      }
      if (cwd !== undefined) actionsChdir(actions, cwd);
      const [file] = argv;
      const pid: [number] = [0];
      const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
      const attr = alone ? detached : together;
      const failure = Number(spawnCall(pid, file, actions, attr, [...argv, null], [...variables, null]));
      if (failure !== 0) throw systemError(failure, 'spawn', file);
      [this.pid] = pid;
    } catch (error) {
      for (const fd of ours) if (fd !== undefined) fs.closeSync(fd);
      // As node does: the caller has not said yet whom to tell.
      process.nextTick(() => this.emit('error', error as Error));
      return;
    } finally {
      actionsDestroy(actions);
      for (const fd of theirs) fs.closeSync(fd);
    }
    children.add(this.pid, (status) => this.#collected(status));
    if (ours[0] !== undefined) this.stdin = new net.Socket({ fd: ours[0], readable: false, writable: true });
    this.stdout = this.#output(ours[1]);
    this.stderr = this.#output(ours[2]);
  }

  kill(signal: NodeJS.Signals): boolean {
    if (this.pid === undefined || this.#ended !== undefined) return false;
    return process.kill(this.pid, signal);
  }

  #output(fd: number | undefined): Readable | null {
    if (fd === undefined) return null;
    this.#open += 1;
    const stream = new net.Socket({ fd, readable: true, writable: false });
    stream.once('close', () => {
      this.#open -= 1;
      this.#closed();
    });
    return stream;
  }

  /** wait(2): WIFEXITED, WEXITSTATUS, WTERMSIG. Undefined: somebody else has collected it, and how it ended is not known. */
  #collected(status: number | undefined): void {
    const signal = status === undefined ? 0 : status & 0x7f;
    const code = status === undefined || signal !== 0 ? null : (status >> 8) & 0xff;
    this.#ended = [code, signalNames.get(signal) ?? null];
    this.stdin?.destroy();
    this.emit('exit', ...this.#ended);
    this.#closed();
  }

  #closed(): void {
    if (this.#ended !== undefined && this.#open === 0) this.emit('close', ...this.#ended);
  }
}
