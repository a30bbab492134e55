import type { PhoneViewer } from '../api/types.js';

/** By which way a viewer is sent its picture, or that there is none; empty while nobody says so. */
export function wayWords({
  iceState,
  transport,
  experience,
}: Pick<PhoneViewer, 'iceState' | 'transport' | 'experience'>): string {
  if (iceState === 'new') return 'no way to the picture yet';
  if (iceState === 'disconnected') return 'its way to the picture broke';
  if (transport === '') return '';
  const by = `by ${transport.toUpperCase()}`;
  return experience?.relayed === true ? `${by} through a relay` : by;
}
