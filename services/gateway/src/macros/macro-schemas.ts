import { Curve, type Injection, KeyStroke, TextMethod } from '@ancloud/contracts/input/v1/inject';
import type { Macro, MacroStep, WaitFor } from '@ancloud/contracts/input/v1/macro';
import { z } from 'zod';
import { listOf } from '../api/list-of.js';
import { named } from '../api/route-doc.js';
import {
  actionBody,
  actionWord,
  clipboardBody,
  gamepadBody,
  gestureBody,
  injectionOf,
  keyBody,
  padWords,
  swipeBody,
  tapBody,
  textBody,
  wheelBody,
} from '../control/inject-schemas.js';
import { macroLimits } from './core/macro-limits.js';

/* A macro as people read and write it, and as the message that is kept and played. Whether its strokes can be played is input-svc's to say. */

const fraction = z.number().min(0).max(1);
const place = z.strictObject({ x: fraction, y: fraction }).describe('Fractions of the picture');

const waits = {
  absent: z.boolean().default(false).describe('Waits until it is not so any more'),
  timeoutMs: z.int().min(1).max(600_000).default(30_000).describe('Then the play fails: `WAIT_TIMEOUT`'),
};
const withoutTakeOver = { takeOver: true } as const;

/** Exactly one of these is what a step does. */
const doings = {
  tap: tapBody.omit(withoutTakeOver),
  swipe: swipeBody.omit(withoutTakeOver),
  text: textBody.omit(withoutTakeOver),
  key: keyBody.omit(withoutTakeOver),
  gesture: gestureBody.omit(withoutTakeOver),
  wheel: wheelBody.omit(withoutTakeOver),
  action: actionBody.omit(withoutTakeOver),
  clipboard: clipboardBody.omit(withoutTakeOver),
  gamepad: gamepadBody.omit(withoutTakeOver),
  waitForPixel: z.strictObject({
    at: place,
    color: z
      .string()
      .regex(/^#[0-9a-fA-F]{6}$/)
      .describe('`#rrggbb`'),
    tolerance: z.int().min(0).max(255).default(16).describe('How far red, green and blue may each be off'),
    ...waits,
  }),
  waitForText: z.strictObject({
    region: z
      .strictObject({ x: fraction, y: fraction, width: fraction, height: fraction })
      .default({ x: 0, y: 0, width: 1, height: 1 })
      .describe('Fractions of the picture'),
    text: z.string().min(1).max(256).describe('Part of what stands there, whatever its case and gaps'),
    ...waits,
  }),
};
type Doing = keyof typeof doings;
const names = Object.keys(doings) as Doing[];
const optional = Object.fromEntries(names.map((name) => [name, doings[name].optional()])) as {
  [D in Doing]: z.ZodOptional<(typeof doings)[D]>;
};

const stepSchema = named(
  'MacroStep',
  z
    .strictObject({
      afterMs: z.int().min(0).max(macroLimits.afterMs).default(0).describe('From the end of the step before'),
      ...optional,
    })
    .refine((step) => names.filter((name) => step[name] !== undefined).length === 1, {
      message: `a step does exactly one of ${names.join(', ')}`,
    }),
);
type Step = z.output<typeof stepSchema>;

export const stepsSchema = listOf(stepSchema).min(1).max(macroLimits.steps);

export function macroOf(steps: readonly Step[]): Macro {
  return { steps: steps.map((step) => ({ afterMs: step.afterMs, step: doingOf(step) })) };
}

function doingOf(step: Step): MacroStep['step'] {
  const input = (value: Injection): MacroStep['step'] => ({ $case: 'input', value });
  if (step.tap !== undefined) return input(injectionOf.tap({ ...step.tap, takeOver: false }));
  if (step.swipe !== undefined) return input(injectionOf.swipe({ ...step.swipe, takeOver: false }));
  if (step.text !== undefined) return input(injectionOf.text({ ...step.text, takeOver: false }));
  if (step.key !== undefined) return input(injectionOf.key({ ...step.key, takeOver: false }));
  if (step.gesture !== undefined) return input(injectionOf.gesture({ ...step.gesture, takeOver: false }));
  if (step.wheel !== undefined) return input(injectionOf.wheel({ ...step.wheel, takeOver: false }));
  if (step.action !== undefined) return input(injectionOf.action({ ...step.action, takeOver: false }));
  if (step.clipboard !== undefined)
    return input(injectionOf.clipboard({ ...step.clipboard, takeOver: false }));
  if (step.gamepad !== undefined) return input(injectionOf.gamepad({ ...step.gamepad, takeOver: false }));
  if (step.waitForPixel !== undefined) {
    const { at, color, tolerance, absent, timeoutMs } = step.waitForPixel;
    const value = { at, rgb: Number.parseInt(color.slice(1), 16), tolerance };
    return { $case: 'wait', value: { condition: { $case: 'pixel', value }, absent, timeoutMs } };
  }
  if (step.waitForText !== undefined) {
    const { region, text, absent, timeoutMs } = step.waitForText;
    return {
      $case: 'wait',
      value: { condition: { $case: 'text', value: { region, text } }, absent, timeoutMs },
    };
  }
  return undefined;
}

/** REST's spelling of what is kept: it can be sent back as it is. */
export function stepsJson({ steps }: Macro) {
  return steps.map(({ afterMs, step }) => ({
    afterMs,
    ...(step?.$case === 'input' ? inputJson(step.value) : step?.$case === 'wait' ? waitJson(step.value) : {}),
  }));
}

function inputJson({ input }: Injection): object {
  switch (input?.$case) {
    case 'tap':
      return { tap: { at: input.value.at, durationMs: input.value.durationMs } };
    case 'swipe':
      return { swipe: { ...input.value, curve: wordOf(Curve, 'CURVE_', input.value.curve, 'linear') } };
    case 'text':
      return {
        text: {
          text: input.value.text,
          method: wordOf(TextMethod, 'TEXT_METHOD_', input.value.method, 'auto'),
        },
      };
    case 'key':
      return {
        key: { ...input.value, stroke: wordOf(KeyStroke, 'KEY_STROKE_', input.value.stroke, 'press') },
      };
    case 'gesture':
      return { gesture: { strokes: input.value.strokes, repeat: Math.max(1, input.value.repeat) } };
    case 'wheel':
      return { wheel: input.value };
    case 'action':
      return { action: { name: actionWord(input.value.action), argument: input.value.argument } };
    case 'clipboard':
      return { clipboard: { text: input.value.text } };
    case 'gamepad': {
      const { moments, durationMs, repeat } = input.value;
      const spelled = moments.map((moment) => ({ ...moment, buttons: padWords(moment.buttons) }));
      return { gamepad: { moments: spelled, durationMs, repeat: Math.max(1, repeat) } };
    }
    case undefined:
      return {};
  }
}

function waitJson({ condition, absent, timeoutMs }: WaitFor): object {
  const rest = { absent, timeoutMs: timeoutMs === 0 ? 30_000 : timeoutMs };
  if (condition?.$case === 'text') return { waitForText: { ...condition.value, ...rest } };
  if (condition?.$case !== 'pixel') return {};
  const { at, rgb, tolerance } = condition.value;
  return { waitForPixel: { at, color: `#${rgb.toString(16).padStart(6, '0')}`, tolerance, ...rest } };
}

/** The word of an enum's value; `preset` for 0, which has none. */
function wordOf(
  names: Readonly<Record<string | number, unknown>>,
  prefix: string,
  value: number,
  preset: string,
): string {
  const name = names[value];
  return value === 0 || typeof name !== 'string' ? preset : name.replace(prefix, '').toLowerCase();
}
