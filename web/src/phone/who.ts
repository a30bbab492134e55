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
