/** ms from each frame to the next, of those that came between two moments; `ns` in any order. */
export function gaps(ns: readonly bigint[], from: bigint, to: bigint): number[] {
  const inside = ns.filter((at) => at >= from && at <= to).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return inside.slice(1).map((at, i) => Number(at - (inside[i] ?? at)) / 1e6);
}
