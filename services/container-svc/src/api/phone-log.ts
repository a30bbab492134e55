import fs from 'node:fs';
import { phoneIdPattern } from '@ancloud/contracts';
import type { PhoneLogChunk, PhoneLogRequest } from '@ancloud/contracts/container/v1/container';
import { AppError, sleep } from '@ancloud/kit';
import type { Host } from '../reconcile/host.js';

const TAIL_DEFAULT = 200;
const TAIL_MAX = 10_000;
const CHUNK = 64 * 1024;
/** The file is looked at this often while following: a log is for people. */
const FOLLOW_MS = 200;

/**
 * The end of a phone's init log; with `follow` then what is added, until the phone is removed. phone-shim rotates by renaming,
 * so the file is held open: what was added before the renaming is read too.
 */
export async function phoneLog(
  host: Host,
  { phoneId, tailLines, follow }: PhoneLogRequest,
  write: (chunk: PhoneLogChunk) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const isHere = (): boolean => host.targets.get(phoneId) !== undefined;
  if (!phoneIdPattern.test(phoneId) || !isHere())
    throw new AppError('PHONE_NOT_FOUND', `reading the log of ${phoneId}: this host does not have it`, {
      field: 'phone_id',
      value: phoneId,
    });
  if (tailLines > TAIL_MAX)
    throw new AppError('INVALID_ARGUMENT', `reading the log of ${phoneId}: too many lines`, {
      field: 'tail_lines',
      value: String(tailLines),
      fix: `ask for at most ${TAIL_MAX}`,
    });
  const file = host.paths.logFile(phoneId);
  let log = OpenLog.open(file);
  try {
    const tail = lastLines(file, log, tailLines === 0 ? TAIL_DEFAULT : tailLines);
    for (let at = 0; at < tail.length; at += CHUNK) await write({ data: tail.subarray(at, at + CHUNK) });
    const drain = async (): Promise<void> => {
      for (let data = log?.next(); data !== undefined && !signal.aborted; data = log?.next())
        await write({ data });
    };
    if (!follow) return;
    while (!signal.aborted) {
      await sleep(FOLLOW_MS, signal, host.clock).catch(() => {});
      // Looked at before the reading: what was said until the phone went is told.
      const here = isHere();
      await drain();
      if (log?.inode !== inodeOf(file)) {
        await drain();
        log?.close();
        log = OpenLog.open(file);
        await drain();
      }
      if (!here) return;
    }
  } finally {
    log?.close();
  }
}

/** A log file, read from its begin to what is its end at each moment. */
class OpenLog {
  readonly inode: number;
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
    this.inode = fs.fstatSync(fd).ino;
  }

  /** Undefined when there is no such file. */
  static open(file: string): OpenLog | undefined {
    try {
      return new OpenLog(fs.openSync(file, 'r'));
    } catch {
      return undefined;
    }
  }

  /** What follows, at most CHUNK bytes; undefined at the end. */
  next(): Buffer | undefined {
    const buffer = Buffer.alloc(CHUNK);
    const length = fs.readSync(this.#fd, buffer, 0, CHUNK, null);
    return length === 0 ? undefined : buffer.subarray(0, length);
  }

  /** All that follows. */
  rest(): Buffer {
    return fs.readFileSync(this.#fd);
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}

/** The last lines of the log and of the one that was rotated away before it. */
function lastLines(file: string, log: OpenLog | undefined, count: number): Buffer {
  const now = log?.rest() ?? Buffer.alloc(0);
  // Rotated in between, that one is this one.
  const older = OpenLog.open(`${file}.1`);
  const before = older === undefined || older.inode === log?.inode ? Buffer.alloc(0) : older.rest();
  older?.close();
  const lines = Buffer.concat([before, now]).toString().split('\n');
  return Buffer.from(lines.slice(-count - 1).join('\n'));
}

function inodeOf(file: string): number | undefined {
  return fs.statSync(file, { throwIfNoEntry: false })?.ino;
}
