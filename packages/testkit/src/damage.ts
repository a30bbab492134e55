import * as fc from 'fast-check';

/** Runs of a fuzz target: `few` in the unit tier, and by hand as many as `FUZZ_RUNS` says. */
export function fuzzSettings(few: number): { readonly numRuns: number; readonly seed: number } {
  const given = process.env['FUZZ_RUNS'];
  // A fixed seed by default, so that a red unit tier is red again; by hand each run is new.
  return given === undefined
    ? { numRuns: few, seed: 1 }
    : { numRuns: Number(given), seed: Number(process.env['FUZZ_SEED'] ?? Date.now()) };
}

/** A fuzz target ends when its runs are done: by hand that may take a night, ms. */
export const FUZZ_MS = 86_400_000;

type Act = readonly [kind: 'set' | 'copy' | 'cut', position: number, value: number];

/** Bytes changed (often to the edges), doubled, or cut off. */
const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(fc.constant('set' as const), fc.nat(), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)),
    },
    { weight: 4, arbitrary: fc.tuple(fc.constant('set' as const), fc.nat(), fc.nat(255)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('copy' as const), fc.nat(), fc.nat()) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('cut' as const), fc.nat(), fc.constant(0)) },
  ),
  { minLength: 1, maxLength: 8 },
);

/**
 * One of `seeds` after what may happen to bytes on their way. `hot`: bytes at the front that are hit most, since most of a
 * format's structure stands there.
 */
export function damagedBytes(seeds: readonly Uint8Array[], hot: number): fc.Arbitrary<Buffer> {
  return fc.tuple(fc.nat(seeds.length - 1), acts).map(([index, done]) => {
    let bytes = Buffer.from(seeds[index] ?? []);
    for (const [kind, position, value] of done) {
      const range = position % 2 === 0 ? Math.min(hot, bytes.length) : bytes.length;
      const at = range === 0 ? 0 : Math.floor(position / 2) % range;
      if (kind === 'set' && bytes.length > 0) bytes[at] = value;
      else if (kind === 'copy')
        bytes.copy(bytes, at, value % (bytes.length + 1), (value % (bytes.length + 1)) + 64);
      else if (kind === 'cut') bytes = bytes.subarray(0, at);
    }
    return bytes;
  });
}

/** Lines left out, doubled, moved or put in, and characters changed: what happens to a text that people's programs write. */
const edits = fc.array(
  fc.tuple(
    fc.constantFrom('drop', 'double', 'move', 'add', 'type', 'type'),
    fc.nat(),
    fc.nat(),
    fc.oneof(fc.constantFrom('', '0', '-1', '4294967296', '1e9', '%00', ' ', ':', '__proto__'), fc.string()),
  ),
  { minLength: 1, maxLength: 6 },
);

/** One of `seeds` with some of its lines, or of `lines`, where they do not belong. */
export function damagedLines(seeds: readonly string[], lines: readonly string[] = []): fc.Arbitrary<string> {
  return fc.tuple(fc.nat(seeds.length - 1), edits).map(([index, done]) => {
    const text = (seeds[index] ?? '').split('\r\n');
    for (const [kind, from, to, put] of done) {
      const at = from % Math.max(1, text.length);
      const line = text[at] ?? '';
      if (kind === 'drop') text.splice(at, 1);
      else if (kind === 'double') text.splice(at, 0, line);
      else if (kind === 'move') text.splice(to % Math.max(1, text.length), 0, ...text.splice(at, 1));
      else if (kind === 'add')
        text.splice(at, 0, lines.length === 0 ? put : (lines[to % lines.length] ?? put));
      else text[at] = line.slice(0, to % (line.length + 1)) + put + line.slice((to % (line.length + 1)) + 1);
    }
    return text.join('\r\n');
  });
}

/** Values that readers of JSON do not expect: edges of numbers, and objects that cannot be made a text. */
const oddJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, '', '__proto__', 0, -1, 1.5, 1e308, 2 ** 53, [], {}),
  fc.constant({ toString: 0, valueOf: 0 }),
  fc.jsonValue({ maxDepth: 2 }),
);
const jsonEdits = fc.array(fc.tuple(fc.constantFrom('set', 'set', 'drop', 'add'), fc.nat(), oddJson), {
  maxLength: 4,
});

type Place = readonly [holder: Record<string, unknown>, key: string];

function places(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key): Place[] => [[holder, key], ...places(holder[key])]);
}

/** The text of one of `seeds` with values that it should not have, fields that lack or are too many, of any JSON, or of what is none. */
export function damagedJson(seeds: readonly unknown[]): fc.Arbitrary<string> {
  const edited = fc.tuple(fc.nat(seeds.length - 1), jsonEdits).map(([index, edits]) => {
    const root: Record<string, unknown> = { value: structuredClone(seeds[index]) };
    for (const [kind, at, odd] of edits) {
      const all = places(root);
      const [holder, key] = all[at % Math.max(1, all.length)] ?? [root, 'value'];
      const put = structuredClone(odd);
      if (kind === 'drop') delete holder[key];
      else if (kind === 'set') holder[key] = put;
      else Object.assign(holder, { [`more${at % 7}`]: put });
    }
    return JSON.stringify(root.value) ?? '';
  });
  const typed = fc.tuple(edited, fc.nat(), fc.string({ maxLength: 3 })).map(([text, position, put]) => {
    const at = position % (text.length + 1);
    return text.slice(0, at) + put + text.slice(at + put.length + 1);
  });
  return fc.oneof(
    { weight: 6, arbitrary: edited },
    { weight: 2, arbitrary: typed },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  );
}

/** A tar's checksum would hide everything behind it from damage: each header's is made right again. Changes `bytes`, and answers them. */
export function resummed(bytes: Buffer): Buffer {
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    if (bytes.toString('latin1', at + 257, at + 262) !== 'ustar') continue;
    bytes.fill(' ', at + 148, at + 156);
    let sum = 0;
    for (const byte of bytes.subarray(at, at + 512)) sum += byte;
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148);
  }
  return bytes;
}
