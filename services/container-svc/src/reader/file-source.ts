import fs from 'node:fs';
import type { ByteSource } from '@ancloud/android-image';

/** An open file as a ByteSource. `onRead` counts. The descriptor is not closed: it goes with the process. */
export class FileSource implements ByteSource {
  constructor(
    readonly fd: number,
    readonly size: number,
    private readonly onRead: (bytes: number) => void,
  ) {}

  read(offset: number, length: number): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    return new Promise((resolve, reject) => {
      const bytes = Buffer.allocUnsafeSlow(wanted);
      let have = 0;
      const next = (): void => {
        if (have === wanted) {
          resolve(bytes);
          return;
        }
        fs.read(this.fd, bytes, have, wanted - have, offset + have, (error, count) => {
          if (error !== null) reject(error);
          else if (count === 0) resolve(bytes.subarray(0, have));
          else {
            have += count;
            this.onRead(count);
            next();
          }
        });
      };
      next();
    });
  }
}
