import type { Macro, MacroStep, Region, WaitFor } from '@ancloud/contracts/input/v1/macro';
import type { Plan } from './fingers.js';
import type { Refusal } from './script-limits.js';
import { planScript } from './script.js';

/** What a macro may hold and how it may be played; proto's comments say the same. */
export const macroLimits = {
  steps: 2_000,
  /** Of all strokes, and moments of the gamepad. */
  points: 10_000,
  /** UTF-16 units of all texts. */
  text: 100_000,
  afterMs: 600_000,
  waitMs: 600_000,
  waited: 256,
  loops: 10_000,
  runMs: 3_600_000,
  /** Per cent. */
  speed: { min: 10, max: 1_000 },
} as const;

const WAIT_MS = 30_000;
const RUN_MS = 600_000;

export interface Wait {
  readonly condition: NonNullable<WaitFor['condition']>;
  readonly region: Region;
  readonly absent: boolean;
  readonly timeoutMs: number;
}

export type PlannedStep = { readonly afterMs: number } & ({ readonly plan: Plan } | { readonly wait: Wait });

export interface MacroPlan {
  readonly steps: readonly PlannedStep[];
  /** Of one round at ordinary speed, without what is waited for. */
  readonly durationMs: number;
  readonly readsText: boolean;
}

/** How often and how fast a macro is played. */
export interface Tempo {
  /** 1 = as recorded. */
  readonly speed: number;
  readonly loops: number;
  readonly timeoutMs: number;
}

/** A macro as it is played, or why it cannot be. Pure and total: what is planned ends. */
export function planMacro({ steps }: Macro): MacroPlan | Refusal {
  if (steps.length === 0) return bad('steps', 'a macro has at least one step');
  const sums = measure(steps);
  for (const [field, size, limit] of [
    ['steps', steps.length, macroLimits.steps],
    ['points', sums.points, macroLimits.points],
    ['characters of text', sums.text, macroLimits.text],
  ] as const)
    if (size > limit) return long('steps', `${size} ${field} are more than ${limit}`);
  const planned: PlannedStep[] = [];
  for (const [index, step] of steps.entries()) {
    const one = planStep(step);
    if ('code' in one) return { ...one, field: `steps[${index}].${one.field}` };
    planned.push(one);
  }
  return {
    steps: planned,
    durationMs: planned.reduce(
      (sum, step) => sum + step.afterMs + ('plan' in step ? step.plan.durationMs : 0),
      0,
    ),
    readsText: planned.some((step) => 'wait' in step && step.wait.condition.$case === 'text'),
  };
}

/** The tempo that is asked for, 0 being what is usual; refused is what would not end in its time. */
export function planTempo(
  asked: { readonly speed: number; readonly loops: number; readonly timeoutMs: number },
  { durationMs }: Pick<MacroPlan, 'durationMs'>,
): Tempo | Refusal {
  const { speed, loops, runMs } = macroLimits;
  const percent = asked.speed === 0 ? 100 : asked.speed;
  const times = Math.max(1, asked.loops);
  const timeoutMs = asked.timeoutMs === 0 ? RUN_MS : asked.timeoutMs;
  if (percent < speed.min || percent > speed.max)
    return bad('speed', `a speed of ${percent} % is outside ${speed.min}-${speed.max} %`);
  if (times > loops) return long('loops', `${times} rounds are more than ${loops}`);
  if (timeoutMs > runMs) return long('timeoutMs', `${timeoutMs} ms are more than ${runMs}`);
  const tookMs = Math.round((durationMs * times * 100) / percent);
  if (tookMs > timeoutMs)
    return long('loops', `it would take ${tookMs} ms, more than the ${timeoutMs} ms that it may`);
  return { speed: percent / 100, loops: times, timeoutMs };
}

function planStep({ afterMs, step }: MacroStep): PlannedStep | Refusal {
  if (afterMs > macroLimits.afterMs)
    return long('afterMs', `a rest of ${afterMs} ms is more than ${macroLimits.afterMs}`);
  switch (step?.$case) {
    case 'input': {
      const plan = planScript(step.value);
      return 'code' in plan ? plan : { afterMs, plan };
    }
    case 'wait': {
      const wait = planWait(step.value);
      return 'code' in wait ? wait : { afterMs, wait };
    }
    case undefined:
      return bad('step', 'the step does nothing');
  }
}

function planWait({ condition, absent, timeoutMs }: WaitFor): Wait | Refusal {
  if (timeoutMs > macroLimits.waitMs)
    return long('wait.timeoutMs', `${timeoutMs} ms are more than ${macroLimits.waitMs}`);
  const rest = { absent, timeoutMs: timeoutMs === 0 ? WAIT_MS : timeoutMs };
  switch (condition?.$case) {
    case 'pixel': {
      const { at, rgb, tolerance } = condition.value;
      if (at === undefined || !inside(at.x) || !inside(at.y))
        return bad('wait.pixel.at', 'the pixel is not on the picture: x and y are fractions of it, 0-1');
      if (rgb > 0xff_ff_ff) return bad('wait.pixel.rgb', 'the colour is not 0xRRGGBB');
      if (tolerance > 255) return bad('wait.pixel.tolerance', `a tolerance of ${tolerance} is above 255`);
      return { ...rest, condition, region: { x: at.x, y: at.y, width: 0, height: 0 } };
    }
    case 'text': {
      const { region, text } = condition.value;
      if (region === undefined || !fits(region.x, region.width) || !fits(region.y, region.height))
        return bad('wait.text.region', 'the region is not on the picture: it is in fractions of it, 0-1');
      if (readable(text) === '' || text.length > macroLimits.waited)
        return bad('wait.text.text', `the text has not 1-${macroLimits.waited} letters`);
      return { ...rest, condition, region };
    }
    case undefined:
      return bad('wait.condition', 'there is nothing to wait for');
  }
}

/** Text as it is compared: without case and white space, of which a reader of pictures knows little. */
export function readable(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, '');
}

function measure(steps: readonly MacroStep[]): { readonly points: number; readonly text: number } {
  let points = 0;
  let text = 0;
  for (const { step } of steps) {
    const input = step?.$case === 'input' ? step.value.input : undefined;
    if (input?.$case === 'text') text += input.value.text.length;
    if (input?.$case === 'clipboard') text += input.value.text.length;
    if (input?.$case === 'gamepad') points += input.value.moments.length;
    if (input?.$case === 'gesture')
      points += input.value.strokes.reduce((sum, stroke) => sum + stroke.points.length, 0);
  }
  return { points, text };
}

const inside = (share: number): boolean => share >= 0 && share <= 1;
const fits = (from: number, extent: number): boolean =>
  inside(from) && extent > 0 && from + extent <= 1.000_001;
const bad = (field: string, why: string): Refusal => ({ code: 'INVALID_ARGUMENT', field, why });
const long = (field: string, why: string): Refusal => ({ code: 'SCRIPT_TOO_LONG', field, why });
