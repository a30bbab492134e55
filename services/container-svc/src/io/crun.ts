import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { AppError, type Exec, isAppError, killDescendants } from '@ancloud/kit';
import type { CgroupHost } from './cgroups.js';
import { readMounts } from './mounts.js';
import { PAD_FD, type PadRun, runWithPad } from './pad.js';
import type { Paths } from './paths.js';
import { readRunJson } from './run-file.js';

export interface CrunOptions {
  readonly exec: Exec;
  readonly paths: Paths;
  readonly shimBin: string;
  readonly hostcapBin: string;
  /** Of phones: none, only such as take no descriptors from the phone, or any. */
  readonly doors: 'off' | 'auto' | 'trusted';
  /** The user that session-svc runs as: they are its. */
  readonly doorUid: number;
  /** Mount points of cgroup v2 beside v1: crun refuses hybrid hosts, so it is run where these are not mounted. */
  readonly hideMounts: readonly string[];
}

export interface CreateOptions {
  readonly phone: string;
  readonly bootId: string;
  /** The phone's lock, inherited by all of it. */
  readonly lockFd: number;
  /** Time for the whole create, ms. */
  readonly timeoutMs: number;
  /** For a phone with a gamepad: it is there, and what permits it may be written before crun reads the bundle. */
  readonly padMade?: PadRun['made'];
}

/** Bytes of log after which it is rotated; twice that is the most on disk. */
const LOG_MAX = 8 * 1024 * 1024;

/** The OCI runtime and phone-shim around it: only argv is made here, nothing is decided. */
export class Crun {
  readonly #options: CrunOptions;

  constructor(options: CrunOptions) {
    this.#options = options;
  }

  /** phone-shim and `crun create`. Errors: EXEC_FAILED with crun's words, DEADLINE_EXCEEDED. */
  async create({ phone, bootId, lockFd, timeoutMs, padMade }: CreateOptions): Promise<void> {
    const { exec, paths, shimBin, hostcapBin } = this.#options;
    const run = paths.run(phone);
    const crun = [
      'crun',
      ...this.#global(),
      'create',
      '--pid-file',
      run.pidFile,
      '--bundle',
      run.bundle,
      phone,
    ];
    const argv = [
      shimBin,
      ...this.#shimArguments(phone, bootId),
      '--pid-file',
      run.pidFile,
      '--create-timeout',
      String(timeoutMs),
      ...(padMade === undefined ? [] : ['--keep', String(PAD_FD)]),
      // Once each: of two mounts on one point the table names both.
      ...[...new Set(this.#options.hideMounts)].flatMap((mount) => ['--hide-mount', mount]),
      '--',
      ...crun,
    ] as const;
    try {
      const limits = { lockFd, timeoutMs: timeoutMs + 5_000 };
      if (padMade === undefined) await exec(argv, { fds: [lockFd], timeoutMs: limits.timeoutMs });
      else await runWithPad({ exec, hostcapBin, phone, argv, made: padMade, ...limits });
    } catch (cause) {
      const words = readRunJson<{ stderr?: string }>(run.createRecord)?.stderr?.trim() ?? '';
      if (words === '' || !isAppError(cause, 'EXEC_FAILED')) throw cause;
      throw new AppError('EXEC_FAILED', `crun create: ${words.split('\n').slice(-3).join('; ')}`, { cause });
    }
  }

  /** A new shim for a phone that lost its own. */
  async adopt(phone: string, bootId: string, lockFd: number, pid: number, startTime: number): Promise<void> {
    const { exec, shimBin } = this.#options;
    await exec([shimBin, ...this.#shimArguments(phone, bootId), '--adopt', `${pid}:${startTime}`], {
      fds: [lockFd],
    });
  }

  start(phone: string): void {
    letGo(`${this.#options.paths.run(phone).crun}/exec.fifo`);
  }

  /** Asks crun to forget the container. Its word means little: the caller looks at what is left. */
  async delete(phone: string, lockFd: number): Promise<void> {
    await this.#options.exec(['crun', ...this.#global(), 'delete', '--force', phone], {
      fds: [lockFd],
      okCodes: [0, 1],
      timeoutMs: 15_000,
    });
    fs.rmSync(this.#options.paths.run(phone).crun, { recursive: true, force: true });
  }

  /** Runs a short command in the phone. Errors: EXEC_FAILED. */
  async run(phone: string, argv: readonly string[], lockFd: number, timeoutMs: number): Promise<void> {
    await this.#options.exec(['crun', ...this.#global(), 'exec', phone, ...argv], {
      fds: [lockFd],
      timeoutMs,
      childrenFirst: true,
    });
  }

  /** A command in the phone with its three streams; the caller owns the process, and ends it by `endInPhone`. */
  open(
    phone: string,
    argv: readonly string[],
    uid: number,
    env: Readonly<Record<string, string>>,
  ): ChildProcess {
    const variables = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    const args = [...this.#global(), 'exec', '--user', `${uid}:${uid}`, ...variables, phone, ...argv];
    return spawn('crun', args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin' },
    });
  }

  #global(): string[] {
    return ['--root', this.#options.paths.crun, '--cgroup-manager', 'cgroupfs'];
  }

  #doorArguments(door: string): string[] {
    const { doors, doorUid } = this.#options;
    if (doors === 'off') return [];
    const trusting = doors === 'trusted' ? ['--door-trusting'] : [];
    return ['--door', door, '--door-owner', String(doorUid), ...trusting];
  }

  #shimArguments(phone: string, bootId: string): string[] {
    const { paths } = this.#options;
    const run = paths.run(phone);
    return [
      '--phone',
      phone,
      '--dir',
      run.root,
      // The first inherited descriptor: `fds` of Exec begin at 3.
      '--lock',
      '3',
      '--kmsg',
      run.kmsg,
      '--log',
      paths.logFile(phone),
      '--log-max',
      String(LOG_MAX),
      '--boot-id',
      bootId,
      ...this.#doorArguments(run.door),
    ];
  }
}

