import type { ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import type { GroupJitter } from '@ancloud/contracts/state/v1/state';

/** The most that a group may ask for; proto's comments say the same. */
export const jitterLimits = { placePermille: 100, delayMs: 2_000 } as const;

/** How one phone differs from the master for the length of one gesture. */
export interface Deviation {
  /** To be added to places of 0-65535. */
  readonly x: number;
  readonly y: number;
  readonly delayMs: number;
}

const FULL = 65_535;
/** As the master. */
export const noDeviation: Deviation = { x: 0, y: 0, delayMs: 0 };

/** Whether phones differ from their master at all. */
export function deviates(jitter: GroupJitter | undefined): jitter is GroupJitter {
  return jitter !== undefined && (jitter.placePermille > 0 || jitter.delayMs > 0);
}

/**
 * The same for all of a gesture, so that a straight line stays one, and another for each phone and gesture. Drawn from the words that
 * name them: nothing is remembered, and a test knows what comes.
 */
export function deviationOf(
  jitter: GroupJitter | undefined,
  group: string,
  phone: string,
  turn: number,
): Deviation {
  if (!deviates(jitter)) return noDeviation;
  let seed = hash(`${group} ${phone} ${turn}`);
  const draw = (): number => {
    seed = scramble(seed);
    return seed / 0x1_0000_0000;
  };
  const reach = (jitter.placePermille / 1_000) * FULL;
  return {
    x: Math.round((2 * draw() - 1) * reach),
    y: Math.round((2 * draw() - 1) * reach),
    delayMs: Math.floor(draw() * (jitter.delayMs + 1)),
  };
}

/** The input with its places moved, and kept on the picture. The given one stays as it is. */
export function deviate(message: ViewerInput, { x, y }: Deviation): ViewerInput {
  const { input } = message;
  if (x === 0 && y === 0) return message;
  const moved = <P extends { x: number; y: number }>(place: P): P => ({
    ...place,
    x: inside(place.x + x),
    y: inside(place.y + y),
  });
  if (input?.$case === 'touch')
    return {
      ...message,
      input: { $case: 'touch', value: { ...input.value, fingers: input.value.fingers.map(moved) } },
    };
  if (input?.$case === 'scroll') return { ...message, input: { $case: 'scroll', value: moved(input.value) } };
  return message;
}

function inside(value: number): number {
  return Math.max(0, Math.min(FULL, value));
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

/** The finalizer of MurmurHash3, 32 bits, of the next number. */
function scramble(seed: number): number {
  let value = (seed + 0x9e3779b9) | 0;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
