import { fuzzSettings } from '@ancloud/testkit';
import fc from 'fast-check';

/** A change of some bytes, mostly to what stands at edges. */
interface Hit {
  readonly at: number;
  readonly value: number;
}
const hits = fc.array(
  fc.record({ at: fc.nat(), value: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255)) }),
  { maxLength: 8 },
);
export interface Damage {
  readonly hits: readonly Hit[];
  /** How much of the bytes is left. */
  readonly kept: number;
}
const kept = fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, fc.double({ min: 0, max: 1, noNaN: true }));
export const damage: fc.Arbitrary<Damage> = fc.record({ hits, kept });

export function damaged(seed: Uint8Array, { hits: all, kept: share }: Damage): Buffer {
  const bytes = Buffer.from(seed);
  for (const { at, value } of all) if (bytes.length > 0) bytes[at % bytes.length] = value;
  return bytes.subarray(0, Math.floor(bytes.length * share));
}

/** A document with one value in it replaced, or its text damaged. */
export type Change =
  { readonly path: readonly number[]; readonly value: unknown } | { readonly damage: Damage };
const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(-1, 0.5, 1e300, 2 ** 53, '', '../../etc/passwd', '__proto__', null, [], {}),
);
export const change: fc.Arbitrary<Change | undefined> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 4, arbitrary: fc.record({ path: fc.array(fc.nat(), { maxLength: 5 }), value: odd }) },
  { weight: 1, arbitrary: fc.record({ damage }) },
);

/** Walks down by numbers, each taken among the members that there are, and puts `value` there. */
function replaced(document: unknown, path: readonly number[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof document !== 'object' || document === null) return value;
  const keys = Object.keys(document);
  const key = keys[step % keys.length];
  if (key === undefined) return value;
  const copy: Record<string, unknown> = Array.isArray(document)
    ? (Object.assign([], document) as unknown as Record<string, unknown>)
    : { ...document };
  copy[key] = replaced(copy[key], rest, value);
  return copy;
}

export function written(document: unknown, how: Change | undefined): Buffer {
  if (how === undefined) return Buffer.from(JSON.stringify(document));
  if ('damage' in how) return damaged(Buffer.from(JSON.stringify(document)), how.damage);
  return Buffer.from(JSON.stringify(replaced(document, how.path, how.value)) ?? '');
}

/** A property of a target. */
export const holds = <T>(property: fc.IRawProperty<T>): Promise<void> | void =>
  fc.assert(property, fuzzSettings(150));
