/** What one event of a master needed to the phones that were to follow. */
export interface Reach {
  /** From its sending to the last phone's read, ms. */
  readonly lastMs: number;
  /** Between the first and the last phone, ms. */
  readonly skewMs: number;
}

/**
 * Of each event that every phone has read on its own. Moves that were merged into the next somewhere have no arrival there and do not
 * count.
 */
export function reaches(
  sent: ReadonlyMap<number, bigint>,
  heard: readonly ReadonlyMap<number, bigint>[],
): Reach[] {
  return [...sent].flatMap(([number, from]) => {
    const at = heard.flatMap((one) => one.get(number) ?? []);
    if (at.length < heard.length || at.length === 0) return [];
    const first = at.reduce((a, b) => (a < b ? a : b));
    const last = at.reduce((a, b) => (a > b ? a : b));
    return [{ lastMs: Number(last - from) / 1e6, skewMs: Number(last - first) / 1e6 }];
  });
}
