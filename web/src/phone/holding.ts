export type Role = 'watch' | 'control';

/** Who holds the controls, as far as this viewer was told. */
export interface Holding {
  readonly by: 'mine' | 'others' | 'nobody' | 'unknown';
  /** This viewer. */
  readonly me: string;
  /** Viewers that wait for them, first come first. */
  readonly asking: readonly string[];
}

export const unknownHolding: Holding = { by: 'unknown', me: '', asking: [] };
