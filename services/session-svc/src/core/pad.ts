import { PadState } from '@ancloud/contracts/input/v1/viewer';

/** linux/input-event-codes.h */
const SYN = 0;
const KEY = 1;
const ABS = 3;

/** Buttons of the W3C's standard gamepad by their place → evdev's BTN_*, by position as Android names them: the lower one is A. */
const BUTTONS: readonly (readonly [bit: number, code: number])[] = [
  [0, 0x130], // BTN_A
  [1, 0x131], // BTN_B
  [2, 0x133], // BTN_X
  [3, 0x134], // BTN_Y
  [4, 0x136], // BTN_TL
  [5, 0x137], // BTN_TR
  [6, 0x138], // BTN_TL2
  [7, 0x139], // BTN_TR2
  [8, 0x13a], // BTN_SELECT
  [9, 0x13b], // BTN_START
  [10, 0x13d], // BTN_THUMBL
  [11, 0x13e], // BTN_THUMBR
  [16, 0x13c], // BTN_MODE
];

/** The cross is an axis each way, as pads have it that Android knows. */
const UP = 12;
const DOWN = 13;
const LEFT = 14;
const RIGHT = 15;

export const padAtRest = PadState.fromPartial({});

/** Bytes of `struct input_event`: its time is two longs of whoever writes it (linux/input.h). */
export type EventSize = 16 | 24;

/** What a program writes that says of itself, in the fifth byte of its ELF file, of how many bits it is. */
export function eventSize(elfClass: number | undefined): EventSize | undefined {
  return elfClass === 2 ? 24 : elfClass === 1 ? 16 : undefined;
}

/** Every value that a gamepad has, always in the same order. The axes are those of AOSP's Generic.kl; right trigger GAS, left BRAKE. */
function values(state: PadState): readonly (readonly [type: number, code: number, value: number])[] {
  const pressed = (bit: number): number => (state.buttons >>> bit) & 1;
  return [
    [ABS, 0x00, state.leftX],
    [ABS, 0x01, state.leftY],
    [ABS, 0x02, state.rightX],
    [ABS, 0x05, state.rightY],
    [ABS, 0x09, state.rightTrigger],
    [ABS, 0x0a, state.leftTrigger],
    [ABS, 0x10, pressed(RIGHT) - pressed(LEFT)],
    [ABS, 0x11, pressed(DOWN) - pressed(UP)],
    ...BUTTONS.map(([bit, code]) => [KEY, code, pressed(bit)] as const),
  ];
}

/**
 * What makes a gamepad that is in state `before` be in `now`: the values that differ, then a report. Nothing when none does. Of a gamepad
 * whose state nobody knows (undefined) all values; the kernel passes on those that are news to it.
 */
export function padEvents(before: PadState | undefined, now: PadState, size: EventSize): Uint8Array {
  const known = before === undefined ? undefined : values(before);
  const changed = values(now).filter(([, , value], index) => value !== known?.[index]?.[2]);
  if (changed.length === 0) return new Uint8Array(0);
  const bytes = new Uint8Array((changed.length + 1) * size);
  const view = new DataView(bytes.buffer);
  for (const [index, [type, code, value]] of [...changed, [SYN, 0, 0] as const].entries()) {
    // Behind the time, which the kernel fills in itself (drivers/input/evdev.c, evdev_write).
    const at = (index + 1) * size - 8;
    view.setUint16(at, type, true);
    view.setUint16(at + 2, code, true);
    view.setInt32(at + 4, value, true);
  }
  return bytes;
}

/** True when nothing is pressed or pushed. */
export function atRest(state: PadState): boolean {
  return values(state).every(([, , value]) => value === 0);
}
