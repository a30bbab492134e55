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
    abis: z.array(z.string()).describe('All that it runs, best first'),
    source: z
      .string()
      .describe('What it was made from: squashfs, oci, docker-archive, rootfs-tar, directory …'),
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

const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'is not 64 hex digits')
  .optional()
  .describe('What the file must have; left out: not checked');

export const imageSource = named(
  'ImageSource',
  z.union([
    z.strictObject({ path: z.string().min(1).max(4_096).describe('Absolute path on the host'), sha256 }),
    z.strictObject({ uploadId: z.string().max(128).describe('A whole upload to that host'), sha256 }),
    z.strictObject({
      reference: z.string().max(300).describe('docker://registry/name:tag, pulled by the host'),
    }),
  ]),
);

export const importImageBody = named(
  'ImportImage',
  z.strictObject({
    path: z.string().max(4_096).default('').describe('Short for one source that is a path'),
    sources: z
      .array(imageSource)
      .max(32)
      .default([])
      .describe('One image, or the partitions of one (system.img, vendor.img …)'),
    hostId: z.string().default('').describe('Left out: the host of the uploads, or the only host'),
    profile: z.enum(profiles).optional().describe('Left out: read from the image'),
    name: z.string().max(128).default('').describe("Left out: the file's name"),
  }),
);

export const removeImageQuery = z.object({
  hostId: z.string().default('').describe('Left out: all live hosts that have it'),
});

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
    summary: 'Imports an image into a host (admin)',
    description:
      'Of a file or directory on the host, of uploads, or from a registry. Answers at once; the operation tells phase and bytes, and at its end the image id as `result`.',
    body: { schema: importImageBody },
    ok: { status: 202, description: 'The operation', schema: operation },
    errors: ['FORBIDDEN', 'HOST_NOT_FOUND', 'NO_HOST'],
  },
  {
    method: 'DELETE',
    path: '/v1/images/{imageId}',
    operationId: 'removeImage',
    tag: 'images',
    summary: 'Removes an image from hosts (admin)',
    query: removeImageQuery,
    ok: { status: 204, description: 'It is gone' },
    errors: ['FORBIDDEN', 'IMAGE_NOT_FOUND', 'IMAGE_IN_USE'],
  },
];
