import type { TouchEvent } from './touch-file.js';

/** The same gesture of so many viewers, who take turns: each has sent an event before anybody sends the next. */
export function inTurn(
  viewers: number,
  gesture: readonly { readonly bytes: Uint8Array; readonly move: boolean }[],
): TouchEvent[] {
  return gesture.flatMap((message) =>
    Array.from({ length: viewers }, (_, viewer) => ({ viewer, ...message })),
  );
}

/** When each viewer sent each event of its gesture, of the times of `inTurn`'s events by their numbers. */
export function byViewer<T>(times: ReadonlyMap<number, T>, viewers: number): Map<number, T>[] {
  const each = Array.from({ length: viewers }, () => new Map<number, T>());
  for (const [turn, time] of times) each[turn % viewers]?.set(Math.floor(turn / viewers), time);
  return each;
}
