/** What a program may ask for at most; proto's comments say the same. */
export const scriptLimits = {
  durationMs: 60_000,
  strokes: 100,
  points: 10_000,
  fingers: 10,
  /** Messages, over all repetitions. */
  steps: 20_000,
} as const;

/** What to do about a script that is none. */
export const SEE_API = 'see the API document for what is allowed';

/** Why a script is none. */
export interface Refusal {
  readonly code: 'INVALID_ARGUMENT' | 'SCRIPT_TOO_LONG';
  readonly field: string;
  readonly why: string;
}

export const missing = (field: string): Refusal => invalid(field, `${field} is missing`);
export const invalid = (field: string, why: string): Refusal => ({ code: 'INVALID_ARGUMENT', field, why });
export const long = (field: string, why: string): Refusal => ({ code: 'SCRIPT_TOO_LONG', field, why });
