import { Action, TouchAction, type TouchFrame, type ViewerInput } from '@ancloud/contracts/input/v1/viewer';
import type { ControlEvent, ScaledFinger } from '@ancloud/contracts/input/v1/input';
import { sameShape, type Size } from './shape.js';
import { textEvent } from './typed-text.js';

export type Translation =
  | {
      readonly kind: 'event';
      readonly event: NonNullable<ControlEvent['event']>;
      readonly touch: TouchOrder | undefined;
      readonly pad: PadOrder | undefined;
      /** Of a key whose viewer says by heartbeats that it is down. */
      readonly key: KeyOrder | undefined;
      /**
       * Whoever does it means to have the controls. Not who only lets go, of what a phone that refused it never had down; nor whose mouse
       * moves with no button down.
       */
      readonly bids: boolean;
    }
  | { readonly kind: 'control'; readonly want: boolean; readonly to: string }
  | { readonly kind: 'heartbeat'; readonly gesture: number }
  /** Not acceptable: the sentence says which field and why. */
  | { readonly kind: 'refused'; readonly why: string };

/** Where a touch stands among the others of its viewer. */
export interface TouchOrder {
  readonly gesture: number;
  readonly sequence: number;
  readonly fingersDown: number;
  /** A move may be dropped for a newer one; nothing else may. */
  readonly move: boolean;
}

/** Where a gamepad's state stands among the others of its viewer. */
export interface PadOrder {
  readonly sequence: number;
  /** Something of it is pressed or pushed. */
  readonly active: boolean;
}

/** What becomes of a key. */
export interface KeyOrder {
  readonly keycode: number;
  readonly down: boolean;
}

/** Milliseconds for which the number of a gesture that was ended is remembered behind its last message: longer than any is under way. */
export const GESTURE_MEMORY_MS = 2_000;

const FULL = 65_535;
/** Of a stick or a trigger, one way. */
const AXIS = 32_767;
/** Buttons of the standard gamepad. */
const PAD_BUTTONS = 0x1_ffff;
const MAX_FINGERS = 10;
const MAX_KEYCODE = 1_000;
const MAX_TEXT_BYTES = 4_096;
/** scrcpy's limit for a clipboard, 2^18 - 14 bytes. */
const MAX_CLIPBOARD_BYTES = 262_130;
/** Wheel steps × 100: scrcpy's full scale is ±16 steps. */
const MAX_SCROLL = 1_600;
const MAX_PACKAGE = 255;

const refused = (why: string): Translation => ({ kind: 'refused', why });
const event = (
  value: NonNullable<ControlEvent['event']>,
): Extract<Translation, { readonly kind: 'event' }> => ({
  kind: 'event',
  event: value,
  touch: undefined,
  pad: undefined,
  key: undefined,
  bids: true,
});

/** Where a touch stands, read or not yet checked. */
export function touchOrder({ gesture, sequence, action, fingers }: TouchFrame): TouchOrder {
  const none = action === TouchAction.TOUCH_ACTION_CANCEL || action === TouchAction.TOUCH_ACTION_HOVER;
  return {
    gesture,
    sequence,
    fingersDown: none ? 0 : fingers.length,
    move: action === TouchAction.TOUCH_ACTION_MOVE || action === TouchAction.TOUCH_ACTION_HOVER,
  };
}

/**
 * What a viewer said → what its phone is told: checked field by field, coordinates scaled from 0-65535 to pixels and clamped inside the
 * picture. That is the phone's, of `now`; where the viewer was shown one of another shape it is that one, for the session to judge.
 * Pure and total: hostile input is refused with a sentence, never thrown.
 */
