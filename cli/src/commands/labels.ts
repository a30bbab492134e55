import { AppError } from '@ancloud/kit/errors';

/** `key=value`, as often as there are labels. How long they may be is checked by the API. */
export function labelsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)];
      throw new AppError('INVALID_ARGUMENT', `'${pair}' is not a label`, {
        field: '--label',
        value: pair,
        fix: 'write key=value',
      });
    }),
  );
}
