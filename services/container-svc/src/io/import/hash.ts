import crypto from 'node:crypto';
import fs from 'node:fs';

const CHUNK = 1024 * 1024;

export interface HashOptions {
  readonly signal: AbortSignal;
  /** Bytes so far. */
  readonly onBytes: (done: number) => void;
  /** Each chunk is also written here. */
  readonly copyTo?: fs.promises.FileHandle;
}

/** SHA-256 of an open file from its start, as 64 hex digits. Errors: the signal's reason, those of the file system. */
export async function hashFile(fd: number, { signal, onBytes, copyTo }: HashOptions): Promise<string> {
  const hash = crypto.createHash('sha256');
  const buffer = Buffer.alloc(CHUNK);
  for (let position = 0; ;) {
    signal.throwIfAborted();
    const length = await read(fd, buffer, position);
    if (length === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, length));
    await copyTo?.writeFile(buffer.subarray(0, length));
    position += length;
    onBytes(position);
  }
}

function read(fd: number, buffer: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, buffer, 0, buffer.length, position, (error, length) =>
      error === null ? resolve(length) : reject(error),
    );
  });
}
