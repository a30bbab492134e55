import { z } from 'zod';
import { named, type RouteDoc } from '../api/route-doc.js';

const mediaService = named(
  'MediaService',
  z.object({
    mediaId: z.string(),
    region: z.string().describe('Empty: it says none'),
    workers: z.int().describe('Media workers that are alive'),
    phones: z.int().describe('Whose picture arrives there, from the phone or from another media-svc'),
    viewers: z.int(),
    packets: z.int().describe('A second, to all its viewers'),
    budget: z
      .object({ viewers: z.int(), packets: z.int() })
      .nullable()
      .describe('What its workers have room for, all together; null of one that does not tell'),
    full: z.boolean().describe('No worker has room for another viewer: new ones go elsewhere where they can'),
    updatedAt: z.iso.datetime().nullable().describe('Every 5 s; one that has been silent for 15 s is gone'),
    recordings: z
      .object({
        used: z.int().describe('Bytes of all that are kept there, those under way included'),
        budget: z.int().describe('Bytes; when they are used up none begins, and those under way end'),
      })
      .nullable()
      .describe('null where none are kept, and of one that does not tell'),
  }),
);

export const mediaServiceRoutes: readonly RouteDoc[] = [
  {
    method: 'GET',
    path: '/v1/media-services',
    operationId: 'listMediaServices',
    tag: 'hosts',
    summary: 'Live media-svcs, and how busy they are (admin)',
    ok: {
      status: 200,
      description: 'By their ids',
      schema: named('MediaServiceList', z.object({ mediaServices: z.array(mediaService) })),
    },
    errors: ['FORBIDDEN'],
  },
];
