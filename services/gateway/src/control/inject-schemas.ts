import { Curve, type Injection, KeyStroke, TextMethod } from '@ancloud/contracts/input/v1/inject';
import { Action } from '@ancloud/contracts/input/v1/viewer';
import { z } from 'zod';
import { listOf } from '../api/list-of.js';
import { named } from '../api/route-doc.js';

/* Shapes only: what a script may hold and how long it may be is input-svc's to say, once for REST and gRPC. */

const fraction = z.number().min(0).max(1);
const place = named(
  'Place',
  z.strictObject({ x: fraction, y: fraction }).describe('A fraction of the picture, 0-1 each way'),
);
const takeOver = z
  .boolean()
  .default(false)
  .describe('Also from a viewer with role `control` that is at work');
const ms = z.int().min(0).max(0xffff_ffff);

const curves = {
  linear: Curve.CURVE_LINEAR,
  ease: Curve.CURVE_EASE,
  accelerate: Curve.CURVE_ACCELERATE,
  decelerate: Curve.CURVE_DECELERATE,
} as const;
const methods = {
  auto: TextMethod.TEXT_METHOD_UNSPECIFIED,
  type: TextMethod.TEXT_METHOD_TYPE,
  paste: TextMethod.TEXT_METHOD_PASTE,
} as const;
const strokes = {
  press: KeyStroke.KEY_STROKE_UNSPECIFIED,
  down: KeyStroke.KEY_STROKE_DOWN,
  up: KeyStroke.KEY_STROKE_UP,
} as const;
const actions = {
  back: Action.ACTION_BACK_OR_SCREEN_ON,
  home: Action.ACTION_HOME,
  recents: Action.ACTION_APP_SWITCH,
  power: Action.ACTION_POWER,
  volumeUp: Action.ACTION_VOLUME_UP,
  volumeDown: Action.ACTION_VOLUME_DOWN,
  rotate: Action.ACTION_ROTATE,
  notifications: Action.ACTION_EXPAND_NOTIFICATIONS,
  settings: Action.ACTION_EXPAND_SETTINGS,
  collapse: Action.ACTION_COLLAPSE_PANELS,
  displayOn: Action.ACTION_DISPLAY_ON,
  displayOff: Action.ACTION_DISPLAY_OFF,
  startApp: Action.ACTION_START_APP,
} as const;
/** By their place in the W3C's standard gamepad, in Android's words: `a` is the lower one. */
const padButtons = [
  'a',
  'b',
  'x',
  'y',
  'l1',
  'r1',
  'l2',
  'r2',
  'select',
  'start',
  'leftThumb',
  'rightThumb',
  'up',
  'down',
  'left',
  'right',
  'mode',
] as const;
const words = <W extends string>(table: Readonly<Record<W, number>>): W[] => Object.keys(table) as W[];

export const tapBody = named(
  'Tap',
  z.strictObject({ at: place, durationMs: ms.default(60).describe('How long the finger is down'), takeOver }),
);
export const swipeBody = named(
  'Swipe',
  z.strictObject({
    from: place,
    to: place,
    durationMs: ms.default(300),
    curve: z.enum(words(curves)).default('linear').describe('Share of the way over time'),
    takeOver,
  }),
);
export const textBody = named(
  'TypeText',
  z.strictObject({
    text: z.string().describe('1-4096 bytes of UTF-8'),
    method: z
      .enum(words(methods))
      .default('auto')
      .describe(
        '`auto` types ASCII by keys and pastes anything else, which replaces what is in the clipboard',
      ),
    takeOver,
  }),
);
export const keyBody = named(
  'PressKey',
  z.strictObject({
    keycode: z.int().min(1).max(1_000).describe('AKEYCODE_*'),
    stroke: z
      .enum(words(strokes))
      .default('press')
      .describe('`down` holds the key until `up`, another holder of the controls, or 30 s'),
    metastate: z.int().min(0).max(0x7fff_ffff).default(0).describe("Android's meta state bits"),
    takeOver,
  }),
);
export const gestureBody = named(
  'Gesture',
  z.strictObject({
    strokes: listOf(
      z.strictObject({
        startMs: ms.default(0),
        points: listOf(
          z.strictObject({
            x: fraction,
            y: fraction,
            atMs: ms.default(0).describe("From the stroke's beginning"),
            pressure: fraction.default(1),
          }),
        ),
      }),
    ).describe('One finger each; 10 at a time, 100 strokes, 10000 points'),
    repeat: z.int().min(0).max(0xffff_ffff).default(1).describe('All of it takes 60 s at most'),
    takeOver,
  }),
);
const notches = z.number().min(-16).max(16).default(0);
export const wheelBody = named(
  'TurnWheel',
  z.strictObject({
    at: place,
    horizontal: notches.describe('Notches, positive is right'),
    vertical: notches.describe('Notches, positive is up'),
    takeOver,
  }),
);
export const actionBody = named(
  'DoAction',
  z.strictObject({
    name: z.enum(words(actions)),
    argument: z.string().max(255).default('').describe('Of `startApp`: the package'),
    takeOver,
  }),
);

