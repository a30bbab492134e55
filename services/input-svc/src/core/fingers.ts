import type { Gesture, Place } from '@ancloud/contracts/input/v1/inject';
import { type TouchFrame, TouchAction, type ViewerInput } from '@ancloud/contracts/input/v1/viewer';

/** Between two places of a finger on its way: 120 a second, what a phone's touch screen gives. */
export const STEP_MS = 1_000 / 120;
const FULL = 65_535;
const { TOUCH_ACTION_DOWN: DOWN, TOUCH_ACTION_MOVE: MOVE, TOUCH_ACTION_UP: UP } = TouchAction;

/** What happens at one moment of a script. */
export interface Step {
  /** From the script's beginning. */
  readonly atMs: number;
  readonly inputs: readonly NonNullable<ViewerInput['input']>[];
  /** Only places changed: what is lost of it heals with the next step. */
  readonly moves: boolean;
  /** What follows waits until this is on the phone, and is later by so much. */
  readonly waits?: true;
}

export interface Plan {
  readonly steps: readonly Step[];
  readonly durationMs: number;
  /** A key stays down at the end. */
  readonly holds: boolean;
  /** For people: `tap`, `swipe` … */
  readonly name: string;
}

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly pressure: number;
}

/** One finger: where it is at each moment of its stay. */
export interface Finger {
  readonly downMs: number;
  readonly upMs: number;
  readonly at: (ms: number) => Point;
}

/**
 * Fingers as touch messages of one phone: at each moment all that are down. Downs and ups have a message of their own each, since
 * a message tells of one finger; between them there is one for every 120th of a second, while something moves.
 */
export function touches(name: string, fingers: readonly Finger[], times: number, onceMs: number): Plan {
  const slots = assign(fingers);
  const steps: Step[] = [];
  let sequence = 0;
  for (let round = 0; round < times; round += 1) {
    /** Where the fingers were last told to be. */
    let shown = '';
    for (const { atMs, changes } of momentsOf(fingers, onceMs)) {
      const inputs: Step['inputs'][number][] = [];
      /** `done` of the moment's changes have happened; the last of them is told, or else the places alone. */
      const tell = (done: number): void => {
        const change = changes[done - 1];
        const waiting = new Set(changes.slice(done).map(({ finger }) => finger));
        const held = fingers.filter((finger) =>
          waiting.has(finger) ? finger.downMs < atMs : finger.downMs <= atMs && atMs < finger.upMs,
        );
        const places = held.map((finger) => placed(finger, slots.get(finger) ?? 0, atMs));
        const looks = JSON.stringify(places);
        if (change === undefined && (held.length === 0 || looks === shown)) return;
        shown = looks;
        sequence += 1;
        const [first] = held;
        const about = change?.finger ?? first;
        const value: TouchFrame = {
          gesture: round + 1,
          sequence,
          action: change === undefined ? MOVE : change.down ? DOWN : UP,
          finger: about === undefined ? 0 : (slots.get(about) ?? 0),
          fingers: places,
          buttons: 0,
          mouse: false,
          width: 0,
          height: 0,
        };
        inputs.push({ $case: 'touch', value });
      };
      // A finger goes up where its way ends: it comes there first.
      for (let done = 0; done <= changes.length; done += 1) tell(done);
      if (inputs.length > 0) steps.push({ atMs: round * onceMs + atMs, inputs, moves: changes.length === 0 });
    }
  }
  return { steps, durationMs: times * onceMs, holds: false, name };
}

interface Change {
  readonly finger: Finger;
  readonly down: boolean;
}

/** Moments at which something is told, in order: every down and up, and each beat between. Ups come before downs. */
function momentsOf(
  fingers: readonly Finger[],
  onceMs: number,
): { readonly atMs: number; readonly changes: readonly Change[] }[] {
  const times = new Set<number>();
  for (const { downMs, upMs } of fingers) times.add(downMs).add(upMs);
  for (let ms = STEP_MS; ms < onceMs; ms += STEP_MS) times.add(ms);
  return [...times]
    .toSorted((a, b) => a - b)
    .map((atMs) => ({
      atMs,
      changes: [
        ...fingers.filter(({ upMs }) => upMs === atMs).map((finger) => ({ finger, down: false })),
        ...fingers.filter(({ downMs }) => downMs === atMs).map((finger) => ({ finger, down: true })),
      ],
    }))
    .filter(
      ({ atMs, changes }) =>
        changes.length > 0 || fingers.some(({ downMs, upMs }) => downMs < atMs && atMs < upMs),
    );
}

/** Finger numbers: the lowest that is free while a finger is down. */
function assign(fingers: readonly Finger[]): ReadonlyMap<Finger, number> {
  const slots = new Map<Finger, number>();
  for (const finger of fingers.toSorted((a, b) => a.downMs - b.downMs)) {
    const taken = new Set([...slots].filter(([other]) => other.upMs > finger.downMs).map(([, slot]) => slot));
    let slot = 0;
    while (taken.has(slot)) slot += 1;
    slots.set(finger, slot);
  }
  return slots;
}

function placed(finger: Finger, slot: number, atMs: number): TouchFrame['fingers'][number] {
  const { x, y, pressure } = finger.at(atMs - finger.downMs);
  return {
    finger: slot,
    x: Math.round(x * FULL),
    y: Math.round(y * FULL),
    pressure: Math.round(pressure * FULL),
  };
}

/** Along its points a finger moves evenly. */
export function along(points: Gesture['strokes'][number]['points']): (ms: number) => Point {
  return (ms) => {
    const next = firstAfter(points, ms);
    const to = points[Math.min(next, points.length - 1)];
    const from = points[next === points.length ? next - 1 : Math.max(0, next - 1)];
    if (from === undefined || to === undefined) return { x: 0, y: 0, pressure: 1 };
    const span = to.atMs - from.atMs;
    const share = span === 0 ? 1 : (ms - from.atMs) / span;
    return { ...between(from, to, share), pressure: from.pressure === 0 ? 1 : from.pressure };
  };
}

/** By halves: a stroke of the longest script has 10,000 points and is asked 7,200 times. Its points are in order. */
function firstAfter(points: readonly { readonly atMs: number }[], ms: number): number {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[middle]?.atMs ?? Infinity) > ms) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function between(from: Place, to: Place, share: number): Place {
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}
