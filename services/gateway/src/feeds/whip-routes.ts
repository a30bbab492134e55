import { nothing, sdpRoutes } from '../whep/sdp-routes.js';

export const whipRoutes = sdpRoutes({
  tag: 'whip',
  tokenOf: 'createFeed',
  summary: 'Sends a camera or a microphone to a phone from any WHIP publisher',
  description:
    'RFC 9725. The token says to which phone, and is good again and again until it expires or its feed is ended: who comes anew by it has the place of the one before, whose session is FEED_NOT_FOUND from then on. Once a second at most.',
  offer: 'An SDP offer that sends H.264, Opus or both',
  refusals: ['TOKEN_REVOKED'],
  look: nothing,
  unknown: 'FEED_NOT_FOUND',
});
