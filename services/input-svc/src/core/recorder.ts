import { type Injection, KeyStroke, TextMethod, type Gesture } from '@ancloud/contracts/input/v1/inject';
import type { Macro, MacroStep } from '@ancloud/contracts/input/v1/macro';
import { TouchAction, type TouchFrame, type ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { macroLimits } from './macro.js';
import { type PadPlayed, PadRecorder } from './pad-recorder.js';
import { scriptLimits } from './script-limits.js';

/** Places of a finger that are kept: 60 a second show every curve that a hand draws. */
const POINT_MS = 16;
/** Texts that follow so closely are one: a hand types letters, a macro has words. */
const TYPING_MS = 2_000;
const MAX_TEXT = 4_000;
/** A finger that moves less, in 65535ths of the picture, and goes up soon, has tapped. */
const TAP_MOVES = 655;
const TAP_MS = 500;
/** A key that is up sooner was pressed. Held for longer it may mean something else: Android's long press begins after 400 to 500 ms. */
const PRESS_MS = 400;
const FULL = 65_535;

type Stroke = Gesture['strokes'][number];
type Point = Stroke['points'][number];

interface Finger {
  readonly stroke: { startMs: number; points: Point[] };
  /** Where it is; told at its next point at the latest. */
  last: Point;
}

interface Touching {
  readonly id: number;
  readonly beganMs: number;
  readonly strokes: Stroke[];
  readonly fingers: Map<number, Finger>;
}

/**
 * Writes down what a hand does, as steps that a program can play and a person can edit: strokes in fractions of the picture,
 * words, keys, a gamepad's moments. What happens while fingers are down stands before their gesture, and before the gamepad's moments
 * what happens until it rests: a macro does one thing at a time. Hovers, questions for the clipboard and wishes for the
 * controls are no part of it; a mouse's press is a finger's. Pure; times of one clock in ms.
 */
export class Recorder {
  readonly #steps: MacroStep[] = [];
  #points = 0;
  #text = 0;
  /** End of the last step. */
  #endMs: number;
  #touching: Touching | undefined;
  readonly #pad = new PadRecorder();
  /** Keys that are down. */
  readonly #keys = new Set<number>();
  #full = false;

  constructor(nowMs: number) {
    this.#endMs = nowMs;
  }

  get steps(): number {
    return this.#steps.length;
  }

  /** Something found no room. */
  get full(): boolean {
    return this.#full;
  }

  add({ input }: ViewerInput, nowMs: number): void {
    if (this.#full) return;
    switch (input?.$case) {
      case 'touch':
        return this.#touch(input.value, nowMs);
      case 'key':
        return this.#key(input.value, nowMs);
      case 'text':
        return this.#typed(
          input.value.text,
          input.value.keysOnly ? TextMethod.TEXT_METHOD_TYPE : TextMethod.TEXT_METHOD_UNSPECIFIED,
          nowMs,
        );
      case 'clipboard':
        if (!input.value.set) return;
        if (!input.value.paste) return this.#copied(input.value.text, nowMs);
        if (input.value.text !== '') this.#typed(input.value.text, TextMethod.TEXT_METHOD_PASTE, nowMs);
        return;
      case 'scroll': {
        const { x, y, horizontal, vertical } = input.value;
        const at = { x: share(x), y: share(y) };
        return this.#push(nowMs, nowMs, {
          $case: 'wheel',
          value: { at, horizontal: horizontal / 100, vertical: vertical / 100 },
        });
      }
      case 'action':
        return this.#push(nowMs, nowMs, { $case: 'action', value: input.value });
      case 'pad':
        return this.#played(this.#pad.state(input.value, nowMs));
      default:
    }
  }

  /** All that was done, fingers that are down being lifted now. */
  take(nowMs: number): Macro {
    this.#lift(nowMs);
    this.#played(this.#pad.end(nowMs));
    return { steps: this.#steps };
  }

  /** The farm has lifted what was down: whoever did it is gone, or was silent. */
  lifted(nowMs: number): void {
    this.#lift(nowMs);
    this.#played(this.#pad.end(nowMs));
    for (const keycode of this.#keys) this.#key({ down: false, keycode, repeat: 0, metastate: 0 }, nowMs);
  }

  #touch(touch: TouchFrame, nowMs: number): void {
    if (touch.action === TouchAction.TOUCH_ACTION_HOVER) return;
    const now = this.#touching;
    const past =
      now !== undefined &&
      (now.id !== touch.gesture ||
        nowMs - now.beganMs >= scriptLimits.durationMs - 1_000 ||
        now.strokes.length >= scriptLimits.strokes - scriptLimits.fingers);
    if (past || touch.action === TouchAction.TOUCH_ACTION_CANCEL) this.#lift(nowMs);
    if (touch.action === TouchAction.TOUCH_ACTION_CANCEL) return;
    const touching = (this.#touching ??= {
      id: touch.gesture,
      beganMs: nowMs,
      strokes: [],
      fingers: new Map(),
    });
    const down = new Set(touch.fingers.map(({ finger }) => finger));
    for (const finger of touching.fingers.keys()) if (!down.has(finger)) this.#up(touching, finger, nowMs);
    for (const { finger, x, y, pressure } of touch.fingers)
      this.#place(touching, finger, { x: share(x), y: share(y), pressure: share(pressure) }, nowMs);
    if (touching.fingers.size === 0) this.#lift(nowMs);
  }

  #place(touching: Touching, finger: number, place: Omit<Point, 'atMs'>, nowMs: number): void {
    const known = touching.fingers.get(finger);
    const sinceMs = Math.round(nowMs - touching.beganMs);
    if (known === undefined) {
      const first = { ...place, atMs: 0 };
      const stroke = { startMs: sinceMs, points: [first] };
      touching.fingers.set(finger, { stroke, last: first });
      touching.strokes.push(stroke);
      this.#counted();
      return;
    }
    const point = { ...place, atMs: sinceMs - known.stroke.startMs };
    if (point.x === known.last.x && point.y === known.last.y) return;
    known.last = point;
    if (point.atMs - (known.stroke.points.at(-1)?.atMs ?? 0) < POINT_MS) return;
    known.stroke.points.push(point);
    this.#counted();
  }

  /** It goes up where it was last. */
  #up({ beganMs, fingers }: Touching, finger: number, nowMs: number): void {
    const known = fingers.get(finger);
    if (known === undefined) return;
    fingers.delete(finger);
    known.stroke.points.push({
      ...known.last,
      // A finger may rest for longer than a gesture may last.
      atMs: Math.max(
        1,
        Math.min(scriptLimits.durationMs, Math.round(nowMs - beganMs)) - known.stroke.startMs,
      ),
    });
    this.#counted();
  }

  #lift(nowMs: number): void {
    const touching = this.#touching;
    if (touching === undefined) return;
    for (const finger of touching.fingers.keys()) this.#up(touching, finger, nowMs);
    this.#touching = undefined;
    if (touching.strokes.length > 0) this.#push(touching.beganMs, nowMs, simplest(touching.strokes));
  }

  #key(key: { down: boolean; keycode: number; repeat: number; metastate: number }, nowMs: number): void {
    const { down, keycode, repeat, metastate } = key;
    if (down && repeat > 0) return;
    if (down) this.#keys.add(keycode);
    else this.#keys.delete(keycode);
    const last = this.#steps.at(-1)?.step;
    const before =
      last?.$case === 'input' && last.value.input?.$case === 'key' ? last.value.input : undefined;
    // Nothing was done since it went down.
    const held = before?.value.keycode === keycode && before.value.stroke === KeyStroke.KEY_STROKE_DOWN;
    if (!down && held && nowMs - this.#endMs < PRESS_MS) {
      before.value.stroke = KeyStroke.KEY_STROKE_UNSPECIFIED;
      return;
    }
    const stroke = down ? KeyStroke.KEY_STROKE_DOWN : KeyStroke.KEY_STROKE_UP;
    this.#push(nowMs, nowMs, { $case: 'key', value: { keycode, stroke, metastate } });
  }

  #typed(text: string, method: TextMethod, nowMs: number): void {
    this.#text += text.length;
    if (this.#text > macroLimits.text) return void (this.#full = true);
    const last = this.#steps.at(-1)?.step;
    const before =
      last?.$case === 'input' && last.value.input?.$case === 'text' ? last.value.input.value : undefined;
    if (
      before?.method === method &&
      nowMs - this.#endMs < TYPING_MS &&
      new TextEncoder().encode(before.text + text).length <= MAX_TEXT
    ) {
      before.text += text;
      this.#endMs = nowMs;
      return;
    }
    this.#push(nowMs, nowMs, { $case: 'text', value: { text, method } });
  }

  #copied(text: string, nowMs: number): void {
    this.#text += text.length;
    if (this.#text > macroLimits.text) return void (this.#full = true);
    this.#push(nowMs, nowMs, { $case: 'clipboard', value: { text } });
  }

  /** From the gamepad's first push to its rest. */
  #played(played: PadPlayed | undefined): void {
    if (played === undefined) return;
    this.#points += played.play.moments.length;
    if (this.#points > macroLimits.points) return void (this.#full = true);
    this.#push(played.beganMs, played.endMs, { $case: 'gamepad', value: played.play });
  }

  #push(beganMs: number, endMs: number, input: NonNullable<Injection['input']>): void {
    if (this.#steps.length >= macroLimits.steps) return void (this.#full = true);
    const afterMs = Math.min(macroLimits.afterMs, Math.max(0, Math.round(beganMs - this.#endMs)));
    this.#steps.push({ afterMs, step: { $case: 'input', value: { input } } });
    this.#endMs = endMs;
  }

  /** Room for the ups of what is down is kept. */
  #counted(): void {
    this.#points += 1;
    if (this.#points >= macroLimits.points - 2 * scriptLimits.fingers) this.#full = true;
  }
}

/** One finger that did not move is a tap: people edit it more easily. */
function simplest(strokes: Stroke[]): NonNullable<Injection['input']> {
  const [only] = strokes;
  const first = only?.points[0];
  const upMs = only?.points.at(-1)?.atMs ?? 0;
  if (only !== undefined && first !== undefined && strokes.length === 1 && upMs <= TAP_MS) {
    const near = TAP_MOVES / FULL;
    if (only.points.every(({ x, y }) => Math.abs(x - first.x) <= near && Math.abs(y - first.y) <= near))
      return { $case: 'tap', value: { at: { x: first.x, y: first.y }, durationMs: Math.max(1, upMs) } };
  }
  return { $case: 'gesture', value: { strokes, repeat: 0 } };
}

/** 0-65535 as a fraction, to a hundred thousandth: half a pixel of the largest screen. */
function share(value: number): number {
  return Math.round((Math.min(value, FULL) / FULL) * 100_000) / 100_000;
}