/** Mount points of cgroup v2 where it stands beside v1, as CrunOptions has them. */
export function hiddenMounts(mode: CgroupHost['mode']): string[] {
  if (mode !== 'hybrid') return [];
  return readMounts()
    .filter(({ type }) => type === 'cgroup2')
    .map(({ target }) => target);
}

/**
 * Lets the waiting init of a created container go: all that `crun start` does (crun src/libcrun/status.c, 1.8 to 1.25,
 * libcrun_status_write_exec_fifo), without a process that takes as long as half a create. The file goes last, since its existence
 * says that init waits: a kill before that only makes this happen again.
 */
export function letGo(fifo: string): void {
  try {
    // Without O_NONBLOCK it would wait for a reader when init is gone.
    const fd = fs.openSync(fifo, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK);
    try {
      fs.writeSync(fd, Buffer.alloc(1));
    } finally {
      fs.closeSync(fd);
    }
  } catch (error) {
    // Init has read and closed it, or is gone: the next look tells which.
    if (!['ENXIO', 'EPIPE', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  fs.rmSync(fifo, { force: true });
}

/** How long crun may take to collect its killed command before it is killed too, ms. */
const COLLECT_MS = 5_000;

/**
 * Ends a command in a phone: SIGKILL for the command, not for crun, which passes nothing on when it is killed. The command
 * would go on, and as an orphan that nobody collects keep the phone's pid 1 from ending.
 */
export function endInPhone(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  // Again and again: crun may not have started it yet.
  const again = setInterval(() => killDescendants(pid), 50);
  const last = setTimeout(() => child.kill('SIGKILL'), COLLECT_MS);
  child.once('exit', () => {
    clearInterval(again);
    clearTimeout(last);
  });
  killDescendants(pid);
}

/** Errors: PHONE_NOT_RUNNING. */
export function notRunning(phone: string, doing: string): AppError {
  return new AppError('PHONE_NOT_RUNNING', `${doing} ${phone}: the phone is not running`, {
    field: 'phone_id',
    value: phone,
    fix: 'start the phone first',
  });
}
