import { p50, sensible } from './stats.js';

/** `connected 8.1, joined 21, …`: the median of each step over those runs that took it, in the order of the first run. */
export function medianSteps(runs: readonly { readonly steps: Readonly<Record<string, number>> }[]): string {
  const names = [...new Set(runs.flatMap(({ steps }) => Object.keys(steps)))];
  return names
    .map((name) => {
      const taken = runs.map(({ steps }) => steps[name]).filter((ms) => ms !== undefined);
      return `${name} ${sensible(p50(taken))}`;
    })
    .join(', ');
}
