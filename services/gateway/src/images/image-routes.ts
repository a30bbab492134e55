import { z } from 'zod';
import { named, type RouteDoc } from '../api/route-doc.js';
import { operation } from '../operations/operation-schemas.js';

const profiles = ['redroid', 'reference', 'waydroid', 'anbox', 'stock'] as const;

export const image = named(
  'Image',
  z.object({
    imageId: z.string().describe('sha256 of the squashfs'),
    profile: z.string(),
    size: z.int().describe('Bytes'),
    androidVersion: z.string(),
    abi: z.string(),
    name: z.string(),
    importedAt: z.iso.datetime().nullable(),
    users: z.int().describe('Phones that use it; 0 for tenants'),
    has32Bit: z.boolean().describe('It has 32-bit programs, or does not say that it has none'),
    refusal: z
      .object({ reason: z.string(), message: z.string() })
      .nullable()
      .describe('Why the host cannot run it; null when it can, or when it is listed for the whole farm'),
  }),
);

export const imageList = named(
  'ImageList',
  z.object({ images: z.array(z.object({ image, hostIds: z.array(z.string()) })) }),
);

export const importImageBody = named(
  'ImportImage',
  z.strictObject({
    path: z.string().min(1).max(4_096).describe('Absolute path on the host'),
    hostId: z.string().default('').describe('Left out: the only host'),
    profile: z.enum(profiles).optional().describe('Left out: read from the image'),
    name: z.string().max(128).default('').describe("Left out: the file's name"),
  }),
);

export const imageRoutes: readonly RouteDoc[] = [
  {
    method: 'GET',
    path: '/v1/images',
    operationId: 'listImages',
    tag: 'images',
    summary: 'Images that phones can be made of, newest first',
    ok: { status: 200, description: 'All images of live hosts', schema: imageList },
    errors: [],
  },
  {
    method: 'POST',
    path: '/v1/images',
    operationId: 'importImage',
    tag: 'images',
    summary: 'Imports an image file that lies on a host (admin)',
    description:
      'Answers at once; the operation tells the percentage, and at its end the image id as `result`.',
    body: { schema: importImageBody },
    ok: { status: 202, description: 'The operation', schema: operation },
    errors: ['FORBIDDEN', 'HOST_NOT_FOUND', 'NO_HOST'],
  },
];
