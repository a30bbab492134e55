import { feedIdPattern } from '@ancloud/contracts';
import { z } from 'zod';
import { sdpRoutes } from './sdp-routes.js';
import { SDP } from './whep-headers.js';

export const whepRoutes = sdpRoutes({
  tag: 'whep',
  tokenOf: 'createViewer',
  summary: 'Plays a phone in any WHEP player',
  description:
    "draft-ietf-wish-whep-04. The token says which phone and is used up; a role of 'control' watches only.",
  offer: 'An SDP offer that receives H.264 (and Opus)',
  query: z.object({
    feed: z
      .string()
      .regex(feedIdPattern)
      .optional()
      .describe('A feed of the phone, to be watched instead of its screen'),
    layer: z
      .enum(['auto', 'main', 'low'])
      .optional()
      .describe(
        "Of POST: 'low' plays a smaller picture of the screen, 480 on its longest side, for as long as the session lasts, 'main' the screen's own; default 'auto': the smaller one while the link does not take the other",
      ),
  }),
  refusals: ['TOKEN_USED', 'VIEWER_REVOKED', 'FEED_NOT_FOUND', 'FEED_NOT_LIVE', 'PHONE_NOT_RUNNING'],
  look: {
    status: 200,
    description: 'Nothing, of the type by which players know an endpoint of WHEP',
    mediaType: SDP,
  },
  unknown: 'VIEWER_NOT_FOUND',
});
