import type { Macro } from '@ancloud/contracts/input/v1/macro';

/** As in proto's macro.proto, and of one tenant. */
export const macroLimits = {
  steps: 2_000,
  /** Of all strokes, and moments of gamepads. */
  points: 10_000,
  /** UTF-16 units of all texts, those for the clipboard too. */
  text: 100_000,
  afterMs: 600_000,
  nameLength: 63,
  macros: 200,
} as const;

export interface Mistake {
  readonly code: 'INVALID_ARGUMENT' | 'SCRIPT_TOO_LONG';
  readonly field: string;
  readonly message: string;
}

/** Why a macro cannot be kept, or undefined. What it does is looked at when it is played: that depends on the phone. Pure. */
export function macroMistake(name: string, { steps }: Macro): Mistake | undefined {
  if (name.trim() === '' || name.length > macroLimits.nameLength)
    return {
      code: 'INVALID_ARGUMENT',
      field: 'name',
      message: `name has not 1-${macroLimits.nameLength} characters`,
    };
  if (steps.length === 0)
    return { code: 'INVALID_ARGUMENT', field: 'steps', message: 'a macro has at least one step' };
  const empty = steps.findIndex(({ step }) => step === undefined);
  if (empty >= 0)
    return { code: 'INVALID_ARGUMENT', field: `steps[${empty}]`, message: `step ${empty} does nothing` };
  const sums = measure(steps);
  for (const [what, size, limit] of [
    ['steps', steps.length, macroLimits.steps],
    ['points', sums.points, macroLimits.points],
    ['characters of text', sums.text, macroLimits.text],
  ] as const)
    if (size > limit)
      return { code: 'SCRIPT_TOO_LONG', field: 'steps', message: `${size} ${what} are more than ${limit}` };
  return undefined;
}

/** As input-svc measures what it is to play. */
function measure(steps: Macro['steps']): { readonly points: number; readonly text: number } {
  let points = 0;
  let text = 0;
  for (const { step } of steps) {
    const input = step?.$case === 'input' ? step.value.input : undefined;
    if (input?.$case === 'text' || input?.$case === 'clipboard') text += input.value.text.length;
    if (input?.$case === 'gamepad') points += input.value.moments.length;
    if (input?.$case === 'gesture')
      points += input.value.strokes.reduce((sum, stroke) => sum + stroke.points.length, 0);
  }
  return { points, text };
}
