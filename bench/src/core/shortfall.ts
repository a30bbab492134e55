/** What one viewer has received. */
export interface Got {
  readonly came: number;
  /** By the numbers of the first and the last that came: gaps are in it, what was to follow the last is not. */
  readonly sent: number;
}

export interface Shortfall {
  /** Packets that the viewer was sent who was sent most. */
  readonly most: number;
  /** What all have less than that. */
  readonly lost: number;
  /** Viewers that received nothing. */
  readonly starved: number;
}

/**
 * Of viewers of one stream between two moments at which nothing is under way. Gaps alone do not tell of a viewer that died, that is sent
 * nothing or lost its last packets.
 */
export function shortfall(before: readonly Got[], after: readonly Got[]): Shortfall {
  const window = after.map(({ came, sent }, viewer) => ({
    came: came - (before[viewer]?.came ?? 0),
    sent: sent - (before[viewer]?.sent ?? 0),
  }));
  const most = window.reduce((highest, { sent }) => Math.max(highest, sent), 0);
  return {
    most,
    lost: window.reduce((sum, { came }) => sum + Math.max(0, most - came), 0),
    starved: window.filter(({ came }) => came === 0).length,
  };
}