export function translate(message: ViewerInput, now: Size): Translation {
  const { input } = message;
  if (input === undefined) return refused('the message holds no input');
  switch (input.$case) {
    case 'touch': {
      const { gesture, sequence, action, finger, fingers, buttons, mouse } = input.value;
      if (action < TouchAction.TOUCH_ACTION_DOWN || action > TouchAction.TOUCH_ACTION_HOVER)
        return refused(`touch.action ${action} is unknown`);
      if (finger >= MAX_FINGERS) return refused(`touch.finger ${finger} is above 9`);
      if (beyond(input.value)) return refused('touch has a size above 65535');
      if (fingers.length > MAX_FINGERS)
        return refused(`touch.fingers has ${fingers.length} entries, more than 10`);
      const size = shows(input.value, now) ? now : input.value;
      const scaled: ScaledFinger[] = [];
      let seen = 0;
      for (const one of fingers) {
        if (one.finger >= MAX_FINGERS) return refused(`touch.fingers.finger ${one.finger} is above 9`);
        if ((seen & (1 << one.finger)) !== 0)
          return refused(`touch.fingers names finger ${one.finger} twice`);
        seen |= 1 << one.finger;
        if (one.x > FULL || one.y > FULL || one.pressure > FULL)
          return refused('touch.fingers has a value above 65535');
        scaled.push({
          finger: one.finger,
          x: pixel(one.x, size.width),
          y: pixel(one.y, size.height),
          pressure: one.pressure,
        });
      }
      return {
        kind: 'event',
        event: {
          $case: 'touch',
          value: {
            gesture,
            sequence,
            action,
            finger,
            fingers: scaled,
            buttons: buttons & 0x7f,
            mouse,
            width: size.width,
            height: size.height,
            anyShape: false,
          },
        },
        touch: touchOrder(input.value),
        pad: undefined,
        key: undefined,
        bids: pressing(input.value),
      };
    }
    case 'key': {
      const { keycode, repeat, down, beats } = input.value;
      if (keycode < 1 || keycode > MAX_KEYCODE)
        return refused(`key.keycode ${keycode} is outside 1-${MAX_KEYCODE}`);
      const value = { ...input.value, repeat: Math.min(repeat, 10_000) };
      return { ...event({ $case: 'key', value }), bids: down, key: beats ? { keycode, down } : undefined };
    }
    case 'text': {
      const bytes = utf8Length(input.value.text);
      if (bytes === 0 || bytes > MAX_TEXT_BYTES)
        return refused(`text has ${bytes} bytes, not 1-${MAX_TEXT_BYTES}`);
      return event(textEvent(input.value.text, input.value.keysOnly));
    }
    case 'scroll': {
      const { x, y, horizontal, vertical, buttons } = input.value;
      if (x > FULL || y > FULL) return refused('scroll has a coordinate above 65535');
      if (beyond(input.value)) return refused('scroll has a size above 65535');
      const size = shows(input.value, now) ? now : input.value;
      return event({
        $case: 'scroll',
        value: {
          x: pixel(x, size.width),
          y: pixel(y, size.height),
          width: size.width,
          height: size.height,
          horizontal: clamp(horizontal, MAX_SCROLL),
          vertical: clamp(vertical, MAX_SCROLL),
          buttons: buttons & 0x7f,
          anyShape: false,
        },
      });
    }
    case 'clipboard': {
      const bytes = utf8Length(input.value.text);
      if (bytes > MAX_CLIPBOARD_BYTES)
        return refused(`clipboard has ${bytes} bytes, more than ${MAX_CLIPBOARD_BYTES}`);
      return event({ $case: 'clipboard', value: input.value });
    }
    case 'action': {
      const { action, argument } = input.value;
      if (action < Action.ACTION_BACK_OR_SCREEN_ON || action > Action.ACTION_START_APP)
        return refused(`action ${action} is unknown`);
      if (action === Action.ACTION_START_APP && !/^[+]?[?]?[\w.\- ]{1,200}$/.test(argument))
        return refused('action.argument is not a package or ?label');
      if (argument.length > MAX_PACKAGE) return refused(`action.argument is longer than ${MAX_PACKAGE}`);
      return event({ $case: 'action', value: input.value });
    }
    case 'pad': {
      const { sequence, buttons, leftX, leftY, rightX, rightY, leftTrigger, rightTrigger } = input.value;
      const sticks = [leftX, leftY, rightX, rightY];
      if (sticks.some((axis) => Math.abs(axis) > AXIS) || Math.max(leftTrigger, rightTrigger) > AXIS)
        return refused(`pad has an axis beyond ${AXIS}`);
      if (buttons > PAD_BUTTONS) return refused('pad.buttons names a button above 16');
      const active = [...sticks, leftTrigger, rightTrigger, buttons].some((value) => value !== 0);
      return { ...event({ $case: 'pad', value: input.value }), bids: active, pad: { sequence, active } };
    }
    case 'control':
      return { kind: 'control', want: input.value.want, to: input.value.want ? '' : input.value.to };
    case 'heartbeat':
      return { kind: 'heartbeat', gesture: input.value.gesture };
  }
}

/**
 * Whether what a viewer says it was shown is the phone's picture of `now`, at whatever scale. Places are then scaled to that one, which is
 * the finer where the viewer has the low layer. Who says nothing is believed to have it.
 */
export function shows(said: Size, now: Size): boolean {
  return said.width === 0 || said.height === 0 || sameShape(said, now);
}

/** A finger goes down, or is moved while down. */
function pressing({ action, fingers }: TouchFrame): boolean {
  if (action !== TouchAction.TOUCH_ACTION_DOWN && action !== TouchAction.TOUCH_ACTION_MOVE) return false;
  return fingers.length > 0;
}

function beyond({ width, height }: Size): boolean {
  return width > FULL || height > FULL;
}

/** 0-65535 → 0 to extent-1: the last pixel is inside, `extent` itself would be outside and dropped by Android. */
function pixel(value: number, extent: number): number {
  return Math.min(extent - 1, Math.floor((value * extent) / FULL));
}

function clamp(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}

/** Bytes of `text` in UTF-8, counted without encoding it. */
function utf8Length(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (unit >= 0xd800 && unit < 0xdc00) {
      bytes += 4;
      i += 1;
    } else bytes += 3;
  }
  return bytes;
}
