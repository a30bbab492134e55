/** RTP packets and bytes of a picture that have come. */
export interface Counts {
  readonly packets: number;
  readonly bytes: number;
}

export const nothingCounted: Counts = { packets: 0, bytes: 0 };

/** What of an inflow's two pictures was counted last, and what came of the heavier one so far. */
export interface PictureCounts {
  readonly main: Counts;
  readonly low: Counts;
  readonly heavier: Counts;
}

export const noPictures: PictureCounts = {
  main: nothingCounted,
  low: nothingCounted,
  heavier: nothingCounted,
};

/**
 * What a viewer was sent at most: of the main picture, or of the low layer while the main one rests. A count that is lower than the
 * last is another producer's.
 */
export function countPictures(before: PictureCounts, main: Counts, low: Counts): PictureCounts {
  const came = (was: number, is: number): number => (is < was ? is : is - was);
  const more = (what: keyof Counts): number =>
    before.heavier[what] + Math.max(came(before.main[what], main[what]), came(before.low[what], low[what]));
  return { main, low, heavier: { packets: more('packets'), bytes: more('bytes') } };
}
