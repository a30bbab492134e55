import { TouchAction as Viewer } from '@ancloud/contracts/input/v1/viewer';
import type { ScaledFinger, ScaledTouch } from '@ancloud/contracts/input/v1/input';
import { GESTURE_MEMORY_MS } from '@ancloud/kit/input-translation';
import { sameShape } from '@ancloud/kit/shape';
import { Button, MAX_POINTERS, PointerId, TouchAction } from '@ancloud/scrcpy-wire';
import type { InjectTouch } from '@ancloud/scrcpy-wire';
import { scalePoint } from './geometry.js';
import type { Geometry, Point } from './geometry.js';

/*
 * INVARIANTS
 * 1. A finger is freed in the phone by UP only: CANCEL leaves a phantom finger, a MOVE of an unknown finger makes one
 *    (scrcpy Controller.java injectTouch). So whatever ends a touch here is written as UP, and a MOVE is written only
 *    for a finger whose DOWN was written.
 * 2. Each message names all fingers that are down after it; what the phone is told is the difference to what it was
 *    told before. So lost and reordered messages heal with the next one.
 * 3. A gesture that was ended from outside (cancel, lift, rotation, lost socket), or was on a picture of another shape, is void:
 *    its later messages, which may be on their way, are dropped. A new touch has a new gesture.
 */

/** Why a touch was not written. */
export type TouchDrop = 'stale' | 'void' | 'size' | 'malformed';

const FULL_PRESSURE = 0xffff;
const BUTTONS = Button.Primary | Button.Secondary | Button.Tertiary | Button.Back | Button.Forward;

/** Where messages are put, in order: such as all that one batch comes to, which has others too. */
export type Messages = Pick<InjectTouch[], 'push'>;

interface Held extends Point {
  /** 0 to 1. */
  readonly pressure: number;
}

interface Gesture {
  readonly id: number;
  sequence: number;
  void: boolean;
  /** When its last message came, ms. */
  atMs: number;
}

