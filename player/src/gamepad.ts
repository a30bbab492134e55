import type { PadState } from '@ancloud/contracts/input/v1/viewer';

/** What is read of a Gamepad (W3C Gamepad, "standard" mapping): so that specs need no browser. */
export interface Pad {
  readonly buttons: readonly { readonly pressed: boolean; readonly value?: number }[];
  readonly axes: readonly number[];
}

/**
 * Standard gamepad's buttons → Android key codes (android.view.KeyEvent KEYCODE_BUTTON_*, KEYCODE_DPAD_*). By position, as Android names
 * them: the lower one is A, the right one B.
 */
const BUTTONS: readonly number[] = [
  96, // A
  97, // B
  99, // X
  100, // Y
  102, // L1
  103, // R1
  104, // L2
  105, // R2
  109, // SELECT
  108, // START
  106, // THUMBL
  107, // THUMBR
  19, // DPAD_UP
  20, // DPAD_DOWN
  21, // DPAD_LEFT
  22, // DPAD_RIGHT
  110, // MODE
];

const [UP, DOWN, LEFT, RIGHT] = [19, 20, 21, 22] as const;

/** A stick is a direction from here on, and until it is back there: a hand that trembles between the two changes nothing. */
const PUSHED = 0.5;
const RELEASED = 0.35;
/** What a resting stick may say: cheap ones never come back to 0. */
const DEAD = 0.15;
/** Wheel steps × 100 a second of a stick at its end: 20 notches. */
const SCROLL_PER_SECOND = 2_000;

/** Of an axis one way. */
const AXIS = 32_767;
/** The standard gamepad has so many. */
const BUTTON_COUNT = 17;
const [LEFT_TRIGGER, RIGHT_TRIGGER] = [6, 7] as const;

export type PadShape = Omit<PadState, 'sequence'>;

export const restingPad: PadShape = {
  leftX: 0,
  leftY: 0,
  rightX: 0,
  rightY: 0,
  leftTrigger: 0,
  rightTrigger: 0,
  buttons: 0,
};

/**
 * The whole pad, for a phone that has one. Nothing is cut off where sticks rest: the phone's gamepad says how far that is, and its apps
 * go by it.
 */
export function padShape({ buttons, axes }: Pad): PadShape {
  const stick = (index: number): number => scaled(axes[index], -AXIS);
  const trigger = (index: number): number => scaled(buttons[index]?.value, 0);
  return {
    leftX: stick(0),
    leftY: stick(1),
    rightX: stick(2),
    rightY: stick(3),
    leftTrigger: trigger(LEFT_TRIGGER),
    rightTrigger: trigger(RIGHT_TRIGGER),
    buttons: buttons
      .slice(0, BUTTON_COUNT)
      .reduce((bits, { pressed }, index) => (pressed ? bits | (1 << index) : bits), 0),
  };
}

/** Browsers promise -1 to 1; what is no number rests. */
function scaled(value: number | undefined, least: number): number {
  const whole = Math.round((value ?? 0) * AXIS);
  return Number.isNaN(whole) ? 0 : Math.max(least, Math.min(AXIS, whole)) + 0;
}

export function samePad(a: PadShape, b: PadShape): boolean {
  return (Object.keys(restingPad) as (keyof PadShape)[]).every((part) => a[part] === b[part]);
}

/**
 * Keys that the pad holds down in a phone that has no gamepad. The left stick is the direction pad: scrcpy injects keys and touches, and
 * no joystick's axes but by UHID, whose devices are the host's and would be every phone's (docs/protocol.md).
 *
 * @param before what it held at the last look.
 */
export function padKeys(pad: Pad, before: ReadonlySet<number>): Set<number> {
  const keys = new Set<number>();
  for (const [index, { pressed }] of pad.buttons.entries()) {
    const keycode = BUTTONS[index];
    if (pressed && keycode !== undefined) keys.add(keycode);
  }
  const [x = 0, y = 0] = pad.axes;
  const pushed = (value: number, keycode: number): void => {
    if (value >= (before.has(keycode) ? RELEASED : PUSHED)) keys.add(keycode);
  };
  pushed(-y, UP);
  pushed(y, DOWN);
  pushed(-x, LEFT);
  pushed(x, RIGHT);
  return keys;
}

/** Wheel steps × 100 that the right stick makes in a while. Up and right are positive, as in Android. */
export function padScroll(pad: Pad, ms: number): { readonly horizontal: number; readonly vertical: number } {
  const steps = (value = 0): number =>
    Math.abs(value) < DEAD ? 0 : Math.round((value * SCROLL_PER_SECOND * ms) / 1_000) + 0;
  const [, , x, y] = pad.axes;
  return { horizontal: steps(x), vertical: steps(-(y ?? 0)) };
}
