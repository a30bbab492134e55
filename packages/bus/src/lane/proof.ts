import { timingSafeEqual } from 'node:crypto';

/** Compares halves of an offer's secret without telling by its timing where they differ. */
export function sameProof(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
