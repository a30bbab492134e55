import { TouchAction, ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import { limits } from '@ancloud/contracts/viewer';

const FULL = 65_535;
const MAX_FINGERS = 10;
const PRESSURE_MOUSE = FULL;

/** Where something is on the picture: 0-1 each way, before clamping. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Pointer extends Place {
  readonly id: number;
  /** 0-1; 0.5 when the device does not measure. */
  readonly pressure: number;
  readonly mouse: boolean;
  /** DOM's bits: 1 primary, 2 secondary, 4 auxiliary, 8 back, 16 forward. */
  readonly buttons: number;
}

/** A `<video>`, as far as touches name its picture. */
export type Picture = Pick<HTMLVideoElement, 'videoWidth' | 'videoHeight'>;

interface Down {
  finger: number;
  x: number;
  y: number;
  pressure: number;
  readonly mouse: boolean;
}

/**
 * Pointers of a browser → touch messages. Each message names all fingers that are down, so that a lost one heals with the
 * next; a heartbeat tells the farm that resting fingers are meant.
 *
 * A gesture is a mouse's or fingers', never both, as a message says of all that it names which of the two they are. Whichever came
 * first is heard until it is up: Android, which knows no gesture of two devices either, would end it (InputDispatcher.cpp), but a hand
 * that brushes the glass should not end what a mouse drags.
 */
export class Touches {
  readonly #send: (bytes: Uint8Array<ArrayBuffer>, move: boolean) => void;
  readonly #picture: Picture;
  readonly #down = new Map<number, Down>();
  /** Begins at the clock, so that a reloaded page is newer than its former self. */
  #gesture = Math.floor(Date.now() / 1000) >>> 0;
  #sequence = 0;
  #heartbeat: ReturnType<typeof setInterval> | undefined;

  /** @param picture what is touched, as it is shown at each touch. */
  constructor(send: (bytes: Uint8Array<ArrayBuffer>, move: boolean) => void, picture: Picture) {
    this.#send = send;
    this.#picture = picture;
  }

  /** False: it is not heard, nor is what it does until it is up. */
  down(pointer: Pointer): boolean {
    if (this.#down.has(pointer.id) || this.#down.size >= MAX_FINGERS) return false;
    for (const { mouse } of this.#down.values()) if (mouse !== pointer.mouse) return false;
    if (this.#down.size === 0) {
      this.#gesture = (this.#gesture + 1) >>> 0;
      this.#sequence = 0;
      this.#heartbeat = setInterval(() => this.#beat(), limits.touchHeartbeatMs);
    }
    const used = new Set([...this.#down.values()].map((one) => one.finger));
    const finger =
      Array.from({ length: MAX_FINGERS }, (_, index) => index).find((index) => !used.has(index)) ?? 0;
    this.#down.set(pointer.id, { finger, mouse: pointer.mouse, ...placed(pointer) });
    this.#say(TouchAction.TOUCH_ACTION_DOWN, finger, pointer);
    return true;
  }

  move(pointer: Pointer): void {
    const down = this.#down.get(pointer.id);
    if (down === undefined) return;
    Object.assign(down, placed(pointer));
    this.#say(TouchAction.TOUCH_ACTION_MOVE, down.finger, pointer);
  }

  /** Another button of a mouse that is down was pressed or let go: unlike a move it must not be lost. */
  buttons(pointer: Pointer): void {
    const down = this.#down.get(pointer.id);
    if (down === undefined) return;
    Object.assign(down, placed(pointer));
    this.#say(TouchAction.TOUCH_ACTION_MOVE, down.finger, pointer, { lossy: false });
  }

  up(pointer: Pointer): void {
    const down = this.#down.get(pointer.id);
    if (down === undefined) return;
    Object.assign(down, placed(pointer));
    this.#down.delete(pointer.id);
    this.#say(TouchAction.TOUCH_ACTION_UP, down.finger, pointer);
    if (this.#down.size === 0) this.#rest();
  }

  /** A mouse without a button. */
  hover(pointer: Pointer): void {
    if (this.#down.size > 0) return;
    this.#gesture = (this.#gesture + (this.#sequence === 0 ? 1 : 0)) >>> 0;
    // It has a place, though nothing is down.
    const hovering = { finger: 0, mouse: true, ...placed(pointer) };
    this.#say(TouchAction.TOUCH_ACTION_HOVER, 0, pointer, { hovering });
  }

  /** The gesture is void: the browser took the pointers away, or the picture's size changed. */
  cancel(): void {
    if (this.#down.size === 0) return;
    this.#down.clear();
    this.#rest();
    this.#emit(
      {
        input: {
          $case: 'touch',
          value: {
            gesture: this.#gesture,
            sequence: (this.#sequence += 1),
            action: TouchAction.TOUCH_ACTION_CANCEL,
            finger: 0,
            fingers: [],
            buttons: 0,
            mouse: false,
            ...shownSize(this.#picture),
          },
        },
      },
      false,
    );
  }

  get fingers(): number {
    return this.#down.size;
  }

  #rest(): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  }

  #beat(): void {
    this.#emit({ input: { $case: 'heartbeat', value: { gesture: this.#gesture } } }, false);
  }

  #say(
    action: TouchAction,
    finger: number,
    pointer: Pointer,
    more: { readonly hovering?: Down; readonly lossy?: boolean } = {},
  ): void {
    const fingers = [...this.#down.values()];
    if (more.hovering !== undefined) fingers.push(more.hovering);
    const moves = action === TouchAction.TOUCH_ACTION_MOVE || action === TouchAction.TOUCH_ACTION_HOVER;
    this.#emit(
      {
        input: {
          $case: 'touch',
          value: {
            gesture: this.#gesture,
            sequence: (this.#sequence += 1),
            action,
            finger,
            fingers,
            buttons: androidButtons(pointer),
            mouse: pointer.mouse,
            ...shownSize(this.#picture),
          },
        },
      },
      more.lossy ?? moves,
    );
  }

  #emit(message: Pick<ViewerInput, 'input'>, move: boolean): void {
    this.#send(encode(message), move);
  }
}

/** One message with the viewer's clock. */
export function encode(message: Pick<ViewerInput, 'input'>): Uint8Array<ArrayBuffer> {
  return ViewerInput.encode({
    ...message,
    sentAtMs: performance.timeOrigin + performance.now(),
  }).finish();
}

function placed(pointer: Pointer): { x: number; y: number; pressure: number } {
  return {
    x: normalised(pointer.x),
    y: normalised(pointer.y),
    pressure: pointer.mouse
      ? PRESSURE_MOUSE
      : Math.round(Math.max(0.1, Math.min(1, pointer.pressure * 2)) * FULL),
  };
}

/** For the message, in which 0 says nothing: Chromium shows a black picture of 2x2 before the first. */
export function shownSize({ videoWidth: width, videoHeight: height }: Picture): {
  width: number;
  height: number;
} {
  return width > 2 && height > 2 ? { width, height } : { width: 0, height: 0 };
}

/** 0-1 → 0-65535, clamped: a finger that slides off the picture stays at its edge. */
export function normalised(part: number): number {
  return Math.round(Math.max(0, Math.min(1, part)) * FULL);
}

/** DOM's primary, secondary, auxiliary, back, forward → MotionEvent's BUTTON_PRIMARY 1, SECONDARY 2, TERTIARY 4, BACK 8, FORWARD 16. */
function androidButtons(pointer: Pointer): number {
  return pointer.mouse ? pointer.buttons & 31 : 0;
}
