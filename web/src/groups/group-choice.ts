import type { NewGroup } from '../api/types.js';

/** What may be said of a group before it begins; all of it may be left as it is. */
export interface GroupChoice extends Pick<NewGroup, 'name' | 'exclude' | 'jitter'> {
  /** Only what this viewer of that phone does is followed; undefined: whoever holds the controls. */
  readonly leads: undefined | { readonly phoneId: string; readonly viewerId: string };
}

export const plainGroup: GroupChoice = {
  name: '',
  exclude: [],
  jitter: { place: 0, delayMs: 0 },
  leads: undefined,
};

/** Phones may have been chosen otherwise since one of them was to rest, or one of its viewers to lead. */
export function groupOf(
  { leads, exclude, name, jitter }: GroupChoice,
  masterId: string,
  phoneIds: readonly string[],
): NewGroup {
  return {
    name: name.trim(),
    masterId,
    viewerId: leads?.phoneId === masterId ? leads.viewerId : '',
    phoneIds,
    exclude: exclude.filter((one) => phoneIds.includes(one)),
    jitter,
  };
}
