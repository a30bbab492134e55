import { AppError } from '@ancloud/kit/errors';

/** `key=value`, as often as there are labels. How long they may be is checked by the API. */
export const labelsOf = (pairs: readonly string[]): Record<string, string> => pairsOf('--label', pairs);

/** What an option says that is given as name=value, as often as one likes. A value may be empty, and hold `=`. */
export function pairsOf(option: string, pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)];
      throw new AppError('INVALID_ARGUMENT', `'${pair}' is not name=value`, {
        field: option,
        value: pair,
        fix: `write ${option} name=value`,
      });
    }),
  );
}
