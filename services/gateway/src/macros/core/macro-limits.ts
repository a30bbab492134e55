import type { Macro } from '@ancloud/contracts/input/v1/macro';

/** As in proto's macro.proto, and of one tenant. */
export const macroLimits = {
  steps: 2_000,
  points: 10_000,
  /** UTF-16 units of all texts. */
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
  for (const [what, size, limit] of [
    ['steps', steps.length, macroLimits.steps],
    ['points', points({ steps }), macroLimits.points],
    ['characters of text', letters({ steps }), macroLimits.text],
  ] as const)
    if (size > limit)
      return { code: 'SCRIPT_TOO_LONG', field: 'steps', message: `${size} ${what} are more than ${limit}` };
  return undefined;
}

function points({ steps }: Macro): number {
  let sum = 0;
  for (const { step } of steps)
    if (step?.$case === 'input' && step.value.input?.$case === 'gesture')
      for (const stroke of step.value.input.value.strokes) sum += stroke.points.length;
  return sum;
}

function letters({ steps }: Macro): number {
  let sum = 0;
  for (const { step } of steps)
    if (step?.$case === 'input' && step.value.input?.$case === 'text')
      sum += step.value.input.value.text.length;
  return sum;
}
