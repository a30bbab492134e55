/** A live host as it tells of itself, beside what stands in the records. */
export interface ReportedHost {
  readonly hostId: string;
  /** Phones the host has, by its own record. */
  readonly phones: number;
  /** Phones that the records place on it. */
  readonly placed: number;
}

/**
 * True when an emptied Redis has been rebuilt as far as its hosts can: at least one host is there, every host that this
 * gateway knew before has come back, and for each the records hold as many phones as it has.
 */
export function isRebuilt(known: Iterable<string>, live: readonly ReportedHost[]): boolean {
  const ids = new Set(live.map((host) => host.hostId));
  return (
    live.length > 0 &&
    [...known].every((id) => ids.has(id)) &&
    live.every((host) => host.placed >= host.phones)
  );
}

/** Hosts whose record came or went between two looks. */
export function hostChanges(
  before: ReadonlySet<string>,
  now: ReadonlySet<string>,
): { readonly lost: string[]; readonly returned: string[] } {
  return {
    lost: [...before].filter((id) => !now.has(id)),
    returned: [...now].filter((id) => !before.has(id)),
  };
}
