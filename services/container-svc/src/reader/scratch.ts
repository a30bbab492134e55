import fs from 'node:fs';
import { type ByteSource, type ByteStream, slice } from '@ancloud/android-image';
import { FileSource } from './file-source.js';
import type { ReaderPlan } from './report.js';

/** The nameless file for what must be unpacked before it can be read: one thing behind the other, none ever removed. */
export class Scratch {
  readonly #fd: number;
  readonly #onRead: (bytes: number) => void;
  #size = 0;

  constructor({ scratchFd }: ReaderPlan, onRead: (bytes: number) => void) {
    this.#fd = scratchFd;
    this.#onRead = onRead;
  }

  /** Writes a stream to its end; answers where it lies. One at a time. Errors: the stream's, ENOSPC, EFBIG. */
  async keep(stream: ByteStream): Promise<ByteSource> {
    const begin = this.#size;
    for await (const bytes of stream) {
      for (let from = 0; from < bytes.length;)
        from += fs.writeSync(this.#fd, bytes, from, bytes.length - from, this.#size + from);
      this.#size += bytes.length;
    }
    return slice(new FileSource(this.#fd, this.#size, this.#onRead), begin, this.#size - begin);
  }
}
