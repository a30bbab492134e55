import { ImageError, type EntryStream } from '@ancloud/android-image';
import * as fc from 'fast-check';
import { it } from 'vitest';

/** Runs of each target: few in the unit tier; `FUZZ_RUNS=200000 npx vitest run packages/android-image/fuzz` by hand. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 100);
/** A fixed seed by default, so that a red unit tier is red again; by hand each run is new. */
const SEED = process.env['FUZZ_RUNS'] === undefined ? 1 : Number(process.env['FUZZ_SEED'] ?? Date.now());

/** Small enough that a reader which does not stop by itself is noticed by its work, not by the clock. */
export const LIMITS = { maxEntries: 2000, maxBytes: 2 ** 24, maxTable: 4096 } as const;

/** What happens to a good image on its way: bytes changed (often to the edges), cut out, doubled, or cut off. */
const damage = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constant('set'), fc.nat(), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)) },
    { weight: 4, arbitrary: fc.tuple(fc.constant('set'), fc.nat(), fc.nat(255)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('copy'), fc.nat(), fc.nat()) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('cut'), fc.nat(), fc.constant(0)) },
  ),
  { minLength: 1, maxLength: 8 },
);

function damaged(seed: Buffer, hot: number, acts: readonly (readonly [string, number, number])[]): Buffer {
  let bytes = Buffer.from(seed);
  for (const [kind, position, value] of acts) {
    // Most of the structure stands at the front; half of the hits go there.
    const range = position % 2 === 0 ? Math.min(hot, bytes.length) : bytes.length;
    const at = range === 0 ? 0 : Math.floor(position / 2) % range;
    if (kind === 'set' && bytes.length > 0) bytes[at] = value;
    else if (kind === 'copy')
      bytes.copy(bytes, at, value % (bytes.length + 1), (value % (bytes.length + 1)) + 64);
    else if (kind === 'cut') bytes = bytes.subarray(0, at);
  }
  return bytes;
}

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
  it(`${name} takes any damage`, async () => {
    // A seed that is refused itself would test nothing.
    for (const seed of seeds) await read(Buffer.from(seed));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...seeds.keys()), damage, async (index, acts) => {
        try {
          await read(damaged(seeds[index]!, hot, acts));
        } catch (error) {
          if (!(error instanceof ImageError)) throw error;
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );
  }, 86_400_000);
}

/** Reads everything, contents too. */
export async function drain(entries: EntryStream): Promise<void> {
  for await (const entry of entries) for await (const _ of entry.content());
}

export async function* chunks(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
