/** What becomes of an input message. */
export const fates = [
  'accepted',
  /** Accepted from the master of a group. */
  'followed',
  'refused',
  'malformed',
  'stale',
  'merged',
  'dropped',
  'silenced',
  'revoked',
] as const;
export type Fate = (typeof fates)[number];
