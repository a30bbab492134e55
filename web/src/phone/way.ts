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

/** Estimates begin with the upper one; from the lower one on nothing was found that speaks against it (docs/protocol.md, "Low layer"). */
const FIRST_GUESS_BPS = { from: 5.4e6, to: 6e6 };

/**
 * What is known of a viewer's link; empty where nothing is. The estimator sees only what is sent: when a packet is late it falls to what came
 * through by then, which is little while a screen stands still, and learns of more only by more that is sent. So it is a least.
 */
export function linkWords({ availableBps }: Pick<PhoneViewer, 'availableBps'>): string {
  const guessed = availableBps >= FIRST_GUESS_BPS.from && availableBps <= FIRST_GUESS_BPS.to;
  if (availableBps === 0 || guessed) return '';
  return `a link of at least ${(availableBps / 1e6).toFixed(1)} Mb/s`;
}
