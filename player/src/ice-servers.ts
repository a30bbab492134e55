import type { IceServer } from '@ancloud/contracts/viewer';

/** TURN and STUN servers, as the farm tells them, in the browser's words. */
export function serversOf(told: readonly IceServer[]): RTCIceServer[] {
  return told.map(({ urls, username, credential }) => ({
    urls: [...urls],
    ...(username === undefined ? {} : { username }),
    ...(credential === undefined ? {} : { credential }),
  }));
}
