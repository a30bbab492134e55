/** When a phone had what one event says. */
export interface Landing {
  readonly ns: bigint;
  /** It was read as part of a later one. */
  readonly merged: boolean;
}

/**
 * Of each event of one gesture, by its number. A move that is merged into the next had to wait: it has landed with the next event that was
 * read, and to leave it out would leave out the slowest. What is behind the last that was read has not landed.
 */
export function landings(
  events: Iterable<number>,
  heard: ReadonlyMap<number, bigint>,
): ReadonlyMap<number, Landing> {
  const found = new Map<number, Landing>();
  let next: bigint | undefined;
  for (const number of [...events].toSorted((a, b) => b - a)) {
    const own = heard.get(number);
    next = own ?? next;
    if (next !== undefined) found.set(number, { ns: next, merged: own === undefined });
  }
  return found;
}

/** ms from sending to landing of the events from number `first` on, and how many of them were merged. */
export function touchDelays(
  sent: ReadonlyMap<number, bigint>,
  heard: ReadonlyMap<number, bigint>,
  first = 0,
): { readonly samples: number[]; readonly merged: number } {
  const landed = landings(sent.keys(), heard);
  const counted = [...sent].flatMap(([number, from]) => {
    const landing = landed.get(number);
    return landing === undefined || number < first ? [] : [{ from, landing }];
  });
  return {
    samples: counted.map(({ from, landing }) => Number(landing.ns - from) / 1e6),
    merged: counted.filter(({ landing }) => landing.merged).length,
  };
}
