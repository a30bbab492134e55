import { nothing, sdpRoutes } from '../whep/sdp-routes.js';

export const whipRoutes = sdpRoutes({
  tag: 'whip',
  tokenOf: 'createFeed',
  summary: 'Sends a camera or a microphone to a phone from any WHIP publisher',
  description: 'RFC 9725. The token says to which phone and is used up.',
  offer: 'An SDP offer that sends H.264, Opus or both',
  refusals: [],
  look: nothing,
  unknown: 'FEED_NOT_FOUND',
});
