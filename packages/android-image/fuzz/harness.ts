import { ImageError, type EntryStream } from '@ancloud/android-image';
import { damagedBytes, FUZZ_MS, fuzzSettings } from '@ancloud/testkit';
import * as fc from 'fast-check';
import { it } from 'vitest';

/** Small enough that a reader which does not stop by itself is noticed by its work, not by the clock. */
export const LIMITS = { maxEntries: 2000, maxBytes: 2 ** 24, maxTable: 4096 } as const;

/**
 * A target: `read` must end on any damage, either well or with an ImageError; anything else (a RangeError, an endless loop
 * as a timeout) fails and is shown with the shortest damage that does it. `hot`: bytes at the front that are hit most.
 */
export function fuzz(
  name: string,
  seeds: readonly Buffer[],
  read: (bytes: Buffer) => Promise<void>,
  hot = 4096,
): void {
  it(
    `${name} takes any damage`,
    async () => {
      // A seed that is refused itself would test nothing.
      for (const seed of seeds) await read(Buffer.from(seed));
      await fc.assert(
        fc.asyncProperty(damagedBytes(seeds, hot), async (bytes) => {
          try {
            await read(bytes);
          } catch (error) {
            if (!(error instanceof ImageError)) throw error;
          }
        }),
        fuzzSettings(100),
      );
    },
    FUZZ_MS,
  );
}

/** Reads everything, contents too. */
export async function drain(entries: EntryStream): Promise<void> {
  for await (const entry of entries) for await (const _ of entry.content());
}

export async function* chunks(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
