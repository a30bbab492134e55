import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

/** A FIFO that stands in for /dev/kmsg: init's first line arrives here the moment it is written. */
export class Kmsg {
  readonly #fd: number;

  constructor(readonly path: string) {
    execFileSync('mkfifo', ['-m', '0666', path]);
    // Read and write: opening waits for nobody, and a writer that goes does not end it.
    this.#fd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
  }

  /** performance.now() of the first bytes, looked for each 0.5 ms. Rejects after 20 s. */
  async firstLine(): Promise<number> {
    const bytes = Buffer.alloc(4096);
    const deadline = performance.now() + 20_000;
    while (performance.now() < deadline) {
      try {
        if (fs.readSync(this.#fd, bytes) > 0) return performance.now();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      }
      await new Promise((resolve) => {
        setTimeout(resolve, 0.5);
      });
    }
    throw new Error('init said nothing within 20 s');
  }

  close(): void {
    fs.closeSync(this.#fd);
    fs.rmSync(this.path, { force: true });
  }
}
