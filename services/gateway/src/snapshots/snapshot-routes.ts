import { snapshotIdPattern } from '@ancloud/contracts';
import { z } from 'zod';
import { named, type RouteDoc } from '../api/route-doc.js';
import { phoneOperation } from '../operations/operation-schemas.js';
import { nameMaxLength } from '../phones/core/spec.js';

const tag = 'snapshots';

export const snapshotIdText = z.string().regex(snapshotIdPattern);

const snapshot = named(
  'Snapshot',
  z.object({
    snapshotId: z.string(),
    name: z.string(),
    phoneId: z.string().describe('The phone it was taken of; it may be gone'),
    imageId: z.string().describe('What that phone ran'),
    profile: z.string(),
    size: z.int().describe('Bytes on disk, compressed'),
    sha256: z.string().describe('Of those bytes'),
    createdAt: z.iso.datetime().nullable(),
    users: z.int().describe('Phones whose data lies on it'),
    hostId: z.string().describe('Empty for tenants'),
  }),
);

export const snapshotList = named('SnapshotList', z.object({ snapshots: z.array(snapshot) }));

export const importSnapshotBody = named(
  'ImportSnapshot',
  z.strictObject({
    uploadId: z.string().describe('A finished upload of an archive; the snapshot comes to its host'),
    name: z.string().max(nameMaxLength).default('').describe('Left out: as the archive says'),
  }),
);

export const snapshotPhoneBody = named(
  'SnapshotPhone',
  z
    .strictObject({ name: z.string().max(nameMaxLength).default('').describe("Left out: the phone's name") })
    .prefault({}),
);

export const restorePhoneBody = named('RestorePhone', z.strictObject({ snapshotId: snapshotIdText }));

export const snapshotRoutes: readonly RouteDoc[] = [
  {
    method: 'POST',
    path: '/v1/phones/{phoneId}/snapshots',
    operationId: 'snapshotPhone',
    tag,
    summary: 'Keeps the data of a stopped or paused phone',
    description:
      'The operation ends when the snapshot is on disk; its `result` is the id. Starting or resuming the phone before that takes it back.',
    body: { schema: snapshotPhoneBody },
    ok: { status: 202, description: 'The phone and the operation', schema: phoneOperation },
    errors: ['PHONE_NOT_FOUND', 'PHONE_DELETING', 'PHONE_NOT_STILL'],
  },
  {
    method: 'POST',
    path: '/v1/phones/{phoneId}/restore',
    operationId: 'restorePhone',
    tag,
    summary: "Replaces the data of a phone by a snapshot's",
    description:
      "What was changed in its system goes too. With another phone's snapshot, android_id and adb keys are made anew.",
    body: { schema: restorePhoneBody },
    ok: { status: 202, description: 'The phone and the operation', schema: phoneOperation },
    errors: [
      'PHONE_NOT_FOUND',
      'PHONE_DELETING',
      'SNAPSHOT_NOT_FOUND',
      'SNAPSHOT_ELSEWHERE',
      'PROFILE_CHANGE',
    ],
  },
  {
    method: 'GET',
    path: '/v1/snapshots',
    operationId: 'listSnapshots',
    tag,
    summary: "The caller's snapshots, newest first",
    ok: { status: 200, description: 'All on live hosts', schema: snapshotList },
    errors: [],
  },
  {
    method: 'POST',
    path: '/v1/snapshots',
    operationId: 'importSnapshot',
    tag,
    summary: 'Takes an archive that was uploaded into a host (admin)',
    description: "It gets another id and belongs to the caller. Its image has to be on the clone's host.",
    body: { schema: importSnapshotBody },
    ok: { status: 201, description: 'The snapshot', schema: snapshot },
    errors: ['FORBIDDEN', 'UPLOAD_NOT_FOUND', 'UPLOAD_CONFLICT', 'IMAGE_INVALID', 'DISK_FULL', 'UNAVAILABLE'],
  },
  {
    method: 'GET',
    path: '/v1/snapshots/{snapshotId}/archive',
    operationId: 'exportSnapshot',
    tag,
    summary: 'The archive of a snapshot',
    description: 'A squashfs of the data with a description behind it; another host can import it.',
    ok: { status: 200, description: 'The archive', mediaType: 'application/octet-stream' },
    errors: ['SNAPSHOT_NOT_FOUND', 'UNAVAILABLE'],
  },
  {
    method: 'DELETE',
    path: '/v1/snapshots/{snapshotId}',
    operationId: 'deleteSnapshot',
    tag,
    summary: 'Removes a snapshot',
    description: 'Refused while the data of a phone lies on it: a clone reads from its snapshot.',
    ok: { status: 204, description: 'It is gone' },
    errors: ['SNAPSHOT_NOT_FOUND', 'SNAPSHOT_IN_USE', 'UNAVAILABLE'],
  },
];
