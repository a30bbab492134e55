/** What of an ICE candidate is used. */
interface Candidate {
  readonly address?: unknown;
}

const LOOPBACK = /^(?:127[.]|::1$)/;

/** Why there is no path, and whether another attempt may find one. */
export interface NoPath {
  readonly why: string;
  readonly retry: boolean;
}

/**
 * Why no path to any of the farm's candidates came to stand. Firefox makes none from a page to an address of loopback alone (its
 * `default_address_only`), which is all that a farm on one's own machine has by default.
 *
 * @param browser mediasoup-client's name of it.
 */
export function whyNoPath(candidates: readonly Candidate[], browser: string): NoPath {
  const failed = { why: 'the media connection failed', retry: true };
  const addresses = candidates.map(({ address }) => String(address));
  const loopback = addresses.length > 0 && addresses.every((address) => LOOPBACK.test(address));
  if (!loopback || !browser.startsWith('Firefox')) return failed;
  return {
    why: `${failed.why}: Firefox makes none to ${[...new Set(addresses)].join(', ')}. Let the farm listen at an address of the network (ANCLOUD_WEBRTC_LISTEN_IP)`,
    retry: false,
  };
}
