import fs from 'node:fs';

/** Bytes of one write: a tar of small files would otherwise be three calls for each. */
const SIZE = 512 * 1024;

/** Writes to a pipe, many pieces at a time: one buffer is filled while the other is being written. */
export class Output {
  #filling = Buffer.allocUnsafeSlow(SIZE);
  #spare = Buffer.allocUnsafeSlow(SIZE);
  #length = 0;
  /** The write under way; its failure is told by the next call. */
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly fd: number) {}

  /** Takes a copy. Waits while the reader of the pipe is more than a buffer behind. Errors: those of write(2). */
  async write(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length;) {
      const part = bytes.subarray(from, from + SIZE - this.#length);
      this.#filling.set(part, this.#length);
      this.#length += part.length;
      from += part.length;
      if (this.#length === SIZE) await this.#flush();
    }
  }

  /** Resolves when all is written. */
  async end(): Promise<void> {
    await this.#flush();
    await this.#writing;
  }

  async #flush(): Promise<void> {
    await this.#writing;
    const full = this.#filling.subarray(0, this.#length);
    [this.#filling, this.#spare] = [this.#spare, this.#filling];
    this.#length = 0;
    this.#writing = writeAll(this.fd, full);
    // Heard of by whoever waits next.
    this.#writing.catch(() => {});
  }
}

function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (from: number): void => {
      if (from === bytes.length) resolve();
      else
        fs.write(fd, bytes, from, bytes.length - from, (error, count) =>
          error === null ? next(from + count) : reject(error),
        );
    };
    next(0);
  });
}