/** What is down in one phone, and what to tell it. Positions are kept in pixels of `geometry.screen`. */
export class Pointers {
  #geometry: Geometry;
  readonly #fingers = new Map<number, Held>();
  #mouse: (Point & { readonly buttons: number }) | undefined;
  #gesture: Gesture | undefined;

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
  }

  get geometry(): Geometry {
    return this.#geometry;
  }

  /** Fingers and a pressed mouse that the phone believes down. */
  get held(): number {
    return this.#fingers.size + (this.#mouse === undefined ? 0 : 1);
  }

  /** Adds to `messages` what brings the phone to the state `touch` tells of. Hot. @returns why some or all of it was not used. */
  touch(touch: ScaledTouch, nowMs: number, messages: Messages): TouchDrop | undefined {
    if (malformed(touch)) return 'malformed';
    const usable = touch.anyShape || sameShape(touch, this.#geometry.video);
    if (touch.action === Viewer.TOUCH_ACTION_HOVER && this.held === 0) {
      if (!usable) return 'size';
      this.#hover(touch, messages);
      return undefined;
    }
    const late = this.#enter(touch, nowMs, messages);
    if (late !== undefined) return late;
    if (touch.action === Viewer.TOUCH_ACTION_CANCEL) {
      messages.push(...this.lift());
      return undefined;
    }
    if (!usable && touch.fingers.length > 0) {
      messages.push(...this.lift());
      return 'size';
    }
    if (touch.mouse) this.#reconcileMouse(touch, messages);
    else this.#reconcileFingers(touch, messages);
    return undefined;
  }

  /** Lifts everything now and voids the gesture. */
  lift(): InjectTouch[] {
    const messages: InjectTouch[] = [];
    for (const finger of this.#fingers.keys()) this.#up(finger, messages);
    this.#releaseButtons(0, messages);
    if (this.#gesture !== undefined) this.#gesture.void = true;
    return messages;
  }

  /** As lift, for another person: gesture numbers begin anew. */
  liftForNewHolder(): InjectTouch[] {
    const messages = this.lift();
    this.#gesture = undefined;
    return messages;
  }

  /** The control socket is gone, and with it all fingers of its server: nothing to write, the gesture is void. */
  forget(): void {
    this.#fingers.clear();
    this.#mouse = undefined;
    if (this.#gesture !== undefined) this.#gesture.void = true;
  }

  /**
   * The picture or the screen has another size. Same shape: fingers stay and keep their place. Rotated: they are lifted,
   * at the new size since an older one would be dropped by the phone, and the gesture is void.
   */
  resize(next: Geometry): InjectTouch[] {
    const before = this.#geometry;
    const rotated = !sameShape(before.screen, next.screen);
    this.#geometry = next;
    for (const [finger, held] of this.#fingers)
      this.#fingers.set(finger, { ...held, ...scalePoint(held, before.screen, next.screen) });
    if (this.#mouse !== undefined)
      this.#mouse = { ...this.#mouse, ...scalePoint(this.#mouse, before.screen, next.screen) };
    return rotated ? this.lift() : [];
  }

  /** Checks the message's place in time; a new gesture lifts what an older one left down. */
  #enter(touch: ScaledTouch, nowMs: number, messages: Messages): TouchDrop | undefined {
    const known = this.#gesture;
    const remembered = known !== undefined && (this.held > 0 || nowMs - known.atMs < GESTURE_MEMORY_MS);
    if (remembered) {
      // Serial number arithmetic (RFC 1982): both counters are 32 bits and may wrap.
      const age = (touch.gesture - known.id) | 0;
      if (age < 0) return 'stale';
      if (age === 0) {
        known.atMs = nowMs;
        if (known.void) return 'void';
        if (((touch.sequence - known.sequence) | 0) <= 0) return 'stale';
        known.sequence = touch.sequence;
        return undefined;
      }
      messages.push(...this.lift());
    }
    this.#gesture = { id: touch.gesture, sequence: touch.sequence, void: false, atMs: nowMs };
    return undefined;
  }

  #reconcileFingers(touch: ScaledTouch, messages: Messages): void {
    // Ups first: a finger that left made room for one that came, and ten are the most.
    for (const finger of this.#fingers.keys()) {
      // A newer DOWN of a finger that is down: its UP was overtaken.
      const pressedAgain = touch.action === Viewer.TOUCH_ACTION_DOWN && touch.finger === finger;
      if (pressedAgain || !names(touch.fingers, finger)) this.#up(finger, messages);
    }
    this.#releaseButtons(0, messages);
    // Moves before downs: a POINTER_DOWN carries the places of all fingers.
    for (const finger of touch.fingers) {
      const before = this.#fingers.get(finger.finger);
      if (before === undefined) continue;
      const now = this.#held(finger, touch);
      if (now.x === before.x && now.y === before.y && now.pressure === before.pressure) continue;
      this.#fingers.set(finger.finger, now);
      messages.push(this.#message(TouchAction.Move, BigInt(finger.finger), now, now.pressure));
    }
    for (const finger of touch.fingers) {
      if (this.#fingers.has(finger.finger)) continue;
      const now = this.#held(finger, touch);
      this.#fingers.set(finger.finger, now);
      messages.push(this.#message(TouchAction.Down, BigInt(finger.finger), now, now.pressure));
    }
  }

  #reconcileMouse(touch: ScaledTouch, messages: Messages): void {
    for (const finger of this.#fingers.keys()) this.#up(finger, messages);
    const hovers = touch.action === Viewer.TOUCH_ACTION_HOVER;
    const place = touch.fingers[0];
    const pressed = place === undefined || hovers ? 0 : touch.buttons & BUTTONS || Button.Primary;
    this.#releaseButtons(pressed, messages);
    if (place === undefined) return;
    if (hovers) return this.#hover(touch, messages);
    const now = this.#held(place, touch);
    const before = this.#mouse;
    if (before !== undefined && (before.x !== now.x || before.y !== now.y)) {
      this.#mouse = { x: now.x, y: now.y, buttons: before.buttons };
      messages.push(this.#message(TouchAction.Move, PointerId.Mouse, now, 1, 0, before.buttons));
    }
    let buttons = before?.buttons ?? 0;
    for (const bit of bits(pressed & ~buttons)) {
      buttons |= bit;
      this.#mouse = { x: now.x, y: now.y, buttons };
      messages.push(this.#message(TouchAction.Down, PointerId.Mouse, now, 1, bit, buttons));
    }
  }

  /** Frees itself in the phone: a hover without buttons counts as up (Controller.java). */
  #hover(touch: ScaledTouch, messages: Messages): void {
    const place = touch.fingers[0];
    if (place === undefined) return;
    messages.push(this.#message(TouchAction.HoverMove, PointerId.Mouse, this.#held(place, touch), 1));
  }

  #up(finger: number, messages: Messages): void {
    const held = this.#fingers.get(finger);
    if (held === undefined) return;
    this.#fingers.delete(finger);
    messages.push(this.#message(TouchAction.Up, BigInt(finger), held, 0));
  }

  /** Releases each held mouse button that is not in `keep`, where the mouse is. */
  #releaseButtons(keep: number, messages: Messages): void {
    const mouse = this.#mouse;
    if (mouse === undefined) return;
    let { buttons } = mouse;
    for (const bit of bits(buttons & ~keep)) {
      buttons &= ~bit;
      messages.push(this.#message(TouchAction.Up, PointerId.Mouse, mouse, 0, bit, buttons));
    }
    this.#mouse = buttons === 0 ? undefined : { x: mouse.x, y: mouse.y, buttons };
  }

  #held(finger: ScaledFinger, touch: ScaledTouch): Held {
    // Senders without a pressure sensor say 0, which apps take for "not touching".
    const pressure =
      (finger.pressure === 0 ? FULL_PRESSURE : Math.min(finger.pressure, FULL_PRESSURE)) / FULL_PRESSURE;
    const { x, y } = scalePoint(finger, touch, this.#geometry.screen);
    return { x, y, pressure };
  }

  #message(
    action: TouchAction,
    pointerId: bigint,
    { x, y }: Point,
    pressure: number,
    actionButton = 0,
    buttons = 0,
  ): InjectTouch {
    const { width, height } = this.#geometry.screen;
    return { kind: 'injectTouch', action, pointerId, x, y, width, height, pressure, actionButton, buttons };
  }
}

function malformed(touch: ScaledTouch): boolean {
  const { fingers, width, height } = touch;
  if (width < 1 || height < 1 || fingers.length > MAX_POINTERS) return true;
  let seen = 0;
  for (const { finger } of fingers) {
    if (finger >= MAX_POINTERS || (seen & (1 << finger)) !== 0) return true;
    seen |= 1 << finger;
  }
  return false;
}

/** Ten at most: looking through them makes no garbage, and a map of them for each touch did. */
function names(fingers: readonly ScaledFinger[], finger: number): boolean {
  for (const one of fingers) if (one.finger === finger) return true;
  return false;
}

function bits(mask: number): number[] {
  return [Button.Primary, Button.Secondary, Button.Tertiary, Button.Back, Button.Forward].filter(
    (bit) => (mask & bit) !== 0,
  );
}
