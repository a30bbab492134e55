import { groupIdPattern, phoneIdPattern } from '@ancloud/contracts';
import { z } from 'zod';
import { named, type RouteDoc } from '../api/route-doc.js';
import { groupLimits } from './core/group-members.js';

const tag = 'control';
const phoneId = z.string().regex(phoneIdPattern);
const phoneIds = z.array(phoneId).max(groupLimits.phones);

const jitterShape = z.strictObject({
  place: z
    .number()
    .min(0)
    .max(groupLimits.placePermille / 1_000)
    .default(0)
    .describe('Up to this share of the picture to each side, in thousandths'),
  delayMs: z.int().min(0).max(groupLimits.delayMs).default(0).describe('Up to this much later'),
});
const jitterBody = named(
  'GroupJitter',
  jitterShape.describe('How far the phones may differ, each phone and each gesture anew'),
);

export const createGroupBody = named(
  'CreateGroup',
  z.strictObject({
    name: z.string().max(groupLimits.nameLength).default(''),
    masterId: phoneId.describe('What is done on it is done on the others'),
    viewerId: z
      .string()
      .default('')
      .describe('Only what this viewer of the master does; left out: whoever holds its controls'),
    phoneIds: phoneIds.default([]).describe('The others; left out: all that the caller has with `labels`'),
    labels: z.record(z.string(), z.string()).default({}),
    exclude: phoneIds.default([]).describe('Of them: those that do nothing for now'),
    jitter: jitterBody.optional(),
  }),
);

export const updateGroupBody = named(
  'UpdateGroup',
  z.strictObject({
    name: z.string().max(groupLimits.nameLength).optional(),
    phoneIds: phoneIds.optional().describe('Who follows from now on; those that leave let go'),
    exclude: phoneIds.optional().describe('Replaces all'),
    jitter: jitterBody.optional(),
    revision: z
      .int()
      .min(0)
      .optional()
      .describe('The one that was seen: refused with `GROUP_CHANGED` once there is another'),
  }),
);

const group = z.object({
  groupId: z.string().regex(groupIdPattern),
  name: z.string(),
  masterId: z.string(),
  viewerId: z.string(),
  phoneIds: z.array(z.string()),
  exclude: z.array(z.string()),
  jitter: z.object({ place: z.number(), delayMs: z.int() }),
  createdAt: z.iso.datetime().nullable(),
  updatedAt: z.iso.datetime().nullable(),
  revision: z.int().describe('Grows with every change'),
});
const groupSchema = named('Group', group);
const groupState = named(
  'GroupState',
  group.extend({
    members: z.array(
      z.object({
        phoneId: z.string(),
        state: z.string().describe('`follows`, `held` by somebody else, `not_ready`, `excluded`, `unserved`'),
        followed: z.int(),
        refused: z.int(),
      }),
    ),
    times: z
      .object({
        samples: z.int(),
        reachP50Ms: z.number(),
        reachP99Ms: z.number(),
        skewP50Ms: z.number(),
        skewP99Ms: z.number(),
      })
      .nullable()
      .describe(
        "Of the newest inputs: from the master's input to the last phone's control socket, and between the first and the last phone; the wanted delay is taken off",
      ),
  }),
);

export const groupRoutes: readonly RouteDoc[] = [
  {
    method: 'POST',
    path: '/v1/groups',
    operationId: 'createGroup',
    tag,
    summary: 'Makes phones do what is done on one of them',
    description:
      'For a day after the last change. On each phone the group holds the controls by the rules that viewers have: it waits for whoever is at work there.',
    body: { schema: createGroupBody },
    ok: { status: 201, description: 'The group', schema: groupSchema },
    errors: ['PHONE_NOT_FOUND', 'VIEWER_NOT_FOUND', 'FORBIDDEN', 'QUOTA_EXCEEDED'],
  },
  {
    method: 'GET',
    path: '/v1/groups',
    operationId: 'listGroups',
    tag,
    summary: "The caller's groups",
    ok: {
      status: 200,
      description: 'Groups',
      schema: named('GroupList', z.object({ groups: z.array(groupSchema) })),
    },
    errors: [],
  },
  {
    method: 'GET',
    path: '/v1/groups/{groupId}',
    operationId: 'getGroup',
    tag,
    summary: 'A group, and how its phones keep up',
    ok: { status: 200, description: 'The group', schema: groupState },
    errors: ['GROUP_NOT_FOUND'],
  },
  {
    method: 'PATCH',
    path: '/v1/groups/{groupId}',
    operationId: 'updateGroup',
    tag,
    summary: 'Changes what a group is called, who follows, who is excluded, or the jitter',
    description:
      'What is left out stays as it is. Each phone that joins has to be the caller’s. Lists are replaced: who made one of what was read names its `revision`, so that nobody else’s change is lost.',
    body: { schema: updateGroupBody },
    ok: { status: 200, description: 'The group', schema: groupSchema },
    errors: ['GROUP_NOT_FOUND', 'PHONE_NOT_FOUND', 'GROUP_CHANGED'],
  },
  {
    method: 'DELETE',
    path: '/v1/groups/{groupId}',
    operationId: 'deleteGroup',
    tag,
    summary: 'Ends a group',
    description: 'What its phones have down is lifted.',
    ok: { status: 204, description: 'It is gone' },
    errors: ['GROUP_NOT_FOUND'],
  },
];
