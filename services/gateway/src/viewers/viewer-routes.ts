import { z } from 'zod';
import { named, type RouteDoc } from '../api/route-doc.js';
import { ttlRange } from './create-viewer.js';

export const createViewerBody = named(
  'CreateViewer',
  z.strictObject({
    role: z.enum(['watch', 'control']).describe('`control` may also touch'),
    ttlSeconds: z
      .int()
      .min(ttlRange.min)
      .max(ttlRange.max)
      .default(ttlRange.preset)
      .describe('How long the token may wait for its single use'),
  }),
);

export const viewer = named(
  'Viewer',
  z.object({
    viewerId: z.string(),
    token: z.string().describe('Secret; sent in the first signalling message, never in a URL'),
    signalUrl: z.string(),
    expiresAt: z.iso.datetime().nullable(),
  }),
);

export const viewerRoutes: readonly RouteDoc[] = [
  {
    method: 'POST',
    path: '/v1/phones/{phoneId}/viewers',
    operationId: 'createViewer',
    tag: 'viewers',
    summary: 'Lets somebody see a phone',
    body: { schema: createViewerBody },
    ok: { status: 201, description: 'A single-use token and where to take it', schema: viewer },
    errors: ['PHONE_NOT_FOUND', 'PHONE_DELETING'],
  },
  {
    method: 'GET',
    path: '/v1/signal',
    operationId: 'signal',
    tag: 'viewers',
    summary: 'Signalling of one viewer (WebSocket)',
    description:
      'JSON text frames of the signalling protocol; the first is `join` with the token. Binary frames are ancloud.input.v1.ViewerInput, for clients without data channels.',
    open: true,
    ok: { status: 101, description: 'WebSocket' },
    errors: ['ORIGIN_REFUSED'],
  },
];
