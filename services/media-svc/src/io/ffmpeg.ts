import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { AppError } from '@ancloud/kit';

/** Bytes that wait for an ffmpeg that does not read: 30 s of 8 Mb/s. More, and what it writes to cannot keep up. */
const MAX_WAITING = 32 << 20;
/** From the end of its input until it is killed: it has a fragment, or the end of a playlist, to write. */
const LAST_WORK_MS = 10_000;
/** Bytes of stderr that are kept. */
const WORDS = 2_048;
const PATH = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin';

export interface FfmpegEnd {
  /** It ended by itself, because its input did. */
  readonly well: boolean;
  /** How, for people. */
  readonly how: string;
}

/** The file of a program by its name, or by its path. Errors: EXEC_FAILED, saying how to get it. */
export function findFfmpeg(name: string): string {
  const candidates = name.includes('/')
    ? [name]
    : (process.env['PATH'] ?? PATH).split(':').map((folder) => path.join(folder, name));
  for (const file of candidates) {
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // The next folder may have it.
    }
  }
  throw new AppError('EXEC_FAILED', `there is no program '${name}' here`, {
    field: 'ANCLOUD_FFMPEG',
    value: name,
    fix: 'on the machine of media-svc: apt-get install ffmpeg',
  });
}

/** One ffmpeg (core/ffmpeg-argv.ts). Owns the process; ends by `end`, by `kill`, or by itself. */
export class Ffmpeg {
  /** Never rejects. */
  readonly ended: Promise<FfmpegEnd>;
  readonly #child: ChildProcess;
  #words = '';
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  /** `stdout`: a descriptor that it writes to, the caller's to close; or who takes what it writes there; all of it before `ended`. */
  constructor(argv: readonly string[], stdout: number | ((chunk: Buffer) => void)) {
    const [program = '', ...args] = argv;
    this.#child = spawn(program, args, {
      cwd: '/',
      env: { PATH, LANG: 'C.UTF-8', HOME: '/' },
      stdio: ['pipe', typeof stdout === 'number' ? stdout : 'pipe', 'pipe'],
    });
    // EPIPE: it has ended; `ended` tells.
    this.#child.stdin?.on('error', () => {});
    if (typeof stdout !== 'number') this.#child.stdout?.on('data', stdout);
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#words = (this.#words + chunk.toString()).slice(-WORDS);
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('error', ({ message }) => this.#close(resolve, { well: false, how: message }));
      this.#child.once('close', (code, signal) => {
        const how = signal === null ? `exit code ${code}` : `ended by ${signal}`;
        const words = this.#words.trim().split('\n').slice(-2).join(' | ');
        this.#close(resolve, { well: code === 0, how: words === '' ? how : `${how}: ${words}` });
      });
    });
  }

  /** Also of what it was started by: unshare and setpriv become it, by exec. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Queues bytes; false when too many wait already, and nothing was queued. */
  write(parts: readonly Uint8Array[]): boolean {
    const { stdin } = this.#child;
    if (stdin === null || this.#over || stdin.writableEnded) return true;
    if (stdin.writableLength > MAX_WAITING) return false;
    stdin.cork();
    for (const part of parts) stdin.write(part);
    stdin.uncork();
    return true;
  }

  /** Its input ends; it writes what it holds, for 10 s at most. */
  end(): void {
    this.#child.stdin?.end();
    this.#timer ??= setTimeout(() => this.kill(), LAST_WORK_MS);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #close(resolve: (end: FfmpegEnd) => void, end: FfmpegEnd): void {
    this.#over = true;
    clearTimeout(this.#timer);
    resolve(end);
  }
}