export const clipboardBody = named(
  'SetClipboard',
  z.strictObject({
    text: z.string().describe('0-262130 bytes of UTF-8; empty empties the clipboard'),
    takeOver,
  }),
);
const stick = z.number().min(-1).max(1).default(0);
const trigger = fraction.default(0);
export const gamepadBody = named(
  'PlayGamepad',
  z.strictObject({
    moments: listOf(
      z.strictObject({
        atMs: ms.default(0).describe('From the beginning; grows from moment to moment'),
        leftX: stick.describe('Right is positive'),
        leftY: stick.describe('Down is positive'),
        rightX: stick,
        rightY: stick,
        leftTrigger: trigger,
        rightTrigger: trigger,
        buttons: listOf(z.enum(padButtons))
          .default([])
          .describe('Those that are pressed; `up` to `right` are the cross'),
      }),
    ).describe('How the whole gamepad is from then on until the next moment; 1-10000'),
    durationMs: ms
      .default(0)
      .describe('How long all of it takes: then the gamepad is at rest. 0 is 60 more than the last moment'),
    repeat: z.int().min(0).max(0xffff_ffff).default(1).describe('All of it takes 60 s at most'),
    takeOver,
  }),
);

/** How REST writes the buttons of a gamepad. */
export function padWords(buttons: number): (typeof padButtons)[number][] {
  return padButtons.filter((_, bit) => ((buttons >>> bit) & 1) === 1);
}

/** How REST writes an action. */
export function actionWord(action: Action): keyof typeof actions {
  return words(actions).find((word) => actions[word] === action) ?? 'back';
}

/** The bodies as the one message that gRPC has for all of them. */
export const injectionOf = {
  tap: ({ at, durationMs }: z.output<typeof tapBody>): Injection => ({
    input: { $case: 'tap', value: { at, durationMs } },
  }),
  swipe: ({ from, to, durationMs, curve }: z.output<typeof swipeBody>): Injection => ({
    input: { $case: 'swipe', value: { from, to, durationMs, curve: curves[curve] } },
  }),
  text: ({ text, method }: z.output<typeof textBody>): Injection => ({
    input: { $case: 'text', value: { text, method: methods[method] } },
  }),
  key: ({ keycode, stroke, metastate }: z.output<typeof keyBody>): Injection => ({
    input: { $case: 'key', value: { keycode, stroke: strokes[stroke], metastate } },
  }),
  gesture: ({ strokes: fingers, repeat }: z.output<typeof gestureBody>): Injection => ({
    input: { $case: 'gesture', value: { strokes: fingers, repeat } },
  }),
  wheel: ({ at, horizontal, vertical }: z.output<typeof wheelBody>): Injection => ({
    input: { $case: 'wheel', value: { at, horizontal, vertical } },
  }),
  action: ({ name, argument }: z.output<typeof actionBody>): Injection => ({
    input: { $case: 'action', value: { action: actions[name], argument } },
  }),
  clipboard: ({ text }: z.output<typeof clipboardBody>): Injection => ({
    input: { $case: 'clipboard', value: { text } },
  }),
  gamepad: ({ moments, durationMs, repeat }: z.output<typeof gamepadBody>): Injection => ({
    input: {
      $case: 'gamepad',
      value: {
        moments: moments.map((moment) => ({
          ...moment,
          buttons: moment.buttons.reduce((bits, word) => bits | (1 << padButtons.indexOf(word)), 0),
        })),
        durationMs,
        repeat,
      },
    },
  }),
};
