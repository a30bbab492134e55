import type { PhoneViewer, Revoked } from '../api/types.js';

/** What a viewer is called where there is room for little: its name, else its id. */
export function callOf({ name, viewerId }: Pick<PhoneViewer, 'name' | 'viewerId'>): string {
  return name === '' ? viewerId : name;
}

/** Of two with one name each is told apart. */
export function exactly({ name, viewerId }: Pick<PhoneViewer, 'name' | 'viewerId'>): string {
  return name === '' ? viewerId : `${name}, ${viewerId}`;
}

/** What a viewer whose right was taken back still has, for some seconds; empty where it has nothing. */
export function stillWords({ controlEnded, pictureEnded }: Revoked): string {
  return [...(controlEnded ? [] : ['touches']), ...(pictureEnded ? [] : ['sees'])].join(' and ');
}

/** Those who are there, the viewer `me` first, for whom the list is. Who has not come yet is listed where it can be let in. */
export function thereOf(viewers: readonly PhoneViewer[], me: string): readonly PhoneViewer[] {
  const there = viewers.filter((one) => one.connected || one.invitedUntil === null);
  const mine = (one: PhoneViewer): boolean => one.viewerId === me;
  return [...there.filter(mine), ...there.filter((one) => !mine(one))];
}

/** Whether the farm has more than one media service, by those that are listed (to admins only) and those that serve somebody here. */
export function severalMedia(
  listed: readonly { readonly mediaId: string }[],
  viewers: readonly Pick<PhoneViewer, 'mediaId'>[],
): boolean {
  const ids = new Set([...listed, ...viewers].map(({ mediaId }) => mediaId));
  // Of who is served by nobody.
  ids.delete('');
  return ids.size > 1;
}
