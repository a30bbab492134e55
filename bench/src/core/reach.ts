import { landings } from './landings.js';

/** What one event of a master needed to the phones that were to follow. */
export interface Reach {
  /** From its sending to the last phone's read, ms. */
  readonly lastMs: number;
  /** Between the first and the last phone, ms. */
  readonly skewMs: number;
  /** Some phone read it as part of a later one. */
  readonly merged: boolean;
}

/** Of each event that has landed on every phone. */
export function reaches(
  sent: ReadonlyMap<number, bigint>,
  heard: readonly ReadonlyMap<number, bigint>[],
): Reach[] {
  const landed = heard.map((one) => landings(sent.keys(), one));
  return [...sent].flatMap(([number, from]) => {
    const each = landed.flatMap((one) => one.get(number) ?? []);
    if (each.length < heard.length || each.length === 0) return [];
    const at = each.map(({ ns }) => ns);
    const first = at.reduce((a, b) => (a < b ? a : b));
    const last = at.reduce((a, b) => (a > b ? a : b));
    return [
      {
        lastMs: Number(last - from) / 1e6,
        skewMs: Number(last - first) / 1e6,
        merged: each.some(({ merged }) => merged),
      },
    ];
  });
}
