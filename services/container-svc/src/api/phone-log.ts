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

/** The end of a phone's init log, then what is added. phone-shim rotates by renaming, so another file of that name is begun anew. */
export async function phoneLog(
  host: Host,
  { phoneId, tailLines, follow }: PhoneLogRequest,
  write: (chunk: PhoneLogChunk) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  if (!phoneIdPattern.test(phoneId) || host.targets.get(phoneId) === undefined)
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
  const lines = tailLines === 0 ? TAIL_DEFAULT : tailLines;
  const seen = [`${file}.1`, file]
    .map(readAll)
    .join('')
    .split('\n')
    .slice(-lines - 1)
    .join('\n');
  for (let at = 0; at < seen.length; at += CHUNK)
    await write({ data: Buffer.from(seen.slice(at, at + CHUNK)) });
  let position = sizeOf(file);
  let inode = inodeOf(file);
  if (!follow) return;
  while (!signal.aborted) {
    await sleep(FOLLOW_MS, signal, host.clock).catch(() => {});
    const now = inodeOf(file);
    if (now !== inode || sizeOf(file) < position) {
      inode = now;
      position = 0;
    }
    for (
      let chunk = readFrom(file, position);
      chunk.length > 0 && !signal.aborted;
      chunk = readFrom(file, position)
    ) {
      position += chunk.length;
      await write({ data: chunk });
    }
  }
}

function readAll(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function readFrom(file: string, position: number): Buffer {
  let fd: number;
  try {
    fd = fs.openSync(file, 'r');
  } catch {
    return Buffer.alloc(0);
  }
  try {
    const buffer = Buffer.alloc(CHUNK);
    return buffer.subarray(0, fs.readSync(fd, buffer, 0, CHUNK, position));
  } finally {
    fs.closeSync(fd);
  }
}

const statOf = (file: string): fs.Stats | undefined => fs.statSync(file, { throwIfNoEntry: false });
const sizeOf = (file: string): number => statOf(file)?.size ?? 0;
const inodeOf = (file: string): number => statOf(file)?.ino ?? 0;
