import { z } from 'zod';
import { named, type RouteDoc } from '../api/route-doc.js';

const MAX_BYTES = 32 * 1024 ** 3;

export const upload = named(
  'Upload',
  z.object({
    uploadId: z.string(),
    hostId: z.string(),
    name: z.string(),
    size: z.int().describe('Bytes it will have'),
    offset: z.int().describe('Bytes it has: where to go on'),
    sha256: z.string().describe('What it must have in the end; empty: not checked'),
    complete: z.boolean().describe('Whole and checked: it can be imported'),
    expiresAt: z.iso.datetime().nullable().describe('Swept then, unless written to'),
  }),
);

const uploadList = named('UploadList', z.object({ uploads: z.array(upload) }));

export const createUploadBody = named(
  'CreateUpload',
  z.strictObject({
    size: z.int().min(1).max(MAX_BYTES).describe('Bytes of the file'),
    name: z.string().min(1).max(128).describe("The file's name; partitions are known by theirs"),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'is not 64 hex digits')
      .optional(),
    hostId: z.string().default('').describe('Left out: the only host'),
  }),
);

const tag = 'images';

export const uploadRoutes: readonly RouteDoc[] = [
  {
    method: 'POST',
    path: '/v1/uploads',
    operationId: 'createUpload',
    tag,
    summary: 'Begins the upload of an image file to a host (admin)',
    description:
      'Then PATCH its bytes, in one piece or many, and import it as a source `{uploadId}`. As tus 1.0 does, in its core.',
    body: { schema: createUploadBody },
    ok: { status: 201, description: 'The upload, at offset 0', schema: upload },
    errors: ['FORBIDDEN', 'HOST_NOT_FOUND', 'NO_HOST', 'DISK_FULL', 'CAPACITY'],
  },
  {
    method: 'GET',
    path: '/v1/uploads',
    operationId: 'listUploads',
    tag,
    summary: 'Uploads that stand on the hosts, with where each is to go on (admin)',
    ok: { status: 200, description: 'The uploads', schema: uploadList },
    errors: ['FORBIDDEN'],
  },
  {
    method: 'GET',
    path: '/v1/uploads/{uploadId}',
    operationId: 'getUpload',
    tag,
    summary: 'How far an upload is (admin)',
    description: 'Also as headers `Upload-Offset` and `Upload-Length`, so that HEAD is enough to go on.',
    ok: { status: 200, description: 'The upload', schema: upload },
    errors: ['FORBIDDEN', 'UPLOAD_NOT_FOUND'],
  },
  {
    method: 'PATCH',
    path: '/v1/uploads/{uploadId}',
    operationId: 'writeUpload',
    tag,
    summary: 'Sends the next bytes of an upload (admin)',
    description:
      'What has arrived stays when the connection breaks: ask for the offset and go on there. With the last byte the sha256 is checked.',
    headers: { 'upload-offset': 'Where these bytes begin: as many as the upload has' },
    body: { mediaType: 'application/offset+octet-stream', description: 'The bytes' },
    ok: { status: 200, description: 'The upload, with its new offset', schema: upload },
    errors: [
      'FORBIDDEN',
      'UPLOAD_NOT_FOUND',
      'UPLOAD_CONFLICT',
      'MESSAGE_TOO_LARGE',
      'DISK_FULL',
      'IMAGE_INVALID',
    ],
  },
  {
    method: 'DELETE',
    path: '/v1/uploads/{uploadId}',
    operationId: 'removeUpload',
    tag,
    summary: 'Removes an upload (admin)',
    ok: { status: 204, description: 'It is gone' },
    errors: ['FORBIDDEN', 'UPLOAD_NOT_FOUND'],
  },
];
